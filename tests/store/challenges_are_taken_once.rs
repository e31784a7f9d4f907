//! A challenge is answered once, by the user who was asked, in time.

use std::time::Duration;

use tokio::task::JoinSet;
use vestibule_domain::TenantName;
use vestibule_store::{Error, MAX_STATE_BYTES, NewChallenge, Taken};

use crate::harness::{Home, Leaves as _, at, on_every_store, tenant};

const DAY: u64 = 24 * 60 * 60;

on_every_store!(
    an_answer_in_time_gets_the_state_and_the_next_is_a_replay,
    of_twenty_takers_on_two_nodes_one_wins,
    a_late_answer_is_expired,
    another_user_gets_nothing_and_spoils_nothing,
    another_tenants_challenge_is_unknown,
    the_purge_forgets_what_expired_a_day_ago,
    a_state_has_a_size_and_an_id_one_use,
    a_question_that_replaces_closes_the_users_open_ones,
);

fn asked(id: &str, state: &[u8]) -> NewChallenge {
    let [id, user] = [id, "joe"].map(str::to_owned);
    NewChallenge { id, user, state: state.to_owned(), expires: at(60), replaces: false }
}

async fn asks_joe(home: &Home, id: &str) {
    let challenge = asked(id, b"the code is 1234\0\xff");
    home.store.ask(&tenant(), &challenge).await.unwrap();
}

async fn answered(home: &Home, id: &str, user: &str, seconds: u64) -> Taken {
    home.store.take_challenge(&tenant(), id, user, at(seconds)).await.unwrap()
}

async fn an_answer_in_time_gets_the_state_and_the_next_is_a_replay(home: Home) {
    asks_joe(&home, "id").await;
    let taken = answered(&home, "id", "joe", 59).await;
    assert!(!format!("{taken:?}").contains("code"));
    assert_eq!(taken, Taken::Valid(b"the code is 1234\0\xff".to_vec()));
    assert_eq!(answered(&home, "id", "joe", 59).await, Taken::Replayed);
    assert_eq!(answered(&home, "id", "joe", 61).await, Taken::Replayed);
    assert_eq!(answered(&home, "di", "joe", 59).await, Taken::Unknown);
}

async fn of_twenty_takers_on_two_nodes_one_wins(home: Home) {
    let other = home.another().await.unwrap();
    asks_joe(&home, "id").await;
    let mut takers = JoinSet::new();
    for number in 0..20 {
        let store = if number % 2 == 0 { home.store.clone() } else { other.clone() };
        takers.spawn(async move { store.take_challenge(&tenant(), "id", "joe", at(0)).await.unwrap() });
    }
    let taken = takers.join_all().await;
    assert_eq!(taken.iter().filter(|taken| matches!(taken, Taken::Valid(_))).count(), 1, "{taken:?}");
    assert_eq!(taken.iter().filter(|taken| **taken == Taken::Replayed).count(), 19, "{taken:?}");
}

async fn a_late_answer_is_expired(home: Home) {
    asks_joe(&home, "id").await;
    assert_eq!(answered(&home, "id", "joe", 60).await, Taken::Expired);
    assert_eq!(answered(&home, "id", "joe", 61).await, Taken::Expired);
}

async fn another_user_gets_nothing_and_spoils_nothing(home: Home) {
    asks_joe(&home, "id").await;
    for thief in ["jim", "Joe", "joe ", ""] {
        assert_eq!(answered(&home, "id", thief, 0).await, Taken::Stolen);
    }
    assert!(matches!(answered(&home, "id", "joe", 0).await, Taken::Valid(_)));
    assert_eq!(answered(&home, "id", "jim", 0).await, Taken::Stolen);
}

async fn another_tenants_challenge_is_unknown(home: Home) {
    asks_joe(&home, "id").await;
    let other = TenantName::new("other").unwrap();
    assert_eq!(home.store.take_challenge(&other, "id", "joe", at(0)).await, Ok(Taken::Unknown));
    assert!(matches!(answered(&home, "id", "joe", 0).await, Taken::Valid(_)));
}

async fn the_purge_forgets_what_expired_a_day_ago(home: Home) {
    for id in ["answered", "open"] {
        asks_joe(&home, id).await;
    }
    answered(&home, "answered", "joe", 0).await;
    assert_eq!(home.store.purge(at(60 + DAY)).await, Ok(0));
    assert_eq!(answered(&home, "answered", "joe", 60 + DAY).await, Taken::Replayed);
    assert_eq!(home.store.purge(at(61 + DAY)).await, Ok(2));
    for id in ["answered", "open"] {
        assert_eq!(answered(&home, id, "joe", 61 + DAY).await, Taken::Unknown);
    }
}

async fn a_state_has_a_size_and_an_id_one_use(home: Home) {
    let state = vec![7; MAX_STATE_BYTES + 1];
    let soon = at(0) + Duration::from_millis(1);
    let mut challenge = NewChallenge { expires: soon, ..asked("id", &state) };
    let refused = home.store.ask(&tenant(), &challenge).await;
    assert_eq!(refused, Err(Error::StateTooLarge(MAX_STATE_BYTES + 1).into()));
    challenge.state = state[1..].to_vec();
    home.store.ask(&tenant(), &challenge).await.unwrap();
    assert_eq!(home.store.ask(&tenant(), &challenge).await, Err(Error::IdUsed.into()));
    assert_eq!(answered(&home, "id", "joe", 0).await, Taken::Valid(state[1..].to_vec()));
}

async fn a_question_that_replaces_closes_the_users_open_ones(home: Home) {
    for id in ["answered", "open", "other"] {
        asks_joe(&home, id).await;
    }
    answered(&home, "answered", "joe", 0).await;
    let eves = NewChallenge { user: "eve".to_owned(), ..asked("eves", b"") };
    home.store.ask(&tenant(), &eves).await.unwrap();
    let other = TenantName::new("other").unwrap();
    home.store.ask(&other, &asked("elsewhere", b"")).await.unwrap();

    home.store.ask(&tenant(), &NewChallenge { replaces: true, ..asked("new", b"") }).await.unwrap();
    for id in ["open", "other"] {
        assert_eq!(answered(&home, id, "joe", 0).await, Taken::Unknown);
    }
    assert_eq!(answered(&home, "answered", "joe", 0).await, Taken::Replayed);
    assert_eq!(answered(&home, "new", "joe", 0).await, Taken::Valid(Vec::new()));
    assert_eq!(answered(&home, "eves", "eve", 0).await, Taken::Valid(Vec::new()));
    assert_eq!(home.store.take_challenge(&other, "elsewhere", "joe", at(0)).await, Ok(Taken::Valid(Vec::new())));
}
