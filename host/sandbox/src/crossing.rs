//! The boundary between a guest and the host: whatever passes it is weighed and paid for with the guest's fuel.
//!
//! Not for: what is done on the host's side; see [`crate::host`] and [`crate::wasi`]. Every function that does something for a guest is
//! defined by [`function`] or [`function_async`], and sees the call's state alone: none can be reached that is not counted and paid for.
//! Two things that a guest can do are neither: it drops a handle, which was paid for when it was made, and once; and it calls what is
//! refused, which ends the call.

use std::pin::Pin;

use vestibule_domain::{Cause, Fault};
use wasmtime::component::{ComponentNamedList, Lift, LinkerInstance, Lower, Resource};
use wasmtime::{AsContextMut, Result};

use crate::state::State;

/// What a host call costs, in fuel, whatever passes: about 50 ns, as a unit of fuel takes half a nanosecond.
const CALL_FUEL: u64 = 100;
/// What a byte costs that passes, in fuel. Reading, checking and copying one takes as long as two units of fuel at most.
const BYTE_FUEL: u64 = 1;
/// What a text or list weighs before anything is in it: its address and length in the guest's memory.
const HEAD_BYTES: u64 = 8;
/// What a handle weighs: finding it in its table, lending it and dropping it take longer than its bytes do.
const HANDLE_BYTES: u64 = 32;

/// The future of a host function.
pub(crate) type HostFuture<'a, R> = Pin<Box<dyn Future<Output = Result<R>> + Send + 'a>>;

/// What can pass the boundary, and how many bytes of it have to be copied.
pub(crate) trait Passes {
    /// The weight in bytes.
    fn weight(&self) -> u64;
}

/// Pays for what passes. Whoever cannot has nothing left, and its call ends.
pub(crate) fn pay(store: &mut impl AsContextMut<Data = State>, fuel: u64, what: &str) -> Result<()> {
    let mut store = store.as_context_mut();
    let left = store.get_fuel()?;
    store.set_fuel(left.saturating_sub(fuel))?;
    if left < fuel {
        return Err(Fault::new(Cause::OutOfFuel, format!("{what} costs {fuel} fuel, {left} left")).into());
    }
    Ok(())
}

/// Pays for something that passes.
pub(crate) fn pay_for(store: &mut impl AsContextMut<Data = State>, passing: &impl Passes, what: &str) -> Result<()> {
    pay(store, passing.weight().saturating_mul(BYTE_FUEL), what)
}

/// Defines a function that answers at once.
pub(crate) fn function<P, R>(
    linker: &mut LinkerInstance<'_, State>,
    name: &str,
    body: impl Fn(&mut State, P) -> Result<R> + Send + Sync + 'static,
) -> Result<()>
where
    P: ComponentNamedList + Lift + Passes + 'static,
    R: ComponentNamedList + Lower + Passes + 'static,
{
    linker.func_wrap(name, move |mut call, params: P| {
        begin(&mut call, &params)?;
        let results = body(call.data_mut(), params)?;
        pay_for(&mut call, &results, RESULTS)?;
        Ok(results)
    })
}

/// Defines a function that may have to wait for its answer.
pub(crate) fn function_async<P, R>(
    linker: &mut LinkerInstance<'_, State>,
    name: &str,
    body: for<'a> fn(&'a mut State, P) -> HostFuture<'a, R>,
) -> Result<()>
where
    P: ComponentNamedList + Lift + Passes + Send + 'static,
    R: ComponentNamedList + Lower + Passes + Send + 'static,
{
    linker.func_wrap_async(name, move |mut call, params: P| {
        Box::new(async move {
            begin(&mut call, &params)?;
            let results = body(call.data_mut(), params).await?;
            pay_for(&mut call, &results, RESULTS)?;
            Ok(results)
        })
    })
}

const ARGUMENTS: &str = "a host call with its arguments";
const RESULTS: &str = "the answer to a host call";

/// Counts a host call and pays for its arguments.
fn begin(call: &mut impl AsContextMut<Data = State>, params: &impl Passes) -> Result<()> {
    call.as_context_mut().data_mut().count_host_call()?;
    pay(call, params.weight().saturating_mul(BYTE_FUEL).saturating_add(CALL_FUEL), ARGUMENTS)
}

macro_rules! weighs_its_size {
    ($($number:ty),*) => {
        $(impl Passes for $number {
            fn weight(&self) -> u64 {
                size_of::<Self>() as u64
            }
        })*
    };
}

weighs_its_size!(bool, u8, u16, u32, u64);

impl Passes for str {
    fn weight(&self) -> u64 {
        HEAD_BYTES + self.len() as u64
    }
}

impl Passes for String {
    fn weight(&self) -> u64 {
        Passes::weight(self.as_str())
    }
}

impl<T: Passes> Passes for [T] {
    fn weight(&self) -> u64 {
        HEAD_BYTES + self.iter().map(Passes::weight).sum::<u64>()
    }
}

impl<T: Passes> Passes for Vec<T> {
    fn weight(&self) -> u64 {
        self.as_slice().weight()
    }
}

impl<T: Passes + ?Sized> Passes for &T {
    fn weight(&self) -> u64 {
        (**self).weight()
    }
}

impl<T: Passes> Passes for Option<T> {
    fn weight(&self) -> u64 {
        1 + self.as_ref().map_or(0, Passes::weight)
    }
}

impl<T: Passes, E: Passes> Passes for std::result::Result<T, E> {
    fn weight(&self) -> u64 {
        1 + self.as_ref().map_or_else(Passes::weight, Passes::weight)
    }
}

impl<T: 'static> Passes for Resource<T> {
    fn weight(&self) -> u64 {
        HANDLE_BYTES
    }
}

macro_rules! weighs_its_parts {
    ($($part:ident),*) => {
        impl<$($part: Passes),*> Passes for ($($part,)*) {
            #[expect(non_snake_case, reason = "a part is named as its type")]
            fn weight(&self) -> u64 {
                let ($($part,)*) = self;
                0 $(+ $part.weight())*
            }
        }
    };
}

impl Passes for () {
    fn weight(&self) -> u64 {
        0
    }
}

weighs_its_parts!(A);
weighs_its_parts!(A, B);
weighs_its_parts!(A, B, C);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_text_and_every_text_of_a_list_weighs_something() {
        let pairs = vec![("name".to_owned(), String::new()); 3];
        assert_eq!(pairs.weight(), 8 + 3 * (8 + 4 + 8));
        assert_eq!((vec![0_u8; 1 << 20],).weight(), 8 + (1 << 20));
        assert_eq!(Some(Err::<u64, _>("no".to_owned())).weight(), 1 + 1 + 8 + 2);
    }
}
