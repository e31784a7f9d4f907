//! The one form of a user name: composed (NFC), of ordinary width, with ordinary spaces, and of characters that can be seen
//! (RFC 8264 and RFC 8265).
//!
//! Not for: case, which directories see differently. Beside what PRECIS allows in user names, spaces stay: names with them are in use.

use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

use super::error::{Error, MAX_USER_BYTES};

/// The normal form of a name.
///
/// # Errors
/// What cannot be part of one, and what is too long before or after.
pub(super) fn normal_form(name: String) -> Result<String, Error> {
    ensure_length(&name)?;
    // Most names are of printable ASCII, and are in their normal form.
    if name.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(name);
    }
    if name.chars().any(char::is_control) {
        return Err(Error::ControlCharacter);
    }
    let normal: String = name.chars().flat_map(ordinary).nfc().collect();
    match normal.chars().find(|c| is_unfit(*c)) {
        Some(unfit) => Err(Error::Invisible(unfit.into())),
        None => ensure_length(&normal).map(|()| normal),
    }
}

fn ensure_length(name: &str) -> Result<(), Error> {
    match name.len() {
        0 => Err(Error::Empty),
        bytes if bytes > MAX_USER_BYTES => Err(Error::TooLong(bytes)),
        _ => Ok(()),
    }
}

/// A character of another width as the ordinary one that it stands for (RFC 8265, section 3.4.1), and any space as a space.
fn ordinary(c: char) -> impl Iterator<Item = char> {
    let (other_width, itself) = match c {
        '\u{ff01}'..='\u{ffee}' => (Some(std::iter::once(c).nfkc()), None),
        c if c.general_category() == GeneralCategory::SpaceSeparator => (None, Some(' ')),
        c => (None, Some(c)),
    };
    other_width.into_iter().flatten().chain(itself)
}

/// Characters that nobody sees or that reorder others, and those that have no meaning of their own (RFC 8264, section 9.13 and others).
fn is_unfit(c: char) -> bool {
    matches!(
        c.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::PrivateUse
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned
    ) || is_ignorable(c)
}

/// What Unicode lets programs leave out of sight although its category does not say so (`Default_Ignorable_Code_Point`).
const fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn normal(name: &str) -> Result<String, Error> {
        normal_form(name.to_owned())
    }

    #[test]
    fn names_in_use_stay_as_they_are() {
        for name in
            ["joe", "Joe User", "joe@example.com", "EXAMPLE\\joe", "Jörg Müller", "山田", "иван", "o'neil-smith_2"]
        {
            assert_eq!(normal(name).as_deref(), Ok(name));
        }
    }

    #[test]
    fn spellings_of_one_name_are_one_name() {
        for (spelled, name) in [
            ("Jo\u{308}rg", "Jörg"),
            ("\u{ff4a}\u{ff4f}\u{ff45}", "joe"),
            ("joe\u{a0}user", "joe user"),
            ("joe\u{3000}user", "joe user"),
            ("\u{ff76}\u{ff9e}", "\u{30ac}"),
            ("\u{212b}", "\u{c5}"),
        ] {
            assert_eq!(normal(spelled).as_deref(), Ok(name));
        }
    }

    #[test]
    fn what_nobody_sees_is_no_part_of_a_name() {
        let unseen = [
            '\u{ad}',
            '\u{34f}',
            '\u{115f}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{202e}',
            '\u{2028}',
            '\u{2060}',
            '\u{2066}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{e000}',
            '\u{e0001}',
            '\u{10ffff}',
        ];
        for unseen in unseen {
            assert!(matches!(normal(&format!("jo{unseen}e")), Err(Error::Invisible(_))), "{unseen:?}");
        }
        for control in ['\0', '\n', '\u{7f}', '\u{85}', '\u{9b}'] {
            assert_eq!(normal(&format!("jo{control}e")), Err(Error::ControlCharacter));
        }
    }

    #[test]
    fn a_name_is_measured_before_and_after() {
        assert_eq!(normal(""), Err(Error::Empty));
        assert_eq!(normal(&"ö".repeat(128)).map(|name| name.len()), Ok(256));
        assert_eq!(normal(&"ö".repeat(129)), Err(Error::TooLong(258)));
        // Of 240 bytes as written: the composed form of this one is two characters.
        assert!(matches!(normal(&"\u{958}".repeat(80)), Err(Error::TooLong(_))));
    }

    proptest! {
        #[test]
        fn the_normal_form_is_its_own(name in "\\PC{1,24}") {
            if let Ok(name) = normal(&name) {
                prop_assert_eq!(normal(&name), Ok(name));
            }
        }

        #[test]
        fn whatever_is_written_is_a_name_that_can_be_seen_or_none(name in any::<String>()) {
            if let Ok(name) = normal(&name) {
                prop_assert!((1..=MAX_USER_BYTES).contains(&name.len()));
                prop_assert!(!name.chars().any(is_unfit));
            }
        }
    }
}
