//! Places for which others wait: every owner has its share of them, and those that wait are served in turn, owner by owner.

mod places;

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::owner::Owner;
use crate::refused::Refused;
use crate::resource::Resource;
use places::{Places, Queue};

pub use places::Room;

/// Places that all owners share. Clones share them.
#[derive(Clone)]
pub struct Turns(Arc<Inner>);

struct Inner {
    resource: Resource,
    total: u64,
    places: Mutex<Places>,
}

/// What one owner may have of some places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// How many may be inside.
    pub inside: u64,
    /// How many may wait; at least one may.
    pub waiting: u64,
}

/// A place; dropped, it is the next one's.
pub struct Turn {
    turns: Turns,
    owner: Owner,
}

impl Turns {
    /// So many places.
    pub fn new(resource: Resource, places: u64, room: Room) -> Self {
        Self(Arc::new(Inner { resource, total: places, places: Mutex::new(Places::new(places, room)) }))
    }

    /// Waits for a place. Whoever stops waiting has taken none.
    ///
    /// # Errors
    /// [`Refused`]: too many of the owner's wait already.
    pub async fn enter(&self, owner: &Owner, share: Waiting) -> Result<Turn, Refused> {
        self.come(owner, share, false).await
    }

    /// Waits for a place before all of the owner's that wait for their first: for whoever had one, and gave it back for a while. How many
    /// there are is for whoever lets them out to bound; none is refused for that.
    ///
    /// # Errors
    /// [`Refused`], where these places are no more.
    pub async fn enter_again(&self, owner: &Owner, share: Waiting) -> Result<Turn, Refused> {
        self.come(owner, share, true).await
    }

    async fn come(&self, owner: &Owner, share: Waiting, again: bool) -> Result<Turn, Refused> {
        let called = {
            let mut places = self.0.places.lock();
            if places.take(owner, share.inside) {
                return Ok(Turn { turns: self.clone(), owner: owner.clone() });
            }
            let queue = places.owners.entry(owner.clone()).or_default();
            queue.most = share.inside;
            let most = share.waiting.max(1);
            if !again && queue.waiting.len() as u64 >= most {
                // Those that went away are no more in anybody's way.
                queue.waiting.retain(|call| !call.is_closed());
                let waiting = queue.waiting.len() as u64;
                if waiting >= most {
                    return Err(self.refused(owner, queue.inside.saturating_add(waiting), share));
                }
            }
            let (call, called) = oneshot::channel();
            if again {
                queue.returning.push_back(call)
            } else {
                queue.waiting.push_back(call)
            }
            places.queue_up(owner);
            places.call();
            called
        };
        self.called(owner, share, called).await
    }

    async fn called(&self, owner: &Owner, share: Waiting, called: oneshot::Receiver<()>) -> Result<Turn, Refused> {
        // Dropped before it is called, it leaves a closed channel behind, which is passed over.
        let waiting = InLine { turns: self.clone(), owner: owner.clone(), called };
        waiting.called().await.ok_or_else(|| self.refused(owner, 0, share))
    }

    /// How many places are taken, of how many.
    pub fn usage(&self) -> (u64, u64) {
        (self.0.total.saturating_sub(self.0.places.lock().free), self.0.total)
    }

    /// How many wait, of all owners.
    pub fn waiting(&self) -> u64 {
        self.0.places.lock().owners.values().map(Queue::length).sum()
    }

    /// What is counted here.
    pub fn resource(&self) -> Resource {
        self.0.resource
    }

    fn refused(&self, owner: &Owner, held: u64, share: Waiting) -> Refused {
        let most = share.inside.saturating_add(share.waiting);
        Refused { resource: self.0.resource, owner: owner.clone(), asked: 1, held, most, ever: most }
    }
}

/// Somebody who waits. Whoever goes away just when called gives the place back.
struct InLine {
    turns: Turns,
    owner: Owner,
    called: oneshot::Receiver<()>,
}

impl InLine {
    async fn called(mut self) -> Option<Turn> {
        let called = (&mut self.called).await;
        // Nothing is left in the channel for `drop` to find.
        called.ok().map(|()| Turn { turns: self.turns.clone(), owner: self.owner.clone() })
    }
}

impl Drop for InLine {
    fn drop(&mut self) {
        self.called.close();
        if self.called.try_recv().is_ok() {
            self.turns.0.places.lock().leave(&self.owner);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.0.places.lock().leave(&self.owner);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;
    use vestibule_domain::TenantName;

    use super::*;

    const SHARE: Waiting = Waiting { inside: 2, waiting: 4 };

    fn turns(places: u64) -> Turns {
        Turns::new(Resource::LoginPlaces, places, Room::None)
    }

    fn tenant(name: &str) -> Owner {
        Owner::Tenant(TenantName::new(name).unwrap())
    }

    async fn at_once(turns: &Turns, name: &str, share: Waiting) -> Option<Result<Turn, Refused>> {
        timeout(Duration::ZERO, turns.enter(&tenant(name), share)).await.ok()
    }

    fn is_empty(turns: &Turns) -> bool {
        let places = turns.0.places.lock();
        places.owners.is_empty() && places.turns.is_empty() && places.free == turns.0.total
    }

    #[tokio::test]
    async fn an_owner_has_its_share_and_no_more() {
        let turns = turns(8);
        let first = at_once(&turns, "a", SHARE).await.unwrap().unwrap();
        let second = at_once(&turns, "a", SHARE).await.unwrap().unwrap();
        assert!(at_once(&turns, "a", SHARE).await.is_none(), "a third one has to wait");
        assert!(at_once(&turns, "b", SHARE).await.unwrap().is_ok(), "others need not");
        drop((first, second));
        assert!(at_once(&turns, "a", SHARE).await.unwrap().is_ok());
        assert!(is_empty(&turns));
    }

    #[tokio::test]
    async fn whoever_waits_is_served_owner_by_owner() {
        let turns = turns(1);
        let first = turns.enter(&tenant("a"), SHARE).await.unwrap();
        let (told, mut order) = tokio::sync::mpsc::unbounded_channel();
        for name in ["a", "a", "a", "b", "c"] {
            let (turns, told) = (turns.clone(), told.clone());
            tokio::spawn(async move {
                let turn = turns.enter(&tenant(name), SHARE).await.unwrap();
                told.send(name).unwrap();
                drop(turn);
            });
            tokio::task::yield_now().await;
        }
        drop((first, told));
        let mut served = Vec::new();
        while let Some(name) = order.recv().await {
            served.push(name);
        }
        assert_eq!(served, ["a", "b", "c", "a", "a"]);
    }

    #[tokio::test]
    async fn whoever_comes_back_is_served_before_those_that_wait_for_their_first_place() {
        let turns = turns(1);
        let share = Waiting { inside: 2, waiting: 1 };
        let first = turns.enter(&tenant("a"), share).await.unwrap();
        let (told, mut order) = tokio::sync::mpsc::unbounded_channel();
        for name in ["new", "first back", "second back"] {
            let (turns, told) = (turns.clone(), told.clone());
            tokio::spawn(async move {
                let turn = match name {
                    "new" => turns.enter(&tenant("a"), share).await,
                    _ => turns.enter_again(&tenant("a"), share).await,
                };
                told.send(name).unwrap();
                drop(turn);
            });
            tokio::task::yield_now().await;
        }
        drop((first, told));
        for next in ["first back", "second back", "new"] {
            assert_eq!(order.recv().await, Some(next));
        }
        assert!(is_empty(&turns));
    }

    #[tokio::test]
    async fn too_many_that_wait_are_refused_and_those_that_leave_are_forgotten() {
        let turns = turns(1);
        let first = turns.enter(&tenant("a"), SHARE).await.unwrap();
        let waiting: Vec<_> = (0..4)
            .map(|_| {
                let turns = turns.clone();
                tokio::spawn(async move { turns.enter(&tenant("a"), SHARE).await.map(drop) })
            })
            .collect();
        tokio::task::yield_now().await;
        let refused = at_once(&turns, "a", SHARE).await.unwrap().err().unwrap();
        assert_eq!((refused.held, refused.most), (5, 6));
        for task in waiting {
            task.abort();
            let _ = task.await;
        }
        drop(first);
        assert!(is_empty(&turns));
    }

    #[tokio::test]
    async fn where_room_is_left_whoever_comes_next_finds_a_place_however_many_there_are() {
        let turns = Turns::new(Resource::LoginPlaces, 64, Room::Left);
        let mut inside = Vec::new();
        for round in 0..64 {
            for name in ["a", "b", "c", "d"] {
                inside.extend(at_once(&turns, name, Waiting { inside: 64, waiting: 4 }).await.transpose().unwrap());
            }
            if round == 63 {
                break;
            }
        }
        assert_eq!(turns.usage(), (51, 64));
        assert!(at_once(&turns, "e", SHARE).await.unwrap().is_ok());
        drop(inside);
        assert!(is_empty(&turns));
    }

    #[tokio::test]
    async fn whoever_had_to_leave_room_is_called_when_there_is_some() {
        let turns = Turns::new(Resource::LoginPlaces, 4, Room::Left);
        let share = Waiting { inside: 4, waiting: 4 };
        let mut inside = Vec::new();
        for name in ["a", "a", "b"] {
            inside.push(at_once(&turns, name, share).await.unwrap().unwrap());
        }
        let (own, next) = (
            turns.clone(),
            tokio::spawn({
                let turns = turns.clone();
                async move { turns.enter(&tenant("b"), share).await.map(drop) }
            }),
        );
        tokio::task::yield_now().await;
        inside.remove(0);
        tokio::task::yield_now().await;
        assert!(!next.is_finished() && own.waiting() == 1, "two places are free, of which one would be left");
        inside.remove(0);
        assert!(next.await.unwrap().is_ok());
    }
}
