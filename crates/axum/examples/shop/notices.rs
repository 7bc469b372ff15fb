//! The task that hears what became of the orders: from the journal alone, never from a page that a browser visits.

use std::time::Duration;

use nzimbu::journal::{JournalError, Stop};
use tokio::task::JoinHandle;

use crate::app::Shop;

/// The running task.
#[derive(Debug)]
pub(crate) struct Listening {
    stop: Stop,
    task: JoinHandle<()>,
}

impl Listening {
    /// Stops it after the notices that it is acting on.
    pub(crate) async fn finish(self) {
        self.stop.stop();
        // The task does not panic, and ends by itself.
        let _ = self.task.await;
    }
}

/// Starts to listen.
pub(crate) fn listen(shop: Shop) -> Listening {
    let stop = Stop::new();
    let stopped = stop.clone();
    let task = tokio::spawn(async move {
        while !stopped.is_stopped() {
            let pause = match act(&shop).await {
                Ok(0) => Duration::from_millis(200),
                Ok(_) => Duration::ZERO,
                // What was not acknowledged comes again.
                Err(error) => {
                    eprintln!("the journal does not tell: {error}");
                    Duration::from_secs(2)
                }
            };
            tokio::time::sleep(pause).await;
        }
    });
    Listening { stop, task }
}

/// Acts first and acknowledges then, so that nothing is lost in between: every change comes at least once.
pub(crate) async fn act(shop: &Shop) -> Result<usize, JournalError> {
    let journal = shop.cashier.journal();
    let notices = journal.notices(100, Duration::from_secs(30)).await?;
    for notice in &notices {
        shop.orders.hear(notice);
    }
    if !notices.is_empty() {
        journal.acknowledge(&notices).await?;
    }
    Ok(notices.len())
}
