//! The memory that stands in for a store in simulations does what every store does.

#[macro_use]
mod store_suite;

use std::sync::Arc;

use nzimbu_journal::testing::{Harm, Memory, SoundDisk};
use nzimbu_journal::{Clock, Journal};

use self::store_suite::Place;

impl Place for Memory {
    fn open(&self, clock: Arc<dyn Clock>) -> Journal {
        Journal::in_memory(self, clock, Box::new(SoundDisk))
    }

    fn harm(&self, harm: Harm) {
        Memory::harm(self, harm);
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        Memory::holds(self, bytes)
    }
}

store_suite!(Memory::new());
