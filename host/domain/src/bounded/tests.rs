use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::Secret;

#[test]
fn what_is_too_long_is_refused_by_its_length() {
    assert_eq!(Text::<4>::new("four").map(|text| text.to_string()).as_deref(), Ok("four"));
    assert_eq!(Text::<4>::new("fifty"), Err(TooLong { bytes: 5, most: 4 }));
    assert!(SecretText::<4>::new(Secret::new("fifty")).is_err() && Octets::<4>::new(vec![0; 5]).is_err());
    let error = serde_json::from_value::<Text<4>>(json!("fifty")).unwrap_err().to_string();
    assert_eq!(error, "has 5 bytes, more than 4");
    let error = serde_json::from_value::<SecretText<4>>(json!("fifty")).unwrap_err().to_string();
    assert_eq!(error, "has 5 bytes, more than 4");
    let error = serde_json::from_value::<SecretText<4>>(json!(12345)).unwrap_err().to_string();
    assert_eq!(error, "expected a text");
}

#[test]
fn octets_are_measured_before_they_are_decoded() {
    let read = |text: &str| serde_json::from_value::<Octets<4>>(json!(text)).map_err(|error| error.to_string());
    assert_eq!(read("AAAAAA==").map(|octets| octets.len()), Ok(4));
    assert_eq!(read("AAAAAAA="), Err("has 5 bytes, more than 4".to_owned()));
    assert_eq!(read(&"!".repeat(4_000)), Err("has 3000 bytes, more than 4".to_owned()));
    assert_eq!(read("!"), Err("expected Base64 text".to_owned()));
}

#[test]
fn reading_stops_where_there_is_too_much() {
    // What follows is no JSON: whoever read on would say so.
    let list = format!("[{} no JSON", r#""","#.repeat(3));
    let error = serde_json::from_str::<List<Text<4>, 64>>(&list).unwrap_err().to_string();
    assert!(error.starts_with("has more than 64 bytes"), "{error}");
    let map = format!("{{{} no JSON", r#""":[],"#.repeat(3));
    let error = serde_json::from_str::<Map<Text<4>, List<Text<4>, 64>, 64>>(&map).unwrap_err().to_string();
    assert!(error.starts_with("has more than 64 bytes"), "{error}");
}

proptest! {
    #[test]
    fn a_list_is_read_exactly_if_it_could_be_made(entries in vec("[a-zö]{0,12}", 0..8)) {
        let made = entries.iter().map(|entry| Text::<9>::new(entry.as_str())).collect::<Result<Vec<_>, _>>();
        let made = made.ok().and_then(|entries| List::<_, 200>::new(entries).ok());
        prop_assert_eq!(serde_json::from_value::<List<Text<9>, 200>>(json!(entries)).ok(), made.clone());
        if let Some(made) = made {
            prop_assert_eq!(serde_json::to_value(made).unwrap(), json!(entries));
        }
    }

    #[test]
    fn a_map_is_read_exactly_if_it_could_be_made(entries in btree_map("[a-z]{0,6}", vec("[a-z]{0,12}", 0..3), 0..5)) {
        let text = |text: &String| Text::<9>::new(text.as_str()).ok();
        let values = |values: &Vec<String>| List::new(values.iter().map(text).collect::<Option<Vec<_>>>()?).ok();
        let made: Option<BTreeMap<_, List<_, 200>>> =
            entries.iter().map(|(key, list)| Some((text(key)?, values(list)?))).collect();
        let made = made.and_then(|entries| Map::<_, _, 200>::new(entries).ok());
        prop_assert_eq!(serde_json::from_value::<Map<Text<9>, List<Text<9>, 200>, 200>>(json!(entries)).ok(), made);
    }

    #[test]
    fn a_cut_text_is_its_longest_beginning_that_fits(text in any::<String>()) {
        let cut = Text::<7>::cut(&text);
        prop_assert!(text.starts_with(&*cut) && cut.len() <= 7);
        prop_assert!(cut.len() == text.len() || cut.len() > 3);
    }
}
