//! Guests that break off.

use vestibule_domain::Cause;

use crate::harness::probe;

#[tokio::test]
pub(crate) async fn aborts() {
    probe("aborts").fails_with(Cause::Trap).await;
}

#[tokio::test]
pub(crate) async fn executes_unreachable() {
    probe("executes-unreachable").fails_with(Cause::Trap).await;
}

#[tokio::test]
pub(crate) async fn divides_by_zero() {
    let fault = probe("divides-by-zero").fails_with(Cause::Trap).await;
    assert!(fault.detail.contains("divide by zero"), "{fault}");
}

#[tokio::test]
pub(crate) async fn reads_out_of_bounds() {
    probe("reads-out-of-bounds").fails_with(Cause::Trap).await;
}

#[tokio::test]
pub(crate) async fn copies_out_of_bounds() {
    probe("copies-out-of-bounds").fails_with(Cause::Trap).await;
}

#[tokio::test]
pub(crate) async fn calls_the_wrong_signature() {
    probe("calls-the-wrong-signature").fails_with(Cause::Trap).await;
}

#[tokio::test]
pub(crate) async fn overflows_its_shadow_stack() {
    probe("overflows-its-shadow-stack").fails_with(Cause::Trap).await;
}

#[tokio::test]
pub(crate) async fn recurses() {
    probe("recurses").fails_with(Cause::StackOverflow).await;
}

#[tokio::test]
pub(crate) async fn panics() {
    probe("panics").fails_with(Cause::Trap).await;
}

#[tokio::test]
pub(crate) async fn panics_with_a_huge_message() {
    probe("panics-with-a-huge-message").fails_with(Cause::Trap).await;
}

#[tokio::test]
pub(crate) async fn traps_after_answering() {
    probe("traps-after-answering").fails_with(Cause::Trap).await;
}

#[tokio::test]
pub(crate) async fn calls_the_host_while_allocating() {
    probe("calls-the-host-while-allocating").fails_with(Cause::Trap).await;
}

#[tokio::test]
pub(crate) async fn drops_a_secret_twice() {
    probe("drops-a-secret-twice").with_setting("token", "s3cret-t0ken").fails_with(Cause::Trap).await;
}

#[tokio::test]
pub(crate) async fn forges_a_handle() {
    probe("forges-a-handle").fails_with(Cause::Trap).await;
}

#[tokio::test]
pub(crate) async fn exits() {
    probe("exits").fails_with(Cause::Exited).await;
}
