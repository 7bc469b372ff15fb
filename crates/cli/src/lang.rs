//! English and French, both sentences beside each other.
//!
//! A [`Text`] holds both; printing it picks the language that `main` has chosen, and `--json` takes English, so that
//! programs can rely on it. [`say!`] makes one: `say!("{n} rows", "{n} lignes")`.

use std::env;
use std::fmt;
use std::sync::OnceLock;

use clap::ValueEnum;

use crate::output::Failure;

/// The language of what people read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum Lang {
    /// English
    #[default]
    En,
    /// Français
    Fr,
}

/// Set once, before the first sentence.
static CHOSEN: OnceLock<Lang> = OnceLock::new();

impl Lang {
    /// The words in this language, where the language comes as an argument.
    pub(crate) const fn pick<'a>(self, en: &'a str, fr: &'a str) -> &'a str {
        match self {
            Self::En => en,
            Self::Fr => fr,
        }
    }

    /// The code of ISO 639-1.
    pub(crate) const fn code(self) -> &'static str {
        self.pick("en", "fr")
    }

    /// What was typed, `NZIMBU_LANG`, then what the system is set to.
    pub(crate) fn choose(typed: Option<Self>) -> Result<Self, Failure> {
        let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
        match (typed, variable("NZIMBU_LANG")) {
            (Some(lang), _) => Ok(lang),
            (None, Some(word)) => Self::of_locale(&word)
                .ok_or_else(|| Failure::usage("NZIMBU_LANG is neither en nor fr: set it to one of them")),
            (None, None) => {
                let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(variable);
                Ok(locale.and_then(|locale| Self::of_locale(&locale)).unwrap_or_default())
            }
        }
    }

    /// The language of a locale such as `fr_CI.UTF-8`.
    fn of_locale(locale: &str) -> Option<Self> {
        let language = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        match language.to_ascii_lowercase().as_str() {
            "en" => Some(Self::En),
            "fr" => Some(Self::Fr),
            _ => None,
        }
    }

    /// Makes it the language of this process.
    pub(crate) fn speak(self) {
        // Nobody sets it twice; if so, the first one stands.
        let _ = CHOSEN.set(self);
    }

    /// The language of this process.
    pub(crate) fn spoken() -> Self {
        CHOSEN.get().copied().unwrap_or_default()
    }
}

/// A sentence in both languages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Text {
    en: String,
    fr: String,
}

impl Text {
    pub(crate) fn new(en: impl Into<String>, fr: impl Into<String>) -> Self {
        Self { en: en.into(), fr: fr.into() }
    }

    /// A text that is the same in both: a name, a code, or words that came in one language.
    pub(crate) fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { fr: text.clone(), en: text }
    }

    /// For programs.
    pub(crate) fn english(&self) -> &str {
        &self.en
    }

    /// For a place inside another text.
    pub(crate) fn french(&self) -> &str {
        &self.fr
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match Lang::spoken() {
            Lang::En => &self.en,
            Lang::Fr => &self.fr,
        })
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        match Lang::spoken() {
            Lang::En => text.en,
            Lang::Fr => text.fr,
        }
    }
}

/// A [`Text`] from an English and a French format, which take the same arguments.
macro_rules! say {
    ($en:literal, $fr:literal $(,)?) => { $crate::lang::Text::new(format!($en), format!($fr)) };
    ($en:literal, $fr:literal, $($argument:tt)+) => {
        $crate::lang::Text::new(format!($en, $($argument)+), format!($fr, $($argument)+))
    };
}
pub(crate) use say;

#[cfg(test)]
mod tests {
    use super::{Lang, Text};

    #[test]
    fn a_locale_names_its_language() {
        for (locale, lang) in [
            ("fr", Some(Lang::Fr)),
            ("fr_CI.UTF-8", Some(Lang::Fr)),
            ("FR-ci", Some(Lang::Fr)),
            ("en_GB", Some(Lang::En)),
            ("C.UTF-8", None),
            ("french", None),
            ("", None),
        ] {
            assert_eq!(Lang::of_locale(locale), lang, "{locale}");
        }
    }

    #[test]
    fn both_sentences_take_the_same_values() {
        let count = 3;
        assert_eq!(say!("{count} rows", "{count} lignes"), Text::new("3 rows", "3 lignes"));
        assert_eq!(say!("{} of {}", "{} sur {}", 1, 2).french(), "1 sur 2");
    }
}
