//! Who has a place, who waits for one, and whose turn is next.
//!
//! Not for: waiting.

use std::collections::{HashMap, VecDeque};

use tokio::sync::oneshot;

use crate::owner::Owner;
use crate::share::Share;

/// Whether one owner alone may take all places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// It may: whoever is inside is out again soon, as whoever only computes for some milliseconds.
    None,
    /// It leaves as many as it holds, as [`Share`](crate::Share) says: whoever is inside may stay for long.
    Left,
}

impl Room {
    /// Whether an owner with so many inside may have one of the free places more.
    const fn lets_in(self, share: Share, inside: u64, free: u64) -> bool {
        match self {
            Self::None => true,
            Self::Left => share.allows(inside, 1, free),
        }
    }
}

/// Those of all owners.
pub(super) struct Places {
    room: Room,
    pub(super) free: u64,
    pub(super) owners: HashMap<Owner, Queue>,
    /// Owners with somebody who waits and fewer inside than they may have, each once.
    pub(super) turns: VecDeque<Owner>,
}

/// Those of one owner.
#[derive(Default)]
pub(super) struct Queue {
    pub(super) inside: u64,
    pub(super) most: u64,
    /// Whoever had a place and gave it back for a while, in the order in which they came back: before all others.
    pub(super) returning: VecDeque<Call>,
    pub(super) waiting: VecDeque<Call>,
    has_a_turn: bool,
}

/// How somebody who waits is told to come in.
pub(super) type Call = oneshot::Sender<()>;

impl Queue {
    /// How many have not gone away.
    pub(super) fn length(&self) -> u64 {
        self.returning.iter().chain(&self.waiting).filter(|call| !call.is_closed()).count() as u64
    }

    fn next(&mut self) -> Option<Call> {
        self.returning.pop_front().or_else(|| self.waiting.pop_front())
    }

    fn is_empty(&self) -> bool {
        self.returning.is_empty() && self.waiting.is_empty()
    }

    fn is_idle(&self) -> bool {
        self.inside == 0 && self.is_empty()
    }
}

impl Places {
    /// All of them are free.
    pub(super) fn new(places: u64, room: Room) -> Self {
        Self { room, free: places, owners: HashMap::new(), turns: VecDeque::new() }
    }

    /// Takes a place for an owner that may be inside so many times, where one is free and nobody is in line.
    pub(super) fn take(&mut self, owner: &Owner, most: u64) -> bool {
        if self.free == 0 || !self.turns.is_empty() {
            return false;
        }
        let queue = self.owners.get_mut(owner);
        if queue.as_ref().is_some_and(|queue| !queue.is_empty()) {
            return false;
        }
        let inside = queue.as_ref().map_or(0, |queue| queue.inside);
        if inside >= most || !self.room.lets_in(Share { most }, inside, self.free) {
            return false;
        }
        match queue {
            Some(queue) => (queue.most, queue.inside) = (most, inside + 1),
            None => drop(self.owners.insert(owner.clone(), Queue { most, inside: 1, ..Queue::default() })),
        }
        self.free -= 1;
        true
    }

    /// Gives a place back.
    pub(super) fn leave(&mut self, owner: &Owner) {
        self.free += 1;
        if let Some(queue) = self.owners.get_mut(owner) {
            queue.inside = queue.inside.saturating_sub(1);
            if queue.is_idle() {
                self.owners.remove(owner);
            }
        }
        self.queue_up(owner);
        self.call();
    }

    /// Puts an owner in line, if it has somebody to send and a place of its own for it.
    pub(super) fn queue_up(&mut self, owner: &Owner) {
        if let Some(queue) = self.owners.get_mut(owner)
            && !queue.has_a_turn
            && queue.inside < queue.most
            && !queue.is_empty()
        {
            queue.has_a_turn = true;
            self.turns.push_back(owner.clone());
        }
    }

    /// Calls one of each owner in turn, as long as there are places that somebody in line may have. Whoever has to leave room stays
    /// in line, and others are served before it.
    pub(super) fn call(&mut self) {
        let mut passed = 0;
        while self.free > 0 && passed < self.turns.len() {
            let Some(owner) = self.turns.pop_front() else { return };
            let Some(queue) = self.owners.get_mut(&owner) else { continue };
            if !self.room.lets_in(Share { most: queue.most }, queue.inside, self.free) {
                self.turns.push_back(owner);
                passed += 1;
                continue;
            }
            queue.has_a_turn = false;
            while let Some(call) = queue.next() {
                if call.send(()).is_ok() {
                    queue.inside += 1;
                    self.free -= 1;
                    break;
                }
            }
            if queue.is_idle() {
                self.owners.remove(&owner);
            }
            self.queue_up(&owner);
            passed = 0;
        }
    }
}
