//! Every guest that misbehaves, and what becomes of it. A probe without a test of its name does not compile.

mod answers;
mod capabilities;
mod logs;
mod memory;
mod refused;
mod time;
mod traps;

use answers::*;
use capabilities::*;
use logs::*;
use memory::*;
use refused::*;
use time::*;
use traps::*;

include!(concat!(env!("OUT_DIR"), "/probes.rs"));

macro_rules! has_a_test {
    ($name:ident) => {
        const _: fn() = $name;
    };
}
each_probe!(has_a_test);
