//! Ctrl-C, and SIGTERM where there is one.

use std::thread;

use crate::lang::say;
use crate::output::{self, Failure};

/// Has something done at the first signal, on a thread of its own. A second signal ends the process at once: whatever
/// is under way then is asked for later, as after a crash.
pub(crate) fn at_first(stop: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("signals cannot be heard: {error}")))?;
    // Heard from here on, not from when the thread begins.
    let (first, second) = {
        let _guard = runtime.enter();
        (Signals::listen()?, Signals::listen()?)
    };
    let heard = thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            first.wait().await;
            stop();
            second.again().await;
            output::note(&String::from(say!(
                "stopped at once; what was under way is asked for next time",
                "arrêté net ; ce qui était en cours sera demandé la prochaine fois",
            )));
            std::process::exit(INTERRUPTED);
        });
    });
    heard.map(drop).map_err(|error| Failure::failed(format!("signals cannot be heard: {error}")))
}

/// As shells tell of a process that a signal ended.
const INTERRUPTED: i32 = 130;

/// The signals that ask a program to stop.
#[cfg(unix)]
pub(crate) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Begins to listen; call it within a runtime.
    pub(crate) fn listen() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen =
            |kind| signal(kind).map_err(|error| Failure::failed(format!("signals cannot be heard: {error}")));
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    pub(crate) async fn wait(mut self) {
        self.one().await;
    }

    /// Waits for the second one.
    pub(crate) async fn again(mut self) {
        self.one().await;
        self.one().await;
    }

    async fn one(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The signals that ask a program to stop.
#[cfg(not(unix))]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn listen() -> Result<Self, Failure> {
        Ok(Self)
    }

    pub(crate) async fn wait(self) {
        if tokio::signal::ctrl_c().await.is_err() {
            // Nothing can stop it but the end of the process.
            std::future::pending::<()>().await;
        }
    }

    pub(crate) async fn again(self) {
        Self.wait().await;
    }
}
