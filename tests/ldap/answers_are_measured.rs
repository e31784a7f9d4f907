//! What a server sends is measured before it is read: whatever is just beyond a bound is no answer, in words with the bound, and so is
//! what answers another question.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use vestibule_directory::{Ldap, LdapSettings};
use vestibule_domain::capability::Error;
use vestibule_domain::directory::{Entry, Query, Scope};
use vestibule_domain::primary::{Cause, Failure};

use super::stand_in::{
    Asked, BIND_RESPONSE, EXTENDED_RESPONSE, SEARCH_DONE, SEARCH_ENTRY, SEARCH_REFERENCE, answering, asked, entry,
    message, result, serving, tagged,
};
use super::{soon, stand_in};
use crate::harness::slapd_settings;

const JOE: &str = "uid=joe,dc=example,dc=com";

/// What becomes of joe's login at a server that answers the service account's bind well, and everything after it so.
async fn after_a_bind(answer: impl Fn(&Asked) -> Vec<u8> + Send + Sync + 'static) -> Result<String, Failure> {
    at(move |asked| if (asked.connection, asked.question) == (0, 0) { asked.success() } else { answer(asked) }).await
}

async fn at(answer: impl Fn(&Asked) -> Vec<u8> + Send + Sync + 'static) -> Result<String, Failure> {
    let settings = LdapSettings { timeout_ms: 2_000, ..slapd_settings(&answering(answer).await) };
    super::asked(settings, "joe", "correct horse").await.map(|proven| proven.user.as_str().to_owned())
}

fn ensure_no_answer(outcome: Result<String, Failure>, why: &str) {
    let failure = outcome.unwrap_err();
    assert_eq!(failure.cause, Cause::LdapUnavailable, "{failure}");
    assert!(failure.detail.contains(why), "{failure} instead of {why}");
}

/// Joe, as the directory of an honest server has him.
fn joe(asked: &Asked) -> Vec<u8> {
    if asked.is_bind() {
        return asked.success();
    }
    [asked.message(SEARCH_ENTRY, &entry(JOE, &[("uid", &[b"joe"])])), asked.success()].concat()
}

#[tokio::test]
async fn an_honest_server_is_believed() {
    assert_eq!(at(joe).await.unwrap(), "joe");
}

#[tokio::test]
async fn a_message_that_says_it_is_too_long_is_not_waited_for() {
    let outcome = at(|_| vec![0x30, 0x84, 0, 0, 0x40, 0]).await;
    ensure_no_answer(outcome, "a message of 16390 bytes, where 16384 are the most");
    let outcome = after_a_bind(|_| vec![0x30, 0x84, 0, 2, 0, 0]).await;
    ensure_no_answer(outcome, "a message of 131078 bytes, where 131072 are the most");
}

#[tokio::test]
async fn a_message_is_nested_no_deeper_than_an_entry_can_be() {
    let nested = |depth: usize| (0..depth).fold(Vec::new(), |inner: Vec<u8>, _| tagged(0x30, &inner));
    // The message and the result are two.
    let answer = move |asked: &Asked, depth: usize| asked.message(BIND_RESPONSE, &[result(0), nested(depth)].concat());
    assert_eq!(at(move |asked| if asked.is_bind() { answer(asked, 8) } else { joe(asked) }).await.unwrap(), "joe");
    ensure_no_answer(at(move |asked| answer(asked, 9)).await, "nested more than 10 deep");
}

#[tokio::test]
async fn a_message_has_no_more_elements_than_are_counted() {
    ensure_no_answer(
        at(|asked| asked.message(BIND_RESPONSE, &[result(0), [4, 0].repeat(256)].concat())).await,
        "more than 256 elements",
    );
    let server = answering(|asked| {
        let value: &[u8] = b"";
        match asked.is_search() {
            true => asked.message(SEARCH_ENTRY, &entry(JOE, &[("mail", &vec![value; 128 * 1024])])),
            false => asked.success(),
        }
    });
    let found = searched(slapd_settings(&server.await)).await;
    assert!(matches!(&found, Err(Error::Exhausted(why)) if why.contains("131072 elements")), "{found:?}");
    let outcome = after_a_bind(|asked| {
        let value: &[u8] = b"";
        asked.message(SEARCH_ENTRY, &entry(JOE, &[("uid", &vec![value; 1024])]))
    });
    ensure_no_answer(outcome.await, "more than 1024 elements");
}

/// What a policy finds by a search for everybody's names alone.
async fn searched(settings: LdapSettings) -> Result<Vec<Entry>, Error> {
    let query = Query { base: None, scope: Scope::Subtree, filter: "(uid=*)".to_owned(), attributes: Vec::new() };
    Ldap::new(settings).unwrap().search(&query, soon()).await
}

/// The same search would find too much at the other servers, too.
#[tokio::test]
async fn a_search_that_finds_too_much_is_exhausted_and_asked_once() {
    let values: fn(&Asked) -> Vec<u8> = |asked| {
        let value: &[u8] = b"";
        asked.message(SEARCH_ENTRY, &entry(JOE, &[("mail", &vec![value; 120_000])]))
    };
    let long: fn(&Asked) -> Vec<u8> = |_| vec![0x30, 0x84, 0, 0x20, 0, 0];
    for (answer, why) in [(values, "more than 1048576 bytes"), (long, "a message of 2097158 bytes")] {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let server = answering(move |asked| {
            counted.fetch_add(usize::from(asked.is_search()), Ordering::Relaxed);
            if asked.is_search() { answer(asked) } else { asked.success() }
        });
        let server = server.await;
        let settings = LdapSettings { servers: vec![server.clone(), server.clone()], ..slapd_settings(&server) };
        let found = searched(settings).await;
        assert!(matches!(&found, Err(Error::Exhausted(said)) if said.contains(why)), "{found:?}");
        assert_eq!(count.load(Ordering::Relaxed), 1, "{why}");
    }
}

#[tokio::test]
async fn a_policy_is_told_one_short_line_of_what_a_server_says() {
    let server = answering(|asked| match asked.is_search() {
        true => {
            let text = tagged(0x04, &[b"no\nway ".as_slice(), &[b'x'; 1 << 20]].concat());
            asked.message(SEARCH_DONE, &[tagged(0x0a, &[50]), tagged(0x04, b""), text].concat())
        }
        false => asked.success(),
    });
    let denied = searched(slapd_settings(&server.await)).await;
    assert!(matches!(&denied, Err(Error::Denied(why)) if why.contains("no way x") && why.len() < 700), "{denied:?}");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let endless = |reference: bool| {
        serving(move |_, mut client| async move {
            for question in 0.. {
                let Some(asked) = asked(0, question, &mut client).await else { return };
                let kind = if reference { SEARCH_REFERENCE } else { SEARCH_ENTRY };
                let content = if reference { tagged(0x04, b"ldap://elsewhere.example.com/") } else { entry(JOE, &[]) };
                let part = if asked.is_search() { asked.message(kind, &content) } else { asked.success() };
                while tokio::io::AsyncWriteExt::write_all(&mut client, &part).await.is_ok() && asked.is_search() {}
            }
        })
    };
    let outcome = super::asked(slapd_settings(&endless(true).await), "joe", "correct horse").await.unwrap_err();
    assert_eq!(outcome.cause, Cause::LdapUnavailable, "{outcome}");
    assert!(outcome.detail.contains("more than 1024 elements"), "{outcome}");
    let outcome = super::asked(slapd_settings(&endless(false).await), "joe", "correct horse").await.unwrap_err();
    assert_eq!(outcome.cause, Cause::AmbiguousUser, "{outcome}");
}

#[tokio::test]
async fn what_answers_another_question_is_no_answer() {
    let other = |number: u8| at(move |asked| message(asked.number + number, BIND_RESPONSE, &result(0)));
    ensure_no_answer(other(1).await, "an answer to another question");
    let notice = at(|_| message(0, EXTENDED_RESPONSE, &result(52)));
    ensure_no_answer(notice.await, "what nobody asked for");
    // A compare's response, an intermediate one, and those to other questions than a bind.
    for kind in [0x6f, 0x79, SEARCH_DONE, SEARCH_ENTRY, EXTENDED_RESPONSE] {
        let outcome =
            at(move |asked| asked.message(kind, &if kind == SEARCH_ENTRY { entry(JOE, &[]) } else { result(0) }));
        ensure_no_answer(outcome.await, "an answer to another operation");
    }
    for kind in [0x6f, 0x79, BIND_RESPONSE, EXTENDED_RESPONSE] {
        let outcome = after_a_bind(move |asked| asked.message(kind, &result(0)));
        ensure_no_answer(outcome.await, "an answer to another operation");
    }
}

#[tokio::test]
async fn no_code_but_success_is_success() {
    // The user's bind is the second connection's; a referral, one that goes on, and one that no list has.
    for code in [2, 10, 14, 32, 49, 53, 0x7f] {
        let outcome = at(move |asked| match asked.connection {
            0 => joe(asked),
            _ => asked.message(BIND_RESPONSE, &result(code)),
        });
        let failure = outcome.await.unwrap_err();
        assert!(matches!(failure.cause, Cause::Rejected | Cause::WrongPassword), "{code}: {failure}");
        ensure_no_answer(at(move |asked| asked.message(BIND_RESPONSE, &result(code))).await, "cannot bind");
    }
}

#[tokio::test]
async fn an_entry_is_believed_where_it_was_searched_for_and_under_the_name_that_was() {
    let found = |dn: &'static str, uid: &'static [&'static [u8]]| {
        at(move |asked| match asked.is_search() {
            true => [asked.message(SEARCH_ENTRY, &entry(dn, &[("UID", uid)])), asked.success()].concat(),
            false => asked.success(),
        })
    };
    assert_eq!(found("cn=a\\2cb,OU=People,DC=Example,dc=com", &[b"JOE"]).await.unwrap(), "JOE");
    for elsewhere in ["uid=joe,dc=example,dc=org", "uid=joe\\,dc=example,dc=com", "dc=com", "", "joe"] {
        ensure_no_answer(found(elsewhere, &[b"joe"]).await, "not searched for");
    }
    const NOT_JOES: [(&[&[u8]], Cause); 4] = [
        (&[b"root"], Cause::UnknownUser),
        (&[b"j*"], Cause::UnknownUser),
        (&[b"joe", b"\xff"], Cause::Rejected),
        (&[], Cause::Rejected),
    ];
    for (names, cause) in NOT_JOES {
        assert_eq!(found(JOE, names).await.unwrap_err().cause, cause, "{names:?}");
    }
    let twice = at(|asked| match asked.is_search() {
        true => [asked.message(SEARCH_ENTRY, &entry(JOE, &[("uid", &[b"joe"]), ("UID", &[b"root"])])), asked.success()]
            .concat(),
        false => asked.success(),
    });
    ensure_no_answer(twice.await, "not what the protocol allows");
}

#[tokio::test]
async fn a_policy_sees_no_entry_that_it_did_not_search_for() {
    for (base, scope, dn, is_found) in [
        (None, Scope::Subtree, JOE, true),
        (None, Scope::Subtree, "uid=joe,dc=example,dc=org", false),
        (Some("ou=a,dc=example,dc=com"), Scope::Subtree, JOE, false),
        (Some("dc=example,dc=com"), Scope::OneLevel, JOE, true),
        (Some("dc=example,dc=com"), Scope::OneLevel, "uid=joe,ou=a,dc=example,dc=com", false),
        (Some(JOE), Scope::Base, "UID=Joe,DC=example,DC=com", true),
        (Some(JOE), Scope::Base, "uid=root,dc=example,dc=com", false),
    ] {
        let server = answering(move |asked| match asked.is_search() {
            true => [asked.message(SEARCH_ENTRY, &entry(dn, &[])), asked.success()].concat(),
            false => asked.success(),
        });
        let query =
            Query { base: base.map(str::to_owned), scope, filter: "(uid=joe)".to_owned(), attributes: Vec::new() };
        let found = Ldap::new(slapd_settings(&server.await)).unwrap().search(&query, soon()).await;
        match &found {
            Ok(entries) => assert!(is_found && entries.len() == 1, "{dn}"),
            Err(Error::Unavailable(why)) => assert!(!is_found && why.contains("not searched for"), "{dn}: {why}"),
            Err(_) => panic!("{dn}: {found:?}"),
        }
    }
}

#[tokio::test]
async fn what_was_found_before_a_server_was_busy_is_not_believed() {
    let server = stand_in::stand_in(|_, _| stand_in::Finds { values: vec![b"photo".to_vec()], code: 51 });
    let query = Query { base: None, scope: Scope::Subtree, filter: "(uid=joe)".to_owned(), attributes: Vec::new() };
    let found = Ldap::new(slapd_settings(&server.await)).unwrap().search(&query, soon()).await;
    assert!(matches!(found, Err(Error::Unavailable(_))), "{found:?}");
}
