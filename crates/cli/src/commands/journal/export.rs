//! `nzimbu journal export`: every order with its history, a line of JSON each.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use nzimbu_journal::{Audit, ExportError};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::args::daily::Export;
use crate::lang::say;
use crate::output;
use crate::session::{Access, Session};
use crate::trouble::Trouble;

#[derive(Serialize)]
struct Record<'a> {
    orders: u64,
    events: u64,
    sha256: &'a str,
}

pub(super) fn run(args: &Export) -> Result<ExitCode, Trouble> {
    let session = Session::open(&args.settings)?;
    let journal = session.journal(Access::Look)?;
    let out: Box<dyn Write> = match &args.output {
        Some(file) => Box::new(create(file)?),
        None => Box::new(io::stdout().lock()),
    };
    let mut digest = Digest::of(BufWriter::new(out));
    let Audit { orders, events, .. } = match journal.export(&mut digest) {
        Ok(audit) => audit,
        // A reader that has seen enough, such as `head`, is no failure.
        Err(ExportError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            return Ok(ExitCode::SUCCESS);
        }
        Err(ExportError::Journal(error)) => return Err(Trouble::journal(&error)),
        Err(error) => {
            let error = error.to_string();
            return Err(Trouble::usage(say!("{error}: make room for it", "{error} : faites de la place")));
        }
    };
    let sha256 = digest.hex();
    let record = Record { orders, events, sha256: &sha256 };
    let record = || serde_json::to_string(&record).expect("our own records have text keys and no floats");
    match (args.json, &args.output) {
        (true, Some(_)) => output::line(record())?,
        (true, None) => output::note(&record()),
        (false, _) => output::note(&String::from(say!(
            "{orders} orders with {events} events; SHA-256 {sha256}, to be noted elsewhere",
            "{orders} commandes avec {events} événements ; SHA-256 {sha256}, à noter ailleurs",
        ))),
    }
    Ok(ExitCode::SUCCESS)
}

/// A file for its owner alone, which must not be there yet.
fn create(file: &Path) -> Result<std::fs::File, Trouble> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(file).map_err(|error| {
        let (file, reason) = (file.display(), error.kind());
        Trouble::usage(say!(
            "{file} cannot be made ({reason}): name a file that is not there yet, in a folder of yours",
            "{file} ne peut être créé ({reason}) : indiquez un fichier qui n'existe pas encore, dans un dossier à vous",
        ))
    })
}

/// Takes the SHA-256 of all that passes.
pub(super) struct Digest<T> {
    inner: T,
    hash: Sha256,
}

impl<T> Digest<T> {
    pub(super) fn of(inner: T) -> Self {
        Self { inner, hash: Sha256::new() }
    }

    pub(super) fn hex(self) -> String {
        self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl<T: Write> Write for Digest<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Read> Read for Digest<T> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        self.hash.update(&into[..count]);
        Ok(count)
    }
}
