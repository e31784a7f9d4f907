//! Who pays for something.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use vestibule_domain::TenantName;

/// What an owner of IPv6 addresses has at least (RFC 6177): the first 64 bits are one owner's.
const ONE_NETWORK: u128 = !0 << 64;

/// Whoever something is spent on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// The host itself, and its operator.
    Host,
    /// A tenant, whichever of its tokens, users or policies it is spent on.
    Tenant(TenantName),
    /// Somebody at an address who has not shown a token yet. Made by [`Owner::peer`].
    Peer(IpAddr),
    /// A user of this machine, by number, who has not shown a token yet.
    User(u32),
}

impl Owner {
    /// Whoever has this address: one owner has a whole network of 64 bits of IPv6.
    pub fn peer(address: IpAddr) -> Self {
        Self::Peer(match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & ONE_NETWORK).into(),
            address => address,
        })
    }
}

impl From<&TenantName> for Owner {
    fn from(tenant: &TenantName) -> Self {
        Self::Tenant(tenant.clone())
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => f.write_str("the host"),
            Self::Tenant(tenant) => write!(f, "tenant `{tenant}`"),
            Self::Peer(address) => write!(f, "the address {address}"),
            Self::User(number) => write!(f, "the user {number} of this machine"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_ipv6_are_one_and_a_mapped_address_is_its_own() {
        let peer = |text: &str| Owner::peer(text.parse().unwrap());
        assert_eq!(peer("2001:db8::1"), peer("2001:db8::ffff:0:0:2"));
        assert_ne!(peer("2001:db8::1"), peer("2001:db8:0:1::1"));
        assert_eq!(peer("::ffff:192.0.2.1"), peer("192.0.2.1"));
        assert_ne!(peer("192.0.2.1"), peer("192.0.2.2"));
    }
}
