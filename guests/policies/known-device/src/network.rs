//! Networks as an administrator writes them: `203.0.113.0/24`, `2001:db8::/32`, or one address.
//!
//! Not for: access rules; all that is asked here is where a client comes from.

use std::net::IpAddr;
use std::str::FromStr;

/// The addresses that share their first bits with one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u32,
}

impl Network {
    /// Whether a client's address is one of these. A text that is no address is nowhere.
    pub fn contains(&self, client: &str) -> bool {
        match client.parse::<IpAddr>().map(|client| client.to_canonical()) {
            Ok(client) if client.is_ipv4() == self.address.is_ipv4() => {
                let differing = bits(client) ^ bits(self.address);
                self.prefix_bits == 0 || differing >> (128 - self.prefix_bits) == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| format!("`{text}` is no IP address or network"))?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match prefix.map(str::parse) {
            None => most,
            Some(Ok(bits)) if bits <= most => bits,
            Some(_) => return Err(format!("`{text}` has no prefix of 0 to {most} bits")),
        };
        Ok(Self { address, prefix_bits })
    }
}

/// The address, its first bit first.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    fn contains(network: &str, client: &str) -> bool {
        network.parse::<Network>().expect("a network").contains(client)
    }

    #[test]
    fn a_network_contains_the_addresses_with_its_prefix() {
        assert!(contains("203.0.113.0/24", "203.0.113.255") && !contains("203.0.113.0/24", "203.0.114.0"));
        assert!(contains("2001:db8::/32", "2001:db8:ffff::1") && !contains("2001:db8::/32", "2001:db9::1"));
        assert!(contains("0.0.0.0/0", "203.0.113.1") && !contains("0.0.0.0/0", "2001:db8::1"));
    }

    #[test]
    fn one_address_is_a_network_of_itself() {
        assert!(contains("203.0.113.9", "203.0.113.9") && !contains("203.0.113.9", "203.0.113.8"));
        assert!(contains("203.0.113.9", "::ffff:203.0.113.9"), "the same address seen through an IPv6 socket");
    }

    #[test]
    fn a_malformed_network_is_named() {
        for text in ["", "203.0.113", "203.0.113.0/33", "203.0.113.0/-1", "2001:db8::/129", "office"] {
            assert!(text.parse::<Network>().is_err_and(|error| error.contains(text)), "{text}");
        }
    }
}
