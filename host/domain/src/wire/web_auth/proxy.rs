//! The proxy of a web login, with the credentials it wants.
//!
//! Not for: deciding whether a client can use one; its IV_SSO says so.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::error::Error;
use crate::secret::Secret;
use crate::wire::field::{decode_base64, encode_base64};

/// The proxy of [`super::Flag::Proxy`]: `proxy=<address>;<port>;<user name in base64>;<password in base64>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// An IPv4 address, an IPv6 address in brackets, or a host name; the notes advise against a name.
    pub address: String,
    /// The port.
    pub port: u16,
    /// The user name for the proxy; empty if it wants none.
    pub user: String,
    /// The password for the proxy; empty if it wants none.
    pub password: Secret,
}

impl Proxy {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let mut parts = text.split(';');
        let mut next = || parts.next().ok_or(Error::Proxy);
        let (address, port, user, password) = (next()?, next()?, next()?, next()?);
        if parts.next().is_some() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::Proxy);
        }
        Ok(Self {
            address: address.to_owned(),
            port: port.parse().map_err(|_| Error::Proxy)?,
            user: decode_base64(user).ok_or(Error::Proxy)?,
            password: Secret::new(decode_base64(password).ok_or(Error::Proxy)?),
        })
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let in_brackets = self.address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let valid = match in_brackets {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => is_host_name(&self.address),
        };
        if valid && self.port != 0 { Ok(()) } else { Err(Error::Proxy) }
    }

    /// The four parts as they stand behind `proxy=`; the last is the password.
    pub(super) fn encode(&self) -> Secret {
        let [user, password] = [&self.user, self.password.expose()].map(encode_base64);
        Secret::new(format!("{};{};{user};{password}", self.address, self.port))
    }
}

/// A host name or an IPv4 address. What is all digits and dots must be an address: some resolvers read `1.2` as one.
fn is_host_name(text: &str) -> bool {
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return text.parse::<Ipv4Addr>().is_ok();
    }
    text.split('.').all(|label| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.bytes().all(allowed)
    })
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Proxy, Error> {
        let proxy = Proxy::parse(text)?;
        proxy.check()?;
        Ok(proxy)
    }

    #[test]
    fn a_proxy_has_four_parts() {
        let password = Secret::new("s3cret");
        let (address, user) = ("192.0.2.1".to_owned(), "bob".to_owned());
        let proxy = Proxy { address, port: 3128, user, password };
        assert_eq!(read("192.0.2.1;3128;Ym9i;czNjcmV0"), Ok(proxy));
        for text in [";", "192.0.2.1;3128", "192.0.2.1;3128;;;", "192.0.2.1;3128;Ym9;", "192.0.2.1;3128;;*"] {
            assert_eq!(read(text), Err(Error::Proxy), "{text}");
        }
    }

    #[test]
    fn an_address_is_an_ip_address_or_a_host_name() {
        for address in ["192.0.2.1", "[::1]", "[2001:db8::1]", "proxy", "a-1.example.org", "1a"] {
            assert!(read(&format!("{address};80;;")).is_ok(), "{address}");
        }
        for address in ["", "192.0.2", "::1", "[]", "[::g]", "[192.0.2.1]", "a b", "a..b", "-a", "a,b", "a:b", "ä"] {
            assert_eq!(read(&format!("{address};80;;")), Err(Error::Proxy), "{address}");
        }
    }

    #[test]
    fn a_port_is_a_number_from_1_to_65535() {
        for port in ["", "0", "65536", "+80", "-1", "80 "] {
            assert_eq!(read(&format!("h;{port};;")), Err(Error::Proxy), "{port}");
        }
    }

    /// A proxy that a web login accepts.
    pub(in super::super) fn any_proxy() -> impl Strategy<Value = Proxy> {
        let ipv4 = any::<Ipv4Addr>().prop_map(|address| address.to_string());
        let ipv6 = any::<Ipv6Addr>().prop_map(|address| format!("[{address}]"));
        let address = prop_oneof!["[a-z]{1,8}(\\.[a-z]{2,3})?", ipv4, ipv6];
        (address, 1..=u16::MAX, any::<String>(), any::<String>()).prop_map(|(address, port, user, password)| {
            let password = Secret::new(password);
            Proxy { address, port, user, password }
        })
    }

    proptest! {
        #[test]
        fn a_proxy_is_read_as_it_was_written(proxy in any_proxy()) {
            prop_assert_eq!(read(proxy.encode().expose()), Ok(proxy));
        }
    }
}
