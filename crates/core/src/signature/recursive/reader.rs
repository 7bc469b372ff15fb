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
    let mut reader = Reader { json, text, at: 0, specials: Specials::new(json), unescaped: String::new() };
    reader.document(sink)?;
    reader.skip_blanks();
    if reader.at == json.len() { Ok((text, reader.unescaped)) } else { Err(reader.syntax().into()) }
}

struct Reader<'a> {
    json: &'a [u8],
    /// The same as `json`.
    text: &'a str,
    at: usize,
    specials: Specials,
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

    #[inline(always)]
    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte <= b' ') {
            if !matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
                return;
            }
            self.at += 1;
        }
    }

    /// Goes on to the next quote, backslash or control character, or to the end.
    #[inline(always)]
    fn skip_plain(&mut self) {
        self.at = self.specials.next(self.json, self.at);
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.json.get(self.at).copied()
    }

    #[inline(always)]
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    #[inline(always)]
    fn eat(&mut self, byte: u8) -> bool {
        match self.peek() {
            Some(found) if found == byte => {
                self.at += 1;
                true
            }
            _ => false,
        }
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

/// Where the quotes, backslashes and control characters of a block of 64 bytes stand.
///
/// Looking for them byte by byte, or word by word, makes every step wait for the one before. A
/// block is looked through at once, without branches, and each search is then a shift.
struct Specials {
    block: usize,
    /// A bit for each byte of the block, the lowest for the first.
    bits: u64,
}

impl Specials {
    fn new(json: &[u8]) -> Self {
        Self { block: 0, bits: look_through(json, 0) }
    }

    /// The first of them at or behind `at`, or the end.
    #[inline(always)]
    fn next(&mut self, json: &[u8], mut at: usize) -> usize {
        loop {
            let block = at / BLOCK;
            if block != self.block {
                self.block = block;
                self.bits = look_through(json, block);
            }
            let ahead = self.bits >> (at % BLOCK);
            if ahead != 0 {
                return at + ahead.trailing_zeros() as usize;
            }
            at = (block + 1) * BLOCK;
            if at >= json.len() {
                return json.len();
            }
        }
    }
}

#[inline(never)]
fn look_through(json: &[u8], block: usize) -> u64 {
    let rest = json.get(block * BLOCK..).unwrap_or_default();
    match rest.first_chunk() {
        Some(bytes) => special_bits(bytes),
        None => {
            let mut bytes = [b' '; BLOCK];
            bytes[..rest.len()].copy_from_slice(rest);
            special_bits(&bytes)
        }
    }
}

#[inline]
fn special_bits(bytes: &[u8; BLOCK]) -> u64 {
    // Flipping this bit swaps the quote with the blank, right behind the control characters.
    let marks = bytes.map(|byte| u8::from(((byte ^ 0x02) < 0x21) | (byte == b'\\')));
    let mut bits = 0;
    for (n, marks) in marks.as_chunks::<8>().0.iter().enumerate() {
        // The product has the eight marks, each 0 or 1, side by side in its highest byte.
        let side_by_side = u64::from_le_bytes(*marks).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits |= side_by_side << (n * 8);
    }
    bits
}

const BLOCK: usize = 64;

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
