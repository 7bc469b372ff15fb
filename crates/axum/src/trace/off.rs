//! What stands in for events where the feature `tracing` is off: nothing.

use crate::refusal::Refusal;

pub(crate) fn refused(_: &Refusal) {}
