//! JSON that keeps what signatures and echoes need: the order of members and the text of numbers.

/// A JSON value as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// The literal, unchanged.
    Number(String),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads one document; nothing but white space may follow it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Json, &'static str> {
        let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8")?;
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(0)?;
        reader.skip_space();
        if reader.at == text.len() { Ok(value) } else { Err("text after the end of the document") }
    }

    pub(crate) fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
        Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// The member `name` of an object; the last one when it occurs twice, as PHP reads it.
    pub(crate) fn get(&self, name: &str) -> Option<&Json> {
        self.members()?.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    pub(crate) fn members(&self) -> Option<&[(String, Json)]> {
        match self {
            Json::Object(members) => Some(members),
            _ => None,
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of an integer literal that fits.
    pub(crate) fn integer(&self) -> Option<i64> {
        match self {
            Json::Number(literal) => literal.parse().ok(),
            _ => None,
        }
    }

    /// Whether an object anywhere in the document has one name twice.
    pub(crate) fn repeats_a_name(&self) -> bool {
        match self {
            Json::Array(items) => items.iter().any(Json::repeats_a_name),
            Json::Object(members) => {
                let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
                names.sort_unstable();
                names.windows(2).any(|pair| pair[0] == pair[1])
                    || members.iter().any(|(_, value)| value.repeats_a_name())
            }
            _ => false,
        }
    }

    pub(crate) fn write(&self) -> String {
        let mut out = String::new();
        self.write_to(&mut out);
        out
    }

    fn write_to(&self, out: &mut String) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(true) => out.push_str("true"),
            Json::Bool(false) => out.push_str("false"),
            Json::Number(literal) => out.push_str(literal),
            Json::Text(text) => write_text(text, out),
            Json::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write_to(out);
                }
                out.push(']');
            }
            Json::Object(members) => {
                out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_text(name, out);
                    out.push(':');
                    value.write_to(out);
                }
                out.push('}');
            }
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Json {
        Json::Text(text)
    }
}

impl From<i64> for Json {
    fn from(number: i64) -> Json {
        Json::Number(number.to_string())
    }
}

impl From<u64> for Json {
    fn from(number: u64) -> Json {
        Json::Number(number.to_string())
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Json {
        value.map_or(Json::Null, Into::into)
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Json, &'static str> {
        if depth > MAX_DEPTH {
            return Err("nested too deeply");
        }
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Json::Text(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                for (word, value) in
                    [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))]
                {
                    if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
                        self.at += word.len();
                        return Ok(value);
                    }
                }
                Err("a value was expected")
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, &'static str> {
        self.at += 1;
        let mut members = Vec::new();
        self.skip_space();
        if self.eat(b'}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err("a member name was expected");
            }
            let name = self.string()?;
            self.skip_space();
            if !self.eat(b':') {
                return Err("a colon was expected");
            }
            members.push((name, self.value(depth + 1)?));
            self.skip_space();
            if self.eat(b'}') {
                return Ok(Json::Object(members));
            }
            if !self.eat(b',') {
                return Err("a comma or a closing brace was expected");
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, &'static str> {
        self.at += 1;
        let mut items = Vec::new();
        self.skip_space();
        if self.eat(b']') {
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_space();
            if self.eat(b']') {
                return Ok(Json::Array(items));
            }
            if !self.eat(b',') {
                return Err("a comma or a closing bracket was expected");
            }
        }
    }

    fn number(&mut self) -> Result<Json, &'static str> {
        let start = self.at;
        self.eat(b'-');
        if !self.eat(b'0') && self.skip_digits() == 0 {
            return Err("a digit was expected");
        }
        if self.eat(b'.') && self.skip_digits() == 0 {
            return Err("a digit was expected after the point");
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _ = self.eat(b'+') || self.eat(b'-');
            if self.skip_digits() == 0 {
                return Err("a digit was expected in the exponent");
            }
        }
        Ok(Json::Number(self.text[start..self.at].to_owned()))
    }

    fn string(&mut self) -> Result<String, &'static str> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let stop = rest
                .bytes()
                .position(|byte| byte == b'"' || byte == b'\\' || byte < b' ')
                .ok_or("a string does not end")?;
            out.push_str(&rest[..stop]);
            self.at += stop + 1;
            match rest.as_bytes()[stop] {
                b'"' => return Ok(out),
                b'\\' => out.push(self.escape()?),
                _ => return Err("a control character stands in a string"),
            }
        }
    }

    fn escape(&mut self) -> Result<char, &'static str> {
        let byte = self.peek().ok_or("a string does not end")?;
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.four_hex()?;
                let code = if (0xd800..0xdc00).contains(&first) {
                    if !(self.eat(b'\\') && self.eat(b'u')) {
                        return Err("half of a surrogate pair");
                    }
                    let second = self.four_hex()?;
                    if !(0xdc00..0xe000).contains(&second) {
                        return Err("half of a surrogate pair");
                    }
                    0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                } else {
                    first
                };
                char::from_u32(code).ok_or("half of a surrogate pair")?
            }
            _ => return Err("an unknown escape"),
        })
    }

    fn four_hex(&mut self) -> Result<u32, &'static str> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).ok_or("four hex digits were expected")?;
        let mut code = 0;
        for byte in digits {
            code = code * 16 + char::from(*byte).to_digit(16).ok_or("four hex digits were expected")?;
        }
        self.at += 4;
        Ok(code)
    }

    fn skip_digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

/// Deeper than any signature allows, shallow enough for the stack.
const MAX_DEPTH: usize = 64;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use super::*;

    #[test]
    fn keeps_order_and_number_literals() {
        let text = r#"{"b":1.0,"a":[-0,1e2,null,true,false,""],"é":"\u00e9\ud83d\ude00\n"}"#;
        let json = Json::parse(text.as_bytes()).unwrap();
        assert_eq!(json.write(), "{\"b\":1.0,\"a\":[-0,1e2,null,true,false,\"\"],\"é\":\"é😀\\n\"}");
    }

    #[test]
    fn refuses_what_is_not_json() {
        for text in [
            "",
            "{",
            "{\"a\"}",
            "[1,]",
            "01",
            "1.",
            "-",
            "nul",
            "\"\\ud800\"",
            "\"\\udc00\"",
            "\"\n\"",
            "{} x",
        ] {
            assert!(Json::parse(text.as_bytes()).is_err(), "{text:?} was accepted");
        }
        assert!(Json::parse(&[b'"', 0xff, b'"']).is_err());
        assert!(Json::parse("[".repeat(10_000).as_bytes()).is_err());
    }

    #[test]
    fn sees_repeated_names_at_any_depth() {
        assert!(Json::parse(br#"[{"a":{"b":1,"c":2,"b":3}}]"#).unwrap().repeats_a_name());
        assert!(!Json::parse(br#"{"a":{"a":1},"b":{"a":2}}"#).unwrap().repeats_a_name());
    }
}
