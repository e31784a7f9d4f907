#!/bin/sh
# mimalloc 0.1.52 (the crate; libmimalloc-sys 0.1.49, mimalloc v3) on Linux, and RLIMIT_DATA (setrlimit(2), since Linux 4.7 private
# writable mappings count).
#
# Guess: a program whose allocator has handed out less than a mebibyte can be limited to 512 MiB of data, and go on.
#
# Seen: the first arena is a gigabyte that is mapped writable at once where the kernel overcommits. All of it counts as data although
# hardly a page is touched, so after the limit nothing more can be mapped: ENOMEM (12). With MIMALLOC_ARENA_EAGER_COMMIT=0 the arena is
# reserved only, and mapping goes on.
set -eu
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
mkdir "$home/src"
cat > "$home/Cargo.toml" <<'END'
[package]
name = "arena"
version = "0.1.0"
edition = "2024"
[dependencies]
libc = "=0.2.191"
libmimalloc-sys = "=0.1.49"
mimalloc = { version = "=0.1.52", default-features = false }
END
cat > "$home/src/main.rs" <<'END'
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let text = vec![1_u8; 100_000];
    let limit = libc::rlimit { rlim_cur: 512 << 20, rlim_max: 512 << 20 };
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_DATA, &limit) }, 0);
    let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    let mapped = unsafe { libc::mmap(std::ptr::null_mut(), 1 << 20, access, kind, -1, 0) };
    let error = std::io::Error::last_os_error().raw_os_error().unwrap_or_default();
    println!("{}", if mapped == libc::MAP_FAILED { format!("error {error}") } else { "mapped".to_owned() });
    assert_eq!(text[99_999], 1);
}
END
cargo build --quiet --release --manifest-path "$home/Cargo.toml" --target-dir "$home/target"
by_default=$("$home/target/release/arena")
reserved=$(MIMALLOC_ARENA_EAGER_COMMIT=0 "$home/target/release/arena")
echo "by default: $by_default; MIMALLOC_ARENA_EAGER_COMMIT=0: $reserved"
[ "$by_default" = "error 12" ] && [ "$reserved" = mapped ]
