//! An account that somebody guesses at is locked for a while, and only for a while.

use vestibule_domain::Secret;
use vestibule_domain::field::Response;
use vestibule_gate::Attempt;

use crate::harness::{Door, answering, at, cause, scripted, told, typed, typed_as};

const ASKS: [(&str, &str); 1] = [("ASKS", "Code?")];

/// A door whose policy does as it is told, for a user with a password.
async fn door() -> Door {
    Door::new().await.guarded_by("told", scripted("told")).with_passwords(&["joe"]).await
}

/// Who types the right password and the answer to a question that everybody is asked.
fn answering_at_once(orders: &[(&str, &str)]) -> Attempt {
    Attempt { static_response: Some(Response::new(Secret::new("000000")).unwrap()), ..told(typed("joe"), orders) }
}

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
    let door = door().await;
    let attempt = told(typed("joe"), &ASKS);
    for _ in 0..5 {
        let asked = door.decides(&attempt).await;
        assert_eq!(door.refuses(&answering(&attempt, &asked, "000000")).await, "denied");
    }
    assert_eq!(door.refuses(&attempt).await, "locked-out");
}

#[tokio::test]
async fn an_answer_that_is_asked_about_again_counts() {
    let door = door().await;
    let attempt = told(typed("joe"), &ASKS);
    let mut asked = door.decides(&attempt).await;
    for _ in 0..5 {
        asked = door.decides(&answering(&attempt, &asked, "again")).await;
        assert_eq!(cause(&asked), "challenged");
    }
    assert_eq!(door.refuses(&answering(&attempt, &asked, "yes")).await, "locked-out");
    assert_eq!(door.refuses(&attempt).await, "locked-out");
}

#[tokio::test]
async fn an_answer_that_breaks_the_policy_counts() {
    let door = door().await;
    let attempt = told(typed("joe"), &ASKS);
    for _ in 0..5 {
        let asked = door.decides(&attempt).await;
        let breaks = told(answering(&attempt, &asked, "\u{1f40e}"), &[("FAILS", "a bug")]);
        assert_eq!(door.refuses(&breaks).await, "policy-error");
    }
    assert_eq!(door.refuses(&attempt).await, "locked-out");
}

#[tokio::test]
async fn an_answer_given_with_the_password_counts_however_it_ends() {
    for (orders, expected) in
        [(("DENIES", "no"), "denied"), (("FAILS", "bug"), "policy-error"), (ASKS[0], "challenged")]
    {
        let door = door().await;
        for _ in 0..5 {
            assert_eq!(door.refuses(&answering_at_once(&[orders])).await, expected);
        }
        assert_eq!(door.refuses(&typed("joe")).await, "locked-out", "{expected}");
    }
}

#[tokio::test]
async fn a_question_that_was_put_before_the_lock_is_not_answered_after_it() {
    let door = door().await;
    let attempt = told(typed("joe"), &ASKS);
    let asked = door.decides(&attempt).await;
    for _ in 0..5 {
        door.refuses(&typed_as("joe", "wrong horse")).await;
    }
    assert_eq!(door.refuses(&answering(&attempt, &asked, "yes")).await, "locked-out");
}

#[tokio::test]
async fn a_question_counts_only_when_it_is_answered() {
    let door = door().await;
    for _ in 0..6 {
        assert_eq!(door.refuses(&told(typed("joe"), &ASKS)).await, "challenged");
    }
    assert_eq!(door.refuses(&typed("joe")).await, "allowed");
}

#[tokio::test]
async fn whoever_answers_right_after_some_wrong_answers_is_forgiven() {
    let door = door().await;
    let attempt = told(typed("joe"), &ASKS);
    for _ in 0..3 {
        for _ in 0..4 {
            let asked = door.decides(&attempt).await;
            assert_eq!(door.refuses(&answering(&attempt, &asked, "000000")).await, "denied");
        }
        let asked = door.decides(&attempt).await;
        assert_eq!(door.refuses(&answering(&attempt, &asked, "yes")).await, "allowed");
        assert_eq!(door.refuses(&answering_at_once(&[])).await, "allowed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_answers_at_once_get_as_many_tries_as_one_after_the_other() {
    let door = door().await;
    let gate = door.gate().await;
    let answers: Vec<_> = (0..20)
        .map(|_| {
            let gate = gate.clone();
            tokio::spawn(
                async move { cause(&gate.decide(&answering_at_once(&[("DENIES", "no")]), at(0)).await.unwrap()) },
            )
        })
        .collect();
    let mut tried = 0;
    for answer in answers {
        tried += usize::from(answer.await.unwrap() == "denied");
    }
    assert_eq!(tried, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_guesses_at_once_get_few_tries() {
    let door = Door::new().await.with_passwords(&["joe"]).await;
    let gate = door.gate().await;
    let guesses: Vec<_> = (0..40)
        .map(|guess| {
            let (gate, attempt) = (gate.clone(), typed_as("joe", &format!("wrong horse {guess}")));
            tokio::spawn(async move { cause(&gate.decide(&attempt, at(0)).await.unwrap()) })
        })
        .collect();
    let mut tried = 0;
    for guess in guesses {
        tried += usize::from(guess.await.unwrap() == "wrong-password");
    }
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    assert!((5..5 + at_once).contains(&tried), "{tried} guesses were tried");
}
