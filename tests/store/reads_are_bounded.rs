//! No administrator's read looks at everything, holds everything in memory, or takes all places.

use futures_util::future::join_all;
use sqlx::{Connection as _, PgConnection};
use vestibule_domain::TenantName;
use vestibule_store::{DecisionFilter, DecisionRow, Error, LOOKED_AT, Page};

use crate::harness::{
    Edits as _, Home, Leaves as _, Reads as _, Registers as _, by, decision, on_every_store, properties, tenant,
};

on_every_store!(
    a_fruitless_search_ends_and_says_where_it_goes_on,
    a_page_of_long_records_is_short_and_another_one_follows,
    a_page_of_policies_with_long_settings_is_short_and_another_one_follows,
    one_tenants_searches_leave_a_place_for_anothers,
    a_login_looks_through_so_many_groups_and_no_more,
);

async fn a_fruitless_search_ends_and_says_where_it_goes_on(home: Home) {
    home.execute(
        "insert into decision (tenant, decision_id, at_ms, user_name, outcome, record)
        with recursive numbers (number) as (select 1 union all select number + 1 from numbers where number < 25000)
        select 'acme', cast(100000 + number as text), number, 'joe', 'allowed', '{}' from numbers",
    )
    .await;
    let store = home.store.for_administrators();
    let nobody = DecisionFilter { user: Some("nobody".to_owned()), ..DecisionFilter::default() };
    let (mut before, mut pages) = (None, 0);
    loop {
        let page = store.find_decisions(&tenant(), &nobody, 10, before.as_deref()).await.unwrap();
        assert!(page.rows.is_empty());
        pages += 1;
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(pages, 25_000_u32.div_ceil(LOOKED_AT));
    let all = store.find_decisions(&tenant(), &DecisionFilter::default(), 10, Some("100011")).await.unwrap();
    assert_eq!((all.rows.len(), all.next), (10, None));
}

async fn a_page_of_long_records_is_short_and_another_one_follows(home: Home) {
    for number in 0..9 {
        let row = DecisionRow { record: format!("\"{}\"", "x".repeat(1_000_000)), ..decision(&number.to_string()) };
        home.store.record(&tenant(), &row).await.unwrap();
    }
    let store = home.store.for_administrators();
    let (mut before, mut ids) = (None, String::new());
    loop {
        let page = store.find_decisions(&tenant(), &DecisionFilter::default(), 1000, before.as_deref()).await.unwrap();
        assert!(page.rows.len() <= 4);
        page.rows.iter().for_each(|row| ids.push_str(&row.id));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(ids, "876543210");
    let first = home.store.decisions_after(&tenant(), "", 1000).await.unwrap();
    assert_eq!(first.iter().map(|row| row.id.as_str()).collect::<String>(), "0123");
}

async fn a_page_of_policies_with_long_settings_is_short_and_another_one_follows(home: Home) {
    let store = home.store.for_administrators();
    assert_eq!(store.policies(&tenant(), 9, None).await, Ok(Page::default()));
    home.store.creates(&tenant()).await;
    for number in 0..9 {
        let name = format!("p{number}");
        home.store.adds(&tenant(), &name, "d").await;
        let settings = format!("{{\"a\": \"{}\"}}", "x".repeat(1_000_000));
        home.store.set_policy(&tenant(), &name, Some(&settings), None, &by()).await.unwrap();
    }
    let (mut after, mut names, mut pages) = (None, Vec::new(), 0);
    loop {
        let page = store.policies(&tenant(), 1000, after.as_deref()).await.unwrap();
        assert!(page.rows.len() <= 4 && page.rows.iter().all(|row| row.latest == Some(1)));
        names.extend(page.rows.into_iter().map(|row| row.name));
        (after, pages) = (page.next, pages + 1);
        if after.is_none() {
            break;
        }
    }
    assert_eq!((names.concat().as_str(), pages), ("p0p1p2p3p4p5p6p7p8", 3));
    let two = store.policies(&tenant(), 2, Some("p6")).await.unwrap();
    assert_eq!((two.rows.len(), two.next), (2, None));
}

/// The server's own word for it leaves the connection as it is.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_breaks_off_took_too_long_and_it_is_not_silent() {
    let home = Home::on_postgres().await;
    let mut somebody = PgConnection::connect(&home.argument()).await.unwrap();
    let mut held = somebody.begin().await.unwrap();
    sqlx::query("lock table audit in access exclusive mode").execute(&mut *held).await.unwrap();
    assert_eq!(home.store.last_audits(Some(&tenant()), 9, None).await, Err(Error::TooSlow));
    held.rollback().await.unwrap();
}

async fn one_tenants_searches_leave_a_place_for_anothers(home: Home) {
    let (acme, other) = (tenant(), TenantName::new("other").unwrap());
    let filter = DecisionFilter::default();
    let asked =
        (0..100).map(|_| &acme).chain([&other]).map(|tenant| home.store.find_decisions(tenant, &filter, 9, None));
    let mut answers = join_all(asked).await;
    assert_eq!(answers.pop(), Some(Ok(Vec::new())), "another tenant's");
    let refused = answers.iter().filter(|answer| matches!(answer, Err(Error::Busy(_)))).count();
    let served = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!(refused > 50 && served > 30 && refused + served == 100, "{served} served, {refused} refused");
    assert_eq!(home.store.find_decisions(&acme, &filter, 9, None).await, Ok(Vec::new()), "later");
}

async fn a_login_looks_through_so_many_groups_and_no_more(home: Home) {
    let long: Vec<_> = (0..60).map(|number| (format!("pvt_{number}"), "x".repeat(4000))).collect();
    let mut pairs: Vec<_> = long.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    pairs.push(("type", "group"));
    for number in 0..18 {
        assert_eq!(home.store.groups(&tenant()).await.unwrap().len(), number);
        home.store.put_properties(&tenant(), &format!("g{number}"), &properties(&pairs), None).await.unwrap();
    }
    assert!(matches!(home.store.groups(&tenant()).await, Err(Error::TooLong { what: "groups", .. })));
}
