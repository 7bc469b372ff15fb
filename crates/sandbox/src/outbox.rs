//! Callbacks on their way: which may be sent when, one after the other per order.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::gateway::Callback;
use crate::moment::Moment;
use crate::store::{Entries, Orders, Record, Store};

/// Every callback that is kept, and the queue of those that wait.
pub(crate) struct Outbox {
    messages: Orders<Message>,
    /// The waiting ones by number, so that a restart finds them.
    waiting: Entries<Wait>,
    lines: HashMap<Line, VecDeque<u64>>,
    /// Heads of lines whose time comes.
    ready: BTreeSet<(Moment, u64)>,
    /// Heads of lines that are being sent.
    sending: usize,
    limit: usize,
}

/// One callback and how far it has come.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) callback: Callback,
    pub(crate) made: Moment,
    /// Attempts that are over.
    pub(crate) attempts: u32,
    pub(crate) state: MessageState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MessageState {
    Waiting,
    Taken,
    GivenUp,
}

/// When a waiting callback may go.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Wait {
    due: Moment,
    alone: bool,
}

/// Whether a callback waits for those of the same order before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    InLine,
    Alone,
}

/// Callbacks of one line are sent one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Line {
    /// Gateway, merchant, id.
    Order(&'static str, &'static str, String),
    Alone(u64),
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Result {
    Taken,
    GivenUp,
    Again { pause: Duration },
}

impl Record for Message {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("order", &self.callback.order_id)]
    }
}

impl Outbox {
    /// `limit` bounds those that wait; memory keeps as many of the others.
    pub(crate) fn open(store: &Store, limit: usize) -> Outbox {
        let messages = Orders::<Message>::open(store, "callbacks");
        let waiting = Entries::<Wait>::open(store, "callbacks_waiting");
        let mut found: Vec<(u64, Wait)> = waiting
            .all()
            .into_iter()
            .filter_map(|(serial, wait)| Some((serial.parse().ok()?, wait)))
            .collect();
        found.sort_unstable_by_key(|(serial, _)| *serial);
        let mut outbox =
            Outbox { messages, waiting, lines: HashMap::new(), ready: BTreeSet::new(), sending: 0, limit };
        for (serial, wait) in found {
            outbox.queue(serial, wait);
        }
        outbox
    }

    /// Takes a callback; gives it back when too many wait.
    pub(crate) fn push(
        &mut self,
        callback: Callback,
        now: Moment,
        due: Moment,
        place: Place,
    ) -> std::result::Result<u64, Box<Callback>> {
        if self.waiting.len() >= self.limit {
            return Err(Box::new(callback));
        }
        let message = Message { callback, made: now, attempts: 0, state: MessageState::Waiting };
        let serial = self.messages.push(message);
        let wait = Wait { due, alone: place == Place::Alone };
        self.waiting.set(&serial.to_string(), wait);
        self.queue(serial, wait);
        Ok(serial)
    }

    /// Whether a callback of the same order was taken before.
    pub(crate) fn has_line(&self, callback: &Callback) -> bool {
        self.messages.find_all("order", &callback.order_id).into_iter().any(|serial| {
            let known = &self.messages.get(serial).callback;
            known.gateway == callback.gateway && known.merchant == callback.merchant
        })
    }

    /// Sends a callback once more, as if it were new.
    pub(crate) fn resend(&mut self, serial: u64, now: Moment) -> Option<u64> {
        let message = self.find(serial)?;
        self.push(message.callback.clone(), now, now, Place::Alone).ok()
    }

    /// The next callback whose time has come. It is sent until `finish` is called.
    pub(crate) fn take_due(&mut self, now: Moment) -> Option<(u64, Arc<Message>)> {
        let (due, serial) = *self.ready.first()?;
        if due > now {
            return None;
        }
        self.ready.pop_first();
        self.sending += 1;
        Some((serial, self.messages.get(serial)))
    }

    pub(crate) fn next_due(&self) -> Option<Moment> {
        self.ready.first().map(|(due, _)| *due)
    }

    /// Notes what became of an attempt.
    pub(crate) fn finish(&mut self, serial: u64, result: Result, now: Moment) {
        self.sending = self.sending.saturating_sub(1);
        let name = serial.to_string();
        let Some(wait) = self.waiting.value(&name) else { return };
        let state = match result {
            Result::Again { .. } => MessageState::Waiting,
            Result::Taken => MessageState::Taken,
            Result::GivenUp => MessageState::GivenUp,
        };
        let line = self.messages.change(serial, |message| {
            message.attempts += 1;
            message.state = state;
            line(serial, wait, &message.callback)
        });
        if let Result::Again { pause } = result {
            let due = now.plus(pause);
            self.waiting.set(&name, Wait { due, ..wait });
            self.ready.insert((due, serial));
            return;
        }
        self.waiting.remove(&name);
        let next = self.lines.get_mut(&line).and_then(|queue| {
            queue.pop_front();
            queue.front().copied()
        });
        match next {
            Some(next) => {
                let due = self.waiting.value(&next.to_string()).map_or(now, |wait| wait.due);
                self.ready.insert((due, next));
            }
            None => drop(self.lines.remove(&line)),
        }
        self.messages.trim_memory(self.limit + self.waiting.len());
    }

    pub(crate) fn find(&self, serial: u64) -> Option<Arc<Message>> {
        self.messages.seek(serial)
    }

    /// The callbacks of one order or of all below a number, newest first.
    pub(crate) fn newest(
        &self,
        order_id: Option<&str>,
        before: u64,
        limit: usize,
    ) -> Vec<(u64, Arc<Message>)> {
        let Some(order_id) = order_id else { return self.messages.newest(before, limit) };
        let mut serials = self.messages.find_all("order", order_id);
        serials.retain(|serial| *serial < before);
        serials.into_iter().rev().take(limit).map(|serial| (serial, self.messages.get(serial))).collect()
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn queue(&mut self, serial: u64, wait: Wait) {
        let Some(message) = self.messages.seek(serial) else { return };
        let queue = self.lines.entry(line(serial, wait, &message.callback)).or_default();
        queue.push_back(serial);
        if queue.len() == 1 {
            self.ready.insert((wait.due, serial));
        }
    }
}

fn line(serial: u64, wait: Wait, callback: &Callback) -> Line {
    if wait.alone {
        Line::Alone(serial)
    } else {
        Line::Order(callback.gateway, callback.merchant, callback.order_id.clone())
    }
}
