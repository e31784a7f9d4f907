//! Turns a [`Policy`] into the exports of the world `policy`.
//!
//! Not for: deciding anything. What stands here runs on every login, before and after the policy.

use std::marker::PhantomData;
use std::panic::{self, PanicHookInfo};

use crate::bindings::Guest;
use crate::{Login, Manifest, Outcome, Policy, log};

/// What [`export!`](crate::export) hands to the generated code.
pub struct Exported<P>(PhantomData<P>);

impl<P: Policy> Guest for Exported<P> {
    fn manifest() -> Manifest {
        P::manifest()
    }

    fn post_auth(login: Login) -> Result<Outcome, String> {
        // The hook has no state: boxing it allocates nothing, and setting it costs a few dozen instructions.
        panic::set_hook(Box::new(log_panic));
        P::post_auth(login)
    }
}

/// A panic ends the call in a trap, which says where the code was but not why. The log line does.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    log::error(text.unwrap_or("the policy panicked"), &[("panic.location", &place)]);
}

/// Makes this crate the component of one [`Policy`].
///
/// Memory comes from an arena that is fit for an instance of one call; most of it is never given back. A policy that allocates
/// and frees many megabytes in one call says `export!(MyPolicy, heap)` and keeps Rust's own allocator.
#[macro_export]
macro_rules! export {
    ($policy:ty) => {
        #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
        #[global_allocator]
        static ARENA: $crate::arena::Arena = $crate::arena::Arena::new();

        /// Where the host puts the texts of a login, a hundred times a call: instead of the generated one, which takes the
        /// long way through the global allocator.
        #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
        // SAFETY: no other function of a component has this name, which the canonical ABI gives to this one.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn cabi_realloc(old: *mut u8, old_size: usize, align: usize, size: usize) -> *mut u8 {
            // SAFETY: the canonical ABI promises what the arena asks for.
            unsafe { ARENA.cabi_realloc(old, old_size, align, size) }
        }

        $crate::export!($policy, heap);
    };
    ($policy:ty, heap) => {
        const _: () = {
            type Exported = $crate::Exported<$policy>;
    $crate::bindings::export!(Exported with_types_in $crate::bindings);
        };
    };
}
