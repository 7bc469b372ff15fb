//! Files, standard input and the environment.

use std::env;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use nzimbu::Secret;

use crate::output::Failure;

/// The bytes of a file, or of standard input when there is no file or it is `-`.
pub(crate) fn read(file: Option<&Path>) -> Result<Vec<u8>, Failure> {
    let file = file.filter(|path| *path != Path::new("-"));
    let (name, bytes) = match file {
        None => ("standard input".to_owned(), read_some(io::stdin().lock())),
        Some(path) => (path.display().to_string(), File::open(path).and_then(read_some)),
    };
    let bytes = bytes.map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
    if bytes.len() > MOST {
        return Err(Failure::usage(format!(
            "{name} has more than 1 MiB: no document or callback is so large"
        )));
    }
    Ok(bytes)
}

/// What the environment variable of this name holds.
///
/// The name is not repeated in errors: whoever writes `$NAME` for `NAME` has put the secret there.
pub(crate) fn secret(name: &OsStr) -> Result<Secret, Failure> {
    // The standard library panics or fails on names that no variable can have.
    let can_be_set = !name.is_empty() && !name.as_encoded_bytes().iter().any(|byte| b"=\0".contains(byte));
    let value = can_be_set.then(|| env::var_os(name)).flatten();
    let Some(value) = value else {
        return Err(Failure::usage(
            "the environment variable that --secret-env names is not set: export it, and give its name, not \
             its value",
        ));
    };
    match value.into_string() {
        Ok(text) if !text.is_empty() => Ok(Secret::new(text)),
        Ok(_) => Err(Failure::usage(
            "the environment variable that --secret-env names is empty: put the secret in it",
        )),
        Err(_) => Err(Failure::usage(
            "the environment variable that --secret-env names is not UTF-8: secrets are used as UTF-8 text",
        )),
    }
}

/// A body without the one line break that editors and `echo` put at its end.
pub(crate) fn without_line_break(body: &[u8]) -> &[u8] {
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    body.strip_suffix(b"\r").unwrap_or(body)
}

fn read_some(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MOST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

const MOST: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::without_line_break;

    #[test]
    fn exactly_one_line_break_is_dropped() {
        for (given, kept) in
            [("a\n", "a"), ("a\r\n", "a"), ("a\r", "a"), ("a\n\n", "a\n"), ("a ", "a "), ("", "")]
        {
            assert_eq!(without_line_break(given.as_bytes()), kept.as_bytes(), "{given:?}");
        }
    }
}
