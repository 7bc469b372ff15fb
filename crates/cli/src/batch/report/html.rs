//! The report as one HTML page that needs nothing else: no script, no font, no picture from elsewhere.

use std::collections::BTreeMap;

use askama::Template;
use nzimbu::{Currency, UnixTime};

use super::numbers::{amount, count, time};
use super::sums::{ByClass, Named, Part, WIDTH};
use super::{Class, Flag, ReportRow, State};
use crate::batch::place;
use crate::batch::source::FileDigest;
use crate::batch::totals::Sum;
use crate::lang::Lang;

/// What the report is about.
#[derive(Debug)]
pub(crate) struct About {
    /// The name of the file, without its folders.
    pub(crate) file: String,
    /// The digest of the file.
    pub(crate) digest: FileDigest,
    /// Sandbox, live or another name.
    pub(crate) environment: String,
    /// When the report is written.
    pub(crate) written_at: UnixTime,
}

/// Sums up rows as they come, and keeps the first of those that people have to look at.
#[derive(Debug, Default)]
pub(crate) struct HtmlReport {
    currencies: BTreeMap<Currency, ByClass>,
    /// Apart where people have to look, so that the sums of a class are found again.
    states: BTreeMap<(Currency, State, Option<Flag>), (Class, Sum)>,
    operators: Named,
    countries: Named,
    gateways: Named,
    attention: Vec<ReportRow>,
    left_out: u64,
}

impl HtmlReport {
    /// Counts one row.
    pub(crate) fn add(&mut self, row: &ReportRow) {
        let (class, money) = (row.class(), row.amount);
        let currency = money.currency();
        self.currencies.entry(currency).or_default().add(class, money);
        let flag = row.flag.filter(|_| class == Class::Unclear);
        self.states.entry((currency, row.state, flag)).or_insert((class, Sum::default())).1.add(money);
        let country = row.country.as_ref().map_or("–", nzimbu::Country::as_str);
        let operator = row.operator.as_deref().unwrap_or("–");
        self.operators.add(&format!("{operator} ({country})"), class, money);
        self.countries.add(country, class, money);
        self.gateways.add(&row.gateway, class, money);
        if matches!(class, Class::Unclear | Class::Unpaid) {
            if self.attention.len() < LISTED {
                self.attention.push(row.clone());
            } else {
                self.left_out += 1;
            }
        }
    }

    /// Writes the page.
    ///
    /// # Errors
    /// As those of the output.
    pub(crate) fn write(
        &self,
        about: &About,
        lang: Lang,
        output: &mut impl std::io::Write,
    ) -> std::io::Result<()> {
        let rows = self.currencies.values().map(|sums| sums.total().rows).sum();
        let mut most_used: Vec<_> = self.currencies.iter().collect();
        most_used.sort_by_key(|(_, sums)| std::cmp::Reverse(sums.total().rows));
        let needing = self.attention.len() as u64 + self.left_out;
        let page = Page {
            lang,
            about,
            written: time(about.written_at),
            rows: count(rows, lang),
            currencies: most_used
                .into_iter()
                .map(|(currency, sums)| self.currency(*currency, sums, lang))
                .collect(),
            attention: self.attention.iter().map(|row| Attention::of(row, lang)).collect(),
            left_out: (self.left_out > 0).then(|| count(self.left_out, lang)),
            needing: (needing > 0).then(|| count(needing, lang)),
        };
        page.write_into(output)
    }

    fn currency(&self, currency: Currency, sums: &ByClass, lang: Lang) -> OfCurrency {
        let total = sums.total();
        let shares = Class::ALL.iter().map(|class| {
            let sum = sums.of(*class);
            Share {
                class: class.as_str(),
                name: class.words(lang),
                explained: class.explained(lang),
                rows: count(sum.rows, lang),
                amount: amount(sum.minor, currency, lang),
                percent: percent(sum.minor, total.minor, lang),
            }
        });
        let mine = self.states.iter().filter(|((known, ..), _)| *known == currency);
        let states = mine.map(|((_, state, flag), (class, sum))| OfState {
            class: class.as_str(),
            name: in_words(*state, *flag, lang),
            rows: count(sum.rows, lang),
            amount: amount(sum.minor, currency, lang),
        });
        let country = |name: &str| match nzimbu::Country::parse(name) {
            Ok(country) => place::name(country, lang),
            Err(_) => lang.pick("unknown", "inconnu").to_owned(),
        };
        let charts = [
            (lang.pick("Operators", "Opérateurs"), lang.pick("Operator", "Opérateur"), &self.operators),
            (lang.pick("Countries", "Pays"), lang.pick("Country", "Pays"), &self.countries),
            (lang.pick("Gateways", "Passerelles"), lang.pick("Gateway", "Passerelle"), &self.gateways),
        ];
        let charts = charts.into_iter().enumerate().map(|(at, (title, column, named))| {
            let (largest, others) = named.largest(currency);
            let others = others.iter().map(|sums| (lang.pick("all others", "tous les autres"), *sums));
            let all: Vec<_> = largest.into_iter().chain(others).collect();
            let most = all.iter().map(|(_, sums)| sums.total().minor).max().unwrap_or_default();
            let lines = all.iter().map(|(name, sums)| {
                let name = if at == 1 { country(name) } else { (*name).to_owned() };
                Line::of(name, sums, most, currency, lang)
            });
            Chart { title, column, lines: lines.collect() }
        });
        OfCurrency {
            code: currency.code(),
            rows: count(total.rows, lang),
            amount: amount(total.minor, currency, lang),
            bar: sums.bar(total.minor),
            shares: shares.collect(),
            states: states.collect(),
            charts: charts.collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    lang: Lang,
    about: &'a About,
    written: String,
    rows: String,
    currencies: Vec<OfCurrency>,
    attention: Vec<Attention<'a>>,
    left_out: Option<String>,
    needing: Option<String>,
}

impl Page<'_> {
    fn t<'w>(&self, en: &'w str, fr: &'w str) -> &'w str {
        self.lang.pick(en, fr)
    }

    fn width(&self) -> u32 {
        WIDTH
    }
}

/// All of one currency.
struct OfCurrency {
    code: &'static str,
    rows: String,
    amount: String,
    bar: Vec<Part>,
    shares: Vec<Share>,
    states: Vec<OfState>,
    charts: Vec<Chart>,
}

impl OfCurrency {
    /// The bar in words, for those who cannot see it.
    fn told(&self) -> String {
        let shares = self.shares.iter().map(|share| format!("{} {}", share.name, share.percent));
        shares.collect::<Vec<_>>().join(", ")
    }
}

struct Share {
    class: &'static str,
    name: &'static str,
    explained: &'static str,
    rows: String,
    amount: String,
    percent: String,
}

struct OfState {
    class: &'static str,
    name: String,
    rows: String,
    amount: String,
}

struct Chart {
    title: &'static str,
    column: &'static str,
    lines: Vec<Line>,
}

struct Line {
    name: String,
    bar: Vec<Part>,
    rows: String,
    paid: String,
    total: String,
    percent: String,
}

impl Line {
    fn of(name: String, sums: &ByClass, most: u128, currency: Currency, lang: Lang) -> Self {
        let (total, paid) = (sums.total(), sums.of(Class::Paid));
        Self {
            name,
            bar: sums.bar(most),
            rows: count(total.rows, lang),
            paid: amount(paid.minor, currency, lang),
            total: amount(total.minor, currency, lang),
            percent: percent(paid.minor, total.minor, lang),
        }
    }
}

/// A row that people have to look at.
struct Attention<'a> {
    row: &'a ReportRow,
    class: &'static str,
    phone: String,
    amount: String,
    state: String,
    step: &'static str,
    updated: String,
}

impl<'a> Attention<'a> {
    fn of(row: &'a ReportRow, lang: Lang) -> Self {
        let money = row.amount;
        let amount = amount(money.minor().into(), money.currency(), lang);
        Self {
            row,
            class: row.class().as_str(),
            phone: row.masked_phone(),
            amount: format!("{amount} {}", money.currency()),
            state: in_words(row.state, row.flag, lang),
            step: step(row, lang),
            updated: row.updated_at.map(time).unwrap_or_default(),
        }
    }

    fn operator(&self) -> String {
        let country = self.row.country.as_ref().map_or("–", nzimbu::Country::as_str);
        format!("{} ({country})", self.row.operator.as_deref().unwrap_or("–"))
    }
}

fn in_words(state: State, flag: Option<Flag>, lang: Lang) -> String {
    match flag {
        Some(flag) => format!("{} – {}", state.words(lang), flag.words(lang)),
        None => state.words(lang).to_owned(),
    }
}

/// What a person does about a row.
fn step(row: &ReportRow, lang: Lang) -> &'static str {
    match (row.flag, row.state) {
        (Some(Flag::Mismatch), _) => lang.pick(
            "Ask the gateway which amount it sent; do not pay again.",
            "Demandez à la passerelle quel montant est parti\u{a0}; ne repayez pas.",
        ),
        (Some(Flag::Conflict), _) => lang.pick(
            "Ask the gateway for the final status in writing; do not pay again.",
            "Demandez à la passerelle l'état final par écrit\u{a0}; ne repayez pas.",
        ),
        (Some(Flag::NeedsReview), _) => lang.pick(
            "Look it up in the gateway's back-office, then record the decision with nzimbu resolve.",
            "Vérifiez dans l'espace marchand de la passerelle, puis notez la décision avec nzimbu resolve.",
        ),
        (_, State::Unknown) => lang.pick(
            "Wait: the status is asked for. Do not pay again.",
            "Attendez\u{a0}: l'état est redemandé. Ne repayez pas.",
        ),
        (_, State::Rejected) => lang.pick(
            "Correct what the gateway refused and send it under a new reference.",
            "Corrigez ce que la passerelle a refusé et renvoyez sous une nouvelle référence.",
        ),
        _ => lang.pick(
            "Check the recipient's number and wallet, then send it under a new reference.",
            "Vérifiez le numéro et le compte du bénéficiaire, puis renvoyez sous une nouvelle référence.",
        ),
    }
}

/// A share with one decimal; not 0 where there is something, not 100 where something is missing.
fn percent(part: u128, of: u128, lang: Lang) -> String {
    let sign = lang.pick("%", "\u{202f}%");
    if part == 0 || part == of {
        return format!("{}{sign}", if part == 0 { 0 } else { 100 });
    }
    let rounded = (part.saturating_mul(2000) / of.max(1)).div_ceil(2).clamp(1, 999);
    format!("{}{}{}{sign}", rounded / 10, lang.pick(".", ","), rounded % 10)
}

/// How many rows are listed.
const LISTED: usize = 500;
