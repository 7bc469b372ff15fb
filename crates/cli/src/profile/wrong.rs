//! What is wrong with the settings, and where.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::lang::Text;

/// One fault of the settings. It never repeats a value, which may be a secret in the wrong place.
#[derive(Clone, Debug)]
pub(crate) struct Wrong {
    /// The path of the key, such as `profile.live.cinetpay.checkout.api_key`; empty for the whole file.
    pub(crate) key: String,
    /// Where in the file.
    pub(crate) place: Option<Place>,
    /// The rule and the remedy.
    pub(crate) told: Text,
}

/// Line and column, counted from one; a column counts characters.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Wrong {
    /// The fault as people read it, without the file's name.
    pub(crate) fn text(&self) -> Text {
        let place = self.place.map_or_else(String::new, |place| format!("{}:{}: ", place.line, place.column));
        let key = if self.key.is_empty() { String::new() } else { format!("{} ", self.key) };
        Text::new(
            format!("{place}{key}{}", self.told.english()),
            format!("{place}{key}{}", self.told.french()),
        )
    }
}

/// The faults found so far in one text, and where each key stands.
#[derive(Debug)]
pub(super) struct Found<'t> {
    text: &'t str,
    wrong: RefCell<Vec<Wrong>>,
    places: RefCell<BTreeMap<String, Place>>,
}

impl<'t> Found<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, wrong: RefCell::default(), places: RefCell::default() }
    }

    /// Notes a fault at these bytes of the text.
    pub(super) fn add(&self, key: impl Into<String>, span: Option<Range<usize>>, told: Text) {
        let place = span.map(|span| self.place(span.start));
        self.wrong.borrow_mut().push(Wrong { key: key.into(), place, told });
    }

    /// Notes where a key's value stands.
    pub(super) fn place_key(&self, key: String, span: &Range<usize>) {
        let place = self.place(span.start);
        self.places.borrow_mut().insert(key, place);
    }

    /// The faults in the order of the file, or the places of all keys.
    pub(super) fn into_result(self) -> Result<BTreeMap<String, Place>, Vec<Wrong>> {
        let mut wrong = self.wrong.into_inner();
        if wrong.is_empty() {
            return Ok(self.places.into_inner());
        }
        wrong.sort_by_key(|wrong| wrong.place);
        Err(wrong)
    }

    pub(super) fn place(&self, byte: usize) -> Place {
        let mut at = byte.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &self.text[..at];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Place { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}
