//! What a login weighs that is handed to a guest, and what its answer weighs.
//!
//! Not for: arguments and results of host calls; those stand beside the calls.

use super::types;
use crate::crossing::Passes;

macro_rules! weighs {
    ($($record:ty: $($field:ident)*;)*) => {
        $(impl Passes for $record {
            fn weight(&self) -> u64 {
                0 $(+ self.$field.weight())*
            }
        })*
    };
}

weighs! {
    types::Login<'_>: time authcred attributes authret info crstate session_state;
    types::Authcred<'_>: username client_ip_addr client_hw_addr static_response password;
    types::Attributes<'_>: client_info vpn_auth reauth log_service_name auth_parms;
    types::AuthretParam<'_>: user reason client_reason proplist;
    types::Info<'_>: auth_method ldap radius_reply saml_attributes;
    types::LdapInfo<'_>: user_dn search_base uname_attr;
    types::RadiusAttribute<'_>: code vendor name value octets;
    types::Crstate<'_>: values response;
    types::Outcome: authret proplist_save challenge session_state;
    types::AuthretResult: user reason client_reason proplist;
    types::Challenge: text echo values;
    types::Manifest: name version description group_select auth_null retain_password static_challenge x509_track wants_directory
        wants_http wants_properties settings;
    types::StaticChallenge: text echo;
    types::Setting: name description default_value secret;
}
