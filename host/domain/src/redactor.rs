//! Stars in place of a call's secrets, wherever a text repeats one.
//!
//! Not for: what a secret is ([`crate::secret`]), nor cleaning a text for whoever reads it ([`crate::text`]), which comes afterwards.
//!
//! What it takes is linear in what is read of a text, whatever the text and the secrets are: both may come from somebody hostile, and
//! they may come from the same one.

use std::borrow::Cow;
use std::iter;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use aho_corasick::automaton::Automaton as _;
use aho_corasick::nfa::{contiguous, noncontiguous};
use aho_corasick::{Anchored, BuildError};

use crate::secret::{STARS, Secret};
use crate::text::cut;

/// Secrets and lines of fewer bytes are left alone: starring them out would garble the text and give them away by the gaps.
const SHORTEST_BYTES: usize = 4;
/// A longer line is looked for in pieces of half as many bytes at least. So a text can be cut soon after what is kept of it, and few
/// pieces can end at the same place: the automaton holds a list of them for each of its states.
const PIECE_BYTES: usize = 32;
/// What a piece may be longer, to end at a character.
const LONGEST_PIECE_BYTES: usize = PIECE_BYTES + 3;
/// The most that secrets which are looked for together may have, in bytes: far more than a dozen private keys. Beyond that nothing is looked
/// for, and every text becomes stars.
pub const MAX_SECRET_BYTES: usize = 48 << 10;
/// The most that an automaton takes for each byte that it looks for, and besides: 8 MiB for all that it may.
const AUTOMATON_BYTES: usize = 170;
const LEAST_AUTOMATON_BYTES: usize = 8 << 10;
/// So few pieces are looked for one by one before an automaton is built: most texts hold none.
const FEW_PIECES: usize = 8;

/// The secrets of one call: a login's own, and those of settings that many calls share.
#[derive(Debug)]
pub struct Redactor {
    own: Sought,
    shared: Arc<Sought>,
}

/// Secrets that are looked for together. What finds them is made when a text first needs it, or before.
#[derive(Default)]
pub struct Sought {
    secrets: Vec<Secret>,
    bytes: usize,
    automaton: OnceLock<Option<contiguous::NFA>>,
}

impl Redactor {
    /// For these secrets.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        Self::beside(secrets, Arc::default())
    }

    /// For these secrets, and others that are looked for already.
    pub fn beside<'a>(secrets: impl IntoIterator<Item = &'a Secret>, shared: Arc<Sought>) -> Self {
        Self { own: Sought::new(secrets), shared }
    }

    /// The first `max_bytes` of a text, with stars in place of every occurrence of a secret, of a line of one, or of a piece of 32 bytes
    /// or so of a long line. A secret that goes beyond the cut becomes stars as well. It looks at a text as it was written: clean it
    /// afterwards.
    pub fn scrub<'t>(&self, text: &'t str, max_bytes: usize) -> Cow<'t, str> {
        let kept = cut(text, max_bytes);
        if kept.is_empty() {
            return Cow::Borrowed(kept);
        }
        let searched = cut(text, max_bytes.saturating_add(LONGEST_PIECE_BYTES));
        match (self.own.places(searched), self.shared.places(searched)) {
            (Some(own), Some(shared)) if own.is_empty() && shared.is_empty() => Cow::Borrowed(kept),
            (Some(own), Some(shared)) => Cow::Owned(starred(kept, &merged(own, shared))),
            _ => Cow::Borrowed(STARS),
        }
    }
}

impl Sought {
    /// For these secrets.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let long = |secret: &&Secret| secret.expose().len() >= SHORTEST_BYTES;
        let secrets: Vec<_> = secrets.into_iter().filter(long).cloned().collect();
        let bytes = secrets.iter().map(|secret| secret.expose().len()).sum();
        Self { secrets, bytes, automaton: OnceLock::new() }
    }

    /// The most memory that [`Sought::prepare`] takes, in bytes.
    pub fn most_bytes(&self) -> usize {
        if self.are_few() || self.bytes > MAX_SECRET_BYTES {
            return 0;
        }
        self.bytes * AUTOMATON_BYTES + LEAST_AUTOMATON_BYTES
    }

    /// Makes what finds them, if there are more than few, and returns how much memory it takes in bytes.
    pub fn prepare(&self) -> usize {
        if self.are_few() { 0 } else { self.automaton().map_or(0, contiguous::NFA::memory_usage) }
    }

    /// Where they are in a text; none for more than is looked for.
    fn places(&self, text: &str) -> Option<Vec<Range<usize>>> {
        // Seeing that a text has none of few pieces costs less than an automaton costs to build.
        if self.are_few() && !self.pieces().any(|piece| text.contains(piece)) {
            return Some(Vec::new());
        }
        self.automaton().map(|automaton| hidden(automaton, text))
    }

    fn are_few(&self) -> bool {
        self.pieces().nth(FEW_PIECES).is_none()
    }

    /// None for more than is looked for.
    fn automaton(&self) -> Option<&contiguous::NFA> {
        let build = || (self.bytes <= MAX_SECRET_BYTES).then(|| build(self.pieces()).ok()).flatten();
        self.automaton.get_or_init(build).as_ref()
    }

    fn pieces(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(Secret::expose).flat_map(|secret| {
            // A secret of one line is no other than that line.
            let lines = secret.contains('\n').then(|| secret.lines()).into_iter().flatten();
            iter::once(secret).chain(lines).filter(|line| line.len() >= SHORTEST_BYTES).flat_map(pieces)
        })
    }
}

impl std::fmt::Debug for Sought {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} secrets", self.secrets.len())
    }
}

/// A line in as many pieces of about the same length as it needs.
fn pieces(line: &str) -> impl Iterator<Item = &str> {
    let count = line.len().div_ceil(PIECE_BYTES);
    let end = move |number: usize| line.floor_char_boundary(line.len() * number / count);
    (0..count).filter_map(move |number| line.get(end(number)..end(number + 1)))
}

/// The automaton that looks for each piece once, however often it was given.
fn build<'a>(pieces: impl Iterator<Item = &'a str>) -> Result<contiguous::NFA, BuildError> {
    let mut pieces: Vec<_> = pieces.collect();
    pieces.sort_unstable();
    pieces.dedup();
    // Only the start has a row of its own in a table while it is built: a call builds one and reads little with it.
    let nfa = noncontiguous::Builder::new().prefilter(false).dense_depth(1).build(pieces)?;
    contiguous::Builder::new().prefilter(false).build_from_noncontiguous(&nfa)
}

/// Where pieces are, those that overlap or touch as one. Wherever some of them end only the longest matters, which an automaton that
/// reports all matches names first: its own before those of its failure link, each of which is shorter.
fn hidden(automaton: &contiguous::NFA, text: &str) -> Vec<Range<usize>> {
    let mut hidden: Vec<Range<usize>> = Vec::new();
    let Ok(mut state) = automaton.start_state(Anchored::No) else { return std::iter::once(0..text.len()).collect() };
    for (at, byte) in text.bytes().enumerate() {
        state = automaton.next_state(Anchored::No, state, byte);
        if automaton.is_match(state) {
            let end = at + 1;
            let mut start = end.saturating_sub(automaton.pattern_len(automaton.match_pattern(state, 0)));
            while let Some(before) = hidden.pop_if(|before| before.end >= start) {
                start = start.min(before.start);
            }
            hidden.push(start..end);
        }
    }
    hidden
}

/// Both, in order, those that overlap or touch as one.
fn merged(own: Vec<Range<usize>>, shared: Vec<Range<usize>>) -> Vec<Range<usize>> {
    if own.is_empty() {
        return shared;
    }
    let mut all = [own, shared].concat();
    all.sort_unstable_by_key(|place| place.start);
    all.into_iter().fold(Vec::new(), |mut merged: Vec<Range<usize>>, place| {
        match merged.last_mut() {
            Some(before) if before.end >= place.start => before.end = before.end.max(place.end),
            _ => merged.push(place),
        }
        merged
    })
}

/// A text with stars in these places, which may go beyond it.
fn starred(text: &str, places: &[Range<usize>]) -> String {
    let (mut starred, mut done) = (String::with_capacity(text.len()), 0);
    for place in places.iter().take_while(|place| place.start < text.len()) {
        starred += text.get(done..place.start).unwrap_or_default();
        starred += STARS;
        done = place.end;
    }
    starred + text.get(done..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
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
        let lines =
            |number: usize| format!("{}{}\n", char::from(b'b' + (number % 24) as u8), "a".repeat(4 + number % 28));
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
}
