//! Transcripts as people write them: `fixtures/README.md` describes the format.

use nzimbu_core::UnixTime;

use crate::args::Args;

/// One `.http` file.
#[derive(Debug)]
pub struct Transcript {
    /// The first comment: what the case shows.
    pub title: String,
    /// Which document the gateway's words come from, or `invented, to cover …`.
    pub from: String,
    /// Settings of the provider that differ from the usual ones.
    pub with: Args,
    /// What happens, in order.
    pub events: Vec<Event>,
}

/// One thing that happens.
#[derive(Clone, Debug)]
pub enum Event {
    /// Something is called.
    Call {
        /// The line as it was written.
        line: String,
        /// What: `pay`, `adullam.create_checkout`.
        name: String,
        /// With what.
        args: Args,
    },
    /// The clock is set.
    Now(UnixTime, String),
    /// The gateway says something: an answer, or a request to the merchant behind `call verify`.
    Said(Message),
    /// The transport fails instead of answering.
    Lost {
        /// Whether it is proven that nothing was sent.
        proven_unsent: bool,
        /// How it fails.
        how: String,
    },
}

/// What a gateway says.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// A status, or the method and address of a request.
    pub first: String,
    /// The head, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Transcript {
    /// Reads a file.
    ///
    /// # Errors
    /// When a line is none of those described, or title, origin or call is missing.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (mut title, mut from, mut with, mut events) = (None, None, Args::default(), Vec::new());
        let mut lines = text.lines().enumerate().peekable();
        while let Some((index, line)) = lines.next() {
            let wrong = |told: String| format!("line {}: {told}", index + 1);
            if let Some(comment) = line.strip_prefix('#') {
                let comment = comment.trim();
                if let Some(origin) = comment.strip_prefix("from:") {
                    from = Some(origin.trim().to_owned()).filter(|origin| !origin.is_empty());
                } else if title.is_none() {
                    title = Some(comment.to_owned());
                }
            } else if let Some(words) = line.strip_prefix("with ") {
                with = Args::parse(words).map_err(wrong)?;
            } else if let Some(words) = line.strip_prefix("call ") {
                let (name, words) = words.split_once(' ').unwrap_or((words, ""));
                let args = Args::parse(words).map_err(wrong)?;
                events.push(Event::Call { line: line.to_owned(), name: name.to_owned(), args });
            } else if let Some(time) = line.strip_prefix("now ") {
                let now = UnixTime::parse_utc(time).ok_or_else(|| wrong(format!("no time: {time}")))?;
                events.push(Event::Now(now, line.to_owned()));
            } else if let Some(how) = line.strip_prefix("! not-sent ") {
                events.push(Event::Lost { proven_unsent: true, how: how.to_owned() });
            } else if let Some(how) = line.strip_prefix("! unknown ") {
                events.push(Event::Lost { proven_unsent: false, how: how.to_owned() });
            } else if let Some(first) = line.strip_prefix("< ").filter(|first| is_first(first)) {
                let mut message = Message { first: first.to_owned(), ..Message::default() };
                while let Some((name, value)) = lines.peek().and_then(|(_, line)| header(line)) {
                    message.headers.push((name.to_ascii_lowercase(), value.to_owned()));
                    lines.next();
                }
                if !message.headers.is_empty() {
                    lines.next_if(|(_, line)| *line == "<");
                }
                let mut body = Vec::new();
                while let Some((_, line)) = lines.next_if(|(_, line)| is_body(line)) {
                    body.push(line.strip_prefix("< ").unwrap_or_default());
                }
                message.body = body.join("\n");
                events.push(Event::Said(message));
            } else if !line.trim().is_empty() {
                return Err(wrong(format!("not a line of a transcript: {line}")));
            }
        }
        if !events.iter().any(|event| matches!(event, Event::Call { .. })) {
            return Err("nothing is called".to_owned());
        }
        Ok(Self {
            title: title.ok_or("the first line says what the case shows: `# …`")?,
            from: from.filter(|from| from.len() > 8).ok_or(
                "a line `# from: …` says which document the gateway's words come from, or `invented, to cover …`",
            )?,
            with,
            events,
        })
    }
}

fn is_first(line: &str) -> bool {
    let status = line.len() == 3 && line.bytes().all(|byte| byte.is_ascii_digit());
    status || line.starts_with("GET /") || line.starts_with("POST /")
}

fn is_body(line: &str) -> bool {
    line == "<" || line.strip_prefix("< ").is_some_and(|rest| !is_first(rest))
}

fn header(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix("< ")?.split_once(": ")?;
    let token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (!name.is_empty() && name.bytes().all(token)).then_some((name, value))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failing test may panic")]
    use super::*;

    #[test]
    fn answers_have_a_head_and_a_body() {
        let text = "# t\n# from: invented, to test\ncall pay a=1\n< 429\n< retry-after: 7\n<\n< {\"a\":\n<  1}\n< 200\n< error code: 1010\n! unknown cut\n";
        let events = Transcript::parse(text).unwrap().events;
        let [Event::Call { name, .. }, Event::Said(first), Event::Said(second), Event::Lost { how, .. }] =
            events.as_slice()
        else {
            panic!("{events:?}")
        };
        assert_eq!((name.as_str(), how.as_str()), ("pay", "cut"));
        assert_eq!(first.headers, [("retry-after".to_owned(), "7".to_owned())]);
        assert_eq!(first.body, "{\"a\":\n 1}");
        assert_eq!((second.first.as_str(), second.body.as_str()), ("200", "error code: 1010"));
    }

    #[test]
    fn a_transcript_says_where_its_words_come_from() {
        for (text, told) in [
            ("# t\ncall pay", "# from:"),
            ("# t\n# from:\ncall pay", "# from:"),
            ("# from: the page X of 2024\ncall pay", "what the case shows"),
            ("# t\n# from: the page X of 2024\n", "nothing is called"),
            ("# t\n# from: the page X of 2024\ncall pay\nwhat", "line 4"),
            ("# t\n# from: the page X of 2024\nnow never\ncall pay", "line 3"),
        ] {
            let error = Transcript::parse(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
