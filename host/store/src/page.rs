//! Parts of long lists: bounded by how many rows they have, and by their bytes.
//!
//! What is on a page is found first, and then read: SQLite joins in that order where it is a `cross join`.
//!
//! Not for: what is listed.

/// The most bytes of long columns on one page, unless its only row has more.
pub(crate) const MAX_PAGE_BYTES: i64 = 4 << 20;
/// An id after all ids.
pub(crate) const AFTER_ALL: &str = "\u{10ffff}";

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What was found.
    pub rows: Vec<T>,
    /// Where the next page begins; absent at the end of the list. Also an empty page may have another one after it.
    pub next: Option<String>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), next: None }
    }
}
