//! The text of scalars and paths, as PHP turns them into strings.

use super::super::feed::copy;
use super::{Malformed, Piece};
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::num::FpCategory;
use core::ops::{Index, Range};

/// Where the pieces of a signed text go, one field at a time.
pub(super) trait Fields {
    /// `prefix` is the path of the container with its final dot, or empty at the top.
    fn field(&mut self, prefix: Piece<'_>, key: Piece<'_>, text: Piece<'_>);
}

/// Where a text stands: in the document as it came, or among the texts that had escapes.
///
/// It is one number because a processor stalls when it writes two halves and then reads the whole.
#[derive(Clone, Copy, Default)]
pub(super) struct Span(u64);

impl Span {
    /// The longest document whose parts can be named.
    pub(super) const MAX: usize = (u32::MAX >> 1) as usize;

    const UNESCAPED: u64 = 1 << 63;

    #[inline(always)]
    pub(super) fn raw(start: usize, end: usize) -> Self {
        Self((end as u64) << 32 | start as u64)
    }

    pub(super) fn unescaped(start: usize, end: usize) -> Self {
        Self(Self::raw(start, end).0 | Self::UNESCAPED)
    }

    #[inline(always)]
    fn is_unescaped(self) -> bool {
        self.0 & Self::UNESCAPED != 0
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "it was a `usize`")]
    fn start(self) -> usize {
        (self.0 & Self::MAX as u64) as usize
    }

    #[inline(always)]
    fn end(self) -> usize {
        (self.0 >> 32 & Self::MAX as u64) as usize
    }

    #[inline(always)]
    pub(super) fn of<'t, T>(self, raw: &'t T, unescaped: &'t T) -> &'t T
    where
        T: Index<Range<usize>, Output = T> + ?Sized,
    {
        let text = if self.is_unescaped() { unescaped } else { raw };
        &text[self.start()..self.end()]
    }
}

/// A part of the document as it came, with what stands behind it.
#[derive(Clone, Copy)]
pub(super) struct Raw<'a> {
    pub(super) reach: &'a [u8],
    pub(super) start: usize,
    pub(super) len: usize,
}

impl<'a> Raw<'a> {
    #[inline(always)]
    pub(super) fn piece(self) -> Piece<'a> {
        Piece::new(self.reach, self.len)
    }

    #[inline(always)]
    pub(super) fn span(self) -> Span {
        Span::raw(self.start, self.start + self.len)
    }
}

/// What spans refer to.
#[derive(Clone, Copy)]
pub(super) struct Texts<'t> {
    pub(super) json: &'t [u8],
    pub(super) unescaped: &'t [u8],
}

impl<'t> Texts<'t> {
    #[inline]
    pub(super) fn get(self, span: Span) -> &'t [u8] {
        span.of(self.json, self.unescaped)
    }

    #[inline(always)]
    pub(super) fn piece(self, span: Span) -> Piece<'t> {
        let text = if span.is_unescaped() { self.unescaped } else { self.json };
        Piece::new(&text[span.start()..], span.end() - span.start())
    }
}

/// A value that holds no others.
#[derive(Clone, Copy)]
pub(super) enum Scalar {
    False,
    /// A number with a point or an exponent, or one that is too large for 64 signed bits.
    Float(Span),
    Integer(Span),
    Null,
    Text(Span),
    True,
}

impl Scalar {
    /// Hands the value over as PHP spells it. An infinity is malformed: no genuine document holds
    /// one.
    #[inline(always)]
    pub(super) fn emit<F: Fields>(
        self,
        texts: Texts<'_>,
        fields: &mut F,
        prefix: Piece<'_>,
        key: Piece<'_>,
    ) -> Result<(), Malformed> {
        let text = match self {
            Self::Text(text) => texts.piece(text),
            Self::Integer(spelling) => match texts.piece(spelling) {
                minus if minus.text() == b"-0" => b"0".as_slice().into(),
                spelling => spelling,
            },
            Self::True => b"1".as_slice().into(),
            Self::False | Self::Null => Piece::default(),
            Self::Float(spelling) => {
                let mut scratch = FloatText::default();
                fields.field(prefix, key, scratch.format(texts.get(spelling))?.into());
                return Ok(());
            }
        };
        fields.field(prefix, key, text);
        Ok(())
    }
}

/// Room for the text of one float.
#[derive(Default)]
pub(super) struct FloatText(Short<32>);

impl FloatText {
    /// `%.14G`, which is what PHP prints under its default `precision` of 14.
    #[cold]
    pub(super) fn format(&mut self, spelling: &[u8]) -> Result<&[u8], Malformed> {
        self.fill(spelling).ok_or(Malformed::InfiniteNumber)?;
        Ok(self.0.as_bytes())
    }

    fn fill(&mut self, spelling: &[u8]) -> Option<()> {
        // Rust reads every literal of JSON and rounds it correctly.
        let value: f64 = core::str::from_utf8(spelling).ok()?.parse().ok()?;
        self.0.clear();
        match value.classify() {
            FpCategory::Infinite | FpCategory::Nan => return None,
            FpCategory::Zero => self.0.push(if value.is_sign_negative() { b"-0" } else { b"0" }),
            FpCategory::Normal | FpCategory::Subnormal => {
                let mut scientific = Short::<32>::default();
                write!(scientific, "{value:.13e}").ok()?;
                self.reshape(scientific.as_bytes())?;
            }
        }
        Some(())
    }

    /// Turns `-d.ddddddddddddde-7` into PHP's form.
    fn reshape(&mut self, scientific: &[u8]) -> Option<()> {
        let (negative, unsigned) = match scientific {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let e = unsigned.iter().position(|&byte| byte == b'e')?;
        let exponent: i32 = core::str::from_utf8(&unsigned[e + 1..]).ok()?.parse().ok()?;
        let mut digits = Short::<16>::default();
        digits.push(&unsigned[..1]);
        digits.push(&unsigned[2..e]);
        let digits = digits.as_bytes();
        let significant = digits.iter().rposition(|&digit| digit != b'0')? + 1;
        let digits = &digits[..significant];

        let out = &mut self.0;
        if negative {
            out.push(b"-");
        }
        match usize::try_from(exponent) {
            Ok(exponent) if exponent < SIGNIFICANT => {
                let whole = exponent + 1;
                if significant <= whole {
                    out.push(digits);
                    out.push(&ZEROS[..whole - significant]);
                } else {
                    out.push(&digits[..whole]);
                    out.push(b".");
                    out.push(&digits[whole..]);
                }
            }
            Err(_) if exponent >= -4 => {
                out.push(b"0.");
                let zeros = usize::try_from(-exponent - 1).ok()?;
                out.push(&ZEROS[..zeros]);
                out.push(digits);
            }
            _ => {
                out.push(&digits[..1]);
                out.push(b".");
                out.push(if significant > 1 { &digits[1..] } else { b"0" });
                write!(out, "E{exponent:+}").ok()?;
            }
        }
        Some(())
    }
}

/// The decimal text of an integer.
pub(super) struct Decimal {
    digits: [u8; 20],
    start: usize,
}

impl Decimal {
    #[inline]
    pub(super) fn unsigned(mut value: u64) -> Self {
        let mut digits = [0; 20];
        let mut start = digits.len();
        loop {
            start -= 1;
            let digit = (value % 10) as u8;
            digits[start] = b'0' + digit;
            value /= 10;
            if value == 0 {
                return Self { digits, start };
            }
        }
    }

    #[inline]
    pub(super) fn signed(value: i64) -> Self {
        let mut text = Self::unsigned(value.unsigned_abs());
        if value < 0 {
            text.start -= 1;
            text.digits[text.start] = b'-';
        }
        text
    }

    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.digits[self.start..]
    }

    #[inline]
    pub(super) fn piece(&self) -> Piece<'_> {
        self.as_bytes().into()
    }
}

/// The path of the container that is being walked: `outer.inner.`, with a dot at its end.
///
/// It lives on the stack while it is short, so that signing allocates nothing.
pub(super) struct Path {
    inline: [u8; INLINE_PATH],
    len: usize,
    /// Holds the whole path once it has outgrown `inline`, until it is empty again.
    spill: Vec<u8>,
}

impl Path {
    pub(super) fn new() -> Self {
        Self { inline: [0; INLINE_PATH], len: 0, spill: Vec::new() }
    }

    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        if self.spill.is_empty() { &self.inline[..self.len] } else { &self.spill }
    }

    #[inline(always)]
    pub(super) fn piece(&self) -> Piece<'_> {
        if self.spill.is_empty() { Piece::new(&self.inline, self.len) } else { self.spill.as_slice().into() }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.as_bytes().len()
    }

    #[inline]
    pub(super) fn push(&mut self, key: &[u8]) {
        let end = self.len + key.len();
        match self.inline.get_mut(self.len..end) {
            Some(room) if self.spill.is_empty() => {
                copy(key, room);
                self.len = end;
            }
            _ => self.push_long(key),
        }
    }

    #[inline]
    pub(super) fn truncate(&mut self, len: usize) {
        if self.spill.is_empty() {
            self.len = len.min(self.len);
        } else {
            self.spill.truncate(len);
        }
    }

    #[cold]
    fn push_long(&mut self, key: &[u8]) {
        if self.spill.is_empty() {
            self.spill.extend_from_slice(&self.inline[..self.len]);
            self.len = 0;
        }
        self.spill.extend_from_slice(key);
    }
}

/// A few bytes on the stack; what does not fit is an error of `write!`.
struct Short<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Short<N> {
    fn clear(&mut self) {
        self.len = 0;
    }

    fn push(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        self.bytes[self.len..end].copy_from_slice(bytes);
        self.len = end;
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl<const N: usize> Default for Short<N> {
    fn default() -> Self {
        Self { bytes: [0; N], len: 0 }
    }
}

impl<const N: usize> Write for Short<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.len() > N - self.len {
            return Err(fmt::Error);
        }
        self.push(text.as_bytes());
        Ok(())
    }
}

/// Digits that PHP keeps of a float under its default settings.
const SIGNIFICANT: usize = 14;

const ZEROS: &[u8; SIGNIFICANT] = b"00000000000000";

const INLINE_PATH: usize = 128;

#[cfg(test)]
mod tests {
    use super::{Decimal, FloatText, Malformed, Path};
    use alloc::vec::Vec;

    #[track_caller]
    fn check(literal: &str, expected: &str) {
        let mut scratch = FloatText::default();
        assert_eq!(scratch.format(literal.as_bytes()), Ok(expected.as_bytes()), "{literal}");
    }

    #[test]
    fn floats_read_as_in_the_document() {
        // Bitlipa, "7.2 PHP string conversion", and the borders around its examples.
        check("1000.0", "1000");
        check("0.1", "0.1");
        check("0.30000000000000004", "0.3");
        check("0.0001", "0.0001");
        check("0.00001", "1.0E-5");
        check("1.5e-7", "1.5E-7");
        check("1e21", "1.0E+21");
        check("1e14", "1.0E+14");
        check("99999999999999.0", "99999999999999");
        check("99999999999999.5", "1.0E+14");
        check("10000000000000.0", "10000000000000");
        check("-123.456", "-123.456");
        check("0.0", "0");
        check("-0.0", "-0");
        check("1e-400", "0");
        check("-1e-400", "-0");
        check("9223372036854775808", "9.2233720368548E+18");
        check("1.7976931348623157e308", "1.7976931348623E+308");
        check("5e-324", "4.9406564584125E-324");
    }

    #[test]
    fn exact_ties_round_to_even() {
        check("1000000000000.25", "1000000000000.2");
        check("1000000000000.75", "1000000000000.8");
        check("100000000000005.0", "1.0E+14");
        check("100000000000015.0", "1.0000000000002E+14");
    }

    #[test]
    fn infinities_have_no_text() {
        assert_eq!(FloatText::default().format(b"1e309"), Err(Malformed::InfiniteNumber));
        assert_eq!(FloatText::default().format(b"-1e309"), Err(Malformed::InfiniteNumber));
    }

    #[test]
    fn integers_at_their_limits() {
        assert_eq!(Decimal::signed(i64::MIN).as_bytes(), b"-9223372036854775808");
        assert_eq!(Decimal::signed(i64::MAX).as_bytes(), b"9223372036854775807");
        assert_eq!(Decimal::unsigned(u64::MAX).as_bytes(), b"18446744073709551615");
        assert_eq!(Decimal::signed(0).as_bytes(), b"0");
        assert_eq!(Decimal::signed(-7).as_bytes(), b"-7");
    }

    #[test]
    fn a_path_grows_beyond_the_stack_and_comes_back() {
        let mut path = Path::new();
        let mut model = Vec::new();
        let mut lengths = Vec::new();
        for key in [&[b'a'; 60][..], b".", &[b'b'; 66], b".", &[b'c'; 3], b".", b""] {
            lengths.push(path.len());
            path.push(key);
            model.extend_from_slice(key);
            assert_eq!(path.as_bytes(), model);
        }
        for len in lengths.into_iter().rev() {
            path.truncate(len);
            model.truncate(len);
            assert_eq!(path.as_bytes(), model);
        }
        path.push(b"again");
        assert_eq!(path.as_bytes(), b"again");
    }
}
