//! An account that somebody guesses at is locked for a while, and only for a while.

use crate::harness::{Door, answering, at, cause, puppet, told, typed, typed_as};

#[tokio::test]
async fn the_fifth_failure_locks_until_the_time_is_over() {
    let door = Door::new().await.with_passwords(&["joe"]).await;
    for _ in 0..5 {
        assert_eq!(door.refuses(&typed_as("joe", "wrong horse")).await, "wrong-password");
    }
    assert_eq!(door.refuses(&typed("joe")).await, "locked-out");
    assert_eq!(cause(&door.decides_at(&typed("joe"), at(899)).await), "locked-out");
    assert_eq!(cause(&door.decides_at(&typed("joe"), at(900)).await), "allowed");
}

#[tokio::test]
async fn whoever_comes_in_is_forgiven() {
    let door = Door::new().await.with_passwords(&["joe"]).await;
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(door.refuses(&typed_as("joe", "wrong horse")).await, "wrong-password");
        }
        assert_eq!(door.refuses(&typed("joe")).await, "allowed");
    }
}

#[tokio::test]
async fn wrong_answers_count_like_wrong_passwords() {
    let door = Door::new().await.guarded_by("told", puppet("told")).with_passwords(&["joe"]).await;
    let attempt = told(typed("joe"), &[("ASKS", "Code?")]);
    for _ in 0..5 {
        let asked = door.decides(&attempt).await;
        assert_eq!(door.refuses(&answering(&attempt, &asked, "000000")).await, "denied");
    }
    assert_eq!(door.refuses(&attempt).await, "locked-out");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_guesses_at_once_get_few_tries() {
    let door = Door::new().await.with_passwords(&["joe"]).await;
    let gate = door.gate().await;
    let guesses: Vec<_> = (0..40)
        .map(|guess| {
            let (gate, attempt) = (gate.clone(), typed_as("joe", &format!("wrong horse {guess}")));
            tokio::spawn(async move { cause(&gate.decide(&attempt, at(0)).await) })
        })
        .collect();
    let mut tried = 0;
    for guess in guesses {
        tried += usize::from(guess.await.unwrap() == "wrong-password");
    }
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    assert!((5..5 + at_once).contains(&tried), "{tried} guesses were tried");
}
