//! `nzimbu listen`: receive callbacks, settle their orders, and tell the application what changed.

mod forward;
mod places;
mod show;
mod webhook;

use std::future::IntoFuture as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use nzimbu::{AsyncHttp, HttpSettings};
use nzimbu_axum::Inbox;
use nzimbu_journal::{Cashier, Stop, Workers};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::args::daily::Listen;
use crate::lang::say;
use crate::output::{Failure, Style};
use crate::session::{Access, Session};
use crate::signals::Signals;
use crate::trouble::Trouble;

use self::forward::Forwarder;
use self::places::Places;
use self::show::Show;
pub(crate) use self::webhook::Keys;

pub(crate) fn run(args: &Listen) -> Result<ExitCode, Failure> {
    let style = Style::of(args.json);
    listen(args, style).or_else(|trouble| trouble.end(style))
}

fn listen(args: &Listen, style: Style) -> Result<ExitCode, Trouble> {
    let session = Session::open(&args.settings)?;
    let places = Places::of(args, &session)?;
    let cashier = session.cashier(session.journal(Access::Write)?, &session.profile.gateways())?;
    let http = session.http_settings()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        let reason = error.kind();
        Trouble::refused("listen", say!("nothing can run ({reason})", "rien ne peut tourner ({reason})"))
    })?;
    runtime.block_on(serve(args, places, cashier, http, Show::new(style)))
}

async fn serve(
    args: &Listen,
    places: Places,
    cashier: Cashier,
    http: HttpSettings,
    show: Show,
) -> Result<ExitCode, Trouble> {
    // Before anything is told, so that a stop right after the first line is not missed.
    let (first, second) = (Signals::listen()?, Signals::listen()?);
    let socket = TcpListener::bind(places.address).await.map_err(|error| unbound(&places, &error))?;
    let address = socket.local_addr().unwrap_or(places.address);
    let transport = Arc::new(connect(http.clone())?);
    let inbox = Inbox::with(cashier.clone(), places.settings()).map_err(|error| {
        let told = error.faults().collect::<Vec<_>>().join("; ");
        Trouble::usage(say!(
            "`segment` of the section `listen`: {told}",
            "`segment` de la section `listen` : {told}"
        ))
    })?;
    let forwarder = match places.forward {
        None => None,
        Some((url, keys)) => Some(forwarder(&cashier, http, url, keys, show).await?),
    };
    show.listening(address, &cashier, places.segment.is_some(), forwarder.is_some());

    let workers = (!args.no_worker).then(|| cashier.spawn_workers(transport, WORKERS));
    let stop = Stop::new();
    let forwarding = forwarder.map(|forwarder| tokio::spawn(forwarder.run(stop.clone())));
    let (closing, closed) = watch::channel(());
    let path = if places.segment.is_some() { "/{segment}/{gateway}" } else { "/{gateway}" };
    let router = Router::new().route(path, any(answer)).with_state(Counter { inbox, show });
    let served = axum::serve(socket, router).with_graceful_shutdown(gone(closed));
    let serving = tokio::spawn(served.into_future());

    tokio::select! {
        () = first.wait() => {}
        () = complain(workers.as_ref(), show) => {}
    }
    show.stopping();
    drop(closing);
    stop.stop();
    let finish = async {
        // A caller that keeps its connection open is not waited for.
        let _ = tokio::time::timeout(PATIENCE, serving).await;
        if let Some(workers) = workers {
            workers.finish().await;
        }
        if let Some(forwarding) = forwarding {
            // What it has not passed on stays in the outbox.
            let _ = forwarding.await;
        }
    };
    tokio::select! {
        () = finish => {}
        () = second.again() => {}
    }
    Ok(ExitCode::SUCCESS)
}

fn connect(settings: HttpSettings) -> Result<AsyncHttp, Trouble> {
    AsyncHttp::with(settings).map_err(|error| {
        let told = error.faults().collect::<Vec<_>>().join("; ");
        Trouble::usage(say!(
            "the section `http` of the profile is unusable: {told}",
            "la section `http` du profil est inutilisable : {told}",
        ))
    })
}

async fn forwarder(
    cashier: &Cashier,
    mut http: HttpSettings,
    url: String,
    keys: Keys,
    show: Show,
) -> Result<Forwarder, Trouble> {
    // An application that thinks for longer is told again.
    http.total_timeout = http.total_timeout.min(ANSWER_WITHIN);
    http.read_timeout = http.read_timeout.min(ANSWER_WITHIN);
    let journal = cashier.journal().clone();
    let made_up = format!("{:016x}", webhook::random());
    // Ids of two journals must not meet in one application.
    let identity = journal.remember("identity", &made_up).await.map_err(|error| Trouble::journal(&error))?;
    Ok(Forwarder::new(journal, connect(http)?, url, keys, identity, show))
}

fn unbound(places: &Places, error: &std::io::Error) -> Trouble {
    let (address, reason) = (places.address, error.kind());
    Trouble::refused(
        "listen",
        say!(
            "nothing can listen on {address} ({reason}): choose another address, or stop what has it",
            "impossible d'écouter sur {address} ({reason}) : choisissez une autre adresse, ou arrêtez ce qui l'occupe",
        ),
    )
}

#[derive(Clone)]
struct Counter {
    inbox: Inbox,
    show: Show,
}

/// Answers once the callback is durable.
async fn answer(State(counter): State<Counter>, request: Request) -> Response {
    let name = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    match counter.inbox.take(request).await {
        Ok(noted) => {
            counter.show.callback(&noted);
            noted.into_response()
        }
        Err(refusal) => {
            let known = counter.inbox.cashier().provider(&name).map(|provider| provider.id().as_str());
            counter.show.refused(known, &refusal);
            refusal.into_response()
        }
    }
}

/// Waits until the other end is dropped.
async fn gone(mut closed: watch::Receiver<()>) {
    while closed.changed().await.is_ok() {}
}

/// Tells whenever a worker had to begin again; never ends.
async fn complain(workers: Option<&Workers>, show: Show) {
    let mut told = 0;
    loop {
        tokio::time::sleep(LOOK).await;
        if let Some(trouble) = workers.and_then(Workers::trouble).filter(|trouble| trouble.times > told) {
            told = trouble.times;
            show.journal(&trouble.message);
        }
    }
}

/// Questions under way at once.
const WORKERS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_secs(2);
