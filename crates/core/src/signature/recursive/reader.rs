//! A reader of JSON that keeps what signatures depend on: the order of members, repeated keys and
//! the spelling of numbers.
//!
//! serde_json shows the first two, but the third only through features that change how every other
//! crate of a build sees JSON. This reader is generic over what is done with a document while it
//! is read, so that a signature costs one pass, and it names texts by where they stand instead of
//! handing out owned or borrowed strings.

use super::Malformed;
use super::text::{Scalar, Span, Texts};
use alloc::string::String;

/// What is done with a document as it is read, from left to right.
pub(super) trait Sink {
    type Error: From<Malformed>;

    /// The key of the member whose value comes next; in a list there is no such call.
    fn key(&mut self, texts: Texts<'_>, key: Span) -> Result<(), Self::Error>;
    fn open(&mut self, texts: Texts<'_>, container: Container) -> Result<(), Self::Error>;
    fn close(&mut self);
    fn scalar(&mut self, texts: Texts<'_>, scalar: Scalar) -> Result<(), Self::Error>;
}

#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Container {
    List,
    Object,
}

/// Reads a whole document whose root is an object or a list, and gives back the document and the
/// texts that had escapes in them, for later use of the spans.
#[inline]
pub(super) fn read<'a, S: Sink>(json: &'a [u8], sink: &mut S) -> Result<(&'a str, String), S::Error> {
    let text = core::str::from_utf8(json).map_err(|_| Malformed::NotUtf8)?;
    if json.len() > Span::MAX {
        return Err(Malformed::TooLarge.into());
    }
    let mut reader = Reader { json, text, at: 0, unescaped: String::new() };
    reader.document(sink)?;
    reader.skip_blanks();
    if reader.at == json.len() { Ok((text, reader.unescaped)) } else { Err(reader.syntax().into()) }
}

struct Reader<'a> {
    json: &'a [u8],
    /// The same as `json`.
    text: &'a str,
    at: usize,
    /// The texts that had escapes in them, one after the other.
    unescaped: String,
}

impl Reader<'_> {
    #[inline]
    fn document<S: Sink>(&mut self, sink: &mut S) -> Result<(), S::Error> {
        self.skip_blanks();
        if !matches!(self.peek(), None | Some(b'{' | b'[')) {
            return Err(Malformed::NotObject.into());
        }
        let mut nesting = Nesting::default();
        loop {
            if nesting.innermost == Container::Object {
                self.key(sink)?;
            }
            let mut ended = false;
            match self.next() {
                Some(opening @ (b'{' | b'[')) => {
                    let container = if opening == b'{' { Container::Object } else { Container::List };
                    nesting.enter(container)?;
                    sink.open(self.texts(), container)?;
                    self.skip_blanks();
                    ended = self.eat(opening + CLOSING);
                    if !ended {
                        continue;
                    }
                }
                Some(first) => {
                    let scalar = self.scalar(first)?;
                    sink.scalar(self.texts(), scalar)?;
                }
                None => return Err(self.syntax().into()),
            }
            // A value has ended, and perhaps the containers around it.
            loop {
                if ended {
                    sink.close();
                    nesting.leave();
                    if nesting.depth == 0 {
                        return Ok(());
                    }
                }
                self.skip_blanks();
                ended = match (self.next(), nesting.innermost) {
                    (Some(b','), _) => {
                        self.skip_blanks();
                        break;
                    }
                    (Some(b'}'), Container::Object) | (Some(b']'), Container::List) => true,
                    _ => return Err(self.unexpected().into()),
                };
            }
        }
    }

    #[inline(always)]
    fn key<S: Sink>(&mut self, sink: &mut S) -> Result<(), S::Error> {
        if !self.eat(b'"') {
            return Err(self.syntax().into());
        }
        let key = self.string()?;
        sink.key(self.texts(), key)?;
        self.skip_blanks();
        if !self.eat(b':') {
            return Err(self.syntax().into());
        }
        self.skip_blanks();
        Ok(())
    }

    #[inline(always)]
    fn scalar(&mut self, first: u8) -> Result<Scalar, Malformed> {
        Ok(match first {
            b'"' => Scalar::Text(self.string()?),
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.word("rue", Scalar::True)?,
            b'f' => self.word("alse", Scalar::False)?,
            b'n' => self.word("ull", Scalar::Null)?,
            _ => return Err(self.unexpected()),
        })
    }

    #[inline]
    fn texts(&self) -> Texts<'_> {
        Texts { json: self.json, unescaped: self.unescaped.as_bytes() }
    }

    /// Reads on from behind the opening quote.
    #[inline(always)]
    fn string(&mut self) -> Result<Span, Malformed> {
        let start = self.at;
        self.skip_plain();
        let end = self.at;
        if self.eat(b'"') { Ok(Span::raw(start, end)) } else { self.escaped(start) }
    }

    /// Reads the string that began at `start` again, now with its escapes.
    #[cold]
    fn escaped(&mut self, start: usize) -> Result<Span, Malformed> {
        let first = self.unescaped.len();
        self.at = start;
        loop {
            let start = self.at;
            self.skip_plain();
            self.unescaped.push_str(&self.text[start..self.at]);
            match self.next() {
                Some(b'"') => return Ok(Span::unescaped(first, self.unescaped.len())),
                Some(b'\\') => {
                    let character = self.escape()?;
                    self.unescaped.push(character);
                }
                _ => return Err(self.unexpected()),
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
    fn number(&mut self) -> Result<Scalar, Malformed> {
        let start = self.at - 1;
        if self.json[start] == b'-' && !matches!(self.next(), Some(b'0'..=b'9')) {
            return Err(self.unexpected());
        }
        let first = self.at - 1;
        if self.json[first] != b'0' {
            self.skip_digits();
        }
        let digits = self.at - first;
        let mut float = false;
        if self.eat(b'.') {
            float = true;
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            float = true;
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            self.digits()?;
        }
        // Eighteen digits always fit 64 bits with a sign; of more, some do.
        if digits > 18 && self.text[start..self.at].parse::<i64>().is_err() {
            float = true;
        }
        let spelling = Span::raw(start, self.at);
        Ok(if float { Scalar::Float(spelling) } else { Scalar::Integer(spelling) })
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

    fn word(&mut self, rest: &str, scalar: Scalar) -> Result<Scalar, Malformed> {
        if self.json[self.at..].starts_with(rest.as_bytes()) {
            self.at += rest.len();
            Ok(scalar)
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
        let rest = &self.json[self.at..];
        let (chunks, tail) = rest.as_chunks::<8>();
        for (n, chunk) in chunks.iter().enumerate() {
            let special = specials(u64::from_le_bytes(*chunk));
            if special != 0 {
                self.at += n * 8 + (special.trailing_zeros() / 8) as usize;
                return;
            }
        }
        let special = tail.iter().position(|&byte| byte < 0x20 || byte == b'"' || byte == b'\\');
        self.at += rest.len() - tail.len() + special.unwrap_or(tail.len());
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.json.get(self.at).copied()
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
    // Flipping this bit swaps the quote with the blank, right behind the control characters.
    let control_or_quote = (word ^ ONES * 0x02).wrapping_sub(ONES * 0x21);
    let backslash = (word ^ ONES * b'\\' as u64).wrapping_sub(ONES);
    (control_or_quote | backslash) & !word & HIGHS
}

/// How far the closing bracket stands behind the opening one, square or curly.
const CLOSING: u8 = 2;

/// The kinds of the open containers, one bit each, as deep as PHP's reader goes.
struct Nesting {
    objects: [u64; PHP_DEPTH / 64],
    depth: usize,
    /// Around the root it is a list, since no key comes before the root.
    innermost: Container,
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
        self.innermost = container;
        Ok(())
    }

    #[inline]
    fn leave(&mut self) {
        self.depth -= 1;
        if let Some(top) = self.depth.checked_sub(1) {
            let object = self.objects[top / 64] >> (top % 64) & 1 == 1;
            self.innermost = if object { Container::Object } else { Container::List };
        }
    }
}

impl Default for Nesting {
    fn default() -> Self {
        Self { objects: [0; PHP_DEPTH / 64], depth: 0, innermost: Container::List }
    }
}

const PHP_DEPTH: usize = 512;
