//! Without the feature nothing is encrypted, and what was encrypted stays shut.

use crate::store::Tx;

/// No keys can be given.
#[derive(Debug)]
pub(crate) enum Keys {}

/// Runs over the statements as they are.
pub(crate) fn within<T>(_: Option<&Keys>, tx: &mut dyn Tx, run: impl FnOnce(&mut dyn Tx) -> T) -> T {
    run(tx)
}
