//! Primary authentication: finds out who somebody is, by the method that holds for the user.
//!
//! Not for: what the user may do; that is up to policies and properties.

mod local;
pub(crate) mod password;

use vestibule_domain::decision::Denial;
use vestibule_domain::login::Info;
use vestibule_domain::primary::{Cause, Failure, Proven};
use vestibule_domain::resolve::Records;
use vestibule_domain::{AuthMethod, CanonicalUser, EnteredUser, Secret};

use crate::attempt::{Proof, Voucher};
use crate::journal::{Journal, Step};
use crate::known::Known;
use crate::method::Method;
use crate::passage::Passage;
use crate::progress::{Progress, Sessions};
use crate::records::{self, unavailable};

impl<'a> Passage<'a> {
    /// Who it is that wants to come in, and where the chain begins for this login.
    pub(crate) async fn identify(&self, journal: &mut Journal) -> Result<Known<'a>, Denial> {
        match &self.attempt.proof {
            // In boxes: what waits for hashes and servers anyway would make the future of every login large, which is copied on its way.
            Proof::Response { state_id, response } => Box::pin(self.resume(state_id, response.clone(), journal)).await,
            Proof::Password(password) => Box::pin(self.check(password, journal)).await,
            Proof::Voucher(voucher) => self.believe(voucher, journal).await,
        }
    }

    async fn check(&self, password: &Secret, journal: &mut Journal) -> Result<Known<'a>, Denial> {
        let user = &self.attempt.user;
        let records = self.look_up(user.as_str()).await?;
        let method = self.method_of(user.as_str(), &records)?;
        journal.method = Some(method.name().to_owned());
        journal.enter(Step::Primary);
        let (proven, failed_before) = match method {
            Method::Local => self.place.outside(self.check_local(user, password)).await?,
            Method::None => {
                let proven = unproven(user)?;
                self.ensure_taken_over(&proven.user)?;
                (proven, false)
            }
            Method::Ldap => match &self.tenant.ldap {
                Some(ldap) => (self.place.outside(ldap.authenticate(user, password, self.end)).await?, false),
                None => return Err(no_server(method).into()),
            },
            Method::Radius => match &self.tenant.radius {
                Some(radius) => {
                    let client_ip = self.attempt.client_ip_addr.as_deref();
                    let asked = radius.authenticate(user, password, client_ip, self.end);
                    (self.place.outside(asked).await?, false)
                }
                None => return Err(no_server(method).into()),
            },
            Method::Saml => {
                let detail = "a password was given where an identity provider has to be asked";
                return Err(Failure::new(Cause::ProofMismatch, detail).into());
            }
        };
        journal.enter(Step::LookUp);
        // Asking an authority takes time in which records may change; nobody was asked where there is none.
        let waited = method != Method::None;
        let records = if waited { self.look_up(proven.user.as_str()).await? } else { records };
        self.ensure_same_method(&proven, &records, method)?;
        let bootstrap = self.tenant.is_bootstrap(proven.user.as_str());
        let reason = format!("{method} auth succeeded");
        let (identified, method) = (proven.user.clone(), Some(method));
        let chosen = self.chains.of(&self.tenant.name, &identified);
        let progress = Progress::start(proven.user, reason, Sessions::default());
        let (info, records) = (proven.info, Some(records));
        Ok(Known { chosen, method, info, identified, progress, records, bootstrap, failed_before })
    }

    /// A name that the authority spells otherwise may belong to a record that demands another authority.
    fn ensure_same_method(&self, proven: &Proven, records: &Records, method: Method) -> Result<(), Failure> {
        let holds = self.method_of(proven.user.as_str(), records)?;
        if holds == method {
            return Ok(());
        }
        let detail = format!("`{}` has to be authenticated by {holds}, not by {method}", proven.user);
        Err(Failure::new(Cause::ProofMismatch, detail))
    }

    /// The front door has proven who it is.
    async fn believe(&self, voucher: &Voucher, journal: &mut Journal) -> Result<Known<'a>, Denial> {
        let given = self.attempt.given.as_ref();
        let (user, records) = match given {
            Some(given) => (given.user.clone(), None),
            None => {
                let user = canonical(&self.attempt.user)?;
                let records = self.look_up(user.as_str()).await?;
                (user, Some(records))
            }
        };
        let info = match voucher {
            // Neither takes the place of the method by which the certificate or the token was come by.
            Voucher::Autologin => Info::of(AuthMethod::Autologin),
            Voucher::Session => Info::of(AuthMethod::Session),
            Voucher::Saml(attributes) => {
                self.ensure_saml(&user, records.as_ref())?;
                Info { saml_attributes: attributes.clone(), ..Info::of(AuthMethod::Saml) }
            }
            Voucher::Password(info) => {
                self.ensure_demanded(&user, records.as_ref(), info)?;
                info.clone()
            }
            Voucher::Nothing(info) => {
                self.ensure_demanded(&user, records.as_ref(), info)?;
                self.ensure_taken_over(&user)?;
                info.clone()
            }
        };
        journal.method = Some(info.auth_method.to_string());
        let sessions = match (voucher, given) {
            (_, Some(given)) => given.sessions()?,
            (Voucher::Session, None) => self.read_session(&user, journal).await?,
            (Voucher::Autologin | Voucher::Saml(_) | Voucher::Password(_) | Voucher::Nothing(_), None) => {
                Sessions::default()
            }
        };
        let reason = given.and_then(|given| given.reason.as_ref()).map(ToString::to_string);
        let reason = reason.unwrap_or_else(|| format!("{} auth succeeded", info.auth_method));
        let (chosen, identified) = (self.chains.of(&self.tenant.name, &user), user.clone());
        let progress = Progress::start(user, reason, sessions);
        let (bootstrap, failed_before) = (false, false);
        Ok(Known { chosen, method: None, info, identified, progress, records, bootstrap, failed_before })
    }

    /// Where nothing was checked, nobody vouches for the user: a policy has to take over.
    fn ensure_taken_over(&self, user: &CanonicalUser) -> Result<(), Failure> {
        if self.chains.of(&self.tenant.name, user).chain.takes_over_authentication() {
            return Ok(());
        }
        Err(Failure::new(Cause::AuthNullNotGranted, "no active policy asks to decide alone and is granted it"))
    }

    /// Where a record demands a method, no front door's word for another one counts: a password that is right here may be wrong there.
    /// Where the front door keeps the records, it knows what they demand.
    fn ensure_demanded(&self, user: &CanonicalUser, records: Option<&Records>, info: &Info) -> Result<(), Failure> {
        let Some(records) = records else { return Ok(()) };
        let demanded = match self.tenant.is_bootstrap(user.as_str()) {
            true => Some(Method::Local),
            false => Method::demanded(records)?,
        };
        match demanded.filter(|demanded| demanded.auth_method() != info.auth_method) {
            None => Ok(()),
            Some(demanded) => {
                let detail = format!("`{user}` has to be authenticated by {demanded}, not by {}", info.auth_method);
                Err(Failure::new(Cause::ProofMismatch, detail))
            }
        }
    }

    /// An identity provider vouches for its own users only. Where the front door keeps the records, it knows whose they are.
    fn ensure_saml(&self, user: &CanonicalUser, records: Option<&Records>) -> Result<(), Failure> {
        let Some(records) = records else { return Ok(()) };
        let holds = self.method_of(user.as_str(), records)?;
        if holds == Method::Saml {
            return Ok(());
        }
        let detail = format!("an identity provider vouches for a user of method {holds}");
        Err(Failure::new(Cause::ProofMismatch, detail))
    }

    /// The method that holds for a name. A bootstrap administrator's is local, whatever is on record.
    pub(crate) fn method_of(&self, user: &str, records: &Records) -> Result<Method, Failure> {
        if self.tenant.is_bootstrap(user) {
            return Ok(Method::Local);
        }
        Method::of(records, self.tenant.settings.method)
    }

    pub(crate) async fn look_up(&self, user: &str) -> Result<Records, Denial> {
        Ok(records::read(self.store, &self.tenant.name, user).await.map_err(|error| unavailable(&error))?)
    }
}

fn no_server(method: Method) -> Failure {
    Failure::new(Cause::MethodUnavailable, format!("the tenant has no {method} server"))
}

/// Nobody vouches for the name: a policy has to.
fn unproven(user: &EnteredUser) -> Result<Proven, Failure> {
    Ok(Proven { user: canonical(user)?, info: Info::of(AuthMethod::None) })
}

fn canonical(user: &EnteredUser) -> Result<CanonicalUser, Failure> {
    CanonicalUser::new(user.as_str()).map_err(|error| Failure::new(Cause::UnknownUser, error.to_string()))
}
