//! A session is there until it expires or ends.

use vestibule_store::{Error, MAX_STATE_BYTES, Session};

use crate::harness::{Home, Leaves as _, at, on_every_store, tenant};

on_every_store!(a_session_is_there_until_it_expires, a_session_is_replaced_and_ended, a_state_has_a_size);

fn session(state: &[u8]) -> Session {
    Session { id: "id".to_owned(), user: "joe".to_owned(), state: state.to_vec(), expires: at(60) }
}

async fn a_session_is_there_until_it_expires(home: Home) {
    home.store.keep(&tenant(), &session(b"\0token")).await.unwrap();
    assert_eq!(home.store.session(&tenant(), "id", at(59)).await, Ok(Some(session(b"\0token"))));
    assert_eq!(home.store.session(&tenant(), "id", at(60)).await, Ok(None));
    assert_eq!(home.store.session(&tenant(), "di", at(59)).await, Ok(None));
    assert_eq!(home.store.purge(at(59)).await, Ok(0));
    assert_eq!(home.store.purge(at(60)).await, Ok(1));
    assert_eq!(home.store.session(&tenant(), "id", at(59)).await, Ok(None));
}

async fn a_session_is_replaced_and_ended(home: Home) {
    home.store.keep(&tenant(), &session(b"one")).await.unwrap();
    home.store.keep(&tenant(), &session(b"two")).await.unwrap();
    assert_eq!(home.store.session(&tenant(), "id", at(0)).await, Ok(Some(session(b"two"))));
    assert_eq!(home.store.delete_session(&tenant(), "id").await, Ok(true));
    assert_eq!(home.store.delete_session(&tenant(), "id").await, Ok(false));
    assert_eq!(home.store.session(&tenant(), "id", at(0)).await, Ok(None));
}

async fn a_state_has_a_size(home: Home) {
    let large = session(&vec![0; MAX_STATE_BYTES + 1]);
    let put = home.store.keep(&tenant(), &large).await;
    assert_eq!(put, Err(Error::StateTooLarge(MAX_STATE_BYTES + 1).into()));
}
