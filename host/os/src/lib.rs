//! What a host asks of the operating system besides sockets: files that are files, and walls around its own processes.
//!
//! Not for: deciding what is in a file, or which process needs which wall; that is whoever's it is.

pub mod file;
pub mod walls;
