//! Bodies of answers: whole, or drop by drop.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Interval;

/// The body of an answer.
pub(super) struct Outgoing {
    rest: Bytes,
    drip: Option<Interval>,
}

impl Outgoing {
    pub(super) fn whole(body: Vec<u8>) -> Outgoing {
        Outgoing { rest: body.into(), drip: None }
    }

    /// One byte at a time.
    pub(super) fn dripping(body: Vec<u8>, pause: Duration) -> Outgoing {
        Outgoing { rest: body.into(), drip: Some(tokio::time::interval(pause)) }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let length = match &mut self.drip {
            None => self.rest.len(),
            Some(drip) => {
                if drip.poll_tick(context).is_pending() {
                    return Poll::Pending;
                }
                1
            }
        };
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.rest.len()).unwrap_or(u64::MAX))
    }
}
