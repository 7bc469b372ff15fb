//! The payment counter at `payment_url`: what the payer chooses, confirms, and how the browser goes back.

use askama::Template;

use super::operators::{self, Country, Operator, Universe};
use super::rules::{Order, split_phone};
use super::{Cause, Checkout, Payer, Payment, State, seamless};
use crate::gateway::{Decision, Effects, Reply, Request, field};
use crate::html::{Language, Leads, Page, grouped};
use crate::moment::Moment;

impl Checkout {
    pub(super) fn page(
        &mut self,
        request: &Request,
        token: &str,
        now: Moment,
        effects: &mut Effects,
    ) -> Reply {
        let Some(serial) = self.payments.find("token", token) else {
            return Page::new(request, &self.guard, None, Language::French).not_found();
        };
        let payment = self.payments.get(serial);
        let order = &payment.order;
        let ordered = order.language_chosen.then_some(order.language);
        let page = Page::new(request, &self.guard, ordered, Language::French);
        if request.method != "POST" {
            return self.show(&payment, &page, request);
        }
        let form = request.form_pairs();
        if !self.guard.permits(request, &form) {
            return page.foreign_form();
        }
        if payment.state == State::Waiting {
            let done = match field(&form, "step") {
                Some("choose") => self.choose(serial, &page, &form, effects),
                _ => self.answer_prompt(serial, &page, &form, now, effects),
            };
            if let Err(reply) = done {
                return reply;
            }
        }
        Reply::see_other(page.here())
    }

    /// Notes who pays, and sends the first of several notifications when a prompt goes to a phone.
    fn choose(
        &mut self,
        serial: u64,
        page: &Page,
        form: &[(String, String)],
        effects: &mut Effects,
    ) -> Result<(), Reply> {
        let payment = self.payments.get(serial);
        let order = &payment.order;
        let country = country(order, field(form, "country"));
        let given = field(form, "operator").unwrap_or_default();
        let typed = field(form, "phone").unwrap_or_default();
        let again = |problem| counter(&payment, page, country, given, Some(typed), Some(problem));
        let Some(operator) = offered(order, country).find(|operator| operator.code == given) else {
            return Err(again(page.t("Choisissez un moyen de paiement.", "Choose how to pay.")));
        };
        let phone = match (operator.universe, locked_phone(order)) {
            (Universe::Card, _) => String::new(),
            (_, Some(phone)) => phone.to_owned(),
            _ => match local_digits(typed, country) {
                Some(digits) => digits,
                None => {
                    return Err(again(page.t(
                        "Entrez un numéro de 8 à 10 chiffres, sans l’indicatif.",
                        "Enter a number of 8 to 10 digits, without the country prefix.",
                    )));
                }
            },
        };
        let prompted = operator.universe != Universe::Card;
        // The notification of a card has neither prefix nor number.
        let prefix = if prompted { country.prefix } else { "" };
        let payer = Payer { operator: operator.code, prefix, phone };
        self.payments.change(serial, |payment| payment.payer = Some(payer));
        if prompted {
            self.notify(serial, effects);
        }
        Ok(())
    }

    fn answer_prompt(
        &mut self,
        serial: u64,
        page: &Page,
        form: &[(String, String)],
        now: Moment,
        effects: &mut Effects,
    ) -> Result<(), Reply> {
        let decision = match (field(form, "decision"), field(form, "pin").map(str::trim)) {
            (Some("approve"), None | Some(PIN)) => Decision::Approve,
            (Some("approve"), Some("")) => {
                let problem = page.t("Entrez le code secret.", "Enter the PIN.");
                return Err(confirm(&self.payments.get(serial), page, Some(problem)));
            }
            (Some("approve"), Some(_)) => Decision::WrongPin,
            (Some(name), _) => match Decision::parse(name) {
                Some(decision) => decision,
                None => return Ok(()),
            },
            (None, _) => return Ok(()),
        };
        self.decide(serial, decision, now, effects);
        Ok(())
    }

    fn show(&self, payment: &Payment, page: &Page, request: &Request) -> Reply {
        let query = request.query_pairs();
        match (payment.state, &payment.payer) {
            (State::Waiting, Some(_)) if field(&query, "change").is_none() => confirm(payment, page, None),
            (State::Waiting, payer) => {
                let country = country(&payment.order, field(&query, "country"));
                let chosen = payer.as_ref().map_or("", |payer| payer.operator);
                counter(payment, page, country, chosen, None, None)
            }
            _ => ended(payment, page, &self.base_url),
        }
    }
}

#[derive(Template)]
#[template(path = "counter.html")]
struct Counter<'a> {
    page: &'a Page,
    order: &'a Order,
    amount: String,
    countries: &'a [Country],
    country: &'a Country,
    groups: Vec<Group>,
    chosen: &'a str,
    phone: &'a str,
    locked: bool,
    asks_phone: bool,
    phone_required: bool,
    problem: Option<&'static str>,
    state_url: String,
}

/// The operators of one universe.
struct Group {
    french: &'static str,
    english: &'static str,
    operators: Vec<&'static Operator>,
}

fn counter(
    payment: &Payment,
    page: &Page,
    country: &'static Country,
    chosen: &str,
    typed: Option<&str>,
    problem: Option<&'static str>,
) -> Reply {
    let order = &payment.order;
    let locked = locked_phone(order).is_some();
    let all = operators::countries(order.currency);
    let groups: Vec<Group> = UNIVERSES
        .into_iter()
        .map(|(universe, french, english)| Group {
            french,
            english,
            operators: offered(order, country).filter(|operator| operator.universe == universe).collect(),
        })
        .filter(|group| !group.operators.is_empty())
        .collect();
    let cards = offered(order, country).any(|operator| operator.universe == Universe::Card);
    let phones = offered(order, country).any(|operator| operator.universe != Universe::Card);
    let known =
        || order.phone.as_deref().and_then(split_phone).filter(|(prefix, _)| *prefix == country.prefix);
    let template = Counter {
        page,
        order,
        amount: amount(order),
        // A fixed number belongs to one country.
        countries: if locked { &[] } else { all },
        country,
        groups,
        chosen,
        phone: typed.or_else(|| known().map(|(_, local)| local)).unwrap_or_default(),
        locked: locked && phones,
        asks_phone: phones,
        phone_required: phones && !cards,
        problem,
        state_url: seamless::state_path(&payment.token),
    };
    page.reply(if problem.is_some() { 422 } else { 200 }, &template, Leads::Here)
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct Confirm<'a> {
    page: &'a Page,
    order: &'a Order,
    amount: String,
    operator: &'static str,
    prefix: &'static str,
    phone: &'a str,
    problem: Option<&'static str>,
    state_url: String,
}

fn confirm(payment: &Payment, page: &Page, problem: Option<&'static str>) -> Reply {
    let order = &payment.order;
    let (operator, prefix, phone) = match &payment.payer {
        Some(payer) => (operators::name(payer.operator), payer.prefix, payer.phone.as_str()),
        None => (operators::usual(order.currency).name, "", ""),
    };
    let template = Confirm {
        page,
        order,
        amount: amount(order),
        operator,
        prefix,
        phone,
        problem,
        state_url: seamless::state_path(&payment.token),
    };
    page.reply(if problem.is_some() { 422 } else { 200 }, &template, Leads::Here)
}

#[derive(Template)]
#[template(path = "ended.html")]
struct Ended<'a> {
    page: &'a Page,
    order: &'a Order,
    amount: String,
    title: &'static str,
    accepted: bool,
    code: &'static str,
    message: &'static str,
    token: &'a str,
    /// CinetPay posts the browser there; a payment opened by the Seamless script has none.
    return_url: Option<&'a str>,
}

fn ended(payment: &Payment, page: &Page, base_url: &str) -> Reply {
    let order = &payment.order;
    let title = match payment.state {
        State::Accepted { .. } => page.t("Paiement accepté", "Payment accepted"),
        State::Refused { cause: Cause::Expired, .. } => page.t("Paiement expiré", "Payment expired"),
        State::Refused { cause: Cause::WrongPin, .. } => {
            page.t("Paiement refusé : code secret faux", "Payment refused: wrong PIN")
        }
        State::Refused { cause: Cause::TooLittleMoney, .. } => {
            page.t("Paiement refusé : solde insuffisant", "Payment refused: too little money")
        }
        State::Refused { .. } | State::Waiting => page.t("Paiement refusé", "Payment refused"),
    };
    let (code, message) = payment.code();
    let return_url = Some(order.return_url.as_str()).filter(|url| !seamless::is_end(url, base_url));
    let leads = if return_url.is_some() { Leads::ToMerchant } else { Leads::Here };
    let template = Ended {
        page,
        order,
        amount: amount(order),
        title,
        accepted: matches!(payment.state, State::Accepted { .. }),
        code,
        message,
        token: &payment.token,
        return_url,
    };
    page.reply(200, &template, leads)
}

/// The country asked for, else that of the payer's number, else the usual one of the currency.
fn country(order: &Order, asked: Option<&str>) -> &'static Country {
    let all = operators::countries(order.currency);
    let of_number = || {
        let (prefix, _) = split_phone(order.phone.as_deref()?)?;
        all.iter().find(|country| country.prefix == prefix)
    };
    let asked = asked.filter(|_| locked_phone(order).is_none());
    asked
        .and_then(|code| all.iter().find(|country| country.code == code))
        .or_else(of_number)
        .unwrap_or(&all[0])
}

/// What the request's channels allow; cards only together with a card block ("Initiating a payment").
fn offered(order: &Order, country: &'static Country) -> impl Iterator<Item = &'static Operator> {
    let (channels, has_holder) = (order.channels, order.card_holder.is_some());
    country.operators.iter().filter(move |operator| {
        channels.allow(operator.universe) && (operator.universe != Universe::Card || has_holder)
    })
}

/// The local part of the number that the payer cannot change.
fn locked_phone(order: &Order) -> Option<&str> {
    let phone = order.phone.as_deref().filter(|_| order.phone_locked)?;
    split_phone(phone).map(|(_, local)| local)
}

/// Digits however they were typed, with or without the country's prefix.
fn local_digits(typed: &str, country: &Country) -> Option<String> {
    let digits: String = typed.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '\u{a0}' | '+')).collect();
    let international = typed.trim_start().starts_with('+') || digits.len() > 10;
    let local = if international { digits.strip_prefix(country.prefix)? } else { &digits };
    let fits = (8..=10).contains(&local.len()) && local.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| local.to_owned())
}

fn amount(order: &Order) -> String {
    format!("{}\u{a0}{}", grouped(&order.amount.to_string()), order.currency)
}

/// The PIN that the page itself tells the tester.
const PIN: &str = "1234";

const UNIVERSES: [(Universe, &str, &str); 3] = [
    (Universe::MobileMoney, "Mobile money", "Mobile money"),
    (Universe::Wallet, "Portefeuille électronique", "Wallet"),
    (Universe::Card, "Carte bancaire", "Bank card"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_type_them() {
        let ivory_coast = &operators::countries("XOF")[0];
        for typed in ["0707070707", "07 07 07 07 07", "+225 07-07.07 0707", "2250707070707"] {
            assert_eq!(local_digits(typed, ivory_coast).as_deref(), Some("0707070707"), "{typed}");
        }
        for typed in ["", "070707", "07070707070", "+221 0707070707", "07070<7070", "٠٧٠٧٠٧٠٧٠٧"] {
            assert_eq!(local_digits(typed, ivory_coast), None, "{typed}");
        }
    }
}
