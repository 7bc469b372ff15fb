//! How requests and results stand in a snapshot.

use std::fmt::{Debug, Write};

use nzimbu_core::{
    Balance, Callback, CallbackError, Effect, HttpRequest, Money, NextAction, ProviderError, Receipt,
    UnixTime,
};

/// What a call brought: as a snapshot shows it, and as a log would.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// For the snapshot, in full.
    pub shown: String,
    /// What `Debug` makes of it, which must hold no secret and no phone number.
    pub debug: String,
}

impl Told {
    /// A value, shown as given.
    #[must_use]
    pub fn of(value: &impl Debug, shown: String) -> Self {
        Self { shown, debug: format!("{value:?}\n{value:#?}") }
    }

    /// A value, shown as `Debug` does.
    #[must_use]
    pub fn plain(value: &impl Debug) -> Self {
        Self::of(value, debug(value))
    }
}

/// Secrets and what stands for them. Only values that are known are replaced, so that a secret in the wrong
/// place shows.
#[derive(Clone, Debug, Default)]
pub struct Hidden(Vec<(String, String)>);

impl Hidden {
    /// Hides these values behind `[name]`.
    #[must_use]
    pub fn new(secrets: &[(&str, &str)]) -> Self {
        Self(secrets.iter().map(|(name, value)| ((*value).to_owned(), format!("[{name}]"))).collect())
    }

    /// Learns the tokens that an answer gives out.
    pub fn learn(&mut self, body: &str) {
        let Ok(answer) = serde_json::from_str::<serde_json::Value>(body) else { return };
        let mut found = Vec::new();
        collect(&answer, &mut found);
        for token in found {
            if !self.0.iter().any(|(known, _)| *known == token) {
                let count = self.0.iter().filter(|(_, name)| name.starts_with("[token ")).count();
                self.0.push((token, format!("[token {}]", count + 1)));
            }
        }
    }

    /// The secrets known so far.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(value, _)| value.as_str())
    }

    /// The text without the secrets.
    #[must_use]
    pub fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (value, name)| text.replace(value, name))
    }
}

fn collect(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(text) if (name == "token" || name == "access_token") && text.len() > 5 => {
                        found.push(text.to_owned());
                    }
                    _ => collect(member, found),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

/// A request, a line each for address, head and body, behind `> `. Forms are shown a pair a line, decoded.
#[must_use]
pub fn request(request: &HttpRequest) -> String {
    let effect = match request.effect() {
        Effect::MovesMoney => "moves money",
        Effect::NoMoney => "no money",
    };
    let mut text = format!("> {} {} ({effect})\n", request.method().as_str(), request.url);
    let mut form = false;
    for header in &request.headers {
        form |= header.value == "application/x-www-form-urlencoded";
        // A sensitive value is marked; the secret in it is hidden by whoever notes this text.
        let mark = if header.sensitive { " (sensitive)" } else { "" };
        line(&mut text, '>', &format!("{}: {}{mark}", header.name, header.value));
    }
    let body = String::from_utf8_lossy(&request.body);
    if form {
        for pair in body.split('&') {
            line(&mut text, '>', &percent_decoded(pair));
        }
    } else if !body.is_empty() {
        body.lines().for_each(|part| line(&mut text, '>', part));
    }
    text
}

/// How a call failed.
#[must_use]
pub fn error(error: &ProviderError) -> String {
    let mut text = format!(
        "error {}, outcome {}, advice {}\n",
        error.kind().as_str(),
        error.outcome().as_str(),
        error.advice().as_str()
    );
    if error.problems().is_empty() {
        let _ = writeln!(text, "  {error}");
    }
    for problem in error.problems() {
        let _ = writeln!(text, "  {} ({}): {}", problem.field, problem.fault.rule(), problem.fault);
    }
    if let Some(delay) = error.retry_after() {
        let _ = writeln!(text, "  retry after {delay:?}");
    }
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let _ = writeln!(text, "  because {cause}");
        source = cause.source();
    }
    text
}

/// A receipt, a line for each thing that the gateway said.
#[must_use]
pub fn receipt(receipt: &Receipt) -> String {
    rows(
        &format!("receipt {} {} ({:?})", receipt.order, receipt.status.as_str(), &*receipt.raw_status),
        &[
            ("reference", receipt.reference.as_ref().map(ToString::to_string)),
            ("amount", receipt.amount.as_ref().map(Money::to_string)),
            ("fee", receipt.fee.as_ref().map(Money::to_string)),
            ("method", receipt.method.as_deref().map(str::to_owned)),
            ("failure", receipt.failure.as_deref().map(str::to_owned)),
            ("created at", receipt.created_at.map(time)),
            ("completed at", receipt.completed_at.map(time)),
            ("next", next_action(&receipt.next_action)),
        ],
    )
}

/// A title and the rows that have a value.
#[must_use]
pub fn rows(title: &str, rows: &[(&str, Option<String>)]) -> String {
    let said =
        rows.iter().filter_map(|(name, value)| value.as_ref().map(|value| format!("\n  {name}: {value}")));
    title.to_owned() + &said.collect::<String>()
}

/// A point in time, as the milliseconds that we make of it.
#[must_use]
pub fn time(time: UnixTime) -> String {
    format!("{} ms", time.millis)
}

fn next_action(action: &NextAction) -> Option<String> {
    Some(match action {
        NextAction::None => return None,
        NextAction::BankTransfer { bank, account, amount } => {
            let amount = amount.map(|amount| format!(", {amount}")).unwrap_or_default();
            format!("transfer to account {account} at {bank}{amount}")
        }
        NextAction::Prompt(told) => format!("prompt {told:?}"),
        NextAction::Redirect(page) => format!("redirect to {}", page.as_str()),
        other => format!("{other:?}"),
    })
}

/// What an account holds.
#[must_use]
pub fn balance(balance: &Balance) -> String {
    let mut text = format!("balance {} available", balance.available);
    if let Some(reserved) = balance.reserved {
        let _ = write!(text, ", {reserved} reserved");
    }
    if let Some(total) = balance.total {
        let _ = write!(text, ", {total} in total");
    }
    text
}

/// What became of a callback.
#[must_use]
pub fn callback(result: &Result<Callback, CallbackError>) -> String {
    match result {
        Ok(Callback::Authentic(proven)) => {
            format!("authentic {} {}", proven.operation().as_str(), receipt(proven.receipt()))
        }
        Ok(Callback::Hint(order)) => {
            let reference =
                order.reference.as_ref().map(|id| format!(", reference {id}")).unwrap_or_default();
            format!("hint {} {}{reference}", order.operation.as_str(), order.order)
        }
        Ok(Callback::Ping) => "ping".to_owned(),
        Ok(other) => format!("{other:?}"),
        Err(error) => format!("refused {}\n  {error}", error.as_str()),
    }
}

/// Anything else, as its `Debug` shows it, with short groups on one line.
#[must_use]
pub fn debug(value: &impl Debug) -> String {
    const WIDTH: usize = 100;
    let mut lines: Vec<String> = Vec::new();
    for line in format!("{value:#?}").lines() {
        lines.push(line.to_owned());
        let close = line.trim_start();
        let indent = line.len() - close.len();
        if !close.starts_with([')', ']', '}']) {
            continue;
        }
        let opens =
            |line: &String| line.len() - line.trim_start().len() == indent && line.ends_with(['(', '[', '{']);
        let Some(open) = lines.iter().rposition(opens) else { continue };
        let inner =
            lines[open + 1..lines.len() - 1].iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        let group = lines[open].ends_with(['(', '[']);
        let inner = if group {
            inner.trim_end_matches(',').to_owned()
        } else {
            format!(" {} ", inner.trim_end_matches(','))
        };
        let whole = format!("{}{inner}{close}", lines[open]);
        if whole.len() <= WIDTH {
            lines.truncate(open);
            lines.push(whole);
        }
    }
    lines.join("\n")
}

/// Adds lines behind a sign and a blank.
pub fn line(text: &mut String, sign: char, told: &str) {
    for part in told.split('\n') {
        let _ = writeln!(text, "{}", format!("{sign} {part}").trim_end());
    }
}

fn percent_decoded(pair: &str) -> String {
    let mut bytes = Vec::with_capacity(pair.len());
    let mut rest = pair.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => {
                let digit =
                    |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                match (digit(high), digit(low)) {
                    (Some(high), Some(low)) => bytes.push(high * 16 + low),
                    _ => bytes.extend([b'%', *high, *low]),
                }
                rest = after;
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_that_a_gateway_gives_out_are_hidden_wherever_they_turn_up() {
        let mut hidden = Hidden::new(&[("api key", "key-0123")]);
        hidden.learn(r#"{"data":{"token":"first-token"},"list":[{"access_token":"other-token"}]}"#);
        assert_eq!(hidden.hide("?token=first-token&k=key-0123"), "?token=[token 1]&k=[api key]");
        assert_eq!(hidden.hide("Bearer other-token"), "Bearer [token 2]");
    }

    #[test]
    fn short_groups_stand_on_one_line() {
        #[derive(Debug)]
        #[expect(dead_code, reason = "shown by Debug")]
        struct Order {
            id: Option<&'static str>,
            items: Vec<u8>,
            text: String,
        }
        let order = Order { id: Some("A"), items: vec![1, 2], text: "x".repeat(90) };
        let told = debug(&order);
        assert_eq!(told.lines().next(), Some("Order {"));
        assert!(told.contains("\n    id: Some(\"A\"),\n    items: [1, 2],\n    text: \"xxx"), "{told}");
    }

    #[test]
    fn forms_are_shown_decoded() {
        assert_eq!(percent_decoded("data=%5B%7B%22a%22%7D%5D+x%zz"), "data=[{\"a\"}] x%zz");
    }
}
