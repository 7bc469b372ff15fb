//! What all pages share: the language, the frame around every page, and the guard of its forms.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use askama::Template;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::gateway::{Reply, Request, field};

/// One page as it is asked for: in which language, at which address, with which token for its forms.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) language: Language,
    /// The token that the page's forms carry.
    pub(crate) token: String,
    path: String,
    /// The query without `lang`.
    query: String,
    /// The reader chose a language, which every further page keeps.
    chosen: bool,
}

impl Page {
    /// The reader's choice (`?lang=`) comes first, then what the order says, then the browser's wish.
    pub(crate) fn new(
        request: &Request,
        guard: &Guard,
        ordered: Option<Language>,
        otherwise: Language,
    ) -> Page {
        let pairs = request.query_pairs();
        let chosen = field(&pairs, "lang").and_then(Language::parse);
        let query = without_language(&pairs);
        Page {
            language: chosen.or(ordered).or_else(|| accepted(request)).unwrap_or(otherwise),
            token: guard.token(&request.path),
            path: request.path.clone(),
            query,
            chosen: chosen.is_some(),
        }
    }

    /// The text in the language of the page.
    pub(crate) fn t(&self, french: &'static str, english: &'static str) -> &'static str {
        self.language.pick(french, english)
    }

    /// The path of this page in the reader's language, for forms and links.
    pub(crate) fn here(&self) -> String {
        self.at(&self.path)
    }

    /// A path of the same host in the reader's language.
    pub(crate) fn at(&self, path: &str) -> String {
        if self.chosen { format!("{path}?lang={}", self.language.code()) } else { path.to_owned() }
    }

    /// This page with one parameter set.
    pub(crate) fn with(&self, name: &str, value: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair(name, value);
        if self.chosen {
            query.append_pair("lang", self.language.code());
        }
        format!("{}?{}", self.path, query.finish())
    }

    /// This page with all of its parameters: for forms of pages that live by their query.
    pub(crate) fn whole(&self) -> String {
        let language = if self.chosen { format!("lang={}", self.language.code()) } else { String::new() };
        joined(&self.path, &self.query, &language)
    }

    /// Whether the reader chose the language.
    pub(crate) fn is_chosen(&self) -> bool {
        self.chosen
    }

    /// This page in the other language.
    pub(crate) fn switched(&self) -> String {
        joined(&self.path, &self.query, &format!("lang={}", self.language.other().code()))
    }

    /// Makes the page an answer.
    pub(crate) fn reply(&self, status: u16, template: &impl Template, leads: Leads) -> Reply {
        let Ok(body) = template.render() else {
            return Reply::text(500, "the page could not be written");
        };
        let mut headers = guarding_headers(leads);
        headers.push(("content-language", self.language.code().to_owned()));
        Reply { status, content_type: "text/html; charset=utf-8", headers, body: body.into_bytes() }
    }

    /// A page with a title and one sentence.
    pub(crate) fn notice(&self, status: u16, title: &str, text: &str) -> Reply {
        self.reply(status, &Notice { page: self, title, text }, Leads::Here)
    }

    /// The page for an address that leads nowhere.
    pub(crate) fn not_found(&self) -> Reply {
        let text = self.t("Ce paiement est inconnu.", "This payment is unknown.");
        self.notice(404, self.t("Introuvable", "Not found"), text)
    }

    /// The page for a form that does not come from a page of the sandbox.
    pub(crate) fn foreign_form(&self) -> Reply {
        let text = self.t(
            "Ce formulaire ne vient pas de cette page et a été ignoré. Rechargez la page et recommencez.",
            "This form did not come from this page and was ignored. Reload the page and try again.",
        );
        self.notice(403, self.t("Refusé", "Refused"), text)
    }
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Notice<'a> {
    page: &'a Page,
    title: &'a str,
    text: &'a str,
}

/// Proves that a form comes from a page of the sandbox: besides the browser's word in `Origin` a token that
/// another site can neither guess nor read.
#[derive(Clone)]
pub(crate) struct Guard {
    key: [u8; 32],
}

impl Guard {
    /// A key of its own for every run. Not from the seed, which a stranger may know.
    pub(crate) fn random() -> Guard {
        // The operating system's chance, by the only way to it that the standard library has.
        let state = RandomState::new();
        let mut key = [0; 32];
        for (part, number) in key.chunks_exact_mut(8).zip(0_u64..) {
            part.copy_from_slice(&state.hash_one(number).to_le_bytes());
        }
        Guard { key }
    }

    /// Whether the form that the request carries was made by the page it is sent to.
    pub(crate) fn permits(&self, request: &Request, form: &[(String, String)]) -> bool {
        request.comes_from_own_page()
            && request.names_a_local_host()
            && field(form, TOKEN).and_then(|text| hex::decode(text).ok()).is_some_and(|given| {
                self.mac(&request.path).verify_truncated_left(&given).is_ok() && given.len() == TOKEN_BYTES
            })
    }

    /// The token of the forms that are sent to this path.
    pub(crate) fn token(&self, path: &str) -> String {
        hex::encode(&self.mac(path).finalize().into_bytes()[..TOKEN_BYTES])
    }

    fn mac(&self, path: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("any length is a key");
        // Links are built from an address with or without its last slash.
        mac.update(path.trim_matches('/').as_bytes());
        mac
    }
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}

/// Where the forms of a page lead.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Leads {
    Here,
    ToMerchant,
}

/// The language of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Language {
    French,
    English,
}

impl Language {
    pub(crate) fn parse(code: &str) -> Option<Language> {
        match code.to_ascii_lowercase().as_str() {
            "fr" => Some(Language::French),
            "en" => Some(Language::English),
            _ => None,
        }
    }

    pub(crate) fn code(self) -> &'static str {
        self.pick("fr", "en")
    }

    pub(crate) fn other(self) -> Language {
        match self {
            Language::French => Language::English,
            Language::English => Language::French,
        }
    }

    pub(crate) fn pick(self, french: &'static str, english: &'static str) -> &'static str {
        match self {
            Language::French => french,
            Language::English => english,
        }
    }
}

/// The style sheets and scripts of all pages, which stand in files so that pages need no inline ones.
pub(crate) fn asset(request: &Request) -> Option<Reply> {
    let (content_type, body) = match request.path.strip_prefix("/assets/")? {
        "sandbox.css" => ("text/css; charset=utf-8", include_str!("../assets/sandbox.css")),
        "page.js" => (SCRIPT, include_str!("../assets/page.js")),
        "icon.svg" => ("image/svg+xml", include_str!("../assets/icon.svg")),
        "demo.js" => (SCRIPT, include_str!("../assets/demo.js")),
        _ => return Some(Reply::text(404, "not found")),
    };
    Some(script_or_style(content_type, body))
}

/// A file that pages load. Its address never changes, so browsers ask again.
pub(crate) fn script_or_style(content_type: &'static str, body: &'static str) -> Reply {
    Reply {
        status: 200,
        content_type,
        headers: vec![
            ("x-content-type-options", "nosniff".to_owned()),
            ("cache-control", "no-cache".to_owned()),
        ],
        body: body.as_bytes().to_vec(),
    }
}

/// `1 234 567` as both languages may read it, with spaces that do not break.
pub(crate) fn grouped(amount: &str) -> String {
    let (whole, rest) = amount.split_at(amount.find('.').unwrap_or(amount.len()));
    let mut text = String::with_capacity(amount.len() + whole.len() / 3 * 2);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text + rest
}

fn guarding_headers(leads: Leads) -> Vec<(&'static str, String)> {
    let actions = match leads {
        Leads::Here => "form-action 'self'",
        // Browsers hold redirects after the form to the same rule, so one host would be too narrow.
        Leads::ToMerchant => "form-action http: https:",
    };
    vec![
        (
            "content-security-policy",
            format!(
                "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; {actions}"
            ),
        ),
        ("x-content-type-options", "nosniff".to_owned()),
        // Paths, which hold tokens, stay here. A stricter policy would turn the origin of forms into `null`.
        ("referrer-policy", "strict-origin".to_owned()),
        ("x-robots-tag", "noindex, nofollow".to_owned()),
        ("cache-control", "no-store".to_owned()),
        ("vary", "accept-language".to_owned()),
    ]
}

/// The best of the browser's languages that the pages speak; the earlier of two equal ones.
fn accepted(request: &Request) -> Option<Language> {
    let mut best: Option<(u16, Language)> = None;
    for wish in request.header("accept-language")?.split(',').take(MAX_WISHES) {
        let mut parts = wish.split(';');
        let code = parts.next().unwrap_or_default().trim();
        let Some(language) = Language::parse(code.split('-').next().unwrap_or_default()) else { continue };
        let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(Some(1_000), thousandths);
        if let Some(weight) = weight.filter(|weight| *weight > 0)
            && best.is_none_or(|(known, _)| weight > known)
        {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

/// `0.8` and the like, without a float.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if rest.len() > 3 || !rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole: u16 = whole.parse().ok().filter(|whole| *whole <= 1)?;
    let rest: u16 = format!("{rest:0<3}").parse().ok()?;
    Some(whole * 1_000 + rest)
}

fn without_language(pairs: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs.iter().filter(|(name, _)| name != "lang"))
        .finish()
}

fn joined(path: &str, query: &str, more: &str) -> String {
    let parts: Vec<&str> = [query, more].into_iter().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { path.to_owned() } else { format!("{path}?{}", parts.join("&")) }
}

/// The name of the token's form field.
const TOKEN: &str = "form_token";
const TOKEN_BYTES: usize = 16;
const SCRIPT: &str = "text/javascript; charset=utf-8";
const MAX_WISHES: usize = 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use super::*;
    use crate::gateway::Front;

    #[test]
    fn text_cannot_become_markup() {
        let page = Page::new(&asking("/x", "", &[]), &Guard::random(), None, Language::English);
        let reply = page.notice(200, "Test", "\"><script>alert('1')</script>&");
        let body = String::from_utf8(reply.body).unwrap();
        assert!(body.contains("&#34;&#62;&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#38;"));
        assert!(!body.contains("<script>"));
    }

    #[test]
    fn the_language_is_the_readers_then_the_orders_then_the_browsers() {
        let language = |query: &str, ordered: Option<Language>, wishes: &str| {
            let request = asking("/x", query, &[("accept-language", wishes)]);
            Page::new(&request, &Guard::random(), ordered, Language::French).language.code()
        };
        assert_eq!(language("lang=en", Some(Language::French), "fr"), "en");
        assert_eq!(language("lang=sw", Some(Language::English), "fr"), "en");
        assert_eq!(language("", None, "en-GB,en;q=0.9,fr;q=0.8"), "en");
        assert_eq!(language("", None, "fr;q=0.5, EN;q=0.75"), "en");
        assert_eq!(language("", None, "sw, en;q=0, fr;q=0.1"), "fr");
        assert_eq!(language("", None, "en;q=many"), "fr");
        assert_eq!(language("", None, ""), "fr");
    }

    #[test]
    fn links_keep_the_language_only_when_it_was_chosen() {
        let page =
            |query: &str| Page::new(&asking("/p", query, &[]), &Guard::random(), None, Language::French);
        assert_eq!(page("").here(), "/p");
        assert_eq!(page("").switched(), "/p?lang=en");
        assert_eq!(page("a=1&lang=en&b=%26").whole(), "/p?a=1&b=%26&lang=en");
        assert_eq!(page("a=1&lang=en").switched(), "/p?a=1&lang=fr");
        assert_eq!(page("lang=en").with("country", "C&I"), "/p?country=C%26I&lang=en");
    }

    #[test]
    fn a_form_needs_the_token_of_its_own_page_and_a_local_host() {
        let guard = Guard::random();
        let form = |token: &str| vec![(TOKEN.to_owned(), token.to_owned())];
        let token = guard.token("/payment/a");
        let own = asking("/payment/a", "", &[("host", "127.0.0.1:1"), ("origin", "http://127.0.0.1:1")]);
        assert!(guard.permits(&own, &form(&token)));
        for wrong in ["", "00", &token[..30], &token.replace(|_: char| true, "0"), &guard.token("/payment/b")]
        {
            assert!(!guard.permits(&own, &form(wrong)), "{wrong}");
        }
        assert!(!guard.permits(&own, &[]));
        assert!(!Guard::random().permits(&own, &form(&token)));
        let foreign = asking("/payment/a", "", &[("host", "127.0.0.1:1"), ("origin", "http://evil.example")]);
        assert!(!guard.permits(&foreign, &form(&token)));
        // A name that a stranger's server resolves to 127.0.0.1 makes the stranger's page look like our own.
        let rebound =
            asking("/payment/a", "", &[("host", "evil.example"), ("origin", "http://evil.example")]);
        assert!(!guard.permits(&rebound, &form(&token)));
    }

    #[test]
    fn amounts_are_grouped() {
        assert_eq!(grouped("100"), "100");
        assert_eq!(grouped("2500"), "2\u{a0}500");
        assert_eq!(grouped("1234567.50"), "1\u{a0}234\u{a0}567.50");
    }

    fn asking(path: &str, query: &str, headers: &[(&str, &str)]) -> Request {
        Request {
            caller: std::net::Ipv4Addr::LOCALHOST.into(),
            front: Front::Pages,
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: Vec::new(),
            operator: crate::gateway::Operator::Up,
        }
    }
}
