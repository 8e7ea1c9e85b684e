//! Ctrl-C, SIGTERM and a closed terminal: once asks to finish what runs, twice to stop at once.

use evenkeel_apply::Interrupt;
use futures_util::stream::{Stream, unfold};
use tokio::sync::watch;

/// Counts the signals of this process from the moment it is made.
#[derive(Clone)]
pub struct Signals {
    count: watch::Receiver<usize>,
}

impl Signals {
    /// Starts to listen.
    pub fn listen() -> Self {
        let (sender, count) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                signal().await;
                sender.send_modify(|count| *count += 1);
            }
        });
        Self { count }
    }

    /// Ready when the first signal has come.
    pub async fn first(&self) {
        let mut count = self.count.clone();
        if count.wait_for(|count| *count > 0).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether a signal has come.
    pub fn raised(&self) -> bool {
        *self.count.borrow() > 0
    }

    /// The signals as a machine's driver wants them.
    pub fn interrupts(&self) -> impl Stream<Item = Interrupt> + Send + use<> {
        let count = self.count.clone();
        unfold((count, 0), |(mut count, seen)| async move {
            count.wait_for(|count| *count > seen).await.ok()?;
            let wish = if seen == 0 { Interrupt::Finish } else { Interrupt::Abort };
            Some((wish, (count, seen + 1)))
        })
    }
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let mut streams: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
    if streams.is_empty() {
        return std::future::pending().await;
    }
    let waiting = streams.iter_mut().map(|stream| Box::pin(stream.recv()));
    futures_util::future::select_all(waiting).await;
}

#[cfg(not(unix))]
async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
