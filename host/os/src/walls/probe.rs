//! Trying the walls from inside: what is built is not yet what holds.

use std::fs::{self, File};
use std::net::{Ipv4Addr, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::process::Command;

/// What this process could still do of what one that only computes may not. Each is harmless in itself.
pub fn open_ways() -> Vec<&'static str> {
    let ways = [
        ("it lists the directory `/`", fs::read_dir("/").is_ok()),
        ("it reads `/proc/self/exe`", File::open("/proc/self/exe").is_ok()),
        ("it makes a network socket", UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).is_ok()),
        ("it makes a Unix socket", UnixDatagram::unbound().is_ok()),
        ("it runs a program", Command::new("/proc/self/exe").arg("--version").output().is_ok()),
    ];
    ways.into_iter().filter(|(_, open)| *open).map(|(way, _)| way).collect()
}
