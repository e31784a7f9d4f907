//! Seccomp: which calls of the kernel a process may make.
//!
//! What is not allowed fails as if permission was lacking; libraries that try more than they need go on without it.

use std::collections::BTreeMap;
use std::io;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Length, SeccompCmpOp as Is, SeccompCondition, SeccompFilter,
    SeccompRule, sock_filter,
};

/// What a thread needs that computes, with those of its kind.
const COMPUTING: &[i64] = &[
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    // Another filter has the C library make threads by `clone`, of which the flags can be looked at.
    libc::SYS_clone3,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_fcntl,
    libc::SYS_fstat,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
    libc::SYS_write,
    libc::SYS_writev,
];

/// What only administrators, debuggers and those who look for holes in a kernel need.
const ADMINISTRATION: &[i64] = &[
    libc::SYS_acct,
    libc::SYS_add_key,
    libc::SYS_adjtimex,
    libc::SYS_bpf,
    libc::SYS_chroot,
    libc::SYS_clock_adjtime,
    libc::SYS_clock_settime,
    libc::SYS_delete_module,
    libc::SYS_execveat,
    libc::SYS_fanotify_init,
    libc::SYS_finit_module,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_init_module,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    libc::SYS_kexec_file_load,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_mount,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_perf_event_open,
    libc::SYS_personality,
    libc::SYS_pidfd_getfd,
    libc::SYS_pivot_root,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_quotactl,
    libc::SYS_reboot,
    libc::SYS_request_key,
    libc::SYS_setdomainname,
    libc::SYS_sethostname,
    libc::SYS_setns,
    libc::SYS_settimeofday,
    libc::SYS_swapoff,
    libc::SYS_swapon,
    libc::SYS_syslog,
    libc::SYS_umount2,
    libc::SYS_userfaultfd,
    libc::SYS_vhangup,
];

/// From here on an x86-64 kernel takes other numbers for the same calls (x32), of which a list of calls knows nothing.
const OTHER_NUMBERS: u32 = 0x4000_0000;

const REFUSED: SeccompAction = SeccompAction::Errno(libc::EPERM.cast_unsigned());
const UNKNOWN: SeccompAction = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());

/// From now on only what computing needs, in this thread and those that it makes: no file, no socket, no program, no memory that is code.
pub(super) fn only_to_compute() -> io::Result<()> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = COMPUTING.iter().map(|call| (*call, Vec::new())).collect();
    let code = libc::PROT_EXEC.cast_unsigned().into();
    let thread = libc::CLONE_THREAD.cast_unsigned().into();
    let own = u64::from(std::process::id());
    for (call, argument, length, is, value) in [
        (libc::SYS_mmap, 2, Length::Dword, Is::MaskedEq(code), 0),
        (libc::SYS_mprotect, 2, Length::Dword, Is::MaskedEq(code), 0),
        (libc::SYS_clone, 0, Length::Qword, Is::MaskedEq(thread), thread),
        // Whoever aborts sends itself a signal.
        (libc::SYS_tgkill, 0, Length::Dword, Is::Eq, own),
        (libc::SYS_prctl, 0, Length::Dword, Is::Eq, libc::PR_SET_NAME.cast_unsigned().into()),
        // Limits are asked for, and not set.
        (libc::SYS_prlimit64, 2, Length::Qword, Is::Eq, 0),
    ] {
        let condition = SeccompCondition::new(argument, length, is, value).map_err(io::Error::other)?;
        rules.insert(call, vec![SeccompRule::new(vec![condition]).map_err(io::Error::other)?]);
    }
    apply([(libc::SYS_clone3, Vec::new())].into(), SeccompAction::Allow, UNKNOWN)?;
    apply(rules, REFUSED, SeccompAction::Allow)
}

/// From now on nothing that only administrators need, by whichever number.
pub(super) fn no_administration() -> io::Result<()> {
    if cfg!(target_arch = "x86_64") {
        seccompiler::apply_filter(&by_usual_numbers()).map_err(io::Error::other)?;
    }
    apply(ADMINISTRATION.iter().map(|call| (*call, Vec::new())).collect(), SeccompAction::Allow, REFUSED)
}

/// Refuses calls by other numbers, and says nothing of the usual ones. The library's own filters compare numbers one by one.
fn by_usual_numbers() -> BpfProgram {
    // Instructions of classic BPF (linux/bpf_common.h, linux/seccomp.h).
    const LOAD_WORD: u16 = 0x20;
    const IF_AT_LEAST: u16 = 0x35;
    const RETURN: u16 = 0x06;
    const ALLOW: u32 = 0x7fff_0000;
    const FAIL_WITH: u32 = 0x0005_0000;
    // Where a call's number stands in what a filter is handed.
    const NUMBER: u32 = 0;
    let filter = |code, jt, jf, k| sock_filter { code, jt, jf, k };
    vec![
        filter(LOAD_WORD, 0, 0, NUMBER),
        filter(IF_AT_LEAST, 0, 1, OTHER_NUMBERS),
        filter(RETURN, 0, 0, FAIL_WITH | libc::EPERM.cast_unsigned()),
        filter(RETURN, 0, 0, ALLOW),
    ]
}

fn apply(rules: BTreeMap<i64, Vec<SeccompRule>>, other: SeccompAction, listed: SeccompAction) -> io::Result<()> {
    let machine = std::env::consts::ARCH.try_into().map_err(io::Error::other)?;
    let filter = SeccompFilter::new(rules, other, listed, machine).map_err(io::Error::other)?;
    let program = BpfProgram::try_from(filter).map_err(io::Error::other)?;
    seccompiler::apply_filter(&program).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// What the kernel answers a process of this thread's that asks for its own number in both ways, which does nothing.
    const ASKS: &str = "
import ctypes
ask = ctypes.CDLL(None, use_errno=True).syscall
print(ask(39) > 0, ask(0x40000000 + 39), ctypes.get_errno())";

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn a_call_by_another_number_is_refused_as_well() {
        let answered = std::thread::spawn(|| {
            rustix::thread::set_no_new_privs(true).unwrap();
            no_administration().unwrap();
            Command::new("python3").args(["-c", ASKS]).output().unwrap()
        });
        let answered = answered.join().unwrap();
        assert_eq!(String::from_utf8_lossy(&answered.stdout).trim(), format!("True -1 {}", libc::EPERM));
    }
}
