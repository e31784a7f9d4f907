//! What the rows are called.

use crate::gate::Kind;

pub const FLOOR_DEFAULT: &str = "wasmtime alone, its pooling defaults";
pub const FLOOR: &str = "**wasmtime alone, pages kept as the sandbox keeps them: the floor**";
pub const FLOOR_ON_TWO: &str = "the floor on 2 threads";
pub const SANDBOX: &str = "**this sandbox, every limit on**";
pub const SANDBOX_ON_TWO: &str = "this sandbox on 2 threads";
pub const BESIDE_A_LOOP: &str = "this sandbox beside a policy that loops forever on another thread";
pub const BESIDE_NATIVE: &str = "this sandbox beside plain arithmetic on another thread";
pub const WASIP2: &str = "this sandbox, the policy built for wasm32-wasip2";
pub const JAVASCRIPT: &str = "this sandbox, the policy in JavaScript";
pub const PYTHON: &str = "this sandbox, the policy in Python";

pub const SQLITE: &[(&str, Kind, u32)] = &[
    ("the whole gate, read-only, SQLite", Kind::ReadOnly, 1),
    ("the whole gate, read-only, 64 at once, SQLite", Kind::ReadOnly, 64),
    ("the whole gate, read-only, 256 at once, SQLite", Kind::ReadOnly, 256),
    ("the whole gate, no policy, SQLite", Kind::PolicyOff, 1),
    ("the whole gate, no policy, 64 at once, SQLite", Kind::PolicyOff, 64),
    ("the whole gate, a first login that saves, SQLite", Kind::First, 1),
    ("the whole gate, first logins that save, 64 at once, SQLite", Kind::First, 64),
];
pub const POSTGRES: &[(&str, Kind, u32)] = &[
    ("the whole gate, read-only, PostgreSQL", Kind::ReadOnly, 1),
    ("the whole gate, read-only, 64 at once, PostgreSQL", Kind::ReadOnly, 64),
    ("the whole gate, no policy, PostgreSQL", Kind::PolicyOff, 1),
    ("the whole gate, no policy, 64 at once, PostgreSQL", Kind::PolicyOff, 64),
    ("the whole gate, a first login that saves, PostgreSQL", Kind::First, 1),
    ("the whole gate, first logins that save, 64 at once, PostgreSQL", Kind::First, 64),
];
pub const WEB: &[(&str, u32)] = &[
    ("over HTTP, the whole host, 1 connection", 1),
    ("over HTTP, the whole host, 64 connections", 64),
    ("over HTTP, the whole host, 128 connections", 128),
    ("over HTTP, the whole host, 512 connections", 512),
];
pub const ONE_BY_ONE: &str = "a page written and on the disk, one after the other";

pub const FUEL: &str = "stopped: an endless loop out of 50,000,000 fuel";
pub const HALF_FUEL: &str = "stopped: an endless loop out of 25,000,000 fuel";
pub const DEADLINE: &str = "stopped: an endless loop at a deadline of 20 ms";
pub const LATE_DEADLINE: &str = "stopped: an endless loop at a deadline of 200 ms";
pub const SLEEP: &str = "stopped: a sleep at a deadline of 20 ms";
pub const MEMORY: &str = "stopped: allocating beyond 64 MiB";

pub const EXTISM_FRESH: &str = "Extism, a fresh plug-in";
pub const EXTISM_REUSED: &str = "Extism, one plug-in for all";
pub const REGORUS_ENGINE: &str = "regorus, a clone of the engine";
pub const REGORUS_COMPILED: &str = "regorus, one compiled policy";
pub const REGORUS_MACHINE: &str = "regorus, its virtual machine";
pub const PROCESS_PYTHON: &str = "a process: python3 with a script";
pub const PROCESS_BINARY: &str = "a process: a static binary";
pub const CPYTHON_DICTS: &str = "CPython in process, dicts from Rust";
pub const CPYTHON_JSON: &str = "CPython in process, JSON";
