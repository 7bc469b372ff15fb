//! The two languages of people who pay a spreadsheet.

use clap::ValueEnum;
use serde::Serialize;

/// The language of what people read. Names in `--json` are the same in both.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Lang {
    /// English
    #[default]
    En,
    /// Français
    Fr,
}

impl Lang {
    /// The words in this language.
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
}
