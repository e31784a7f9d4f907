//! Components are stored, read and deleted in pieces, so that nobody waits for all of one.

use vestibule_domain::TenantName;
use vestibule_store::{AddError, By, Deleted, Error, NewVersion, Room};

use crate::harness::{Home, ROOM, Registers as _, at, by, on_every_store, tenant};

on_every_store!(
    a_large_component_comes_piece_by_piece_and_leaves_nothing,
    pieces_of_an_upload_that_broke_off_are_swept_away,
    a_version_that_is_refused_leaves_no_pieces,
    whoever_deletes_leaves_the_pieces_of_an_upload_under_way,
    a_tenant_has_two_uploads_under_way_and_those_broken_off_make_room,
);

fn version(component: &[u8]) -> NewVersion<'_> {
    let (policy, digest, source) = ("p", "d", "d");
    NewVersion { policy, digest, source, component, manifest: "{}", settings: "{}", grants: "{}", signer: None }
}

async fn a_large_component_comes_piece_by_piece_and_leaves_nothing(home: Home) {
    let large: Vec<u8> = (0..1_200_000_u32).flat_map(u32::to_le_bytes).take(1_200_000).collect();
    home.store.creates(&tenant()).await;
    home.store.add_version(&tenant(), &version(&large), ROOM, &by()).await.unwrap();
    let mut component = home.store.for_administrators().component(&tenant(), "d").await.unwrap().unwrap();
    assert_eq!(component.bytes(), 1_200_000);
    let (mut all, mut pieces) = (Vec::new(), 0);
    while let Some(piece) = component.next().await.unwrap() {
        assert!(piece.len() <= 512 << 10);
        all.extend(piece);
        pieces += 1;
    }
    assert!(pieces == 3 && all == large);
    home.store.delete_version(&tenant(), "p", 1, &by()).await.unwrap();
    assert_eq!(home.count("select count(*) from component_piece").await, 0);
}

async fn pieces_of_an_upload_that_broke_off_are_swept_away(home: Home) {
    home.store.creates(&tenant()).await;
    home.store.add_version(&tenant(), &version(b"component"), ROOM, &by()).await.unwrap();
    home.execute(
        "insert into component_piece (digest, position, bytes)
        select 'lost', number, bytes from component_piece, (select 0 as number union select 1 union select 2 union select 3 union select 4) as numbers",
    )
    .await;
    home.store.purge(at(0)).await.unwrap();
    assert_eq!(home.count("select count(*) from component_piece").await, 1);
    assert!(home.store.component(&tenant(), "lost").await.unwrap().is_none());
}

async fn pieces_and_uploads(home: &Home) -> (i64, i64) {
    let [pieces, uploads] =
        ["select count(*) from component_piece", "select count(*) from component_upload"].map(|sql| home.count(sql));
    (pieces.await, uploads.await)
}

async fn a_version_that_is_refused_leaves_no_pieces(home: Home) {
    let large = vec![7; 3 << 20];
    let unknown = home.store.add_version(&tenant(), &version(&large), ROOM, &by()).await;
    assert_eq!(unknown, Err(Error::UnknownTenant(tenant()).into()));
    assert_eq!(pieces_and_uploads(&home).await, (0, 0));
    home.store.creates(&tenant()).await;
    let refused = home.store.add_version(&tenant(), &version(&large), Room { bytes: 9, ..ROOM }, &by()).await;
    assert_eq!(refused, Err(AddError::NoRoom { stored: 0 }));
    assert_eq!(pieces_and_uploads(&home).await, (0, 0));
    home.store.add_version(&tenant(), &version(&large), ROOM, &by()).await.unwrap();
    assert_eq!(pieces_and_uploads(&home).await, (6, 0));
}

async fn whoever_deletes_leaves_the_pieces_of_an_upload_under_way(home: Home) {
    let (store, other) = (&home.store, TenantName::new("other").unwrap());
    store.creates(&tenant()).await;
    store.creates(&other).await;
    let large = vec![7; 8 << 20];
    let deletes = async {
        let mut rounds = 0;
        loop {
            let digest = format!("d{rounds}");
            store.adds(&other, "q", &digest).await;
            rounds += 1;
            assert_eq!(store.delete_version(&other, "q", rounds, &by()).await, Ok(Deleted::Done));
            assert_eq!(store.delete_version(&other, "q", rounds, &by()).await, Ok(Deleted::Unknown));
        }
    };
    let acme = tenant();
    let (new, who) = (version(&large), by());
    tokio::select! {
        added = store.add_version(&acme, &new, ROOM, &who) => assert!(added.unwrap().new),
        () = deletes => {}
    }
    assert_eq!(store.component(&tenant(), "d").await.unwrap().unwrap().bytes(), 8 << 20);
}

async fn a_tenant_has_two_uploads_under_way_and_those_broken_off_make_room(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    store.creates(&TenantName::new("other").unwrap()).await;
    // At 900 their time has passed.
    home.execute(
        "insert into component_upload (digest, tenant, until_ms)
        select 'a', 'acme', 1785000900000 union select 'b', 'acme', 1785000900000",
    )
    .await;
    store.adds(&TenantName::new("other").unwrap(), "p", "another").await;
    home.execute("insert into component_piece (digest, position, bytes) select 'a', 0, bytes from component_piece")
        .await;
    let refused = store.add_version(&tenant(), &version(b"component"), ROOM, &by()).await;
    assert!(matches!(refused, Err(AddError::Store(Error::Busy(_)))), "{refused:?}");
    assert_eq!(pieces_and_uploads(&home).await, (2, 2));
    store.adds(&TenantName::new("other").unwrap(), "p", "one more").await;
    assert_eq!(pieces_and_uploads(&home).await, (3, 2));
    let later = By { at: at(900), ..by() };
    assert!(store.add_version(&tenant(), &version(b"component"), ROOM, &later).await.unwrap().new);
    assert_eq!(pieces_and_uploads(&home).await, (3, 0));
}
