//! Lists of users, groups and policies come in pages, each of which says where the next one begins.

use serde_json::{Map, Value, json};

use crate::harness::{Caller, Served, policy_bytes, sqlite};

const USERS: &str = "/v1/tenants/default/users";
const GROUPS: &str = "/v1/tenants/default/groups";

/// A host with users and groups of these names.
async fn with(users: &[&str], groups: &[&str]) -> Served {
    let served = Served::new();
    for (command, names) in [("user", users), ("group", groups)] {
        let records: Map<_, _> = names.iter().map(|name| ((*name).to_owned(), json!({ "prop_lzo": "true" }))).collect();
        served.hears(&json!(records).to_string(), &[command, "prop", "put", "--file", "-"]).exits_with(0);
    }
    served
}

fn names(page: &Value) -> Vec<&str> {
    page["profiles"].as_object().unwrap().keys().map(String::as_str).collect()
}

fn escaped(name: &str) -> String {
    name.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The names on every page.
async fn pages(caller: &Caller<'_>, list: &str, query: &str) -> Vec<Vec<String>> {
    let (mut pages, mut after) = (Vec::new(), String::new());
    loop {
        let page = caller.get(&format!("{list}?{query}{after}")).await.is(200).json();
        pages.push(names(&page).into_iter().map(str::to_owned).collect());
        match page.get("next") {
            Some(next) => after = format!("&after={}", escaped(next.as_str().unwrap())),
            None => return pages,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_page_leads_through_the_whole_list() {
    let users = ["a&b=c", "ann", "ann b", "anna", "äöü 🚪", "__DEFAULT__"];
    let served = with(&users, &["bosses", "staff"]).await;
    let reader = served.caller("default", &["read"]).await;
    let mut users = users.to_vec();
    users.sort_unstable();
    for count in 1..=7 {
        let pages = pages(&reader, USERS, &format!("count={count}")).await;
        assert_eq!((pages.concat(), pages.len()), (names_of(&users), users.len().div_ceil(count)));
    }
    assert_eq!(pages(&reader, USERS, "count=2&prefix=ann").await, [&["ann", "ann b"][..], &["anna"]]);
    assert_eq!(pages(&reader, USERS, "count=2&prefix=z").await, [&[] as &[&str]]);
    assert_eq!(pages(&reader, GROUPS, "count=1").await, [["bosses"], ["staff"]]);
    let page = reader.get(&format!("{GROUPS}?after=boss&count=1")).await.is(200).json();
    let bosses = json!({ "prop_lzo": "true", "type": "group", "group_declare": "true" });
    assert_eq!(page, json!({ "profiles": { "bosses": bosses }, "next": "bosses" }));
}

fn names_of(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_a_hundred_unless_asked_otherwise() {
    let users: Vec<_> = (0..101).map(|number| format!("user-{number:03}")).collect();
    let served = with(&users.iter().map(String::as_str).collect::<Vec<_>>(), &[]).await;
    let page = served.administrator().get(USERS).await.is(200).json();
    assert_eq!((names(&page).len(), &page["next"]), (100, &json!("user-099")));
    let page = served.administrator().get(&format!("{USERS}?count=1000")).await.is(200).json();
    assert_eq!((names(&page).len(), page.get("next")), (101, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_name_is_no_place_in_a_list() {
    let served = with(&["ann"], &[]).await;
    let administrator = served.administrator();
    for list in [USERS, GROUPS] {
        for after in ["", "%00", "a%0Ab", &"x".repeat(257)] {
            administrator.get(&format!("{list}?after={after}")).await.refused(400, "malformed");
        }
        for count in ["0", "1001"] {
            let problem = administrator.get(&format!("{list}?count={count}")).await.refused(422, "invalid").json();
            assert_eq!(problem["detail"], "`count` is between 1 and 1000");
        }
        administrator.get(&format!("{list}?count=-1")).await.refused(400, "malformed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_says_so() {
    let served = Served::new();
    let document = served.administrator().get("/v1/openapi.json").await.is(200).json();
    for (list, entries, filters) in [
        ("users", "profiles", &["prefix", "count", "after"][..]),
        ("groups", "profiles", &["prefix", "count", "after"]),
        ("policies", "policies", &["count", "after"]),
    ] {
        let operation = &document["paths"][format!("/v1/tenants/{{tenant}}/{list}")]["get"];
        let parameters = operation["parameters"].as_array().unwrap().iter();
        let queries: Vec<_> = parameters.filter(|parameter| parameter["in"] == "query").collect();
        let named: Vec<_> = queries.iter().map(|parameter| &parameter["name"]).collect();
        assert_eq!(named, filters);
        assert!(queries.iter().all(|parameter| parameter["required"] == false), "{queries:?}");
        let answer = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        let answer = answer["$ref"].as_str().unwrap().strip_prefix('#').unwrap();
        let answer = document.pointer(answer).unwrap();
        assert_eq!(answer["required"], json!([entries]));
        assert!(answer["properties"]["next"].is_object(), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_come_in_pages_too() {
    let served = Served::new();
    let administrator = served.administrator();
    for policy in ["app-versions", "group-map", "known-device"] {
        administrator.upload("default", policy_bytes(policy)).await.is(201);
    }
    let from = administrator.get("/v1/tenants/default/policies?after=b&count=1").await.is(200).json();
    assert_eq!((&from["policies"][0]["name"], &from["next"]), (&json!("group-map"), &json!("group-map")));
    let (mut after, mut seen) = (String::new(), Vec::new());
    loop {
        let page = administrator.get(&format!("/v1/tenants/default/policies?count=2{after}")).await.is(200).json();
        let names = page["policies"].as_array().unwrap().iter().map(|policy| policy["name"].as_str().unwrap());
        seen.push(names.collect::<Vec<_>>().join(" "));
        match page.get("next") {
            Some(next) => after = format!("&after={}", next.as_str().unwrap()),
            None => break,
        }
    }
    assert_eq!(seen, ["app-versions group-map", "known-device"]);
    for query in ["count=0", "count=1001"] {
        administrator.get(&format!("/v1/tenants/default/policies?{query}")).await.refused(422, "invalid");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_lists_the_policies_of_all_pages() {
    let served = Served::new();
    served.administrator().upload("default", policy_bytes("known-device")).await.is(201);
    let copies = "
        with recursive copy (number) as (values (1) union all select number + 1 from copy where number < 9)
        insert into policy (tenant, name, settings, grants)
        select tenant, 'copy-' || number, json_object('long', printf('%.*c', 1000000, 'x')), grants from copy, policy";
    sqlx::query(copies).execute(&mut sqlite(served.data()).await).await.unwrap();
    let page = served.administrator().get("/v1/tenants/default/policies?count=1000").await.is(200).json();
    assert!(page["policies"].as_array().unwrap().len() < 10 && page["next"].is_string(), "its bytes cut it short");
    let list = served.runs(&["policy", "list"]).exits_with(0).stdout();
    let names = list.lines().filter_map(|line| line.strip_prefix("-  ")?.split_whitespace().next());
    let copies = (1..10).map(|number| format!("copy-{number}"));
    assert_eq!(names.collect::<Vec<_>>(), copies.chain(["known-device".to_owned()]).collect::<Vec<_>>());
}
