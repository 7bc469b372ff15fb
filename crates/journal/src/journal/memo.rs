//! Short texts that belong to a journal as a whole, such as the environment it is for.

use super::Journal;
use crate::reply::Reply;

impl Journal {
    /// Remembers a text under a name for good, and tells which one stands there: this one, or the one that came first.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn remember(&self, name: &str, text: &str) -> Reply<String> {
        let (name, text) = (key(name), text.to_owned());
        self.write(move |tx, _| {
            if let Some(first) = tx.meta(&name)? {
                return Ok(Ok(first));
            }
            tx.set_meta(&name, &text)?;
            Ok(Ok(text.clone()))
        })
    }

    /// The text that is remembered under a name.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn recall(&self, name: &str) -> Reply<Option<String>> {
        let name = key(name);
        self.read(move |tx, _| Ok(Ok(tx.meta(&name)?)))
    }
}

/// Names of users are kept apart from those of stores.
fn key(name: &str) -> String {
    format!("memo {name}")
}
