#!/bin/sh
# mimalloc 0.1.52 (the crate; libmimalloc-sys 0.1.49, mimalloc v3) and tikv-jemallocator 0.7.0 (jemalloc 5.3.1), on Linux.
#
# Guess: what a thread has freed goes back to the system after the allocator's delay (mimalloc: a second at most; jemalloc: ten seconds),
# whether or not the thread does anything.
#
# Seen: eight threads make 32 MiB of small texts each, free them, and wait. Twenty seconds later more than half of it is still the
# process's with mimalloc, which gives back when a thread allocates or frees, and with jemalloc as it is by default. With jemalloc's
# background thread less than a tenth of it is left.
set -eu
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
mkdir "$home/src"
cat > "$home/Cargo.toml" <<'END'
[package]
name = "idle"
version = "0.1.0"
edition = "2024"
[features]
jemalloc = []
[dependencies]
mimalloc = { version = "=0.1.52", default-features = false }
libmimalloc-sys = "=0.1.49"
tikv-jemallocator = "=0.7.0"
tikv-jemalloc-ctl = "=0.7.0"
END
cat > "$home/src/main.rs" <<'END'
use std::sync::{Arc, Barrier};
use std::{fs, thread, time::Duration};

#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
#[cfg(not(feature = "jemalloc"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn resident_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
}

fn main() {
    #[cfg(feature = "jemalloc")]
    if std::env::args().any(|argument| argument == "background") {
        tikv_jemalloc_ctl::background_thread::write(true).unwrap();
    }
    let full = Arc::new(Barrier::new(9));
    let freed = Arc::new(Barrier::new(9));
    for _ in 0..8 {
        let (full, freed) = (Arc::clone(&full), Arc::clone(&freed));
        thread::spawn(move || {
            let texts: Vec<String> = (0..(32 << 20) / 128).map(|_| "x".repeat(112)).collect();
            full.wait();
            full.wait();
            drop(texts);
            freed.wait();
            thread::park();
        });
    }
    full.wait();
    let peak = resident_mib();
    full.wait();
    freed.wait();
    thread::sleep(Duration::from_secs(20));
    println!("{}", resident_mib() * 100 / peak);
}
END
cd "$home"
cargo build --quiet --release --target-dir "$home/mimalloc"
cargo build --quiet --release --features jemalloc --target-dir "$home/jemalloc"
mimalloc=$("$home/mimalloc/release/idle")
jemalloc=$("$home/jemalloc/release/idle")
background=$("$home/jemalloc/release/idle" background)
echo "left of the peak after 20 s: mimalloc $mimalloc %, jemalloc $jemalloc %, with its background thread $background %"
[ "$mimalloc" -gt 50 ] && [ "$jemalloc" -gt 50 ] && [ "$background" -lt 10 ]
