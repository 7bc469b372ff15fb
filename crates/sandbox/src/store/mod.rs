//! Where the state lives: on the heap, or in a file that outlives the process.
//!
//! The gateways see three kinds of drawer and none of the two ways: [`Orders`], [`Entries`] and
//! [`Schedule`](crate::schedule::Schedule).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(crate) use self::entries::Entries;
pub(crate) use self::log::Log;
pub(crate) use self::orders::{Orders, Record};

mod entries;
#[cfg(feature = "store")]
pub(crate) mod file;
mod log;
mod orders;

/// The state of one sandbox. Clones share it.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) medium: Medium,
    /// Put behind the names of drawers, so that no merchant looks into another's.
    suffix: Arc<str>,
    serials: Arc<AtomicU64>,
    /// Held while what belongs together is written, so that no commit comes in between.
    gate: Arc<Mutex<()>>,
}

/// Where a drawer keeps its things.
#[derive(Clone)]
pub(crate) enum Medium {
    Memory,
    #[cfg(feature = "store")]
    File(Arc<file::File>),
}

impl Store {
    pub(crate) fn memory() -> Store {
        Store {
            medium: Medium::Memory,
            suffix: "".into(),
            serials: Arc::new(AtomicU64::new(1)),
            gate: Arc::new(Mutex::new(())),
        }
    }

    /// The same store with drawers of their own for one merchant besides the first. The name is made of small
    /// letters, digits and underscores.
    pub(crate) fn of_merchant(&self, name: &str) -> Store {
        Store { suffix: format!("_of_{name}").into(), ..self.clone() }
    }

    /// The name under which a drawer is kept.
    pub(crate) fn drawer(&self, name: &str) -> String {
        format!("{name}{}", self.suffix)
    }

    /// Opens or makes the file. Only one sandbox at a time can have it open.
    #[cfg(feature = "store")]
    pub(crate) fn open(path: &std::path::Path) -> std::io::Result<Store> {
        let gate = Arc::new(Mutex::new(()));
        let file = file::File::open(path, Arc::clone(&gate))?;
        let next = file.next_serial()?;
        Ok(Store {
            medium: Medium::File(file),
            suffix: "".into(),
            serials: Arc::new(AtomicU64::new(next)),
            gate,
        })
    }

    /// Numbers that rise over all drawers, so that orders of all gateways have one order of arrival.
    pub(crate) fn next_serial(&self) -> u64 {
        self.serials.fetch_add(1, Ordering::Relaxed)
    }

    /// Everything written while this is held is kept together or not at all.
    pub(crate) fn together(&self) -> MutexGuard<'_, ()> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until everything written so far would survive the end of this process.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) async fn settled(&self) -> Result<(), String> {
        match &self.medium {
            Medium::Memory => Ok(()),
            #[cfg(feature = "store")]
            Medium::File(file) => file.settled().await,
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        match &self.medium {
            Medium::Memory => {}
            #[cfg(feature = "store")]
            Medium::File(file) => file.clear(),
        }
    }

    /// Writes what is left and lets go of the file.
    pub(crate) fn close(&self) {
        match &self.medium {
            Medium::Memory => {}
            #[cfg(feature = "store")]
            Medium::File(file) => file.close(),
        }
    }
}

/// What can be kept.
pub(crate) trait Kept: Serialize + DeserializeOwned + Send + Sync {}

impl<T: Serialize + DeserializeOwned + Send + Sync> Kept for T {}

/// A text that stands in the code. It is an alias because the derived readers cannot borrow for ever.
pub(crate) type Constant = &'static str;

/// Reads a [`Constant`] back.
pub(crate) fn constant<'de, D: serde::Deserializer<'de>>(reader: D) -> Result<Constant, D::Error> {
    String::deserialize(reader).map(intern)
}

/// Reads a [`Constant`] that may be missing.
pub(crate) fn maybe_constant<'de, D: serde::Deserializer<'de>>(
    reader: D,
) -> Result<Option<Constant>, D::Error> {
    Ok(Option::<String>::deserialize(reader)?.map(intern))
}

/// Reads values back that are named by [`Constant`]s.
pub(crate) fn constant_names<'de, D: serde::Deserializer<'de>>(
    reader: D,
) -> Result<Vec<(Constant, String)>, D::Error> {
    let pairs = Vec::<(String, String)>::deserialize(reader)?;
    Ok(pairs.into_iter().map(|(name, value)| (intern(name), value)).collect())
}

/// The one copy of a text for the rest of the process. There are only as many as the code has constants, and
/// the settings merchants.
pub(crate) fn intern(text: String) -> Constant {
    static KNOWN: Mutex<Vec<Constant>> = Mutex::new(Vec::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(constant) = known.iter().find(|constant| **constant == text) {
        return constant;
    }
    let constant: Constant = Box::leak(text.into_boxed_str());
    known.push(constant);
    constant
}

/// A short stand-in for a key. Equal ones can come from different keys, so whoever finds something by it
/// looks at the key itself as well.
fn short(drawer: &str, name: &str, value: &str) -> i64 {
    let digest = Sha256::new()
        .chain_update(drawer)
        .chain_update([0])
        .chain_update(name)
        .chain_update([0])
        .chain_update(value)
        .finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(first)
}

/// Ends a call whose state cannot be read or written; the caller's connection is cut.
#[cfg(feature = "store")]
fn broken(problem: &dyn std::fmt::Display) -> ! {
    panic!("the store has failed: {problem}")
}
