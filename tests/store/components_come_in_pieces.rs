//! Components are stored, read and deleted in pieces, so that nobody waits for all of one.

use vestibule_store::NewVersion;

use crate::harness::{Home, ROOM, Registers as _, at, by, on_every_store, tenant};

on_every_store!(
    a_large_component_comes_piece_by_piece_and_leaves_nothing,
    pieces_of_an_upload_that_broke_off_are_swept_away
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
