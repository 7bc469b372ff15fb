//! The words behind a call: `order=A-1 amount=500XOF payer.phone=+2250700000000 description="two books"`.

use std::time::Duration;

use nzimbu_core::{
    Channel, Country, Currency, Customer, Document, DocumentKind, GatewayRef, Language, Money, Operation,
    Operator, OrderId, OrderName, OrderRef, PaymentRequest, PayoutRequest, PhoneNumber,
};

/// Named words, each to be taken once.
#[derive(Clone, Debug, Default)]
pub struct Args(Vec<(String, String)>);

impl Args {
    /// Reads `name=value` words; a value with blanks stands in double quotes, and `\n` in one is a line feed.
    ///
    /// # Errors
    /// When a word has no `=`, a name comes twice, or a quote stays open.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut args = Self::default();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (name, after) = rest.split_once('=').ok_or_else(|| format!("a word without `=`: {rest}"))?;
            let (value, after) = match after.strip_prefix('"') {
                Some(quoted) => {
                    let (value, after) =
                        quoted.split_once('"').ok_or_else(|| format!("an open quote after {name}"))?;
                    (value.replace("\\n", "\n"), after)
                }
                None => {
                    let end = after.find(' ').unwrap_or(after.len());
                    (after[..end].to_owned(), &after[end..])
                }
            };
            if args.0.iter().any(|(known, _)| known == name) {
                return Err(format!("{name} stands twice"));
            }
            args.0.push((name.to_owned(), value));
            rest = after.trim_start();
        }
        Ok(args)
    }

    /// Takes a word out.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let place = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(place).1)
    }

    /// Takes out a word that has to be there.
    ///
    /// # Errors
    /// When it is not.
    pub fn need(&mut self, name: &str) -> Result<String, String> {
        self.take(name).ok_or_else(|| format!("{name} is missing"))
    }

    /// Takes out every word whose name begins so, without that beginning: `metadata.cart=7`.
    pub fn take_all(&mut self, prefix: &str) -> Vec<(String, String)> {
        let (taken, kept) =
            std::mem::take(&mut self.0).into_iter().partition(|(name, _)| name.starts_with(prefix));
        self.0 = kept;
        let cut = |(name, value): (String, String)| (name[prefix.len()..].to_owned(), value);
        Vec::into_iter(taken).map(cut).collect()
    }

    /// Whether every word was taken.
    ///
    /// # Errors
    /// Those that were not, by name.
    pub fn finish(self) -> Result<(), String> {
        let names: Vec<_> = self.0.into_iter().map(|(name, _)| name).collect();
        if names.is_empty() { Ok(()) } else { Err(format!("nobody knows {}", names.join(", "))) }
    }

    /// Reads `500XOF` or `12.50GHS`.
    ///
    /// # Errors
    /// When the word is missing or no amount.
    pub fn money(&mut self, name: &str) -> Result<Money, String> {
        money(&self.need(name)?)
    }

    /// Reads a currency.
    ///
    /// # Errors
    /// When the word is missing or no currency.
    pub fn currency(&mut self, name: &str) -> Result<Currency, String> {
        Currency::parse(&self.need(name)?).map_err(told(name))
    }

    /// Reads an order id of ours.
    ///
    /// # Errors
    /// When the word is missing or no order id.
    pub fn order(&mut self) -> Result<OrderId, String> {
        OrderId::parse(&self.need("order")?).map_err(told("order"))
    }

    /// Reads a phone number, if there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn phone(&mut self, name: &str) -> Result<Option<PhoneNumber>, String> {
        self.take(name).map(|text| PhoneNumber::parse(&text).map_err(told(name))).transpose()
    }

    /// Reads a country, if there is one.
    ///
    /// # Errors
    /// When it is no country.
    pub fn country(&mut self, name: &str) -> Result<Option<Country>, String> {
        self.take(name).map(|text| Country::parse(&text).map_err(told(name))).transpose()
    }

    /// Reads a number, if there is one.
    ///
    /// # Errors
    /// When it is no number of this type.
    pub fn number<N: std::str::FromStr<Err: std::fmt::Display>>(
        &mut self,
        name: &str,
    ) -> Result<Option<N>, String> {
        self.take(name).map(|text| text.parse().map_err(|error| format!("{name}: {error}"))).transpose()
    }

    /// Reads whole seconds, if there are any.
    ///
    /// # Errors
    /// When it is no number.
    pub fn seconds(&mut self, name: &str) -> Result<Option<Duration>, String> {
        Ok(self.number(name)?.map(Duration::from_secs))
    }

    /// Reads the fields of a person behind a prefix such as `payer.`.
    ///
    /// # Errors
    /// When phone number or country cannot be read.
    pub fn customer(&mut self, prefix: &str) -> Result<Customer, String> {
        let mut person = Customer::default();
        let slots = [
            ("id", &mut person.id),
            ("name", &mut person.name),
            ("surname", &mut person.surname),
            ("email", &mut person.email),
            ("address", &mut person.address),
            ("city", &mut person.city),
            ("state", &mut person.state),
            ("zip", &mut person.zip),
        ];
        for (name, slot) in slots {
            *slot = self.take(&format!("{prefix}{name}"));
        }
        person.phone = self.phone(&format!("{prefix}phone"))?;
        person.country = self.country(&format!("{prefix}country"))?;
        Ok(person)
    }

    /// Reads a channel: `any`, `bank`, `card`, `mobile_money`, `wallet` or `CI/Orange`.
    ///
    /// # Errors
    /// When it is none of them.
    pub fn channel(&mut self) -> Result<Channel, String> {
        Ok(match self.take("channel").as_deref() {
            None | Some("any") => Channel::Any,
            Some("bank") => Channel::Bank,
            Some("card") => Channel::Card,
            Some("mobile_money") => Channel::MobileMoney,
            Some("wallet") => Channel::Wallet,
            Some(other) => {
                let (country, name) = other.split_once('/').ok_or_else(|| format!("no channel: {other}"))?;
                Channel::Operator(Operator::new(Country::parse(country).map_err(told("channel"))?, name))
            }
        })
    }

    /// Reads a payment in the common model.
    ///
    /// # Errors
    /// When a word cannot be read.
    pub fn payment(&mut self) -> Result<PaymentRequest, String> {
        let mut request = PaymentRequest::new(self.order()?, self.money("amount")?);
        request.channel = self.channel()?;
        request.payer = self.customer("payer.")?;
        request.description = self.take("description");
        request.notify_url = self.take("notify_url");
        request.return_url = self.take("return_url");
        request.language = self.language()?;
        request.metadata = self.take_all("metadata.").into_iter().collect();
        Ok(request)
    }

    /// Reads a payout in the common model.
    ///
    /// # Errors
    /// When a word cannot be read.
    pub fn payout(&mut self) -> Result<PayoutRequest, String> {
        let mut request = PayoutRequest::new(self.order()?, self.money("amount")?, self.channel()?);
        request.recipient = self.customer("recipient.")?;
        request.bank_code = self.take("bank_code");
        request.document = self.document()?;
        request.reason = self.take("reason");
        request.notify_url = self.take("notify_url");
        request.metadata = self.take_all("metadata.").into_iter().collect();
        Ok(request)
    }

    /// Reads the order that a status is asked for.
    ///
    /// # Errors
    /// When `operation` or `order` is missing or wrong.
    pub fn order_ref(&mut self) -> Result<OrderRef, String> {
        let operation = match self.need("operation")?.as_str() {
            "payment" => Operation::Payment,
            "payout" => Operation::Payout,
            other => return Err(format!("no operation: {other}")),
        };
        let mut order =
            OrderRef::new(operation, OrderName::parse(&self.need("order")?).map_err(told("order"))?);
        order.reference = self.take("reference").and_then(|text| GatewayRef::new(&text));
        Ok(order)
    }

    /// Reads a language, if there is one.
    ///
    /// # Errors
    /// When it is neither `en` nor `fr`.
    pub fn language(&mut self) -> Result<Option<Language>, String> {
        match self.take("language").as_deref() {
            None => Ok(None),
            Some("en") => Ok(Some(Language::En)),
            Some("fr") => Ok(Some(Language::Fr)),
            Some(other) => Err(format!("no language: {other}")),
        }
    }

    fn document(&mut self) -> Result<Option<Document>, String> {
        let Some(text) = self.take("document") else { return Ok(None) };
        let (kind, number) = text.split_once(':').ok_or("document is kind:number")?;
        let kind = match kind {
            "driving_licence" => DocumentKind::DrivingLicence,
            "national_id" => DocumentKind::NationalId,
            "passport" => DocumentKind::Passport,
            other => return Err(format!("no document: {other}")),
        };
        Ok(Some(Document { kind, number: number.to_owned() }))
    }
}

/// Reads `500XOF` or `12.50GHS`.
///
/// # Errors
/// When it is no amount.
pub fn money(text: &str) -> Result<Money, String> {
    let cut = text.len().checked_sub(3).filter(|cut| text.is_char_boundary(*cut));
    let (value, code) = text.split_at(cut.ok_or_else(|| format!("no amount: {text}"))?);
    let currency = Currency::parse(code).map_err(told(text))?;
    Money::parse_major(value, currency).map_err(told(text))
}

fn told<E: std::fmt::Display>(name: &str) -> impl Fn(E) -> String {
    move |error| format!("{name}: {error}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failing test may panic")]
    use super::*;

    #[test]
    fn words_are_taken_once_and_none_is_passed_over() {
        let mut args = Args::parse(r#"a=1 b="two words" metadata.x=7 c="#).unwrap();
        assert_eq!(args.take("b").as_deref(), Some("two words"));
        assert_eq!(args.take("b"), None);
        assert_eq!(args.take_all("metadata."), [("x".to_owned(), "7".to_owned())]);
        assert_eq!(args.clone().finish().unwrap_err(), "nobody knows a, c");
        for wrong in ["word", r#"a="open"#, "a=1 a=2"] {
            assert!(Args::parse(wrong).is_err(), "{wrong}");
        }
    }
}
