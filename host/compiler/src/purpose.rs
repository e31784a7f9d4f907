//! What for a component is compiled: it says who waits for whom, and what is kept.
//!
//! Not for: who pays.

/// What for something is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Somebody waits at a door. Takes as long as needed, twice what an upload may, and others step back.
    Login,
    /// Somebody uploads, or looks at what is stored.
    Administration,
}

impl Purpose {
    /// How far a child steps back behind logins that compute.
    pub(crate) const fn nice(self) -> u8 {
        match self {
            Self::Login => 5,
            Self::Administration => 10,
        }
    }
}
