//! Code in memory: one copy of each, for as long as somebody has it.
//!
//! Not for: how much of it there may be; each copy holds its part of the ledger's pool.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};
use vestibule_sandbox::{Compiled, WeakCompiled};

use crate::purpose::Purpose;

/// What is in memory, and what is being made, by digest.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    code: HashMap<String, WeakCompiled>,
    /// Logins do not wait for what is made for others, and may then make it a second time.
    making: HashMap<(String, Purpose), Weak<Turn<()>>>,
}

impl Shelf {
    /// What is in memory of this digest.
    pub(crate) fn find(&self, digest: &str) -> Option<Compiled> {
        self.0.lock().code.get(digest)?.upgrade()
    }

    /// Puts what was made here, unless somebody was faster: then theirs is returned, and this is dropped.
    pub(crate) fn put(&self, digest: &str, made: Compiled) -> Compiled {
        let mut inside = self.0.lock();
        inside.code.retain(|_, code| code.upgrade().is_some());
        if let Some(code) = inside.code.get(digest).and_then(WeakCompiled::upgrade) {
            return code;
        }
        inside.code.insert(digest.to_owned(), made.downgrade());
        made
    }

    /// Waits until nobody else makes this for the same purpose.
    pub(crate) async fn turn(&self, digest: &str, purpose: Purpose) -> OwnedMutexGuard<()> {
        let turn = {
            let mut inside = self.0.lock();
            inside.making.retain(|_, turn| turn.strong_count() > 0);
            let name = (digest.to_owned(), purpose);
            match inside.making.get(&name).and_then(Weak::upgrade) {
                Some(turn) => turn,
                None => {
                    let turn = Arc::new(Turn::new(()));
                    inside.making.insert(name, Arc::downgrade(&turn));
                    turn
                }
            }
        };
        turn.lock_owned().await
    }
}
