//! A group's subnets, and the group that an address belongs to.
//!
//! Not for: addresses of clients on the internet; this is about the tunnel's inside.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::Properties;
use crate::refusal::{Cause, Refusal};

/// `group_subnets.0`, `group_subnets.1`, ...
const SUBNETS: &str = "group_subnets.";

/// Reads an address of the tunnel.
///
/// # Errors
/// The text is neither an IPv4 nor an IPv6 address.
pub fn address(text: &str) -> Result<IpAddr, Refusal> {
    text.parse().map_err(|_| Refusal::new(Cause::InvalidAddress, format!("`conn_ip` is no address: `{text}`")))
}

/// Whether the group holds the address: the length of the narrowest prefix that does.
///
/// # Errors
/// A subnet of the group cannot be read; guessing which would open or close the wrong door.
pub fn narrowest(group: &str, record: &Properties, address: IpAddr) -> Result<Option<u8>, Refusal> {
    let mut narrowest = None;
    for (name, text) in record.iter().filter(|(name, _)| name.starts_with(SUBNETS)) {
        let net: IpNet = text.parse().map_err(|_| {
            Refusal::new(Cause::InvalidSubnet, format!("`{name}` of group `{group}` is no subnet: `{text}`"))
        })?;
        if net.contains(&address) {
            narrowest = narrowest.max(Some(net.prefix_len()));
        }
    }
    Ok(narrowest)
}

/// The group whose subnets contain the address; of several, the one with the narrowest.
///
/// # Errors
/// No group holds it, two hold it equally well, or a subnet cannot be read.
pub fn group_of(groups: &BTreeMap<String, Properties>, address: IpAddr) -> Result<&str, Refusal> {
    let mut holders = Vec::new();
    for (name, record) in groups {
        if let Some(prefix) = narrowest(name, record, address)? {
            holders.push((prefix, name.as_str()));
        }
    }
    holders.sort_unstable();
    match holders.as_slice() {
        [] => Err(Refusal::new(Cause::AddressOutside, format!("`conn_ip` {address} lies in no group's subnets"))),
        [.., (first, one), (second, other)] if first == second => Err(Refusal::new(
            Cause::AddressAmbiguous,
            format!("`conn_ip` {address} lies in subnets of the groups `{one}` and `{other}`"),
        )),
        [.., (_, name)] => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(list: &[(&str, &str)]) -> BTreeMap<String, Properties> {
        let record = |net: &str| Properties::from_pairs(vec![("group_subnets.0".to_owned(), net.to_owned())]).unwrap();
        list.iter().map(|(name, net)| ((*name).to_owned(), record(net))).collect()
    }

    #[test]
    fn the_narrowest_subnet_decides_and_a_tie_is_refused() {
        let groups = groups(&[("wide", "10.0.0.0/8"), ("narrow", "10.1.0.0/16"), ("twin", "10.1.0.0/16")]);
        assert_eq!(group_of(&groups, address("10.2.0.1").unwrap()), Ok("wide"));
        assert_eq!(group_of(&groups, address("10.1.0.1").unwrap()).unwrap_err().cause, Cause::AddressAmbiguous);
        assert_eq!(group_of(&groups, address("192.0.2.1").unwrap()).unwrap_err().cause, Cause::AddressOutside);
    }

    #[test]
    fn what_cannot_be_read_is_refused_not_skipped() {
        let groups = groups(&[("a", "10.0.0.0/33")]);
        assert_eq!(group_of(&groups, address("10.0.0.1").unwrap()).unwrap_err().cause, Cause::InvalidSubnet);
        assert_eq!(address("10.0.0").unwrap_err().cause, Cause::InvalidAddress);
    }
}
