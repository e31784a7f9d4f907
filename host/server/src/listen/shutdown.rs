//! The end of a host, as everybody hears of it.
//!
//! Not for: what ends it.

use tokio::sync::watch;

/// Says that the host ends.
#[derive(Clone)]
pub struct Shutdown(watch::Receiver<bool>);

/// Ends the host when it is told to, or dropped.
pub struct Trigger(watch::Sender<bool>);

impl Shutdown {
    /// Both ends of it.
    pub fn new() -> (Trigger, Self) {
        let (sender, receiver) = watch::channel(false);
        (Trigger(sender), Self(receiver))
    }

    /// Waits until the host ends.
    pub async fn wait(&mut self) {
        let _ = self.0.wait_for(|ends| *ends).await;
    }
}

impl Trigger {
    /// Ends the host.
    pub fn pull(&self) {
        let _ = self.0.send(true);
    }
}
