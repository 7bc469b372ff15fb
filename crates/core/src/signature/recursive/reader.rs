//! A reader of JSON that keeps what signatures depend on: the order of members, repeated keys and
//! the spelling of numbers.
//!
//! serde_json shows the first two, but the third only through features that change how every other
//! crate of a build sees JSON. This reader is generic over what is done with a document while it
//! is read, so that a signature costs one pass, and it names texts by where they stand instead of
//! handing out owned or borrowed strings.

use super::Malformed;
use super::text::{Raw, Scalar, Span, Texts};
use alloc::string::String;

/// What is done with a document as it is read, from left to right.
pub(super) trait Sink<'a> {
    type Error: From<Malformed>;

    /// The key of the member whose value comes next; in a list there is no such call.
    fn key(&mut self, texts: Texts<'_>, key: Raw<'a>) -> Result<(), Self::Error>;
    /// As [`key`](Self::key), if there were escapes in it.
    fn unescaped_key(&mut self, texts: Texts<'_>, key: Span) -> Result<(), Self::Error>;
    /// A string without escapes, which is what most values are.
    fn text(&mut self, text: Raw<'a>) -> Result<(), Self::Error>;
    /// Any other value that holds no others.
    fn scalar(&mut self, texts: Texts<'_>, scalar: Scalar) -> Result<(), Self::Error>;
    fn open(&mut self, container: Container) -> Result<(), Self::Error>;
    fn close(&mut self);
}

#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Container {
    List,
    Object,
}

/// Reads a whole document whose root is an object or a list, and gives back the document and the
/// texts that had escapes in them, for later use of the spans.
#[inline]
pub(super) fn read<'a, S: Sink<'a>>(json: &'a [u8], sink: &mut S) -> Result<(&'a str, String), S::Error> {
    let text = core::str::from_utf8(json).map_err(|_| Malformed::NotUtf8)?;
    if json.len() > Span::MAX {
        return Err(Malformed::TooLarge.into());
    }
    let mut reader = Reader { json, text, at: 0, unescaped: String::new() };
    reader.document(sink)?;
    match reader.solid() {
        None => Ok((text, reader.unescaped)),
        found => Err(reader.unexpected(found).into()),
    }
}

struct Reader<'a> {
    json: &'a [u8],
    /// The same as `json`.
    text: &'a str,
    at: usize,
    /// The texts that had escapes in them, one after the other.
    unescaped: String,
}

impl<'a> Reader<'a> {
    #[inline]
    fn document<S: Sink<'a>>(&mut self, sink: &mut S) -> Result<(), S::Error> {
        match self.solid() {
            Some(b'{' | b'[') => self.at -= 1,
            Some(_) => return Err(Malformed::NotObject.into()),
            None => return Err(self.unexpected(None).into()),
        }
        let mut nesting = Nesting::default();
        loop {
            if nesting.innermost == Container::Object {
                self.key(sink)?;
            }
            let mut ended = false;
            match self.solid() {
                Some(b'"') => match self.string() {
                    Ok(text) => sink.text(text)?,
                    Err(start) => {
                        let text = self.escaped(start)?;
                        sink.scalar(self.texts(), Scalar::Text(text))?;
                    }
                },
                Some(opening @ (b'{' | b'[')) => {
                    let container = if opening == b'{' { Container::Object } else { Container::List };
                    nesting.enter(container)?;
                    sink.open(container)?;
                    match self.solid() {
                        Some(closing) if closing == opening + CLOSING => ended = true,
                        Some(_) => {
                            self.at -= 1;
                            continue;
                        }
                        None => return Err(self.unexpected(None).into()),
                    }
                }
                Some(first) => {
                    let scalar = self.scalar(first)?;
                    sink.scalar(self.texts(), scalar)?;
                }
                None => return Err(self.unexpected(None).into()),
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
                if self.eat(b',') {
                    break;
                }
                ended = match (self.solid(), nesting.innermost) {
                    (Some(b','), _) => break,
                    (Some(b'}'), Container::Object) | (Some(b']'), Container::List) => true,
                    (found, _) => return Err(self.unexpected(found).into()),
                };
            }
        }
    }

    #[inline(always)]
    fn key<S: Sink<'a>>(&mut self, sink: &mut S) -> Result<(), S::Error> {
        self.expect(b'"')?;
        match self.string() {
            Ok(key) => sink.key(self.texts(), key)?,
            Err(start) => {
                let key = self.escaped(start)?;
                sink.unescaped_key(self.texts(), key)?;
            }
        }
        self.expect(b':')?;
        Ok(())
    }

    /// Takes `byte`, which seldom has blanks before it.
    #[inline(always)]
    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.eat(byte) { Ok(()) } else { self.expect_behind_blanks(byte) }
    }

    #[cold]
    fn expect_behind_blanks(&mut self, byte: u8) -> Result<(), Malformed> {
        match self.solid() {
            Some(found) if found == byte => Ok(()),
            found => Err(self.unexpected(found)),
        }
    }

    #[inline]
    fn scalar(&mut self, first: u8) -> Result<Scalar, Malformed> {
        Ok(match first {
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.word("rue", Scalar::True)?,
            b'f' => self.word("alse", Scalar::False)?,
            b'n' => self.word("ull", Scalar::Null)?,
            _ => return Err(self.unexpected(Some(first))),
        })
    }

    #[inline]
    fn texts(&self) -> Texts<'_> {
        Texts { json: self.json, unescaped: self.unescaped.as_bytes() }
    }

    /// Reads on from behind the opening quote. The error is where the text begins, if it cannot be
    /// used as it stands.
    #[inline(always)]
    fn string(&mut self) -> Result<Raw<'a>, usize> {
        let start = self.at;
        self.skip_plain();
        let raw = Raw { reach: self.json.get(start..).ok_or(start)?, start, len: self.at - start };
        if self.eat(b'"') { Ok(raw) } else { Err(start) }
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
                found => return Err(self.unexpected(found)),
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
            found => return Err(self.unexpected(found)),
        })
    }

    fn hex4(&mut self) -> Result<u32, Malformed> {
        let mut unit = 0;
        for _ in 0..4 {
            let found = self.next();
            let digit = found.and_then(|byte| char::from(byte).to_digit(16));
            let digit = digit.ok_or_else(|| self.unexpected(found))?;
            unit = unit << 4 | digit;
        }
        Ok(unit)
    }

    /// Reads a number whose first character was taken already.
    #[inline]
    fn number(&mut self) -> Result<Scalar, Malformed> {
        let start = self.at - 1;
        if self.json[start] == b'-' {
            match self.next() {
                Some(b'0'..=b'9') => {}
                found => return Err(self.unexpected(found)),
            }
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

    /// Takes the next byte that is no blank.
    #[inline(always)]
    fn solid(&mut self) -> Option<u8> {
        loop {
            let byte = self.next()?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
        }
    }

    /// Goes on to the next quote, backslash or control character, or to the end.
    #[inline(always)]
    fn skip_plain(&mut self) {
        while let Some(word) = self.json.get(self.at..).and_then(<[u8]>::first_chunk) {
            let special = specials(u64::from_le_bytes(*word));
            if special != 0 {
                self.at += special.trailing_zeros() as usize / 8;
                return;
            }
            self.at += 8;
        }
        while self.peek().is_some_and(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
            self.at += 1;
        }
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

    /// As [`syntax`](Self::syntax), after what was found there was taken.
    #[cold]
    fn unexpected(&self, found: Option<u8>) -> Malformed {
        Malformed::Syntax { at: self.at - usize::from(found.is_some()) }
    }
}

/// Sets the high bit of each byte that is a quote, a backslash or a control character.
///
/// Bytes above the lowest hit may be marked wrongly, because the subtractions borrow; only the
/// lowest one is used.
#[inline(always)]
fn specials(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    // Flipping this bit swaps the quote with the blank, right behind the control characters.
    let control_or_quote = (word ^ (ONES * 0x02)).wrapping_sub(ONES * 0x21);
    let backslash = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
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
