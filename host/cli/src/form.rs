//! The form of authcli's answers: names and values on lines of their own.
//!
//! Not for: programs; they are given JSON.

use std::fmt::Write as _;

use vestibule_domain::Properties;
use vestibule_domain::outcome::Echo;
use vestibule_domain::text::log_text;

use crate::python;

/// What an answer begins with.
pub(crate) const HEAD: &str = "API METHOD: authenticate\n";

/// A line as authcli writes it. The text may come from a policy, and a terminal shows it.
pub(crate) fn write_field(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "  {name} : {}", log_text(value, 2048));
}

pub(crate) fn write_properties(text: &mut String, name: &str, properties: &Properties) {
    let label = format!("  {name} : ");
    let _ = writeln!(text, "{label}{}", python::dictionary(properties, label.len()));
}

/// What the user is asked.
pub(crate) fn write_question(text: &mut String, question: &str, echo: Echo) {
    write_field(text, "challenge", question);
    write_field(text, "echo", if echo == Echo::Shown { "True" } else { "False" });
}

/// A line of what authcli has no words for.
pub(crate) fn write_figure(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "  {name:<11} : {value}");
}
