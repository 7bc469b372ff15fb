//! From a row to the payout that it asks for, with everything that is wrong with it.

use std::sync::Arc;

use nzimbu::{
    Channel, Country, Currency, Customer, Document, DocumentKind, Money, Operation, OrderId, PaymentProvider,
    PayoutRequest, PhoneErrorKind, PhoneNumber, Problem, SharedProvider,
};

use super::cell::amount::{self, AmountFault};
use super::cell::phone::{self, PhoneFault};
use super::cell::{holds_card, text};
use super::column::{Column, Header, fold};
use super::seen::Fingerprint;
use super::split::{Flaw, Record};
use super::trouble::{Severity, Trouble};
use super::{Settings, place, record_text};

/// One thing that is wrong, and where.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// The line, from one.
    pub(crate) line: u32,
    /// The column's place from one, and its header as it was written.
    pub(crate) column: Option<(usize, String)>,
    /// The column's name, or the field's path where there is no column for it; empty for a whole row.
    pub(crate) field: String,
    /// What is wrong.
    pub(crate) trouble: Trouble,
}

/// A row without an error.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The line on which the row begins.
    pub(crate) line: u32,
    /// The caller's own name of the order.
    pub(crate) reference: String,
    /// Over which gateway.
    pub(crate) gateway: SharedProvider,
    /// What to send. Its order id is the row's own, or derived from the reference.
    pub(crate) request: PayoutRequest,
}

/// A row as far as it could be read.
#[derive(Debug)]
pub(super) struct Draft {
    line: u32,
    reference: Option<String>,
    order: Option<OrderId>,
    gateway: Option<SharedProvider>,
    amount: Amount,
    channel: Channel,
    recipient: Customer,
    bank_code: Option<String>,
    document: Option<Document>,
    reason: Option<String>,
    /// Columns without a value because of a fault, so that what a gateway says of them means nothing.
    unread: Vec<Column>,
}

#[derive(Clone, Copy, Debug)]
enum Amount {
    Known(Money),
    OnlyCurrency(Currency),
    Unknown,
}

impl Draft {
    pub(super) fn line(&self) -> u32 {
        self.line
    }

    /// What may stand in a file once: the order.
    pub(super) fn order(&self) -> Option<Fingerprint> {
        self.order.as_ref().map(|order| Fingerprint::of(&[order.as_str().as_bytes()]))
    }

    /// What should stand in a file once: a recipient with an amount.
    pub(super) fn recipient(&self) -> Option<Fingerprint> {
        let Amount::Known(amount) = self.amount else { return None };
        let phone = self.recipient.phone.as_ref().map(PhoneNumber::e164);
        let account = self.recipient.id.as_deref();
        let (minor, currency) = (amount.minor().to_be_bytes(), amount.currency().code().as_bytes());
        phone.or(account)?;
        let texts =
            [phone, account, self.bank_code.as_deref()].map(|text| text.unwrap_or_default().as_bytes());
        Some(Fingerprint::of(&[texts[0], texts[1], texts[2], &minor, currency]))
    }

    /// Everything that the row asks for, but for its names.
    pub(super) fn content(&self) -> Fingerprint {
        let money = match self.amount {
            Amount::Known(money) => money.to_string(),
            Amount::OnlyCurrency(currency) => currency.to_string(),
            Amount::Unknown => String::new(),
        };
        let gateway = self.gateway.as_ref().map_or("", |gateway| gateway.id().as_str());
        let person = serde_json::to_string(&self.recipient).unwrap_or_default();
        let document = self.document.as_ref().map_or("", |document| document.number.as_str());
        let texts = [self.bank_code.as_deref(), self.reason.as_deref()].map(Option::unwrap_or_default);
        let channel = serde_json::to_string(&self.channel).unwrap_or_default();
        let parts = [&*money, gateway, &*person, document, texts[0], texts[1], &*channel];
        Fingerprint::of(&parts.map(str::as_bytes))
    }

    /// The row, when nothing was wrong with it.
    pub(super) fn into_row(self) -> Option<Row> {
        let Amount::Known(amount) = self.amount else { return None };
        let request = self.request(amount);
        let (Some(reference), Some(_), Some(gateway)) = (self.reference, self.order, self.gateway) else {
            return None;
        };
        self.unread.is_empty().then_some(Row { line: self.line, reference, gateway, request })
    }

    /// The payout of this amount, with a stand-in for an id that could not be read.
    fn request(&self, amount: Money) -> PayoutRequest {
        let order = self.order.clone().unwrap_or_else(|| OrderId::derive("", Operation::Payout, "stand-in"));
        let mut request = PayoutRequest::new(order, amount, self.channel.clone());
        request.recipient.clone_from(&self.recipient);
        request.bank_code.clone_from(&self.bank_code);
        request.document.clone_from(&self.document);
        request.reason.clone_from(&self.reason);
        request
    }

    /// The amount, or amounts that may have been meant.
    fn amounts(&self, currencies: &[Currency]) -> Vec<Money> {
        let plain = |currency: &Currency| Money::parse_major("1000", *currency).ok();
        match &self.amount {
            Amount::Known(money) => vec![*money],
            Amount::OnlyCurrency(currency) => plain(currency).into_iter().collect(),
            Amount::Unknown => currencies.iter().filter_map(plain).collect(),
        }
    }

    /// Whether a gateway's problem is about something that it could judge.
    fn can_judge(&self, problem: &Problem) -> bool {
        match Column::of_field(problem.field.as_str()) {
            Some(Column::Amount) => matches!(self.amount, Amount::Known(_)),
            Some(Column::Currency) => !matches!(self.amount, Amount::Unknown),
            Some(column) => !self.unread.contains(&column),
            None => true,
        }
    }
}

/// Reads rows under one header.
pub(super) struct RowReader<'a> {
    pub(super) header: &'a Header,
    pub(super) settings: &'a Settings,
}

impl RowReader<'_> {
    /// Reads a row; nothing when its form is such that no cell can be trusted.
    pub(super) fn read(&self, record: &Record, findings: &mut Vec<Finding>) -> Option<Draft> {
        let mut cells = Cells { reader: self, record, findings, unread: Vec::new() };
        if !cells.has_form() {
            return None;
        }
        let gateway = cells.gateway();
        let phone_text = cells.take(Column::Phone);
        let country = cells.parse(Column::Country, place::country);
        let phone = phone_text.and_then(|text| cells.phone(&text, country));
        let amount = cells.amount();
        let (reference, order) = cells.names();
        let home =
            country.or_else(|| phone.as_ref().and_then(PhoneNumber::country)).or(self.settings.country);
        let bank_code = cells.take(Column::BankCode);
        let channel = cells.channel(home, bank_code.as_deref(), gateway.as_deref());
        let recipient = cells.recipient(phone, country);
        let document = cells.document();
        let reason = cells.take(Column::Reason).filter(|text| {
            let card = holds_card(text);
            if card {
                cells.fault(Column::Reason, Trouble::Card);
            }
            !card
        });
        let unread = cells.unread;
        let line = record.line();
        Some(Draft {
            line,
            reference,
            order,
            gateway,
            amount,
            channel,
            recipient,
            bank_code,
            document,
            reason,
            unread,
        })
    }

    /// Adds what the gateway's own rules say. Nothing is sent: the exchange is looked at and dropped.
    pub(super) fn judge(&self, draft: &Draft, findings: &mut Vec<Finding>) {
        let Some(gateway) = &draft.gateway else { return };
        let capabilities = gateway.capabilities(Operation::Payout);
        if !capabilities.offered {
            findings.push(self.finding(draft.line, Column::Gateway, Trouble::GatewaySendsNone));
            return;
        }
        // Where the amount cannot be read, the amount with the least to say leaves what is about other fields.
        let answers = draft.amounts(capabilities.currencies).into_iter().map(|amount| {
            let exchange = gateway.pay_out(&draft.request(amount));
            let problems = exchange.problems().iter().filter(|problem| draft.can_judge(problem));
            problems.cloned().collect::<Vec<_>>()
        });
        for problem in answers.min_by_key(Vec::len).unwrap_or_default() {
            let finding = match Column::of_field(problem.field.as_str()) {
                Some(column) => self.finding(draft.line, column, Trouble::Provider(problem)),
                None => Finding {
                    line: draft.line,
                    column: None,
                    field: problem.field.as_str().to_owned(),
                    trouble: Trouble::Provider(problem),
                },
            };
            findings.push(finding);
        }
    }

    pub(super) fn finding(&self, line: u32, column: Column, trouble: Trouble) -> Finding {
        let place = self.header.place(column).map(|place| self.header.named(place));
        let column_at = place.map(|(number, header)| (number, header.to_owned()));
        Finding { line, column: column_at, field: column.name().to_owned(), trouble }
    }
}

/// The cells of one row, and what is wrong with them.
struct Cells<'a> {
    reader: &'a RowReader<'a>,
    record: &'a Record,
    findings: &'a mut Vec<Finding>,
    unread: Vec<Column>,
}

impl Cells<'_> {
    /// Whether the row is one of cells that can be trusted.
    fn has_form(&mut self) -> bool {
        let (header, record) = (self.reader.header, self.record);
        let (place, trouble) = match record.flaw() {
            Some(Flaw::Quote(place)) => (Some(place), Trouble::Quote),
            Some(Flaw::Unclosed(place)) => (Some(place), Trouble::Unclosed),
            Some(Flaw::TooLong) => (None, Trouble::RowTooLong),
            None if header.is_repeated_by(record) => (None, Trouble::RepeatedHeader),
            None if self.is_total() => (None, Trouble::TotalsRow),
            None => {
                let broken = record.cells().position(|cell| cell.contains(&b'\n') || cell.contains(&b'\r'));
                // Cells too many mean nothing as long as they are empty; spreadsheets leave them behind.
                let spare = (header.len()..record.len())
                    .all(|place| record_text(record.cell(place)).trim().is_empty());
                match broken {
                    Some(place) => (Some(place), Trouble::LineBreak),
                    None if record.len() >= header.len() && spare => return true,
                    None => (None, Trouble::CellCount { found: record.len(), expected: header.len() }),
                }
            }
        };
        let column = place.map(|place| header.named(place)).map(|(number, name)| (number, name.to_owned()));
        self.findings.push(Finding { line: record.line(), column, field: String::new(), trouble });
        false
    }

    /// Whether a cell says that the row is a sum, and the row has no recipient.
    fn is_total(&self) -> bool {
        let words =
            ["total", "totaux", "somme", "sum", "sous_total", "subtotal", "grand_total", "total_general"];
        let empty = |column| {
            let place = self.reader.header.place(column);
            place.is_none_or(|place| record_text(self.record.cell(place)).trim().is_empty())
        };
        let says_so = |cell: &[u8]| {
            let folded = fold(&record_text(cell));
            words.contains(&folded.as_str()) || folded.starts_with("total_")
        };
        empty(Column::Phone) && empty(Column::Account) && self.record.cells().any(says_so)
    }

    fn fault(&mut self, column: Column, trouble: Trouble) {
        if trouble.severity() == Severity::Error {
            self.unread.push(column);
        }
        self.findings.push(self.reader.finding(self.record.line(), column, trouble));
    }

    /// The text of a cell; nothing when it is empty, cannot be read or has no column.
    fn take(&mut self, column: Column) -> Option<String> {
        let place = self.reader.header.place(column)?;
        match text(self.record.cell(place), column) {
            Ok(text) => text,
            Err(trouble) => {
                self.fault(column, trouble);
                None
            }
        }
    }

    fn parse<T>(&mut self, column: Column, parse: impl FnOnce(&str) -> Result<T, Trouble>) -> Option<T> {
        match parse(&self.take(column)?) {
            Ok(value) => Some(value),
            Err(trouble) => {
                self.fault(column, trouble);
                None
            }
        }
    }

    fn gateway(&mut self) -> Option<SharedProvider> {
        let settings = self.reader.settings;
        let named = self.take(Column::Gateway);
        match named {
            None if self.unread.contains(&Column::Gateway) => None,
            None => {
                if settings.gateway.is_none() {
                    self.fault(Column::Gateway, Trouble::Required);
                }
                settings.gateway.clone()
            }
            Some(name) => {
                let name = fold(&name);
                let found = settings.gateways.iter().find(|gateway| gateway.id().as_str() == name);
                if found.is_none() {
                    self.fault(Column::Gateway, Trouble::Gateway);
                }
                found.map(Arc::clone)
            }
        }
    }

    fn phone(&mut self, text: &str, said: Option<Country>) -> Option<PhoneNumber> {
        match phone::parse(text, said.or(self.reader.settings.country)) {
            // Without its country, which could not be read, nothing can be said of a national number.
            Err(PhoneFault::Plan(PhoneErrorKind::NoCountryCode))
                if self.unread.contains(&Column::Country) =>
            {
                self.unread.push(Column::Phone);
                None
            }
            Err(fault) => {
                self.fault(Column::Phone, Trouble::Phone(fault));
                None
            }
            Ok(phone) => match (said, phone.country()) {
                (Some(said), Some(found)) if said != found => {
                    self.fault(Column::Phone, Trouble::CountryOfPhone { said, found });
                    None
                }
                _ => Some(phone),
            },
        }
    }

    fn amount(&mut self) -> Amount {
        let currency = match self.take(Column::Currency) {
            Some(text) => match place::currency(&text) {
                Ok(currency) => Some(currency),
                Err(trouble) => {
                    self.fault(Column::Currency, trouble);
                    None
                }
            },
            None if self.unread.contains(&Column::Currency) => None,
            None => {
                if self.reader.settings.currency.is_none() {
                    self.fault(Column::Currency, Trouble::Required);
                }
                self.reader.settings.currency
            }
        };
        let known = currency.map_or(Amount::Unknown, Amount::OnlyCurrency);
        let Some(text) = self.take(Column::Amount) else {
            if !self.unread.contains(&Column::Amount) {
                self.fault(Column::Amount, Trouble::Required);
            }
            return known;
        };
        // Without a currency, only the form can be judged; the one with the most decimals has the least to say.
        match amount::parse(&text, currency.unwrap_or(Currency::Usd), self.reader.settings.decimal_mark) {
            Ok(money) => currency.map_or(Amount::Unknown, |_| Amount::Known(money)),
            Err(AmountFault::Decimals(_)) if currency.is_none() => Amount::Unknown,
            Err(fault) => {
                self.fault(Column::Amount, Trouble::Amount(fault));
                known
            }
        }
    }

    /// The reference and the order id, of which at least one has to be there.
    fn names(&mut self) -> (Option<String>, Option<OrderId>) {
        let id = self.parse(Column::OrderId, |text| {
            if amount::is_scientific(text) {
                return Err(Trouble::Scientific);
            }
            OrderId::parse(text).map_err(|_| Trouble::OrderId)
        });
        let reference = self.parse(Column::Reference, |text| {
            let plain =
                text.len() <= REFERENCE && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
            if amount::is_scientific(text) {
                Err(Trouble::Scientific)
            } else if plain {
                Ok(text.to_owned())
            } else {
                Err(Trouble::Reference)
            }
        });
        let faulty = self.unread.iter().any(|column| [Column::OrderId, Column::Reference].contains(column));
        match (reference, id) {
            (None, None) if !faulty => {
                self.fault(Column::Reference, Trouble::Required);
                (None, None)
            }
            (None, Some(id)) if !faulty => (Some(id.as_str().to_owned()), Some(id)),
            (Some(reference), None) if !faulty => {
                let id = OrderId::derive(&self.reader.settings.namespace, Operation::Payout, &reference);
                (Some(reference), Some(id))
            }
            (reference, id) => (reference, id),
        }
    }

    fn channel(
        &mut self,
        home: Option<Country>,
        bank_code: Option<&str>,
        gateway: Option<&dyn PaymentProvider>,
    ) -> Channel {
        let Some(name) = self.take(Column::Operator) else {
            return if bank_code.is_some() { Channel::Bank } else { Channel::Any };
        };
        let Some(home) = home else {
            let blamed = [Column::Country, Column::Phone].iter().any(|column| self.unread.contains(column));
            if !blamed {
                self.fault(Column::Country, Trouble::Required);
            }
            self.unread.push(Column::Operator);
            return Channel::Any;
        };
        place::channel(&name, home, gateway)
    }

    fn recipient(&mut self, phone: Option<PhoneNumber>, country: Option<Country>) -> Customer {
        let mut recipient = Customer::default();
        recipient.phone = phone;
        recipient.country = country;
        recipient.id = self.parse(Column::Account, |text| {
            if amount::is_scientific(text) { Err(Trouble::Scientific) } else { Ok(text.to_owned()) }
        });
        recipient.name = self.take(Column::Name);
        recipient.surname = self.take(Column::Surname);
        recipient.email = self.take(Column::Email);
        recipient.address = self.take(Column::Address);
        recipient
    }

    fn document(&mut self) -> Option<Document> {
        let kind = self.parse(Column::DocumentKind, |text| match fold(text).as_str() {
            "passport" | "passeport" => Ok(DocumentKind::Passport),
            "national_id" | "cni" | "carte_d_identite" | "carte_nationale_d_identite" => {
                Ok(DocumentKind::NationalId)
            }
            "driving_licence" | "driving_license" | "permis" | "permis_de_conduire" => {
                Ok(DocumentKind::DrivingLicence)
            }
            _ => Err(Trouble::DocumentKind),
        });
        let number = self.parse(Column::DocumentNumber, |text| {
            if amount::is_scientific(text) { Err(Trouble::Scientific) } else { Ok(text.to_owned()) }
        });
        match (kind, number) {
            (Some(kind), Some(number)) => Some(Document { kind, number }),
            (None, Some(_)) if !self.unread.contains(&Column::DocumentKind) => {
                self.fault(Column::DocumentKind, Trouble::Required);
                None
            }
            _ => None,
        }
    }
}

/// The most bytes of a reference.
const REFERENCE: usize = 64;
