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
/// The most that secrets which are looked for together may have, in bytes: far more than a dozen private keys. Beyond that nothing is
/// looked for, and every text becomes stars.
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
mod tests;
