//! Bitlipa's pages: the hosted payment page behind a signed link, and the page where the customer decides.

use askama::Template;

use super::directory::{self, Flow};
use super::rules::{self, Draft, Operation};
use super::shapes::{BANK_NAME, decimal};
use super::states::{Failure, State};
use super::{Bitlipa, Order, sign};
use crate::gateway::{Decision, Effects, Reply, Request, field, is_web_address};
use crate::html::{self, Language, Leads, Page, grouped};
use crate::moment::Moment;

impl Bitlipa {
    pub(super) fn page(&mut self, request: &Request, now: Moment, effects: &mut Effects) -> Reply {
        if let Some(reply) = html::asset(request) {
            return reply;
        }
        // Links are built from the address with or without its last slash.
        let path = request.path.trim_matches('/');
        match path.split_once('/') {
            None if path.is_empty() => self.hosted(request, now, effects),
            Some(("pay", token)) => match self.orders.find("page", token) {
                Some(serial) => self.pay(serial, request, now, effects),
                None => self.plain(request).not_found(),
            },
            Some(("state", token)) => match self.orders.find("page", token) {
                Some(serial) => Reply::text(200, &self.orders.get(serial).state.code().to_string()),
                None => self.plain(request).not_found(),
            },
            _ => self.plain(request).not_found(),
        }
    }

    fn plain(&self, request: &Request) -> Page {
        Page::new(request, &self.guard, None, Language::English)
    }

    fn hosted(&mut self, request: &Request, now: Moment, effects: &mut Effects) -> Reply {
        let page = self.plain(request);
        let link = request.query_pairs();
        if !self.is_genuine(&link) {
            return refused(
                &page,
                403,
                page.t("Le lien n’est pas signé par le marchand.", "The link is not signed by the merchant."),
            );
        }
        if let Some(serial) = field(&link, "order_id").and_then(|id| self.orders.find("order_id", id)) {
            return Reply::see_other(page.at(&format!("/pay/{}", self.orders.get(serial).page_token)));
        }
        let provider_id = match check_link(&link) {
            Ok(provider_id) => provider_id,
            Err(reason) => return refused(&page, 400, reason),
        };
        let form = request.form_pairs();
        let entered = Entered::read(&link, &form);
        if request.method != "POST" {
            return entered.ask(&page, None);
        }
        if !self.guard.permits(request, &form) {
            return page.foreign_form();
        }
        let amount = match entered.check(provider_id) {
            Ok(amount) => amount,
            Err(problem) => return entered.ask(&page, Some(problem)),
        };
        let draft = Draft {
            operation: Operation::C2b,
            order_id: field(&link, "order_id").unwrap_or_default().to_owned(),
            customer_id: field(&link, "customer_id").unwrap_or_default().to_owned(),
            provider_id,
            amount,
            currency: "NGN",
            callback_url: field(&link, "callback_url").filter(|url| !url.is_empty()).map(str::to_owned),
            flow: Flow::Hosted,
            refused_by_operator: None,
        };
        match self.accept(draft, now, effects) {
            Some(serial) => {
                Reply::see_other(page.at(&format!("/pay/{}", self.orders.get(serial).page_token)))
            }
            None => Reply::full(),
        }
    }

    /// The reader's language is the page's own parameter: it is not part of what the merchant signed.
    fn is_genuine(&self, link: &[(String, String)]) -> bool {
        let signed: Vec<(String, String)> = link.iter().filter(|(name, _)| name != "lang").cloned().collect();
        let given = field(link, "signature").unwrap_or("").to_ascii_lowercase();
        let genuine =
            |pairs: &[(String, String)]| sign::same(&sign::sign_pairs(pairs, &self.account.secret), &given);
        (genuine(link) || genuine(&signed))
            && field(link, "merchant_id") == Some(self.account.merchant_id.as_str())
    }

    fn pay(&mut self, serial: u64, request: &Request, now: Moment, effects: &mut Effects) -> Reply {
        let order = self.orders.get(serial);
        // Bitlipa's requests name no language: French where the franc of West or Central Africa is paid.
        let usual =
            if matches!(order.currency, "XOF" | "XAF") { Language::French } else { Language::English };
        let page = Page::new(request, &self.guard, None, usual);
        if request.method != "POST" {
            return show(&order, &page, None);
        }
        let form = request.form_pairs();
        if !self.guard.permits(request, &form) {
            return page.foreign_form();
        }
        let Some(decision) = field(&form, "decision").and_then(Decision::parse) else {
            return show(&order, &page, None);
        };
        let must_know_code = order.flow == Flow::Redirect && decision == Decision::Approve;
        let decision = match field(&form, "otp").map(str::trim).unwrap_or_default() {
            OTP => decision,
            _ if !must_know_code || order.state != State::InProgress => decision,
            "" => return show(&order, &page, Some(page.t("Entrez le code.", "Enter the code."))),
            _ => {
                let misses = self.orders.change(serial, |order| {
                    order.misses += 1;
                    order.misses
                });
                if misses < MAX_MISSES {
                    return show(&order, &page, Some(page.t("Le code est faux.", "The code is wrong.")));
                }
                Decision::WrongPin
            }
        };
        self.decide(serial, decision, now, effects);
        Reply::see_other(page.here())
    }
}

/// What the link and the customer together say.
struct Entered {
    amount: String,
    email: String,
    name: String,
    amount_is_fixed: bool,
}

/// What is wrong with one field of the form.
#[derive(Clone, Copy)]
struct Problem {
    field: &'static str,
    french: &'static str,
    english: &'static str,
}

impl Entered {
    fn read(link: &[(String, String)], form: &[(String, String)]) -> Entered {
        let fixed = field(link, "amount").filter(|amount| rules::hundredths(amount).is_some());
        let either = |name: &str| {
            field(form, name).or_else(|| field(link, name)).unwrap_or_default().trim().to_owned()
        };
        Entered {
            amount: fixed.map_or_else(|| either("amount"), str::to_owned),
            email: either("email"),
            name: either("name"),
            amount_is_fixed: fixed.is_some(),
        }
    }

    fn check(&self, provider_id: i64) -> Result<u64, Problem> {
        let problem = |field, french, english| Problem { field, french, english };
        let amount = rules::hundredths(&self.amount).filter(|amount| *amount > 0).ok_or(problem(
            "amount",
            "Entrez un montant tel que 100.00.",
            "Enter an amount such as 100.00.",
        ))?;
        let limits = directory::find(provider_id).ok_or(problem(
            "amount",
            "Ce fournisseur est inconnu.",
            "This provider is unknown.",
        ))?;
        if amount < limits.c2b_min || limits.max.is_some_and(|max| amount > max) {
            return Err(problem(
                "amount",
                "Le montant est hors des limites du fournisseur.",
                "The amount is outside the limits of the provider.",
            ));
        }
        if self.name.is_empty() {
            return Err(problem("name", "Entrez un nom.", "Enter a name."));
        }
        if !self.email.contains('@') {
            return Err(problem("email", "Entrez une adresse électronique.", "Enter an e-mail address."));
        }
        Ok(amount)
    }

    fn ask(&self, page: &Page, problem: Option<Problem>) -> Reply {
        let wrong = problem.map_or("", |problem| problem.field);
        let template = Hosted {
            page,
            entered: self,
            wrong,
            problem: problem.map(|problem| page.t(problem.french, problem.english)),
        };
        page.reply(if problem.is_some() { 422 } else { 200 }, &template, Leads::Here)
    }
}

#[derive(Template)]
#[template(path = "hosted.html")]
struct Hosted<'a> {
    page: &'a Page,
    entered: &'a Entered,
    wrong: &'static str,
    problem: Option<&'static str>,
}

/// What the merchant, not the customer, has to get right. Both spellings of Nigeria stand in the documents.
fn check_link(link: &[(String, String)]) -> Result<i64, &'static str> {
    let is = |name: &str, allowed: &[&str]| field(link, name).is_some_and(|value| allowed.contains(&value));
    if !field(link, "order_id").is_some_and(rules::is_order_id) {
        return Err("order_id must be 1 to 128 characters of A-Z a-z 0-9 _ : . -");
    }
    if !is("country", &["NG", "NGA"]) || !is("currency", &["NGN"]) {
        return Err("country must be NG and currency NGN");
    }
    if !is("operation", &["c2b"]) || !is("type", &["bank_transfer"]) {
        return Err("operation must be c2b and type bank_transfer");
    }
    if field(link, "callback_url").is_some_and(|url| !url.is_empty() && !is_web_address(url)) {
        return Err("callback_url must be an http or https URL");
    }
    match field(link, "provider_id").and_then(|id| id.parse().ok()) {
        Some(id @ (5008 | 5010 | 5011)) => Ok(id),
        _ => Err("provider_id must be 5008, 5010 or 5011"),
    }
}

#[derive(Template)]
#[template(path = "pay.html")]
struct Pay<'a> {
    page: &'a Page,
    order: &'a Order,
    amount: String,
    /// What there is left to do, or how it ended.
    title: &'static str,
    open: bool,
    accepted: bool,
    asks_code: bool,
    bank: Option<&'static str>,
    status: i64,
    problem: Option<&'static str>,
}

fn show(order: &Order, page: &Page, problem: Option<&'static str>) -> Reply {
    let by_transfer = matches!(order.flow, Flow::Bank | Flow::Hosted);
    let title = match order.state {
        _ if order.state.is_open() && by_transfer => page.t("Payez par virement", "Pay by bank transfer"),
        _ if order.state.is_open() => page.t("Confirmez le paiement", "Confirm the payment"),
        State::Success => page.t("Paiement accepté", "Payment accepted"),
        State::Cancelled => page.t("Paiement expiré", "Payment expired"),
        State::Failed(Failure::WrongPin) => {
            page.t("Paiement refusé : code faux", "Payment refused: wrong code")
        }
        State::Failed(Failure::TooLittleMoney) => {
            page.t("Paiement refusé : solde insuffisant", "Payment refused: too little money")
        }
        State::PartlyCancelled => page.t("Paiement annulé en partie", "Payment cancelled in part"),
        _ => page.t("Paiement refusé", "Payment refused"),
    };
    let template = Pay {
        page,
        order,
        amount: format!("{}\u{a0}{}", grouped(&decimal(order.amount)), order.currency),
        title,
        open: order.state.is_open(),
        accepted: order.state == State::Success,
        asks_code: order.flow == Flow::Redirect,
        bank: by_transfer.then_some(BANK_NAME),
        status: order.state.code(),
        problem,
    };
    page.reply(if problem.is_some() { 422 } else { 200 }, &template, Leads::Here)
}

fn refused(page: &Page, status: u16, reason: &str) -> Reply {
    page.notice(status, page.t("Paiement impossible", "Payment not possible"), reason)
}

/// The one-time password that the page itself tells the tester.
const OTP: &str = "1234";

/// So many wrong codes end the payment.
const MAX_MISSES: u8 = 3;
