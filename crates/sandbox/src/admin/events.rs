//! Live updates as server-sent events.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use hyper::body::Frame;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Semaphore, mpsc, watch};

use super::{KEEP_ALIVE, problem};
use crate::hub::Hub;

/// Who may watch, and until when.
#[derive(Clone)]
pub(super) struct Events {
    hub: Arc<Hub>,
    stopping: watch::Receiver<bool>,
    seats: Arc<Semaphore>,
}

impl Events {
    pub(super) fn new(hub: Arc<Hub>, stopping: watch::Receiver<bool>) -> Events {
        Events { hub, stopping, seats: Arc::new(Semaphore::new(MAX_WATCHERS)) }
    }
}

pub(super) async fn events(State(events): State<Events>) -> Response {
    let Ok(seat) = Arc::clone(&events.seats).try_acquire_owned() else {
        return problem(StatusCode::SERVICE_UNAVAILABLE, "64 watchers are here already");
    };
    let mut happenings = events.hub.events.subscribe();
    let (lines, body) = mpsc::channel(MAX_UNREAD);
    let mut stopping = events.stopping.clone();
    tokio::spawn(async move {
        let _seat = seat;
        let mut line = ": watching\n\n".to_owned();
        loop {
            if lines.send(Bytes::from(line)).await.is_err() {
                return;
            }
            line = tokio::select! {
                happening = happenings.recv() => match happening {
                    Ok(event) => format!("data: {event}\n\n"),
                    Err(RecvError::Lagged(missed)) => {
                        format!("data: {{\"type\":\"missed\",\"data\":{missed}}}\n\n")
                    }
                    Err(RecvError::Closed) => return,
                },
                () = tokio::time::sleep(KEEP_ALIVE) => ": still here\n\n".to_owned(),
                () = lines.closed() => return,
                _ = stopping.wait_for(|stopping| *stopping) => return,
            };
        }
    });
    let mut response = Response::new(Body::new(Lines(body)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

/// A body that goes on as long as there are lines.
struct Lines(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|line| line.map(|line| Ok(Frame::data(line))))
    }
}

const MAX_WATCHERS: usize = 64;
const MAX_UNREAD: usize = 16;
