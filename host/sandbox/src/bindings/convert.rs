//! Conversions between the contract's types and the domain's.
//!
//! Not for: checks. What comes from a guest is copied as it is and believed elsewhere.

use vestibule_domain::bounded::Text;
use vestibule_domain::check::{Claim, ClaimedChallenge};
use vestibule_domain::login::Status;
use vestibule_domain::manifest::{Setting, StaticChallenge};
use vestibule_domain::outcome::Echo;
use vestibule_domain::text::ClientText;
use vestibule_domain::{Grants, Login, Manifest, Properties, Secret};

use super::types;

/// The lists of a login in the shape that the bindings borrow.
pub(super) struct Lists<'a> {
    client_info: Vec<(&'a str, &'a str)>,
    auth_parms: Vec<(&'a str, &'a str)>,
    proplist: Vec<(&'a str, &'a str)>,
    crstate: Vec<(&'a str, &'a str)>,
    radius_reply: Vec<types::RadiusAttribute<'a>>,
    saml_values: Vec<Vec<&'a str>>,
}

impl<'a> Lists<'a> {
    pub(super) fn of(login: &'a Login, grants: &Grants) -> Self {
        Self {
            client_info: pairs(&login.attributes.client_info),
            auth_parms: pairs(&login.attributes.auth_parms),
            proplist: login.authret.proplist.iter().filter(|(name, _)| grants.allows_property(name)).collect(),
            crstate: pairs(&login.crstate.values),
            radius_reply: login
                .info
                .radius_reply
                .iter()
                .map(|attribute| types::RadiusAttribute {
                    code: attribute.code,
                    vendor: attribute.vendor,
                    name: attribute.name.as_deref(),
                    value: &attribute.value,
                    octets: &attribute.octets,
                })
                .collect(),
            saml_values: login
                .info
                .saml_attributes
                .values()
                .map(|values| values.iter().map(Text::as_str).collect())
                .collect(),
        }
    }

    /// The outer list of SAML attributes: it borrows the inner ones.
    pub(super) fn saml(&'a self, login: &'a Login) -> Vec<(&'a str, &'a [&'a str])> {
        let names = login.info.saml_attributes.keys().map(Text::as_str);
        names.zip(self.saml_values.iter().map(Vec::as_slice)).collect()
    }

    /// The login as the guest sees it: the password only where it is granted.
    pub(super) fn login(
        &'a self,
        login: &'a Login,
        time: u64,
        saml: &'a [(&'a str, &'a [&'a str])],
        grants: &Grants,
    ) -> types::Login<'a> {
        let Login { authcred, attributes, authret, info, crstate, session_state } = login;
        types::Login {
            time,
            authcred: types::Authcred {
                username: authcred.username.as_str(),
                client_ip_addr: authcred.client_ip_addr.as_deref(),
                client_hw_addr: authcred.client_hw_addr.as_deref(),
                static_response: authcred.static_response.as_deref().map(Secret::expose),
                password: authcred.password.as_deref().filter(|_| grants.retain_password).map(Secret::expose),
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
                radius_reply: &self.radius_reply,
                saml_attributes: saml,
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

/// An outcome as claimed.
pub(super) fn claim(outcome: types::Outcome) -> Claim {
    let types::Outcome { authret, proplist_save, challenge, session_state } = outcome;
    Claim {
        status: match authret.status {
            types::Status::Succeed => Status::Succeed,
            types::Status::Fail => Status::Fail,
        },
        user: authret.user,
        reason: authret.reason,
        client_reason: authret.client_reason,
        proplist: authret.proplist,
        proplist_save,
        challenge: challenge.map(|challenge| ClaimedChallenge {
            text: challenge.text,
            echo: echo(challenge.echo),
            values: challenge.values,
        }),
        session_state,
    }
}

/// A manifest as claimed; [`Manifest::check`] believes it.
pub(super) fn manifest(manifest: types::Manifest) -> Manifest {
    Manifest {
        name: manifest.name,
        version: manifest.version,
        description: manifest.description,
        group_select: manifest.group_select,
        auth_null: manifest.auth_null,
        retain_password: manifest.retain_password,
        static_challenge: manifest
            .static_challenge
            .map(|challenge| StaticChallenge { text: ClientText::clean(&challenge.text), echo: echo(challenge.echo) }),
        x509_track: manifest.x509_track,
        wants_directory: manifest.wants_directory,
        wants_http: manifest.wants_http,
        wants_properties: manifest.wants_properties,
        settings: manifest
            .settings
            .into_iter()
            .map(|setting| Setting {
                name: setting.name,
                description: setting.description,
                default_value: setting.default_value,
                secret: setting.secret,
            })
            .collect(),
    }
}

const fn echo(shown: bool) -> Echo {
    if shown { Echo::Shown } else { Echo::Hidden }
}
