//! The file of payouts: opened as often as it is read, decoded as a stream, known by the digest of its bytes.

use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::rc::Rc;

use clap::ValueEnum;
use encoding_rs::WINDOWS_1252;
use encoding_rs_io::DecodeReaderBytesBuilder;
use sha2::{Digest as _, Sha256};

use crate::lang::Lang;

/// Something that can be read from its start more than once.
pub(crate) trait Source {
    /// A reader at the first byte.
    ///
    /// # Errors
    /// As those of files.
    fn open(&self) -> io::Result<Box<dyn Read + '_>>;
}

impl Source for Path {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(File::open(self)?))
    }
}

impl Source for [u8] {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self))
    }
}

/// How the text of a file is encoded, where it does not begin with a byte-order mark.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum Encoding {
    #[default]
    #[value(name = "utf-8")]
    Utf8,
    #[value(name = "windows-1252")]
    Windows1252,
}

/// SHA-256 of the bytes of a file: the same file again is a resume.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) struct FileDigest([u8; 32]);

impl FileDigest {
    /// The digest itself.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for FileDigest {
    fn from(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

/// In lower-case hexadecimal.
impl fmt::Display for FileDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for FileDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileDigest({self})")
    }
}

/// Why a file cannot be read at all.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// It changed between two readings.
    Changed,
    /// It is a document of another kind: of which, and what to do.
    Foreign { kind: &'static str },
    /// The system cannot read it.
    Io(io::Error),
}

impl Unreadable {
    /// What is wrong and what to do.
    pub(crate) fn message(&self, lang: Lang) -> String {
        match self {
            Self::Changed => lang
                .pick(
                    "the file changed while it was read: close it in the spreadsheet and start again",
                    "le fichier a changé pendant la lecture : fermez-le dans le tableur et recommencez",
                )
                .to_owned(),
            Self::Foreign { kind } => match lang {
                Lang::En => format!(
                    "the file is {kind}, not CSV: open it in a spreadsheet and save it as \"CSV UTF-8\""
                ),
                Lang::Fr => format!(
                    "le fichier n'est pas du CSV ({kind}) : ouvrez-le dans un tableur et enregistrez-le en « CSV UTF-8 »"
                ),
            },
            Self::Io(error) => match lang {
                Lang::En => format!("cannot read the file: {error}"),
                Lang::Fr => format!("le fichier est illisible : {error}"),
            },
        }
    }
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// One reading of a file, as UTF-8 wherever the text could be decoded.
pub(super) struct Reading<'a> {
    text: Box<dyn Read + 'a>,
    hash: Rc<RefCell<Sha256>>,
}

impl<'a> Reading<'a> {
    /// Begins to read, and refuses what is known not to be CSV by its first bytes.
    pub(super) fn start(source: &'a (impl Source + ?Sized), encoding: Encoding) -> Result<Self, Unreadable> {
        let mut bytes = source.open()?;
        let mut head = Vec::new();
        bytes.by_ref().take(HEAD).read_to_end(&mut head)?;
        if let Some(kind) = foreign(&head) {
            return Err(Unreadable::Foreign { kind });
        }
        let hash = Rc::new(RefCell::new(Sha256::new()));
        let hashing = Hashing { bytes: Cursor::new(head).chain(bytes), hash: Rc::clone(&hash) };
        let fallback = match encoding {
            // UTF-8 passes unchanged, so that a cell which is not UTF-8 is found as one.
            Encoding::Utf8 => None,
            Encoding::Windows1252 => Some(WINDOWS_1252),
        };
        let text = DecodeReaderBytesBuilder::new()
            .encoding(fallback)
            .bom_override(true)
            .strip_bom(true)
            .utf8_passthru(true)
            .build(hashing);
        Ok(Self { text: Box::new(text), hash })
    }

    /// Reads what is left, and gives the digest of the whole.
    pub(super) fn finish(mut self) -> io::Result<FileDigest> {
        io::copy(&mut self.text, &mut io::sink())?;
        Ok(FileDigest(self.hash.take().finalize().into()))
    }
}

impl Read for Reading<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.text.read(buffer)
    }
}

struct Hashing<R> {
    bytes: R,
    hash: Rc<RefCell<Sha256>>,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        self.hash.borrow_mut().update(&buffer[..count]);
        Ok(count)
    }
}

/// What a file is by its first bytes, if it is no CSV.
fn foreign(head: &[u8]) -> Option<&'static str> {
    const SIGNS: &[(&[u8], &str)] = &[
        (b"PK\x03\x04", "an Excel or OpenDocument workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook"),
        (b"%PDF-", "a PDF"),
        (b"\x1f\x8b", "a compressed file"),
        (b"{\\rtf", "a text document"),
    ];
    if let Some((_, kind)) = SIGNS.iter().find(|(sign, _)| head.starts_with(sign)) {
        return Some(kind);
    }
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    match head {
        [b'<', ..] => Some("HTML or XML"),
        [b'{' | b'[', ..] => Some("JSON"),
        _ => None,
    }
}

/// How many bytes are looked at before reading begins.
const HEAD: u64 = 1024;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests {
    use super::*;

    fn read(bytes: &[u8], encoding: Encoding) -> (Vec<u8>, FileDigest) {
        let mut reading = Reading::start(bytes, encoding).unwrap();
        let mut text = Vec::new();
        reading.read_to_end(&mut text).unwrap();
        (text, reading.finish().unwrap())
    }

    #[test]
    fn marks_are_dropped_and_utf_16_is_decoded() {
        let plain = "réf;é";
        let wide = |mark: [u8; 2], order: fn(u16) -> [u8; 2]| {
            mark.into_iter().chain(plain.encode_utf16().flat_map(order)).collect::<Vec<_>>()
        };
        for bytes in [
            plain.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", plain.as_bytes()].concat(),
            wide([0xff, 0xfe], u16::to_le_bytes),
            wide([0xfe, 0xff], u16::to_be_bytes),
        ] {
            assert_eq!(read(&bytes, Encoding::Utf8).0, plain.as_bytes(), "{bytes:?}");
            assert_eq!(read(&bytes[..], Encoding::Utf8).1.as_bytes()[..], Sha256::digest(&bytes)[..]);
        }
        assert_eq!(read(b"r\xe9f", Encoding::Windows1252).0, "réf".as_bytes());
        assert_eq!(read(b"r\xe9f", Encoding::Utf8).0, b"r\xe9f");
    }

    #[test]
    fn the_digest_is_that_of_all_bytes_however_little_was_read() {
        let bytes = vec![b'x'; 100_000];
        let reading = Reading::start(&bytes[..], Encoding::Utf8).unwrap();
        assert_eq!(reading.finish().unwrap().as_bytes()[..], Sha256::digest(&bytes)[..]);
    }
}
