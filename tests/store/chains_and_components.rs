//! A tenant's chain is replaced as a whole, and its components are there before it is.

use tokio::task::JoinSet;
use vestibule_store::{ChainLink, Error};

use crate::harness::{Home, on_every_store, tenant};

on_every_store!(
    a_chain_keeps_its_order,
    a_chain_of_unknown_components_is_refused_as_a_whole,
    nobody_sees_half_a_chain,
    a_component_stays_what_it_was,
);

fn link(name: &str, digest: &str) -> ChainLink {
    ChainLink {
        name: name.to_owned(),
        digest: digest.to_owned(),
        settings: r#"{"key": "value"}"#.to_owned(),
        grants: "{}".to_owned(),
    }
}

async fn a_chain_keeps_its_order(home: Home) {
    assert_eq!(home.store.chain(&tenant()).await, Ok(Vec::new()));
    for digest in ["d1", "d2"] {
        home.store.put_component(digest, b"component").await.unwrap();
    }
    let chain = [link("z", "d1"), link("a", "d2"), link("m", "d1")];
    home.store.set_chain(&tenant(), &chain).await.unwrap();
    assert_eq!(home.store.chain(&tenant()).await.unwrap(), chain);
    home.store.set_chain(&tenant(), &chain[1..2]).await.unwrap();
    assert_eq!(home.store.chain(&tenant()).await.unwrap(), &chain[1..2]);
    home.store.set_chain(&tenant(), &[]).await.unwrap();
    assert_eq!(home.store.chain(&tenant()).await, Ok(Vec::new()));
}

async fn a_chain_of_unknown_components_is_refused_as_a_whole(home: Home) {
    home.store.put_component("known", b"component").await.unwrap();
    let good = [link("good", "known")];
    home.store.set_chain(&tenant(), &good).await.unwrap();
    let refused = home.store.set_chain(&tenant(), &[link("a", "known"), link("b", "unknown")]).await;
    assert_eq!(refused, Err(Error::NoComponent("unknown".to_owned())));
    assert_eq!(home.store.chain(&tenant()).await.unwrap(), good);
}

async fn nobody_sees_half_a_chain(home: Home) {
    home.store.put_component("d", b"component").await.unwrap();
    let chains = ["one", "two"].map(|name| vec![link(name, "d"); 5]);
    home.store.set_chain(&tenant(), &chains[0]).await.unwrap();
    let mut sets = JoinSet::new();
    for number in 0..40 {
        let (store, chain) = (home.store.clone(), chains[number % 2].clone());
        sets.spawn(async move { store.set_chain(&tenant(), &chain).await.unwrap() });
    }
    let all_set = tokio::spawn(sets.join_all());
    while !all_set.is_finished() {
        let seen = home.store.chain(&tenant()).await.unwrap();
        assert!(chains.contains(&seen), "{seen:?}");
    }
    all_set.await.unwrap();
}

async fn a_component_stays_what_it_was(home: Home) {
    let large: Vec<u8> = (0_u32..5_000_000).map(|number| u8::try_from(number % 251).unwrap()).collect();
    assert_eq!(home.store.component("d").await, Ok(None));
    home.store.put_component("d", &large).await.unwrap();
    home.store.put_component("d", b"another").await.unwrap();
    assert!(home.store.component("d").await.unwrap().is_some_and(|bytes| bytes == large));
}
