use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn redactor<S: AsRef<str>>(secrets: &[S]) -> Redactor {
    let secrets: Vec<_> = secrets.iter().map(|secret| Secret::new(secret.as_ref())).collect();
    Redactor::new(&secrets)
}

fn scrub(text: &str, secrets: &[&str]) -> String {
    redactor(secrets).scrub(text, usize::MAX).into_owned()
}

/// What becomes of a text when every byte of every occurrence is marked, one after the other. Secrets are shorter than a piece.
fn slowly(text: &str, secrets: &[String], max_bytes: usize) -> String {
    let mut marked = vec![false; text.len()];
    let lines = secrets.iter().flat_map(|secret| iter::once(secret.as_str()).chain(secret.lines()));
    for line in lines.filter(|line| line.len() >= 4) {
        for at in 0..text.len() {
            if text.as_bytes()[at..].starts_with(line.as_bytes()) {
                marked[at..at + line.len()].fill(true);
            }
        }
    }
    let mut bytes = Vec::new();
    for at in 0..text.floor_char_boundary(max_bytes) {
        match marked[at] {
            true if at > 0 && marked[at - 1] => {}
            true => bytes.extend(STARS.as_bytes()),
            false => bytes.push(text.as_bytes()[at]),
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn scrubbing_stars_out_every_occurrence_but_leaves_tiny_secrets() {
    assert_eq!(scrub("a hunter2, hunter2", &["hunter2", "a"]), "a ***, ***");
}

#[test]
fn overlapping_secrets_leave_nothing_of_either() {
    let secrets = ["sk_live_", "sk_live_4eC39Hq", "39Hq-tail"];
    assert_eq!(scrub("key sk_live_4eC39Hq-tail!", &secrets), "key ***!");
}

#[test]
fn a_secret_that_overlaps_itself_leaves_nothing() {
    assert_eq!(scrub("-abababab-", &["ababab"]), "-***-");
}

#[test]
fn a_line_of_a_secret_is_as_secret_as_the_whole() {
    let secrets = ["-----BEGIN\nMIIEvQIBADAN\n-----END"];
    assert_eq!(scrub("it says MIIEvQIBADAN", &secrets), "it says ***");
}

#[test]
fn a_cut_leaves_no_part_of_a_secret() {
    let redactor = redactor(&["hunter2"]);
    for cut in 5..=12 {
        assert_eq!(redactor.scrub("I am hunter2", cut), if cut > 5 { "I am ***" } else { "I am " });
    }
}

#[test]
fn four_thousand_equal_lines_are_looked_for_once() {
    let secret = "aaaa\n".repeat(4000);
    let redactor = redactor(&[secret.as_str()]);
    let text = "a".repeat(1 << 20);
    assert_eq!(redactor.scrub(&text, usize::MAX), "***");
    let automaton = redactor.own.automaton().unwrap();
    // `aaaa`, and the whole in pieces, which begin at five places of the repetition.
    assert!(automaton.patterns_len() <= 12, "{}", automaton.patterns_len());
    assert_eq!(hidden(automaton, &text), vec![0..text.len()]);
}

#[test]
fn a_long_text_is_read_as_far_as_it_is_kept() {
    let redactor = redactor(&["hunter2"]);
    let text = format!("{}hunter2{}", "x".repeat(100), "hunter2".repeat(100_000));
    assert_eq!(redactor.scrub(&text, 100), "x".repeat(100));
    assert_eq!(cut(&text, 100 + LONGEST_PIECE_BYTES).len(), 135);
}

/// Lines that end alike make an automaton large: each of its states lists all that end there.
#[test]
fn an_automaton_has_a_bound_whatever_the_secrets_are() {
    let lines = |number: usize| format!("{}{}\n", char::from(b'b' + (number % 24) as u8), "a".repeat(4 + number % 28));
    let alike: String = (0..10_000).map(lines).collect();
    let different: String = (0..10_000).map(|number| format!("{number:06}{}\n", "a".repeat(26))).collect();
    for secret in [alike, different] {
        let secret = cut(&secret, MAX_SECRET_BYTES);
        for bytes in [300, 1 << 10, 4 << 10, secret.len()] {
            let sought = redactor(&[cut(secret, bytes)]).own;
            let (most, taken) = (sought.most_bytes(), sought.prepare());
            assert!(taken > 0 && taken <= most && most <= 8 << 20, "{taken} of {most} for {bytes} bytes");
        }
    }
}

#[test]
fn few_secrets_and_too_many_take_no_memory_beforehand() {
    for secret in ["hunter2".to_owned(), "x\n".repeat(MAX_SECRET_BYTES)] {
        let sought = redactor(&[secret]).own;
        assert_eq!((sought.most_bytes(), sought.prepare()), (0, 0));
    }
}

#[test]
fn what_calls_share_is_found_beside_their_own() {
    let shared = Arc::new(redactor(&["sk_live_4eC39Hq"]).own);
    let secret = Secret::new("Hq-hunter2");
    let redactor = Redactor::beside([&secret], Arc::clone(&shared));
    assert_eq!(redactor.scrub("it is sk_live_4eC39Hq-hunter2, or hunter2", usize::MAX), "it is ***, or hunter2");
    let beyond = Arc::new(Sought::new(&[Secret::new("x\n".repeat(MAX_SECRET_BYTES))]));
    assert_eq!(Redactor::beside([&secret], beyond).scrub("plain", usize::MAX), STARS);
}

#[test]
fn more_secrets_than_are_looked_for_leave_nothing_of_any_text() {
    let secret = format!("{}hunter2", "x\n".repeat(MAX_SECRET_BYTES / 2));
    assert_eq!(scrub("it is hunter2", &[&secret]), STARS);
    assert_eq!(scrub("", &[&secret]), "");
}

fn a_secret() -> impl Strategy<Value = String> {
    "[abé\\n]{0,12}"
}

proptest! {
    #[test]
    fn it_finds_what_a_slow_search_finds(
        secrets in vec(a_secret(), 0..12),
        shared in 0_usize..12,
        text in "[abé\\n-]{0,60}",
        cut in 0_usize..80,
    ) {
        let held: Vec<_> = secrets.iter().map(Secret::new).collect();
        let (shared, own) = held.split_at(shared.min(held.len()));
        let redactor = Redactor::beside(own, Arc::new(Sought::new(shared)));
        prop_assert_eq!(redactor.scrub(&text, cut), slowly(&text, &secrets, cut));
    }

    #[test]
    fn no_secret_is_left(secrets in vec("[ab\\n]{4,80}", 1..20), parts in vec(any::<prop::sample::Index>(), 0..10), cut in 0_usize..400) {
        let text: String = parts.iter().map(|part| part.get(&secrets).as_str()).collect::<Vec<_>>().join("b");
        let scrubbed = redactor(&secrets).scrub(&text, cut).into_owned();
        for line in secrets.iter().flat_map(|secret| iter::once(secret.as_str()).chain(secret.lines())) {
            prop_assert!(line.len() < SHORTEST_BYTES || !scrubbed.contains(line), "{:?} in {:?}", line, scrubbed);
        }
    }

    #[test]
    fn pieces_are_the_whole_line_and_none_is_short(line in "[aé€😀]{1,200}") {
        let pieces: Vec<_> = pieces(&line).collect();
        prop_assert_eq!(pieces.concat(), line.as_str());
        let long = pieces.iter().all(|piece| piece.len() <= LONGEST_PIECE_BYTES && piece.len() >= PIECE_BYTES / 2 - 3);
        prop_assert!(long || pieces.len() == 1, "{:?}", pieces);
    }
}
