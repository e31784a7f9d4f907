//! What a RADIUS reply says beyond the rules (RFC 2865; RFC 2869, section 5.18).
//!
//! Not for: a vendor's attributes; rules can name those.

use std::net::Ipv4Addr;

use vestibule_policy::Login;

const FRAMED_IP_ADDRESS: u32 = 8;
const CALLBACK_NUMBER: u32 = 19;
const FRAMED_POOL: u32 = 88;

/// The address that the reply gives this very user. Two values leave the choice to the user or to the server (RFC 2865,
/// section 5.8).
pub fn framed_ip(login: &Login) -> Option<String> {
    let address: Ipv4Addr = standard(login, FRAMED_IP_ADDRESS)?.parse().ok()?;
    (address.to_bits() < 0xffff_fffe).then(|| address.to_string())
}

/// The group, as the pool of addresses that goes with it.
pub fn framed_pool(login: &Login) -> Option<&str> {
    standard(login, FRAMED_POOL).filter(|pool| !pool.is_empty())
}

/// Five digits for administrator, autologin, LZO, gateway and web access: 0 and 1 set a right, any other leaves it alone.
pub fn access_flags(login: &Login) -> Vec<(&'static str, String)> {
    const PROPERTIES: [(&str, [&str; 2]); 5] = [
        ("prop_superuser", ["false", "true"]),
        ("prop_autologin", ["false", "true"]),
        ("prop_lzo", ["false", "true"]),
        ("prop_reroute_gw_override", ["disable", "dns_only"]),
        ("prop_deny_web", ["false", "true"]),
    ];
    let flags = standard(login, CALLBACK_NUMBER).unwrap_or_default().as_bytes();
    if flags.len() != PROPERTIES.len() {
        return Vec::new();
    }
    let set = |(flag, (name, values)): (&u8, (&'static str, [&str; 2]))| match flag {
        b'0' => Some((name, values[0].to_owned())),
        b'1' => Some((name, values[1].to_owned())),
        _ => None,
    };
    flags.iter().zip(PROPERTIES).filter_map(set).collect()
}

fn standard(login: &Login, code: u32) -> Option<&str> {
    let reply = login.info.radius_reply.iter();
    reply
        .filter(|attribute| attribute.vendor.is_none())
        .find(|attribute| attribute.code == code)
        .map(|a| a.value.as_str())
}
