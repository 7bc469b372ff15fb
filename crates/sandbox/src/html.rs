//! Plain pages: markup comes from constants only, everything else is escaped.

use serde::{Deserialize, Serialize};

use crate::gateway::Reply;

/// A page under construction. Only constants can enter it as markup.
#[derive(Debug, Default)]
pub(crate) struct Html(String);

impl Html {
    pub(crate) fn markup(mut self, markup: &'static str) -> Html {
        self.0.push_str(markup);
        self
    }

    /// Text or an attribute value (attributes always stand in double quotes).
    pub(crate) fn text(mut self, text: &str) -> Html {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
        self
    }

    pub(crate) fn row(self, term: &'static str, value: &str) -> Html {
        self.markup("<dt>").markup(term).markup("</dt><dd>").text(value).markup("</dd>")
    }

    pub(crate) fn hidden(self, name: &'static str, value: &str) -> Html {
        self.markup("<input type=\"hidden\" name=\"")
            .markup(name)
            .markup("\" value=\"")
            .text(value)
            .markup("\">")
    }

    pub(crate) fn then(mut self, other: Html) -> Html {
        self.0.push_str(&other.0);
        self
    }

    /// Closes the page and makes it an answer.
    pub(crate) fn reply(self, status: u16, language: Language, title: &'static str, leads: Leads) -> Reply {
        let page = Html::default()
            .markup("<!doctype html><html lang=\"")
            .markup(language.pick("fr", "en"))
            .markup("\"><head><meta charset=\"utf-8\">")
            .markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
            .markup("<meta name=\"robots\" content=\"noindex\"><title>")
            .markup(title)
            .markup("</title><style>")
            .markup(STYLE)
            .markup("</style></head><body><p class=\"banner\" role=\"note\">")
            .markup(language.pick("SANDBOX – aucun argent réel", "SANDBOX – no real money"))
            .markup("</p><main><h1>")
            .markup(title)
            .markup("</h1>")
            .then(self)
            .markup("</main></body></html>\n");
        let actions = match leads {
            Leads::Here => "form-action 'self'",
            Leads::ToMerchant => "form-action http: https:",
        };
        Reply {
            status,
            content_type: "text/html; charset=utf-8",
            headers: vec![
                (
                    "content-security-policy",
                    format!(
                        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
                         frame-ancestors 'none'; {actions}"
                    ),
                ),
                ("x-content-type-options", "nosniff".to_owned()),
                // Any stricter policy makes browsers send `Origin: null` with the page's own forms.
                ("referrer-policy", "same-origin".to_owned()),
                ("cache-control", "no-store".to_owned()),
            ],
            body: page.0.into_bytes(),
        }
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

    pub(crate) fn pick(self, french: &'static str, english: &'static str) -> &'static str {
        match self {
            Language::French => french,
            Language::English => english,
        }
    }
}

/// The page for an address that leads nowhere.
pub(crate) fn not_found(language: Language) -> Reply {
    Html::default()
        .markup("<p>")
        .markup(language.pick("Ce paiement est inconnu.", "This payment is unknown."))
        .markup("</p>")
        .reply(404, language, language.pick("Introuvable", "Not found"), Leads::Here)
}

/// The page for a form that was sent from another site.
pub(crate) fn foreign_form(language: Language) -> Reply {
    Html::default()
        .markup("<p>")
        .markup(language.pick(
            "Ce formulaire vient d’un autre site et a été ignoré.",
            "This form came from another site and was ignored.",
        ))
        .markup("</p>")
        .reply(403, language, language.pick("Refusé", "Refused"), Leads::Here)
}

const STYLE: &str = "body{margin:0;font:1.1rem/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff}\
.banner{margin:0;padding:.75rem;background:#7a1f00;color:#fff;font-weight:bold;text-align:center}\
main{max-width:32rem;margin:0 auto;padding:1rem}\
dt{font-weight:bold}dd{margin:0 0 .5rem;overflow-wrap:anywhere}\
label{display:block;margin:.75rem 0 .25rem}\
input,button{font:inherit;padding:.6rem;width:100%;box-sizing:border-box}\
button{margin:.75rem 0 0;border:2px solid #1a1a1a;background:#fff;color:#1a1a1a;cursor:pointer}\
button.main{background:#0b5d1e;color:#fff;border-color:#0b5d1e}\
:focus-visible{outline:3px solid #0a58ca;outline-offset:2px}";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let reply = Html::default().row("name", "\"><script>alert('1')</script>&").reply(
            200,
            Language::English,
            "Test",
            Leads::Here,
        );
        let page = String::from_utf8(reply.body).unwrap();
        assert!(page.contains("&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;"));
        assert!(!page.contains("<script"));
    }
}
