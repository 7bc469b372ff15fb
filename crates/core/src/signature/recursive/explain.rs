//! The signed text itself, for people who look for the reason of a mismatch.

use super::document::{Document, Keys, Reading};
use super::text::Fields;
use super::{Malformed, Piece, SIGNATURE};
use alloc::string::String;
use alloc::vec::Vec;

/// The exact text that [`sign_json`](super::RecursiveKey::sign_json) puts into the MAC.
///
/// It holds every value of the document: treat it as personal data.
///
/// ```
/// use nzimbu_core::signature::recursive::explain_json;
///
/// let text = explain_json(br#"{"order_id":"A-1","extra":{"n":100.00},"signature":"..."}"#)?;
/// assert_eq!(text, "order_idA-1extra.n100");
/// # Ok::<(), nzimbu_core::signature::recursive::Malformed>(())
/// ```
///
/// # Errors
///
/// As for signing.
pub fn explain_json(json: &[u8]) -> Result<String, Malformed> {
    Ok(transcript(json)?.text)
}

/// The exact text that [`sign_pairs`](super::RecursiveKey::sign_pairs) puts into the MAC.
#[must_use]
pub fn explain_pairs(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (key, value) in pairs.iter().filter(|(key, _)| *key != SIGNATURE) {
        text.push_str(key);
        text.push_str(value);
    }
    text
}

/// Where the signed texts of two documents part: `None` when they are equal, in which case both
/// have the same signature, even if the documents are not the same.
///
/// ```
/// use nzimbu_core::signature::recursive::first_difference;
///
/// let sent = br#"{"order_id":"A-1","amount":"100.00"}"#;
/// let seen = br#"{"order_id":"A-1","amount":100.00}"#;
/// let difference = first_difference(sent, seen)?.expect("100 is not 100.00");
/// assert_eq!(difference.left.as_deref(), Some("amount"));
/// assert_eq!(difference.offset, "order_idA-1amount100".len());
/// # Ok::<(), nzimbu_core::signature::recursive::Malformed>(())
/// ```
///
/// # Errors
///
/// As for signing, for either document.
pub fn first_difference(left: &[u8], right: &[u8]) -> Result<Option<Difference>, Malformed> {
    let (left, right) = (transcript(left)?, transcript(right)?);
    let common = left.text.bytes().zip(right.text.bytes()).take_while(|(a, b)| a == b).count();
    if common == left.text.len() && common == right.text.len() {
        return Ok(None);
    }
    Ok(Some(Difference { offset: common, left: left.path_at(common), right: right.path_at(common) }))
}

/// Where two signed texts part, by the paths of the fields and without their values.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// How many bytes the texts have in common.
    pub offset: usize,
    /// The path of the field at that offset in the first document, `None` if its text ends there.
    pub left: Option<String>,
    /// The path of the field at that offset in the second document, `None` if its text ends there.
    pub right: Option<String>,
}

fn transcript(json: &[u8]) -> Result<Transcript, Malformed> {
    let mut transcript = Transcript::default();
    Document::read(json, Reading::Php)?.walk(Keys::LastWins, &mut transcript)?;
    Ok(transcript)
}

/// The signed text with the place of each field in it.
#[derive(Default)]
struct Transcript {
    text: String,
    /// Where each field's text begins, and how long its path is.
    fields: Vec<(usize, usize)>,
}

impl Transcript {
    fn path_at(&self, offset: usize) -> Option<String> {
        if offset >= self.text.len() {
            return None;
        }
        let after = self.fields.partition_point(|(start, _)| *start <= offset);
        let (start, path) = self.fields[after.checked_sub(1)?];
        Some(self.text[start..start + path].into())
    }
}

impl Fields for Transcript {
    fn field(&mut self, prefix: Piece<'_>, key: Piece<'_>, text: Piece<'_>) {
        let [prefix, key, text] = [prefix, key, text].map(Piece::text);
        self.fields.push((self.text.len(), prefix.len() + key.len()));
        for part in [prefix, key, text] {
            self.text.push_str(core::str::from_utf8(part).expect("paths and texts are joined from texts"));
        }
    }
}
