//! A token is one of its tenant and name, and found by its id.

use vestibule_domain::TenantName;
use vestibule_store::{Error, TokenRow};

use crate::harness::{Home, Reads as _, Registers as _, at, by, on_every_store, tenant};

on_every_store!(a_token_is_replaced_by_one_of_its_name, an_id_is_one_tokens_alone, a_token_prints_no_hash);

fn token(id: &str, tenant: Option<TenantName>, name: &str) -> TokenRow {
    let [id, name, hash, scopes] = [id, name, "$argon2id$secret", r#"["users"]"#].map(str::to_owned);
    TokenRow { id, tenant, name, hash, scopes, created: at(0), expires: Some(at(60)) }
}

async fn a_token_is_replaced_by_one_of_its_name(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    let robot = token("t1", Some(tenant()), "robot");
    let operators = TokenRow { expires: None, ..token("t2", None, "robot") };
    let another = token("t3", Some(tenant()), "a");
    for row in [&robot, &operators, &another] {
        store.put_token(row, None, &by()).await.unwrap();
        assert_eq!(store.token(&row.id).await, Ok(Some(row.clone())));
    }
    assert_eq!(store.tokens(Some(&tenant())).await, Ok(vec![another.clone(), robot]));
    assert_eq!(store.tokens(None).await, Ok(vec![operators.clone()]));

    let renewed = token("t4", Some(tenant()), "robot");
    store.put_token(&renewed, None, &by()).await.unwrap();
    store.put_token(&renewed, None, &by()).await.unwrap();
    assert_eq!(store.token("t1").await, Ok(None));
    assert_eq!(store.tokens(Some(&tenant())).await, Ok(vec![another, renewed]));

    assert_eq!(store.delete_token(Some(&tenant()), "robot", &by()).await, Ok(true));
    assert_eq!(store.delete_token(Some(&tenant()), "robot", &by()).await, Ok(false));
    assert_eq!(store.token("t4").await, Ok(None));
    assert_eq!(store.tokens(None).await, Ok(vec![operators]));
    assert_eq!(store.delete_token(None, "robot", &by()).await, Ok(true));
    assert_eq!(store.tokens(None).await, Ok(Vec::new()));
}

async fn an_id_is_one_tokens_alone(home: Home) {
    let store = &home.store;
    let (one, two) = (token("t1", None, "one"), token("t2", None, "two"));
    for row in [&one, &two] {
        store.put_token(row, None, &by()).await.unwrap();
    }
    let stolen = token("t1", None, "two");
    assert_eq!(store.put_token(&stolen, None, &by()).await, Err(Error::IdUsed));
    assert_eq!(store.tokens(None).await, Ok(vec![one, two]));
}

async fn a_token_prints_no_hash(home: Home) {
    home.store.put_token(&token("t1", None, "robot"), None, &by()).await.unwrap();
    let printed = format!("{:?}", home.store.tokens(None).await);
    assert!(printed.contains("robot") && !printed.contains("argon2"), "{printed}");
    let logged = format!("{:?}", home.store.last_audits(None, 9, None).await);
    assert!(logged.contains("robot") && !logged.contains("argon2"), "{logged}");
}
