//! Why a template cannot be expanded, and how large it may be.

/// The longest template in bytes; the longest ones people write by hand stay below a tenth of it.
pub const MAX_TEMPLATE_BYTES: usize = 4 * 1024;
/// The longest expanded filter in bytes. An escaped byte takes three.
pub const MAX_FILTER_BYTES: usize = 16 * 1024;
/// How many parentheses may be open at once; directories have limits of their own.
pub const MAX_DEPTH: usize = 32;

/// Why a template cannot be expanded. Positions are byte offsets into the template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A template without a character.
    #[error("a filter template must not be empty")]
    Empty,
    /// More than [`MAX_TEMPLATE_BYTES`].
    #[error("a filter template has at most {MAX_TEMPLATE_BYTES} bytes, not {0}")]
    TemplateTooLong(usize),
    /// More than [`MAX_FILTER_BYTES`] after the arguments were put in.
    #[error("an expanded filter has at most {MAX_FILTER_BYTES} bytes")]
    FilterTooLong,
    /// More than [`MAX_DEPTH`] open parentheses.
    #[error("the parenthesis at byte {at} opens a filter within {MAX_DEPTH} others")]
    TooDeep {
        /// Where the parenthesis is.
        at: usize,
    },
    /// The template ends while a parenthesis is open, or closes one that is not.
    #[error("the parentheses of the filter template are not balanced at byte {at}")]
    Unbalanced {
        /// The end of the template, or where the closing parenthesis is.
        at: usize,
    },
    /// Anything else RFC 4515 does not allow there.
    #[error("the filter template needs {expected} at byte {at}")]
    Syntax {
        /// Where reading stopped.
        at: usize,
        /// What RFC 4515 wants there.
        expected: &'static str,
    },
    /// A brace that does not belong to a placeholder.
    #[error("the brace at byte {at} is no placeholder like `{{user}}`; a literal brace is written `\\7b` or `\\7d`")]
    Brace {
        /// Where the brace is.
        at: usize,
    },
    /// A placeholder in an attribute description, a matching rule, or between filters.
    #[error("the placeholder `{name}` at byte {at} does not stand in an assertion value")]
    Misplaced {
        /// Its name.
        name: String,
        /// Where its brace is.
        at: usize,
    },
    /// A placeholder without an argument.
    #[error("there is no argument for the placeholder `{0}`")]
    UnknownPlaceholder(String),
    /// An argument without a placeholder: the template does not say what its author meant.
    #[error("the filter template has no placeholder for the argument `{0}`")]
    UnusedArgument(String),
    /// Two arguments of one name.
    #[error("the argument `{0}` is given twice")]
    DuplicateArgument(String),
    /// An empty argument beside an asterisk: `(cn={name}*)` would become `(cn=*)` and match every entry.
    #[error("the argument `{0}` of a substring filter must not be empty")]
    EmptyArgument(String),
}
