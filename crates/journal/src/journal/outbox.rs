//! What the application hears: every change it did not bring about itself, at least once.

use std::time::Duration;

use nzimbu_core::UnixTime;

use super::Journal;
use crate::entry::Entry;
use crate::reply::Reply;
use crate::state::{Flags, State};
use crate::trace::Command;

/// A change that the application should act on. It comes again until it is acknowledged.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Notice {
    /// Names the change; use it to leave out what you have acted on already.
    pub id: i64,
    /// The state that the order changed to.
    pub state: State,
    /// The flags after the change.
    pub flags: Flags,
    /// When.
    pub at: UnixTime,
    /// The order as it stands now, which may be further on.
    pub entry: Entry,
}

impl Journal {
    /// Takes up to `most` changes, the oldest first, and holds them for `hold`: if they are not acknowledged by then,
    /// they come again.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn notices(&self, most: usize, hold: Duration) -> Reply<Vec<Notice>> {
        self.write_as(
            Command::Notices,
            move |tx, now| Ok(Ok(tx.take(most, now, now.plus(hold))?)),
            |taken| {
                let notice = |(record, row): (crate::chain::Record, crate::row::Row)| Notice {
                    id: record.id,
                    state: record.state,
                    flags: record.flags,
                    at: record.at,
                    entry: Entry::from(&row),
                };
                taken.into_iter().map(notice).collect()
            },
        )
    }

    /// Forgets changes that the application has acted on.
    ///
    /// # Errors
    /// When the journal cannot be written; they come again then.
    pub fn acknowledge(&self, notices: &[Notice]) -> Reply<()> {
        let ids: Vec<_> = notices.iter().map(|notice| notice.id).collect();
        self.write(move |tx, _| Ok(Ok(tx.acknowledge(&ids)?)))
    }
}
