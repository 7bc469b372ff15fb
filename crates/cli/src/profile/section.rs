//! A table of TOML whose keys are taken one by one; what is left over is unknown.

use std::fmt::Display;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nzimbu::BaseUrl;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::secret::{Role, SecretRef, Source};
use super::wrong::{Found, Place};
use crate::lang::{Text, say};

/// One table.
pub(super) struct Section<'f, 'i> {
    found: &'f Found<'i>,
    /// With a dot at its end, or empty.
    path: String,
    span: Range<usize>,
    left: Vec<(Spanned<DeString<'i>>, Spanned<DeValue<'i>>)>,
    known: Vec<&'static str>,
}

impl<'f, 'i> Section<'f, 'i> {
    pub(super) fn new(found: &'f Found<'i>, path: String, span: Range<usize>, table: DeTable<'i>) -> Self {
        let left = table.into_iter().collect();
        Self { found, path, span, left, known: Vec::new() }
    }

    /// The full path of a key.
    pub(super) fn path(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }

    /// Notes a fault of the whole table.
    pub(super) fn fault(&self, told: Text) {
        self.found.add(self.path.trim_end_matches('.'), Some(self.span.clone()), told);
    }

    /// The names of the keys that nobody asked for yet.
    pub(super) fn names(&self) -> Vec<String> {
        self.left.iter().map(|(key, _)| key.get_ref().to_string()).collect()
    }

    /// Reports every key that nobody asked for.
    pub(super) fn end(self) {
        for (key, _) in &self.left {
            let known = self.known.join(", ");
            let told = say!(
                "is unknown: remove it, or use one of {known}",
                "est inconnu : retirez-le, ou prenez l'un de {known}",
            );
            self.found.add(self.path(key.get_ref()), Some(key.span()), told);
        }
    }

    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        self.text_at(name).map(|(text, _)| text)
    }

    /// A text that has to be there.
    pub(super) fn needed(&mut self, name: &'static str) -> Option<String> {
        let is_there = self.has(name);
        let text = self.text(name);
        if !is_there {
            self.missing(name);
        }
        text
    }

    /// A text that a value type reads.
    pub(super) fn parsed<T, E: Display>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let (text, span) = self.text_at(name)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                let told = error.to_string();
                self.wrong(name, span, say!("is wrong: {told}", "est faux : {told}"));
                None
            }
        }
    }

    /// One word of a list.
    pub(super) fn word<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        let (text, span) = self.text_at(name)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            let words = words.join(", ");
            self.wrong(name, span, say!("must be one of {words}", "doit être l'un de {words}"));
        }
        found
    }

    pub(super) fn truth(&mut self, name: &'static str) -> Option<bool> {
        let (value, span) = self.take(name)?;
        let found = value.as_bool();
        if found.is_none() {
            self.wrong(name, span, say!("must be true or false", "doit être true ou false"));
        }
        found
    }

    /// A whole number in this range.
    pub(super) fn number(&mut self, name: &'static str, least: u64, most: u64) -> Option<u64> {
        let (value, span) = self.take(name)?;
        let number = whole(&value).filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let told = say!(
                "must be a whole number from {least} to {most}",
                "doit être un nombre entier de {least} à {most}",
            );
            self.wrong(name, span, told);
        }
        number
    }

    pub(super) fn seconds(&mut self, name: &'static str, least: u64, most: u64) -> Option<Duration> {
        self.number(name, least, most).map(Duration::from_secs)
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        let (value, span) = self.take(name)?;
        let texts = value.as_array().and_then(|items| {
            items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        if texts.is_none() {
            self.wrong(name, span, say!("must be a list of texts", "doit être une liste de textes"));
        }
        texts
    }

    /// A list of whole numbers.
    pub(super) fn numbers(&mut self, name: &'static str) -> Option<Vec<u32>> {
        let (value, span) = self.take(name)?;
        let small = |item: &Spanned<DeValue<'_>>| whole(item.get_ref()).and_then(|id| u32::try_from(id).ok());
        let numbers = value.as_array().and_then(|items| items.iter().map(small).collect::<Option<Vec<_>>>());
        if numbers.is_none() {
            let told = say!("must be a list of whole numbers", "doit être une liste de nombres entiers");
            self.wrong(name, span, told);
        }
        numbers
    }

    /// A path, which starts at the folder of the settings.
    pub(super) fn file(&mut self, name: &'static str, folder: &Path) -> Option<PathBuf> {
        self.text(name).map(|path| folder.join(path))
    }

    /// Where a gateway lives, with the place of it.
    pub(super) fn base_url(&mut self, name: &'static str) -> Option<(BaseUrl, Range<usize>)> {
        let span = self.span_of(name);
        Some((self.parsed(name, BaseUrl::parse)?, span?))
    }

    /// A reference to a secret.
    pub(super) fn secret(&mut self, name: &'static str, role: Role, folder: &Path) -> Option<SecretRef> {
        let (value, span) = self.take(name)?;
        self.reference(name, value, span, role, folder)
    }

    /// A reference to a secret that has to be there.
    pub(super) fn needed_secret(
        &mut self,
        name: &'static str,
        role: Role,
        folder: &Path,
    ) -> Option<SecretRef> {
        if !self.has(name) {
            self.take(name);
            self.missing(name);
            return None;
        }
        self.secret(name, role, folder)
    }

    /// A list of references to secrets, newest first; one alone needs no brackets.
    pub(super) fn secrets(&mut self, name: &'static str, role: Role, folder: &Path) -> Vec<SecretRef> {
        let Some((value, span)) = self.take(name) else { return Vec::new() };
        let DeValue::Array(items) = value else {
            return self.reference(name, value, span, role, folder).into_iter().collect();
        };
        let items = items.into_iter().enumerate();
        items
            .filter_map(|(index, item)| {
                let span = item.span();
                let key = format!("{name}[{index}]");
                self.reference(&key, item.into_inner(), span, role, folder)
            })
            .collect()
    }

    /// A table within this one.
    pub(super) fn section(&mut self, name: &'static str) -> Option<Section<'f, 'i>> {
        let (value, span) = self.take(name)?;
        self.inner(name.to_owned(), value, span)
    }

    /// A table whose name is the user's.
    pub(super) fn section_of_user(&mut self, name: &str) -> Option<Section<'f, 'i>> {
        let at = self.left.iter().position(|(key, _)| key.get_ref() == name)?;
        let (key, value) = self.left.remove(at);
        self.inner(name.to_owned(), value.into_inner(), key.span())
    }

    /// A list of tables within this one.
    pub(super) fn sections(&mut self, name: &'static str) -> Vec<Section<'f, 'i>> {
        let Some((value, span)) = self.take(name) else { return Vec::new() };
        let DeValue::Array(items) = value else {
            let path = self.path(name);
            let told = say!(
                "must be a list of tables: write [[{path}]] above each",
                "doit être une liste de tables : écrivez [[{path}]] au-dessus de chacune",
            );
            self.wrong(name, span, told);
            return Vec::new();
        };
        let items = items.into_iter().enumerate();
        items
            .filter_map(|(index, item)| {
                let span = item.span();
                self.inner(format!("{name}[{index}]"), item.into_inner(), span)
            })
            .collect()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.left.iter().any(|(key, _)| key.get_ref() == name)
    }

    /// Notes that a key is not there.
    pub(super) fn missing(&self, name: &str) {
        let told = say!("is required: set it", "est requis : indiquez-le");
        self.found.add(self.path(name), Some(self.span.clone()), told);
    }

    /// Notes a fault of a key.
    pub(super) fn wrong(&self, name: &str, span: Range<usize>, told: Text) {
        self.found.add(self.path(name), Some(span), told);
    }

    fn span_of(&self, name: &str) -> Option<Range<usize>> {
        self.left.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| value.span())
    }

    fn inner(&self, name: String, value: DeValue<'i>, span: Range<usize>) -> Option<Section<'f, 'i>> {
        match value {
            DeValue::Table(table) => {
                Some(Section::new(self.found, format!("{}.", self.path(&name)), span, table))
            }
            _ => {
                let path = self.path(&name);
                let told = say!(
                    "must be a table: write [{path}] above its keys",
                    "doit être une table : écrivez [{path}] au-dessus de ses clés",
                );
                self.wrong(&name, span, told);
                None
            }
        }
    }

    fn text_at(&mut self, name: &'static str) -> Option<(String, Range<usize>)> {
        let (value, span) = self.take(name)?;
        match value {
            DeValue::String(text) => Some((text.into_owned(), span)),
            _ => {
                self.wrong(name, span, say!("must be text in quotes", "doit être un texte entre guillemets"));
                None
            }
        }
    }

    fn take(&mut self, name: &'static str) -> Option<(DeValue<'i>, Range<usize>)> {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        let at = self.left.iter().position(|(key, _)| key.get_ref() == name)?;
        let (_, value) = self.left.remove(at);
        let span = value.span();
        self.found.place_key(self.path(name), &span);
        Some((value.into_inner(), span))
    }

    fn reference(
        &self,
        name: &str,
        value: DeValue<'i>,
        span: Range<usize>,
        role: Role,
        folder: &Path,
    ) -> Option<SecretRef> {
        let source = match &value {
            DeValue::Table(table) if table.len() == 1 => {
                let (kind, value) = table.iter().next()?;
                match (&**kind.get_ref(), value.get_ref()) {
                    ("env", DeValue::String(name)) if is_variable(name) => Ok(Source::Env(name.to_string())),
                    ("env", _) => Err(say!(
                        "needs the name of a variable after `env`: letters, digits and _, without $ and \
                         without its value",
                        "demande le nom d'une variable après `env` : lettres, chiffres et _, sans $ et sans sa \
                         valeur",
                    )),
                    ("file", DeValue::String(path)) if !path.is_empty() => {
                        Ok(Source::File(folder.join(&**path)))
                    }
                    ("prompt", DeValue::Boolean(true)) => Ok(Source::Prompt),
                    _ => Err(forms()),
                }
            }
            DeValue::String(_) => Err(say!(
                "is a secret and must not stand here, because files like this one are copied, shared and \
                 committed: move it out and refer to it with {REFERENCES}; if others have seen this file, have the \
                 secret replaced",
                "est un secret et ne doit pas figurer ici, car un tel fichier se copie, se partage et s'archive : \
                 sortez-le et désignez-le par {REFERENCES} ; si d'autres ont vu ce fichier, faites remplacer le \
                 secret",
            )),
            _ => Err(forms()),
        };
        match source {
            Ok(source) => {
                self.found.place_key(self.path(name), &span);
                let place = self.place(&span);
                Some(SecretRef { key: self.path(name), place, source, role })
            }
            Err(told) => {
                self.wrong(name, span, told);
                None
            }
        }
    }

    fn place(&self, span: &Range<usize>) -> Place {
        self.found.place(span.start)
    }
}

fn forms() -> Text {
    say!("must refer to a secret with {REFERENCES}", "doit désigner un secret par {REFERENCES}")
}

const REFERENCES: &str = "{ env = \"NAME\" }, { file = \"path\" } or { prompt = true }";

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|sign: char| sign.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn whole(value: &DeValue<'_>) -> Option<u64> {
    let integer = value.as_integer()?;
    u64::from_str_radix(integer.as_str(), integer.radix()).ok()
}
