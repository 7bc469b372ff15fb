//! A reader of JSON that keeps what signatures depend on: the order of members, repeated keys and
//! the spelling of numbers.
//!
//! serde_json shows the first two, but the third only through features that change how every other
//! crate of a build sees JSON. This reader is generic over what is done with a document while it
//! is read, so that a signature costs one pass.

use super::Malformed;
use super::text::{Number, NumberKind};
use alloc::borrow::Cow;
use alloc::string::String;

/// What is done with a document as it is read, from left to right.
pub(super) trait Sink<'a> {
    type Error: From<Malformed>;

    /// The key of the member whose value comes next; in a list there is no such call.
    fn key(&mut self, key: Cow<'a, str>) -> Result<(), Self::Error>;
    fn open(&mut self, container: Container) -> Result<(), Self::Error>;
    fn close(&mut self);
    fn scalar(&mut self, scalar: Scalar<'a>) -> Result<(), Self::Error>;
}

#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Container {
    List,
    Object,
}

#[derive(Clone)]
pub(super) enum Scalar<'a> {
    Bool(bool),
    Null,
    Number(Number<'a>),
    Text(Cow<'a, str>),
}

/// Reads a whole document whose root is an object or a list.
pub(super) fn read<'a, S: Sink<'a>>(json: &'a [u8], sink: &mut S) -> Result<(), S::Error> {
    let text = core::str::from_utf8(json).map_err(|_| Malformed::NotUtf8)?;
    let mut reader = Reader { text, at: 0 };
    reader.skip_blanks();
    if !matches!(reader.peek(), Some(b'{' | b'[')) {
        return Err(if reader.peek().is_some() {
            Malformed::NotObject.into()
        } else {
            reader.syntax().into()
        });
    }
    reader.document(sink)?;
    reader.skip_blanks();
    if reader.at == text.len() { Ok(()) } else { Err(reader.syntax().into()) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn document<S: Sink<'a>>(&mut self, sink: &mut S) -> Result<(), S::Error> {
        let mut nesting = Nesting::default();
        loop {
            // A value begins here.
            let mut ended = match self.next() {
                Some(b'"') => {
                    sink.scalar(Scalar::Text(self.string()?))?;
                    false
                }
                Some(b'{') => {
                    nesting.enter(Container::Object)?;
                    sink.open(Container::Object)?;
                    self.skip_blanks();
                    if self.eat(b'}') {
                        true
                    } else {
                        self.key(sink)?;
                        continue;
                    }
                }
                Some(b'[') => {
                    nesting.enter(Container::List)?;
                    sink.open(Container::List)?;
                    self.skip_blanks();
                    if self.eat(b']') {
                        true
                    } else {
                        continue;
                    }
                }
                Some(b'-' | b'0'..=b'9') => {
                    sink.scalar(Scalar::Number(self.number()?))?;
                    false
                }
                Some(b't') => {
                    self.word("rue")?;
                    sink.scalar(Scalar::Bool(true))?;
                    false
                }
                Some(b'f') => {
                    self.word("alse")?;
                    sink.scalar(Scalar::Bool(false))?;
                    false
                }
                Some(b'n') => {
                    self.word("ull")?;
                    sink.scalar(Scalar::Null)?;
                    false
                }
                _ => return Err(self.unexpected().into()),
            };
            // A value has ended, and perhaps the containers around it.
            loop {
                if ended {
                    sink.close();
                    nesting.leave();
                }
                let Some(container) = nesting.innermost() else { return Ok(()) };
                self.skip_blanks();
                ended = match (self.next(), container) {
                    (Some(b','), Container::Object) => {
                        self.skip_blanks();
                        self.key(sink)?;
                        break;
                    }
                    (Some(b','), Container::List) => {
                        self.skip_blanks();
                        break;
                    }
                    (Some(b'}'), Container::Object) | (Some(b']'), Container::List) => true,
                    _ => return Err(self.unexpected().into()),
                };
            }
        }
    }

    #[inline]
    fn key<S: Sink<'a>>(&mut self, sink: &mut S) -> Result<(), S::Error> {
        if !self.eat(b'"') {
            return Err(self.syntax().into());
        }
        sink.key(self.string()?)?;
        self.skip_blanks();
        if !self.eat(b':') {
            return Err(self.syntax().into());
        }
        self.skip_blanks();
        Ok(())
    }

    /// Reads on from behind the opening quote.
    #[inline]
    fn string(&mut self) -> Result<Cow<'a, str>, Malformed> {
        let start = self.at;
        self.skip_plain();
        let plain = &self.text[start..self.at];
        match self.next() {
            Some(b'"') => Ok(Cow::Borrowed(plain)),
            Some(b'\\') => self.escaped(plain).map(Cow::Owned),
            _ => Err(self.unexpected()),
        }
    }

    /// Reads on from behind the first backslash.
    #[cold]
    fn escaped(&mut self, plain: &str) -> Result<String, Malformed> {
        let mut out = String::from(plain);
        loop {
            out.push(self.escape()?);
            loop {
                let start = self.at;
                self.skip_plain();
                out.push_str(&self.text[start..self.at]);
                match self.next() {
                    Some(b'"') => return Ok(out),
                    Some(b'\\') => break,
                    _ => return Err(self.unexpected()),
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Malformed> {
        Ok(match self.next() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let unit = self.hex4()?;
                if !(0xD800..=0xDFFF).contains(&unit) {
                    char::from_u32(unit)
                } else if unit < 0xDC00 && self.eat(b'\\') && self.eat(b'u') {
                    let low = self.hex4()?;
                    (0xDC00..=0xDFFF)
                        .contains(&low)
                        .then(|| 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
                        .and_then(char::from_u32)
                } else {
                    None
                }
                .ok_or(Malformed::LoneSurrogate)?
            }
            _ => return Err(self.unexpected()),
        })
    }

    fn hex4(&mut self) -> Result<u32, Malformed> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.next().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else { return Err(self.unexpected()) };
            unit = unit << 4 | digit;
        }
        Ok(unit)
    }

    /// Reads a number whose first character was taken already.
    #[inline]
    fn number(&mut self) -> Result<Number<'a>, Malformed> {
        let start = self.at - 1;
        let bytes = self.text.as_bytes();
        if bytes[start] == b'-' && !matches!(self.next(), Some(b'0'..=b'9')) {
            return Err(self.unexpected());
        }
        let first = self.at - 1;
        if bytes[first] != b'0' {
            self.skip_digits();
        }
        let digits = self.at - first;
        let mut kind = NumberKind::Integer;
        if self.eat(b'.') {
            kind = NumberKind::Float;
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            kind = NumberKind::Float;
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            self.digits()?;
        }
        let spelling = &self.text[start..self.at];
        // Eighteen digits always fit 64 bits with a sign; of more, some do.
        if digits > 18 && spelling.parse::<i64>().is_err() {
            kind = NumberKind::Float;
        }
        Ok(Number { spelling, kind })
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        self.skip_digits();
        if self.at > start { Ok(()) } else { Err(self.syntax()) }
    }

    #[inline]
    fn skip_digits(&mut self) {
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
    }

    fn word(&mut self, rest: &str) -> Result<(), Malformed> {
        if self.text.as_bytes()[self.at..].starts_with(rest.as_bytes()) {
            self.at += rest.len();
            Ok(())
        } else {
            Err(self.syntax())
        }
    }

    #[inline]
    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// Goes on to the next quote, backslash or control character, eight bytes at a time.
    #[inline]
    fn skip_plain(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(chunk) = bytes[self.at..].first_chunk::<8>() {
            let special = specials(u64::from_le_bytes(*chunk));
            if special != 0 {
                self.at += (special.trailing_zeros() / 8) as usize;
                return;
            }
            self.at += 8;
        }
        while bytes.get(self.at).is_some_and(|&byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
            self.at += 1;
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    #[inline]
    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    #[cold]
    fn syntax(&self) -> Malformed {
        Malformed::Syntax { at: self.at }
    }

    /// As [`syntax`](Self::syntax), after the offending byte was taken, if there was one.
    #[cold]
    fn unexpected(&self) -> Malformed {
        Malformed::Syntax { at: self.at.saturating_sub(1) }
    }
}

/// Sets the high bit of each byte that is a quote, a backslash or a control character.
///
/// Bytes above the lowest hit may be marked wrongly, because the subtractions borrow; only the
/// lowest one is used.
#[inline]
fn specials(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let quote = quote.wrapping_sub(ONES) & !quote;
    let backslash = backslash.wrapping_sub(ONES) & !backslash;
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (quote | backslash | control) & HIGHS
}

/// The kinds of the open containers, one bit each, as deep as PHP's reader goes.
#[derive(Default)]
struct Nesting {
    objects: [u64; PHP_DEPTH / 64],
    depth: usize,
}

impl Nesting {
    #[inline]
    fn enter(&mut self, container: Container) -> Result<(), Malformed> {
        let bit = 1 << (self.depth % 64);
        let word = self.objects.get_mut(self.depth / 64).ok_or(Malformed::TooDeep)?;
        match container {
            Container::List => *word &= !bit,
            Container::Object => *word |= bit,
        }
        self.depth += 1;
        Ok(())
    }

    #[inline]
    fn leave(&mut self) {
        self.depth -= 1;
    }

    #[inline]
    fn innermost(&self) -> Option<Container> {
        let top = self.depth.checked_sub(1)?;
        let object = self.objects[top / 64] >> (top % 64) & 1 == 1;
        Some(if object { Container::Object } else { Container::List })
    }
}

const PHP_DEPTH: usize = 512;
