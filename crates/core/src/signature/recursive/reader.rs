//! A reader of JSON that keeps what signatures depend on: the order of members, repeated keys and
//! the spelling of numbers.
//!
//! serde_json shows the first two, but the third only through features that change how every other
//! crate of a build sees JSON. This reader is generic over what is done with a document while it
//! is read, so that a signature costs one pass, and it names texts by where they stand instead of
//! handing out owned or borrowed strings.

mod marks;

use self::marks::Marks;
use super::Malformed;
use super::text::{Raw, Scalar, Span, Texts};
use alloc::string::String;

/// What is done with a document as it is read, from left to right.
pub(super) trait Sink<'a> {
    type Error: From<Malformed>;

    /// A member that is a string, without escapes in it and in its key, which is what most are.
    fn member(&mut self, texts: Texts<'_>, key: Raw<'a>, text: Raw<'a>) -> Result<(), Self::Error>;
    /// The key of any other member, whose value comes next; in a list there is no such call.
    fn key(&mut self, texts: Texts<'_>, key: Raw<'a>) -> Result<(), Self::Error>;
    /// As [`key`](Self::key), if there were escapes in it.
    fn unescaped_key(&mut self, texts: Texts<'_>, key: Span) -> Result<(), Self::Error>;
    /// A string without escapes.
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

/// Reads a whole document whose root is an object or a list, and gives back the texts that had
/// escapes in them, for later use of the spans. Whether strings are UTF-8 is up to the caller.
#[inline(always)]
pub(super) fn read<'a, S: Sink<'a>>(json: &'a [u8], sink: &mut S) -> Result<String, S::Error> {
    if json.len() > Span::MAX {
        return Err(Malformed::TooLarge.into());
    }
    let mut unescaped = String::new();
    let mut cursor = Cursor { json, at: 0 };
    document(&mut cursor, &mut unescaped, sink)?;
    match cursor.solid() {
        None => Ok(unescaped),
        found => Err(cursor.unexpected(found).into()),
    }
}

#[inline(always)]
fn document<'a, S: Sink<'a>>(
    cursor: &mut Cursor<'a>,
    unescaped: &mut String,
    sink: &mut S,
) -> Result<(), S::Error> {
    let json = cursor.json;
    match cursor.solid() {
        Some(b'{' | b'[') => cursor.at -= 1,
        Some(_) => return Err(Malformed::NotObject.into()),
        None => return Err(cursor.unexpected(None).into()),
    }
    let mut around = Around::default();
    let mut marks = Marks::new(json);
    let mut depth = 0;
    // Around the root it is a list, since no key comes before the root.
    let mut innermost = Container::List;
    loop {
        // Whether the value was read along with its key.
        let mut taken = false;
        if innermost == Container::Object {
            cursor.expect(b'"')?;
            taken = loop {
                let key = match cursor.string(&mut marks) {
                    Ok(key) => key,
                    Err(start) => {
                        let (key, behind) = escaped(json, start, unescaped)?;
                        cursor.at = behind;
                        sink.unescaped_key(Texts { json, unescaped: unescaped.as_bytes() }, key)?;
                        cursor.expect(b':')?;
                        break false;
                    }
                };
                let texts = Texts { json, unescaped: unescaped.as_bytes() };
                if !cursor.eat_both(b":\"") {
                    cursor.expect(b':')?;
                    sink.key(texts, key)?;
                    break false;
                }
                match cursor.string(&mut marks) {
                    Ok(text) => sink.member(texts, key, text)?,
                    Err(start) => {
                        sink.key(texts, key)?;
                        let (text, behind) = escaped(json, start, unescaped)?;
                        cursor.at = behind;
                        sink.scalar(Texts { json, unescaped: unescaped.as_bytes() }, Scalar::Text(text))?;
                        break true;
                    }
                }
                // Most members are strings, and follow one another without blanks.
                if !cursor.eat_both(b",\"") {
                    break true;
                }
            };
        }
        let mut ended = false;
        if !taken {
            match cursor.solid() {
                Some(b'"') => match cursor.string(&mut marks) {
                    Ok(text) => sink.text(text)?,
                    Err(start) => {
                        let (text, behind) = escaped(json, start, unescaped)?;
                        cursor.at = behind;
                        sink.scalar(Texts { json, unescaped: unescaped.as_bytes() }, Scalar::Text(text))?;
                    }
                },
                Some(opening @ (b'{' | b'[')) => {
                    around.enter(depth, innermost)?;
                    depth += 1;
                    innermost = if opening == b'{' { Container::Object } else { Container::List };
                    sink.open(innermost)?;
                    match cursor.solid() {
                        Some(closing) if closing == opening + CLOSING => ended = true,
                        Some(_) => {
                            cursor.at -= 1;
                            continue;
                        }
                        None => return Err(cursor.unexpected(None).into()),
                    }
                }
                Some(first) => {
                    let (scalar, behind) = scalar(*cursor, first)?;
                    cursor.at = behind;
                    sink.scalar(Texts { json, unescaped: unescaped.as_bytes() }, scalar)?;
                }
                None => return Err(cursor.unexpected(None).into()),
            }
        }
        // A value has ended, and perhaps the containers around it.
        loop {
            if ended {
                sink.close();
                depth -= 1;
                innermost = around.leave(depth);
                if depth == 0 {
                    return Ok(());
                }
            }
            if cursor.eat(b',') {
                break;
            }
            ended = match (cursor.solid(), innermost) {
                (Some(b','), _) => break,
                (Some(b'}'), Container::Object) | (Some(b']'), Container::List) => true,
                (found, _) => return Err(cursor.unexpected(found).into()),
            };
        }
    }
}

/// A place in a document.
///
/// Whatever is not inlined takes it by value and says where it stopped, so that the place of the
/// loop above stays in a register: every step waits for the one before it.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    json: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Takes `byte`, which seldom has blanks before it.
    #[inline(always)]
    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if !self.eat(byte) {
            self.at = self.behind_blanks(byte)?;
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn behind_blanks(mut self, byte: u8) -> Result<usize, Malformed> {
        match self.solid() {
            Some(found) if found == byte => Ok(self.at),
            found => Err(self.unexpected(found)),
        }
    }

    /// Reads on from behind the opening quote. The error is where the text begins, if it cannot be
    /// used as it stands.
    #[inline(always)]
    fn string(&mut self, marks: &mut Marks) -> Result<Raw<'a>, usize> {
        let start = self.at;
        let end = marks.next(self.json, start);
        match self.json.get(end) {
            Some(b'"') => {
                self.at = end + 1;
                Ok(Raw { reach: &self.json[start..], start, len: end - start })
            }
            _ => Err(start),
        }
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        self.skip_digits();
        if self.at > start { Ok(()) } else { Err(self.unexpected(None)) }
    }

    #[inline(always)]
    fn skip_digits(&mut self) {
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
    }

    /// Takes the next byte that is no blank.
    #[inline(always)]
    fn solid(&mut self) -> Option<u8> {
        loop {
            let byte = self.next()?;
            if byte > b' ' || !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
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
        if self.peek() == Some(byte) {
            self.at += 1;
            true
        } else {
            false
        }
    }

    #[inline(always)]
    fn eat_both(&mut self, bytes: &[u8; 2]) -> bool {
        if self.json.get(self.at..).and_then(<[u8]>::first_chunk) == Some(bytes) {
            self.at += bytes.len();
            true
        } else {
            false
        }
    }

    /// What stands here should not: `found`, which was taken already, or the end or what was only looked at.
    #[cold]
    #[inline(never)]
    fn unexpected(self, found: Option<u8>) -> Malformed {
        Malformed::Syntax { at: self.at - usize::from(found.is_some()) }
    }
}

/// Reads a number or a word whose first character was taken already, and says where it ends.
#[inline]
fn scalar(mut cursor: Cursor<'_>, first: u8) -> Result<(Scalar, usize), Malformed> {
    let scalar = match first {
        b'-' | b'0'..=b'9' => number(&mut cursor)?,
        b't' => word(&mut cursor, "rue", Scalar::True)?,
        b'f' => word(&mut cursor, "alse", Scalar::False)?,
        b'n' => word(&mut cursor, "ull", Scalar::Null)?,
        _ => return Err(cursor.unexpected(Some(first))),
    };
    Ok((scalar, cursor.at))
}

#[inline]
fn number(cursor: &mut Cursor<'_>) -> Result<Scalar, Malformed> {
    let start = cursor.at - 1;
    if cursor.json[start] == b'-' {
        match cursor.next() {
            Some(b'0'..=b'9') => {}
            found => return Err(cursor.unexpected(found)),
        }
    }
    let first = cursor.at - 1;
    if cursor.json[first] != b'0' {
        cursor.skip_digits();
    }
    let digits = cursor.at - first;
    let mut float = false;
    if cursor.eat(b'.') {
        float = true;
        cursor.digits()?;
    }
    if cursor.eat(b'e') || cursor.eat(b'E') {
        float = true;
        if !cursor.eat(b'+') {
            cursor.eat(b'-');
        }
        cursor.digits()?;
    }
    // Eighteen digits always fit 64 bits with a sign; of more, some do.
    if digits > 18 {
        let spelling = core::str::from_utf8(&cursor.json[start..cursor.at]).ok();
        float |= spelling.is_none_or(|spelling| spelling.parse::<i64>().is_err());
    }
    let spelling = Span::raw(start, cursor.at);
    Ok(if float { Scalar::Float(spelling) } else { Scalar::Integer(spelling) })
}

fn word(cursor: &mut Cursor<'_>, rest: &str, scalar: Scalar) -> Result<Scalar, Malformed> {
    for byte in rest.bytes() {
        if !cursor.eat(byte) {
            return Err(cursor.unexpected(None));
        }
    }
    Ok(scalar)
}

/// Reads the string that began at `start` again, now with its escapes, and says where it ends.
#[cold]
#[inline(never)]
fn escaped(json: &[u8], start: usize, unescaped: &mut String) -> Result<(Span, usize), Malformed> {
    let first = unescaped.len();
    let mut cursor = Cursor { json, at: start };
    loop {
        let start = cursor.at;
        cursor.at += plain(&json[start..]);
        let piece = core::str::from_utf8(&json[start..cursor.at]);
        unescaped.push_str(piece.map_err(|_| Malformed::NotUtf8)?);
        match cursor.next() {
            Some(b'"') => return Ok((Span::unescaped(first, unescaped.len()), cursor.at)),
            Some(b'\\') => unescaped.push(escape(&mut cursor)?),
            found => return Err(cursor.unexpected(found)),
        }
    }
}

fn escape(cursor: &mut Cursor<'_>) -> Result<char, Malformed> {
    Ok(match cursor.next() {
        Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => {
            let unit = hex4(cursor)?;
            if !(0xD800..=0xDFFF).contains(&unit) {
                char::from_u32(unit)
            } else if unit < 0xDC00 && cursor.eat(b'\\') && cursor.eat(b'u') {
                let low = hex4(cursor)?;
                (0xDC00..=0xDFFF)
                    .contains(&low)
                    .then(|| 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
                    .and_then(char::from_u32)
            } else if unit < 0xDC00 && cursor.peek().is_none() {
                return Err(cursor.unexpected(None));
            } else {
                None
            }
            .ok_or(Malformed::LoneSurrogate)?
        }
        found => return Err(cursor.unexpected(found)),
    })
}

fn hex4(cursor: &mut Cursor<'_>) -> Result<u32, Malformed> {
    let mut unit = 0;
    for _ in 0..4 {
        let found = cursor.next();
        let digit = found.and_then(|byte| char::from(byte).to_digit(16));
        let digit = digit.ok_or_else(|| cursor.unexpected(found))?;
        unit = unit << 4 | digit;
    }
    Ok(unit)
}

/// How many bytes come before the next quote, backslash or control character, or before the end.
fn plain(text: &[u8]) -> usize {
    let special = |byte: &u8| matches!(byte, ..b' ' | b'"' | b'\\');
    text.iter().position(special).unwrap_or(text.len())
}

/// How far the closing bracket stands behind the opening one, square or curly.
const CLOSING: u8 = 2;

/// The kinds of the containers around each open one, a bit each, as deep as PHP's reader goes.
#[derive(Default)]
struct Around {
    objects: [u64; PHP_DEPTH / 64],
}

impl Around {
    /// Notes what is around the container that is opened at this depth.
    #[inline(always)]
    fn enter(&mut self, depth: usize, around: Container) -> Result<(), Malformed> {
        let bit = 1 << (depth % 64);
        let word = self.objects.get_mut(depth / 64).ok_or(Malformed::TooDeep)?;
        match around {
            Container::List => *word &= !bit,
            Container::Object => *word |= bit,
        }
        Ok(())
    }

    #[inline(always)]
    fn leave(&self, depth: usize) -> Container {
        let object = self.objects[depth / 64] >> (depth % 64) & 1 == 1;
        if object { Container::Object } else { Container::List }
    }
}

const PHP_DEPTH: usize = 512;
