//! A list of profiles comes in pages of bounded size that together have each profile once, in an order that is the same everywhere.

use std::collections::BTreeSet;

use vestibule_domain::profile::{DEFAULT, Kind};
use vestibule_domain::{Properties, TenantName};
use vestibule_store::{ProfileFilter, ProfilePage, Store};

use crate::harness::{Edits as _, Home, Lists as _, Reads as _, on_every_store, properties, tenant};

on_every_store!(
    pages_have_each_profile_once_and_in_order,
    users_and_groups_are_lists_of_their_own,
    names_are_found_by_their_beginning,
    a_page_begins_after_any_name,
    a_page_has_no_more_bytes_than_it_may,
    what_comes_and_goes_meanwhile_disturbs_nobody,
);

fn of(kind: Kind, prefix: &str) -> ProfileFilter {
    ProfileFilter { kind, prefix: prefix.to_owned() }
}

async fn put(store: &Store, names: &[&str], set: &Properties) {
    for name in names {
        store.put_properties(&tenant(), name, set, None).await.unwrap();
    }
}

fn group() -> Properties {
    properties(&[("type", "group")])
}

fn names(page: &ProfilePage) -> Vec<&str> {
    page.profiles.keys().map(String::as_str).collect()
}

/// The names on all pages of so many.
async fn pages(store: &Store, filter: &ProfileFilter, count: u32) -> Vec<Vec<String>> {
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let page = store.profiles(&tenant(), filter, count, after.as_deref()).await.unwrap();
        pages.push(names(&page).into_iter().map(str::to_owned).collect::<Vec<_>>());
        let Some(next) = page.next else { return pages };
        assert_eq!(pages.last().unwrap().last(), Some(&next), "the next page begins after this one");
        after = Some(next);
    }
}

/// Names that letters, languages or UTF-16 would put into another order than bytes do.
const ODD: [&str; 22] = [
    "\"",
    "%",
    "' or 1=1 --",
    "-a",
    "A",
    "Z",
    "\\",
    "_",
    DEFAULT,
    "a",
    "a b",
    "a-b",
    "aa",
    "b",
    "z",
    "Ä",
    "ä",
    "ß",
    "а",
    "中",
    "\u{fffd}",
    "🚪",
];

async fn pages_have_each_profile_once_and_in_order(home: Home) {
    let store = &home.store;
    let last = "\u{323af}".repeat(64);
    let mut expected = [&ODD[..], &[&last]].concat();
    expected.sort_unstable();
    put(store, &expected, &properties(&[("a", "1")])).await;
    let elsewhere = TenantName::new("acme-2").unwrap();
    store.put_properties(&elsewhere, "a-elsewhere", &Properties::new(), None).await.unwrap();

    for count in [1, 2, 7, 22, 23, 24, 1000, u32::MAX] {
        let pages = pages(store, &of(Kind::User, ""), count).await;
        assert_eq!(pages.concat(), expected, "{count}");
        let full = pages.iter().rev().skip(1).all(|page| page.len() == usize::try_from(count).unwrap());
        assert!(full && !pages.last().unwrap().is_empty(), "{count}: {pages:?}");
    }
    let nothing = Ok(ProfilePage::default());
    assert_eq!(store.profiles(&tenant(), &of(Kind::Group, ""), 9, None).await, nothing);
    assert_eq!(store.profiles(&tenant(), &of(Kind::User, ""), 9, Some(&last)).await, nothing);
    assert_eq!(store.profiles(&tenant(), &of(Kind::User, ""), 0, None).await, nothing);
    let page = store.profiles(&tenant(), &of(Kind::User, ""), 1, None).await.unwrap();
    assert_eq!(page.profiles["\""], properties(&[("a", "1")]));
}

async fn users_and_groups_are_lists_of_their_own(home: Home) {
    let store = &home.store;
    put(store, &["ann", "eve", DEFAULT], &Properties::new()).await;
    put(store, &["jim"], &properties(&[("type", "user_connect"), ("group_declare", "false")])).await;
    put(store, &["bosses", "staff"], &group()).await;
    put(store, &["guests"], &properties(&[("group_declare", "true")])).await;
    for count in [1, 2, 3, 4, 9] {
        assert_eq!(pages(store, &of(Kind::User, ""), count).await.concat(), [DEFAULT, "ann", "eve", "jim"]);
        assert_eq!(pages(store, &of(Kind::Group, ""), count).await.concat(), ["bosses", "guests", "staff"]);
    }
    put(store, &["staff"], &properties(&[("type", "user_connect")])).await;
    assert_eq!(pages(store, &of(Kind::User, "s"), 9).await.concat(), ["staff"]);
    assert_eq!(pages(store, &of(Kind::Group, ""), 9).await.concat(), ["bosses", "guests"]);
}

async fn names_are_found_by_their_beginning(home: Home) {
    let store = &home.store;
    put(store, &["jo", "joe", "joe_1", "joexa", "Joe", "jö", "k", "%", "jo\u{323af}z"], &Properties::new()).await;
    put(store, &["joe-s", "staff"], &group()).await;
    for (prefix, users, groups) in [
        ("", &["%", "Joe", "jo", "joe", "joe_1", "joexa", "jo\u{323af}z", "jö", "k"][..], &["joe-s", "staff"][..]),
        ("jo", &["jo", "joe", "joe_1", "joexa", "jo\u{323af}z"], &["joe-s"]),
        ("joe_", &["joe_1"], &[]),
        ("%", &["%"], &[]),
        ("jö", &["jö"], &[]),
        ("jo\u{323af}", &["jo\u{323af}z"], &[]),
        ("z", &[], &[]),
    ] {
        for count in [1, 2, 9] {
            assert_eq!(pages(store, &of(Kind::User, prefix), count).await.concat(), users, "{prefix}");
            assert_eq!(pages(store, &of(Kind::Group, prefix), count).await.concat(), groups, "{prefix}");
        }
    }
}

async fn a_page_begins_after_any_name(home: Home) {
    let store = &home.store;
    put(store, &["ann", "ann b", "anna", "bob"], &Properties::new()).await;
    for (prefix, after, expected) in [
        ("", "a", &["ann", "ann b", "anna", "bob"][..]),
        ("", "ann", &["ann b", "anna", "bob"]),
        ("", "ann c", &["anna", "bob"]),
        ("", "bob", &[]),
        ("ann", "a", &["ann", "ann b", "anna"]),
        ("ann", "ann", &["ann b", "anna"]),
        ("ann", "b", &[]),
        ("bob", "ann", &["bob"]),
    ] {
        let page = store.profiles(&tenant(), &of(Kind::User, prefix), 9, Some(after)).await.unwrap();
        assert_eq!((names(&page), page.next.as_deref()), (expected.to_vec(), None), "{prefix} after {after}");
    }
}

async fn a_page_has_no_more_bytes_than_it_may(home: Home) {
    const MOST: usize = 4 << 20;
    let store = &home.store;
    // Each has a little less than a profile may have, so that sixteen are all that may be on a page.
    let value = "ä".repeat(2047);
    let pairs = (0..63).map(|number| (format!("p{number}"), value.clone()));
    let large = Properties::from_pairs(pairs.collect()).unwrap();
    let users: Vec<_> = (0..40).map(|number| format!("u{number:02}")).collect();
    put(store, &users.iter().map(String::as_str).collect::<Vec<_>>(), &large).await;
    put(store, &["u05", "u20"], &group()).await;
    put(store, &["a", "b", "u", "v"], &Properties::new()).await;

    let pages = pages(store, &of(Kind::User, ""), 1000).await;
    let sizes: Vec<_> = pages.iter().map(Vec::len).collect();
    assert_eq!(sizes, [3 + 16, 16, 6 + 1], "{pages:?}");
    assert!(serde_json::to_string(&large).unwrap().len() * 16 <= MOST);
    let once: BTreeSet<_> = pages.iter().flatten().collect();
    assert_eq!(once.len(), 42);
    let all = store.all_profiles(&tenant(), "").await.unwrap();
    assert!(all.len() == 44 && all["u39"] == large, "{:?}", all.keys());
    let page = store.profiles(&tenant(), &of(Kind::User, ""), 2, Some("u38")).await.unwrap();
    assert_eq!((names(&page), page.next.as_deref()), (vec!["u39", "v"], None));
}

async fn what_comes_and_goes_meanwhile_disturbs_nobody(home: Home) {
    let store = &home.store;
    put(store, &["a", "b", "c", "d"], &Properties::new()).await;
    let page = store.profiles(&tenant(), &of(Kind::User, ""), 2, None).await.unwrap();
    assert_eq!((names(&page), page.next.as_deref()), (vec!["a", "b"], Some("b")));
    for name in ["a", "b"] {
        store.delete_profile(&tenant(), name, None).await.unwrap();
    }
    put(store, &["a-late", "b-late"], &Properties::new()).await;
    let page = store.profiles(&tenant(), &of(Kind::User, ""), 9, page.next.as_deref()).await.unwrap();
    assert_eq!((names(&page), page.next.as_deref()), (vec!["b-late", "c", "d"], None));
}
