//! The batch that is meant.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use nzimbu_journal::{Batch, Journal};
use sha2::{Digest as _, Sha256};

use crate::lang::say;
use crate::trouble::Trouble;

/// The batch of this number, or of the file that is still as it was.
pub(super) fn find(journal: &Journal, which: &str) -> Result<Batch, Trouble> {
    let found = match which.parse() {
        Ok(id) => journal.batch(id).wait(),
        Err(_) => journal.find_batch(digest(Path::new(which))?).wait(),
    };
    found.map_err(|error| Trouble::journal(&error))?.ok_or_else(|| {
        Trouble::refused(
            "not-found",
            say!(
                "the journal has no such batch: a file that was changed is another one; see `nzimbu batch list`",
                "le journal n'a pas de tel lot : un fichier modifié en est un autre ; voyez `nzimbu batch list`",
            ),
        )
    })
}

fn digest(file: &Path) -> Result<[u8; 32], Trouble> {
    let read = || {
        let (mut file, mut hash) = (File::open(file)?, Sha256::new());
        let mut piece = vec![0; PIECE];
        loop {
            match file.read(&mut piece)? {
                0 => return Ok(hash.finalize().into()),
                count => hash.update(&piece[..count]),
            }
        }
    };
    read().map_err(|error: std::io::Error| {
        let reason = error.kind();
        Trouble::usage(say!(
            "cannot read the file ({reason}): give the file of the batch, or its number",
            "le fichier est illisible ({reason}) : donnez le fichier du lot, ou son numéro",
        ))
    })
}

const PIECE: usize = 64 << 10;
