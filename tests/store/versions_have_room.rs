//! What a tenant may have stored holds for versions that are added at once, and counts none of them twice.

use tokio::task::JoinSet;
use vestibule_store::{AddError, Added, NewVersion, Room};

use crate::harness::{Home, ROOM, Reads as _, Registers as _, by, on_every_store, tenant};

on_every_store!(
    versions_added_at_once_do_not_pass_together,
    policies_added_at_once_do_not_pass_together,
    what_is_stored_takes_no_room_again,
);

fn version<'a>(policy: &'a str, digest: &'a str) -> NewVersion<'a> {
    let (source, component, signer) = (digest, digest.as_bytes(), None);
    NewVersion { policy, digest, source, component, manifest: "{}", settings: "{}", grants: "{}", signer }
}

/// Adds eight versions at once, each of two bytes, by two processes.
async fn additions(home: &Home, room: Room, policy: fn(usize) -> String) -> Vec<Result<Added, AddError>> {
    home.store.creates(&tenant()).await;
    let another = home.another().await.unwrap();
    let mut additions = JoinSet::new();
    for number in 0..8_usize {
        let store = if number % 2 == 0 { home.store.clone() } else { another.clone() };
        additions.spawn(async move {
            let (policy, digest) = (policy(number), format!("d{number}"));
            store.adds_in_turn(&tenant(), &version(&policy, &digest), room).await
        });
    }
    additions.join_all().await
}

async fn versions_added_at_once_do_not_pass_together(home: Home) {
    let additions = additions(&home, Room { bytes: 7, ..ROOM }, |_| "p".to_owned()).await;
    let refused: Vec<_> = additions.iter().filter_map(|added| added.clone().err()).collect();
    assert_eq!(refused, vec![AddError::NoRoom { stored: 6 }; 5]);
    assert_eq!(home.store.stored_bytes(&tenant()).await, Ok(6));
}

async fn policies_added_at_once_do_not_pass_together(home: Home) {
    let additions = additions(&home, Room { policies: 3, ..ROOM }, |number| format!("p{number}")).await;
    let refused: Vec<_> = additions.iter().filter_map(|added| added.clone().err()).collect();
    assert_eq!(refused, vec![AddError::TooManyPolicies; 5]);
    assert_eq!(home.store.policies(&tenant()).await.unwrap().len(), 3);
}

async fn what_is_stored_takes_no_room_again(home: Home) {
    let (store, full) = (&home.store, Room { bytes: 2, policies: 1 });
    store.creates(&tenant()).await;
    assert_eq!(store.holds(&tenant(), "d1").await, Ok(false));
    for new in [true, false] {
        let added = store.add_version(&tenant(), &version("p", "d1"), full, &by()).await;
        assert_eq!(added, Ok(Added { number: 1, new }));
    }
    assert_eq!(store.holds(&tenant(), "d1").await, Ok(true));
    let nothing = Room { bytes: 0, policies: 0 };
    assert_eq!(
        store.add_version(&tenant(), &version("p", "d1"), nothing, &by()).await,
        Ok(Added { number: 1, new: false })
    );
    // Another component is refused, and so is this one as a version of another policy.
    let refused = store.add_version(&tenant(), &version("p", "d2"), full, &by()).await;
    assert_eq!(refused, Err(AddError::NoRoom { stored: 2 }));
    let roomy = Room { bytes: 4, ..full };
    let refused = store.add_version(&tenant(), &version("q", "d1"), roomy, &by()).await;
    assert_eq!(refused, Err(AddError::TooManyPolicies));
    let added = store.add_version(&tenant(), &version("p", "d2"), roomy, &by()).await;
    assert_eq!(added, Ok(Added { number: 2, new: true }));
}
