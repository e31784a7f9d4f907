//! A bare wasmtime: the same component, the same login, a fresh instance for each, and no limits.
//!
//! Not for: a way to run policies. No fuel, no deadline, no limit on memory, no checks of the answer: what the sandbox costs is
//! what it takes beyond this.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use vestibule_domain::login::Status;
use vestibule_domain::text::ClientText;
use vestibule_domain::{Login, Properties, Secret, Settings};
use wasmtime::component::{Component, ComponentExportIndex, HasSelf, InstancePre, Linker};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};

use crate::sandbox::side_by_side;
use crate::turns::Batch;
use generated::vestibule::policy::{config, log, types};

mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit/v0.1",
        world: "policy",
        imports: { default: trappable },
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

/// What stays of an instance's memory between calls.
pub enum Residence {
    /// What wasmtime does unless told otherwise: everything is given back to the kernel.
    Default,
    /// What the sandbox asks for: touched pages are reset in place.
    Kept,
}

/// A component, linked, without anything that a tenant decides but its settings.
pub struct Floor {
    engine: Engine,
    pre: InstancePre<State>,
    post_auth: ComponentExportIndex,
    settings: Arc<Settings>,
}

type PostAuth<'a> = (types::Login<'a>,);
type PostAuthResult = (Result<types::Outcome, String>,);

impl Floor {
    pub fn new(wasm: &[u8], settings: &Settings, residence: Residence) -> Result<Self> {
        let engine = engine(residence)?;
        let component = Component::new(&engine, wasm)?;
        let mut linker = Linker::new(&engine);
        config::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
        log::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
        types::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
        let pre = linker.instantiate_pre(&component)?;
        let post_auth = component.get_export_index(None, "post-auth").context("the policy has no `post-auth`")?;
        Ok(Self { engine, pre, post_auth, settings: Arc::new(settings.clone()) })
    }

    /// Logins one after the other on this thread.
    pub fn batch<'a>(&'a self, login: &'a Login) -> Batch<'a> {
        Box::new(move |logins| {
            let start = Instant::now();
            self.decide(login, logins)?;
            Ok(start.elapsed())
        })
    }

    /// Logins on several threads, each with its share.
    pub fn batch_on<'a>(&'a self, threads: u32, login: &'a Login) -> Batch<'a> {
        let shares = vec![(); threads as usize];
        Box::new(move |logins| side_by_side(&shares, |()| self.decide(login, logins / threads)))
    }

    fn decide(&self, login: &Login, logins: u32) -> Result<()> {
        for _ in 0..logins {
            let outcome = self.call(login)?;
            ensure!(matches!(outcome.authret.status, types::Status::Succeed), "the login is refused");
            black_box(outcome);
        }
        Ok(())
    }

    /// Decides on one login, and believes whatever comes back.
    fn call(&self, login: &Login) -> Result<types::Outcome> {
        let mut store = Store::new(&self.engine, State { settings: Arc::clone(&self.settings) });
        let lists = Lists::of(login)?;
        let instance = self.pre.instantiate(&mut store)?;
        let post_auth = instance.get_typed_func::<PostAuth<'_>, PostAuthResult>(&mut store, &self.post_auth)?;
        let (outcome,) = post_auth.call(&mut store, (lists.login(login),))?;
        outcome.map_err(anyhow::Error::msg)
    }
}

fn engine(residence: Residence) -> Result<Engine> {
    let mut pool = PoolingAllocationConfig::new();
    if let Residence::Kept = residence {
        pool.linear_memory_keep_resident(256 << 10).table_keep_resident(64 << 10).pagemap_scan(Enabled::Auto);
    }
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Ok(Engine::new(&config)?)
}

struct State {
    settings: Arc<Settings>,
}

impl types::Host for State {}

impl config::Host for State {
    fn get(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.settings.value(&name).map(str::to_owned))
    }

    fn all(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        Ok(self.settings.values().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    fn granted(&mut self, _: String) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

impl log::Host for State {
    fn write(&mut self, _: log::Level, _: String, _: Vec<(String, String)>) -> wasmtime::Result<()> {
        Ok(())
    }
}

/// The lists of a login in the shape that the bindings borrow.
struct Lists<'a> {
    client_info: Vec<(&'a str, &'a str)>,
    auth_parms: Vec<(&'a str, &'a str)>,
    proplist: Vec<(&'a str, &'a str)>,
    crstate: Vec<(&'a str, &'a str)>,
}

impl<'a> Lists<'a> {
    fn of(login: &'a Login) -> Result<Self> {
        let plain = login.info.radius_reply.is_empty() && login.info.saml_attributes.is_empty();
        ensure!(plain, "the floor hands no RADIUS or SAML attributes over");
        Ok(Self {
            client_info: pairs(&login.attributes.client_info),
            auth_parms: pairs(&login.attributes.auth_parms),
            proplist: pairs(&login.authret.proplist),
            crstate: pairs(&login.crstate.values),
        })
    }

    fn login(&'a self, login: &'a Login) -> types::Login<'a> {
        let Login { authcred, attributes, authret, info, crstate, session_state } = login;
        types::Login {
            time: 1_766_000_000,
            authcred: types::Authcred {
                username: authcred.username.as_str(),
                client_ip_addr: authcred.client_ip_addr.as_deref(),
                client_hw_addr: authcred.client_hw_addr.as_deref(),
                static_response: authcred.static_response.as_deref().map(Secret::expose),
                password: None,
            },
            attributes: types::Attributes {
                client_info: &self.client_info,
                vpn_auth: attributes.vpn_auth,
                reauth: attributes.reauth,
                log_service_name: attributes.log_service_name.as_deref(),
                auth_parms: &self.auth_parms,
            },
            authret: types::AuthretParam {
                status: match authret.status {
                    Status::Succeed => types::Status::Succeed,
                    Status::Fail => types::Status::Fail,
                },
                user: authret.user.as_str(),
                reason: authret.reason.as_deref(),
                client_reason: authret.client_reason.as_ref().map(ClientText::as_str),
                proplist: &self.proplist,
            },
            info: types::Info {
                auth_method: info.auth_method.as_str(),
                ldap: info.ldap.as_ref().map(|ldap| types::LdapInfo {
                    user_dn: &ldap.user_dn,
                    search_base: &ldap.search_base,
                    uname_attr: &ldap.uname_attr,
                }),
                radius_reply: &[],
                saml_attributes: &[],
            },
            crstate: types::Crstate {
                values: &self.crstate,
                response: crstate.response.as_deref().map(Secret::expose),
            },
            session_state: session_state.as_deref(),
        }
    }
}

fn pairs(properties: &Properties) -> Vec<(&str, &str)> {
    properties.iter().collect()
}
