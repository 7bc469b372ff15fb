//! The members of a callback, and the proof that its signed text can be read in one way only.
//!
//! The signature covers the members' names and values without anything between them, so that
//! `{"order_id":"Astatus2","status":3}` and `{"order_id":"A","status":2,"x":"…"}` may have one signature. An allow-list of
//! names is not enough: `extra.customer_message` takes any words. What is enough is this rule:
//!
//! > No known name may **begin** anywhere inside a value, reading on into what follows the value, with something after
//! > it that could begin a value of that name.
//!
//! No known name is the beginning of another one. So in a text under this rule the first name is certain, its value
//! ends where the next known name begins, and so on to the end: two callbacks that are accepted and have the same
//! signed text have the same names and values. Since the type and form of every value that decides is fixed too, they
//! say the same thing. An order id that spells a name, such as `Astatus2`, is refused by the rule, in the genuine
//! callback as in the forged one; our own ids have no small letters and never do.
//!
//! "Could begin a value" keeps ordinary words from being refused: `Invalid amount` is no `amount`, because no digit
//! comes after it.

use nzimbu_core::{Fault, Problems};

use super::kind::Kind;

/// Members that a callback may have, by documents and by what was seen in use, and those that the settings add.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    added: Box<[Box<str>]>,
}

/// What stands under a name at the top.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// A scalar.
    Member(Member),
    /// An object of scalars.
    Object(Container),
}

/// An object that a callback may hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Container {
    Extra,
    ProviderResult,
    Result,
}

/// A scalar by what it is read for; those that nobody reads are named by their kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Member {
    Amount,
    Country,
    Currency,
    Id,
    Line,
    MerchantId,
    Message,
    Operation,
    OrderId,
    ProviderId,
    ProviderMessage,
    Status,
    TransactionId,
}

impl Keys {
    /// Known members and these, each a name or a path of two names with a dot.
    pub(super) fn with(paths: &[String]) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        for (index, path) in paths.iter().enumerate() {
            let form = match path.split_once('.') {
                Some((container, name)) => CONTAINERS.contains(&container) && is_name(name),
                None => is_name(path) && !CONTAINERS.contains(&path.as_str()),
            };
            if !form {
                problems.add("callback_keys", Fault::wrong("names such as fee, or paths such as extra.note"));
            }
            let before = paths[..index].iter().map(String::as_str);
            let known = PATHS.iter().map(|(known, _)| *known).chain([OPERATION, LINK]).chain(before);
            if known.into_iter().any(|known| known.starts_with(path.as_str()) || path.starts_with(known)) {
                let wanted = "names that are not known yet, and neither begin another name nor with one";
                problems.add("callback_keys", Fault::wrong(wanted));
            }
            if REQUEST_ONLY.contains(&path.as_str()) {
                let wanted = "names that no request has: a request could be passed off as a callback";
                problems.add("callback_keys", Fault::wrong(wanted));
            }
        }
        problems.into_result()?;
        Ok(Self { added: paths.iter().map(|path| path.as_str().into()).collect() })
    }

    /// What stands under this name at the top. Bytes, because they are compared without calls.
    #[inline]
    pub(super) fn top(&self, name: &str) -> Option<Place> {
        Some(Place::Member(match name.as_bytes() {
            b"order_id" => Member::OrderId,
            b"status" => Member::Status,
            b"transaction_id" => Member::TransactionId,
            b"service_version" | b"service_date_time" => Member::Line,
            b"customer_id" | b"service_id" | b"transaction_ref" | b"confirm_type" => Member::Id,
            b"merchant_id" => Member::MerchantId,
            b"provider_id" => Member::ProviderId,
            b"amount" => Member::Amount,
            b"currency" => Member::Currency,
            b"country" => Member::Country,
            b"result" => return Some(Place::Object(Container::Result)),
            b"provider_result" => return Some(Place::Object(Container::ProviderResult)),
            b"extra" => return Some(Place::Object(Container::Extra)),
            _ if is_operation(name) => Member::Operation,
            _ if self.added.iter().any(|added| **added == *name) => Member::Line,
            _ => return None,
        }))
    }

    /// What stands under this name in an object.
    #[inline]
    pub(super) fn inside(&self, container: Container, name: &str) -> Option<Member> {
        Some(match (container, name.as_bytes()) {
            (Container::Result, b"message") => Member::Message,
            (Container::ProviderResult, b"message") => Member::ProviderMessage,
            (Container::Result | Container::ProviderResult, b"code") => Member::Line,
            (
                Container::Extra,
                b"account_number" | b"bank_name" | b"customer_message" | b"customer_redirect"
                | b"transfer_amount",
            ) => Member::Line,
            _ if self.adds(container, name) => Member::Line,
            _ => return None,
        })
    }

    /// Whether a known name may begin somewhere in this value, as far as the value and the name behind it tell; `next` is
    /// nothing where the text ends. Cheap, and never wrong in the negative.
    #[inline]
    pub(super) fn may_begin_in(&self, value: &[u8], next: &[u8]) -> bool {
        if !self.added.is_empty() {
            return true;
        }
        let Some(last) = value.last() else { return false };
        // Most values are without letters: eight bytes at a time.
        let (words, rest) = value.as_chunks::<8>();
        let letters = words.iter().fold(0, |found, word| found | u64::from_ne_bytes(*word) & LETTERS);
        let letters = rest.iter().fold(letters, |found, byte| found | u64::from(*byte) & LETTERS);
        if letters == 0 {
            return false;
        }
        // The places of pairs that begin a name, as bits, so that ordinary words cost no branches.
        for start in (0..value.len()).step_by(64) {
            let block = &value[start..value.len().min(start + 65)];
            let places = block.windows(2).enumerate();
            let mut places = places.fold(0, |found, (at, pair)| found | pair_bit(pair[0], pair[1]) << at);
            while places != 0 {
                if may_begin(&value[start + places.trailing_zeros() as usize..], next) {
                    return true;
                }
                places &= places - 1;
            }
        }
        next.first().is_some_and(|first| pair_bit(*last, *first) == 1 && may_begin(&[*last], next))
    }

    /// Whether a known name begins here, followed by what could be its value. The text goes on to the end of what
    /// was signed; no more than its beginning is looked at.
    pub(super) fn begins(&self, text: &[u8]) -> bool {
        if self.added.is_empty() && !may_begin(text, b"") {
            return false;
        }
        let known = || {
            PATHS.iter().any(|(path, kind)| {
                text.strip_prefix(path.as_bytes()).is_some_and(|value| kind.could_begin(value))
            })
        };
        let operation = || {
            text.strip_prefix(OPERATION.as_bytes())
                .is_some_and(|rest| Kind::Operation.could_begin(&rest[operation_rest(rest)..]))
        };
        let added = || self.added.iter().any(|path| text.starts_with(path.as_bytes()));
        known() || operation() || text.starts_with(LINK.as_bytes()) || added()
    }

    fn adds(&self, container: Container, name: &str) -> bool {
        let path = |added: &str| added.split_once('.') == Some((container.as_str(), name));
        self.added.iter().any(|added| path(added))
    }
}

impl Container {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Extra => "extra",
            Self::ProviderResult => "provider_result",
            Self::Result => "result",
        }
    }
}

impl Member {
    #[inline]
    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::Amount => Kind::Amount,
            Self::Country => Kind::Country,
            Self::Currency => Kind::Currency,
            Self::Id | Self::MerchantId | Self::ProviderId | Self::TransactionId => Kind::Id,
            Self::Line | Self::Message | Self::ProviderMessage => Kind::Line,
            Self::Operation => Kind::Operation,
            Self::OrderId => Kind::Order,
            Self::Status => Kind::Status,
        }
    }
}

/// One when two bytes may be the first of a known name, else zero; capitals and digits are taken for small letters.
#[inline]
fn pair_bit(first: u8, second: u8) -> u64 {
    u64::from(PAIRS[usize::from(first & 31)] >> (second & 31) & 1)
}

#[inline]
fn may_begin(value: &[u8], next: &[u8]) -> bool {
    let Some(second) = value.get(1).or(next.first()) else {
        return false;
    };
    let names: &[&str] = match (value[0], second) {
        (b'a', b'm') => &["amount"],
        (b'c', b'a') => &[LINK],
        (b'c', b'o') => &["confirm_type", "country"],
        (b'c', b'u') => &["currency", "customer_id"],
        (b'e', b'x') => &["extra."],
        (b'm', b'e') => &["merchant_id"],
        (b'o', b'p') => &[OPERATION],
        (b'o', b'r') => &["order_id"],
        (b'p', b'r') => &["provider_"],
        (b'r', b'e') => &["result."],
        (b's', b'e') => &["service_"],
        (b's', b't') => &["status"],
        (b't', b'r') => &["transaction_"],
        _ => return false,
    };
    names.iter().any(|name| match name.as_bytes().split_at_checked(value.len()) {
        None => value.starts_with(name.as_bytes()),
        // Where the text ends, no name goes on; where only `next` ends, more follows that decides.
        Some((head, tail)) => {
            let shown = tail.len().min(next.len());
            head == value && tail[..shown] == next[..shown] && (tail.is_empty() || !next.is_empty())
        }
    })
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    // What stands under `signature` is not signed.
    name != "signature"
        && bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The name of the operation code is not documented, only that it is seen in the callback.
fn is_operation(name: &str) -> bool {
    name.strip_prefix(OPERATION).is_some_and(|rest| operation_rest(rest.as_bytes()) == rest.len())
}

/// How much of a text goes on the first word of the operation code's name: `_code`, `Code` or nothing. A name behind a
/// value that ends with the word begins with a small letter and is not meant.
fn operation_rest(text: &[u8]) -> usize {
    let text = &text[..text.len().min(MORE)];
    let letters = |good: fn(&u8) -> bool| text.iter().take_while(|byte| good(byte)).count();
    match text.first() {
        Some(b'_') => letters(|byte| byte.is_ascii_lowercase() || *byte == b'_'),
        Some(b'A'..=b'Z') => letters(u8::is_ascii_alphabetic),
        _ => 0,
    }
}

const OPERATION: &str = "operation";

/// Requests and links sign this, callbacks never do.
const LINK: &str = "callback_urlhttp";

/// Members of requests and of links alone.
const REQUEST_ONLY: &[&str] = &[
    "callback_url",
    "email",
    "extra.bank_code",
    "extra.customer_address",
    "extra.customer_doc_number",
    "extra.customer_doc_type",
    "extra.customer_email",
    "extra.customer_name",
    "extra.customer_phone",
    "name",
    "type",
];

/// Every known path but the operation's, with what its value may be. None is the beginning of another.
const PATHS: &[(&str, Kind)] = &[
    ("amount", Kind::Amount),
    ("confirm_type", Kind::Id),
    ("country", Kind::Country),
    ("currency", Kind::Currency),
    ("customer_id", Kind::Id),
    ("extra.account_number", Kind::Line),
    ("extra.bank_name", Kind::Line),
    ("extra.customer_message", Kind::Line),
    ("extra.customer_redirect", Kind::Line),
    ("extra.transfer_amount", Kind::Line),
    ("merchant_id", Kind::Id),
    ("order_id", Kind::Order),
    ("provider_id", Kind::Id),
    ("provider_result.code", Kind::Line),
    ("provider_result.message", Kind::Line),
    ("result.code", Kind::Line),
    ("result.message", Kind::Line),
    ("service_date_time", Kind::Line),
    ("service_id", Kind::Id),
    ("service_version", Kind::Line),
    ("status", Kind::Status),
    ("transaction_id", Kind::Id),
    ("transaction_ref", Kind::Id),
];

const CONTAINERS: [&str; 3] =
    [Container::Extra.as_str(), Container::ProviderResult.as_str(), Container::Result.as_str()];

/// How much the name of the operation code may have behind its first word.
const MORE: usize = 32;

/// A bit that every letter has set, and no digit.
const LETTERS: u64 = 0x4040_4040_4040_4040;

/// For the first byte of a known name, a bit for each second one.
const PAIRS: [u32; 32] = {
    let mut pairs = [0; 32];
    let mut index = 0;
    while index < PATHS.len() + 2 {
        let name = if index < PATHS.len() { PATHS[index].0 } else { [OPERATION, LINK][index - PATHS.len()] };
        pairs[(name.as_bytes()[0] & 31) as usize] |= 1 << (name.as_bytes()[1] & 31);
        index += 1;
    }
    pairs
};

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failing test may panic")]
    use super::*;

    #[test]
    fn no_known_name_begins_another() {
        let names: Vec<_> = PATHS.iter().map(|(path, _)| *path).chain([OPERATION, LINK]).collect();
        for (at, name) in names.iter().enumerate() {
            for (other_at, other) in names.iter().enumerate() {
                assert!(at == other_at || !other.starts_with(name), "{name} begins {other}");
            }
        }
    }

    #[test]
    fn the_list_of_paths_is_the_list_of_members() {
        let keys = Keys::default();
        for (path, kind) in PATHS {
            let found = match path.split_once('.') {
                None => keys.top(path),
                Some((container, name)) => match keys.top(container) {
                    Some(Place::Object(container)) => keys.inside(container, name).map(Place::Member),
                    other => panic!("{path}: {other:?}"),
                },
            };
            assert!(matches!(found, Some(Place::Member(member)) if member.kind() == *kind), "{path}");
            for end in 1..path.len() {
                let (value, rest) = path.as_bytes().split_at(end);
                assert!(may_begin(value, rest) && may_begin(value, &rest[..1]), "{path}");
            }
            assert!(may_begin(path.as_bytes(), b""), "{path}");
            assert!(keys.may_begin_in(path.as_bytes(), b""), "{path}");
        }
        // What is a member is a path: every name of the source file's two lists is among them.
        let source = include_str!("keys.rs");
        let lists = &source[source.find("fn top").unwrap()..source.find("fn may_begin_in").unwrap()];
        let names = lists.split("b\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        for name in names.filter(|name| !CONTAINERS.contains(name)) {
            let known = |path: &str| path == name || path.split_once('.').is_some_and(|(_, end)| end == name);
            assert!(PATHS.iter().any(|(path, _)| known(path)), "{name}");
        }
        for name in [OPERATION, LINK] {
            assert!(keys.may_begin_in(name.as_bytes(), b""), "{name}");
        }
    }

    #[test]
    fn words_are_no_names_and_names_are() {
        let keys = Keys::with(&["fee".into()]).unwrap();
        for name in [
            "status2",
            "status-1",
            "amount5",
            "order_idA",
            "currencyNGN",
            "result.code",
            "operation_x16",
            "operationX16",
            "operation17",
        ] {
            assert!(keys.begins(name.as_bytes()), "{name}");
        }
        for word in [
            "status of",
            "amount",
            "currency",
            "operation failed",
            "operationstatus3",
            "order_id=",
            "Status2",
            "transaction_id=",
        ] {
            assert!(!keys.begins(word.as_bytes()), "{word}");
        }
        assert!(keys.begins(b"feed"), "a name of the settings may have any value");
    }

    #[test]
    fn names_of_the_settings_stay_apart_from_the_known_ones() {
        for good in ["fee", "extra.note", "result.detail"] {
            assert!(Keys::with(&[good.into()]).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a b",
            "a.b",
            "extra",
            "signature",
            "status",
            "stat",
            "status2",
            "operation_x",
            "oper",
            "name",
            "callback_url",
            "extra.customer_name",
            "extra.a.b",
            "callback_urlhttps",
        ] {
            assert!(Keys::with(&[bad.into()]).is_err(), "{bad}");
        }
        assert!(Keys::with(&["fee".into(), "fees".into()]).is_err());
        assert!(Keys::with(&["fees".into(), "fee".into()]).is_err());
    }
}
