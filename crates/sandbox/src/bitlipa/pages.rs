//! Bitlipa's pages: the hosted payment page behind a signed link, and the page where the customer decides.

use super::directory::{self, Flow};
use super::rules::{self, Draft, Operation};
use super::shapes::{BANK_NAME, decimal};
use super::states::State;
use super::{Bitlipa, Order, sign};
use crate::gateway::{Decision, Effects, Reply, Request, field, is_web_address};
use crate::html::{self, Html, Language, Leads};
use crate::moment::Moment;

impl Bitlipa {
    pub(super) fn page(&mut self, request: &Request, now: Moment, effects: &mut Effects) -> Reply {
        // Links are built from the address with or without its last slash.
        let path = request.path.trim_matches('/');
        if request.method == "POST" && !request.comes_from_own_page() {
            return html::foreign_form(Language::English);
        }
        match path.split_once('/') {
            None if path.is_empty() => self.hosted(request, now, effects),
            Some(("pay", token)) => match self.orders.find("page", token) {
                Some(serial) => self.pay(serial, request, now, effects),
                None => html::not_found(Language::English),
            },
            _ => html::not_found(Language::English),
        }
    }

    fn hosted(&mut self, request: &Request, now: Moment, effects: &mut Effects) -> Reply {
        let link = request.query_pairs();
        let given = field(&link, "signature").unwrap_or("").to_ascii_lowercase();
        let genuine = sign::same(&sign::sign_pairs(&link, &self.account.secret), &given);
        if !genuine || field(&link, "merchant_id") != Some(self.account.merchant_id.as_str()) {
            return refused(403, "The link is not signed by the merchant.");
        }
        if let Some(serial) = field(&link, "order_id").and_then(|id| self.orders.find("order_id", id)) {
            return Reply::see_other(format!("/pay/{}", self.orders.get(serial).page_token));
        }
        let form = request.form_pairs();
        let entered = Entered::read(&link, &form);
        let provider_id = match check_link(&link) {
            Ok(provider_id) => provider_id,
            Err(reason) => return refused(400, reason),
        };
        if request.method != "POST" {
            return entered.ask(request, None);
        }
        let amount = match entered.check(provider_id) {
            Ok(amount) => amount,
            Err(problem) => return entered.ask(request, Some(problem)),
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
            Some(serial) => Reply::see_other(format!("/pay/{}", self.orders.get(serial).page_token)),
            None => Reply::full(),
        }
    }

    fn pay(&mut self, serial: u64, request: &Request, now: Moment, effects: &mut Effects) -> Reply {
        if request.method != "POST" {
            return show(&self.orders.get(serial), None);
        }
        let form = request.form_pairs();
        let decision = match field(&form, "decision") {
            Some("approve") => Decision::Approve,
            Some("refuse") => Decision::Refuse,
            _ => return show(&self.orders.get(serial), None),
        };
        let order = self.orders.get(serial);
        let wrong = order.flow == Flow::Redirect
            && decision == Decision::Approve
            && field(&form, "otp").map(str::trim) != Some(OTP);
        if wrong {
            let language = language(&order);
            return show(&order, Some(language.pick("Le code est faux.", "The code is wrong.")));
        }
        self.decide(serial, decision, now, effects);
        Reply::see_other(format!("/pay/{}", self.orders.get(serial).page_token))
    }
}

/// What the link and the customer together say.
struct Entered {
    amount: String,
    email: String,
    name: String,
    amount_is_fixed: bool,
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

    fn check(&self, provider_id: i64) -> Result<u64, &'static str> {
        let amount = rules::hundredths(&self.amount).filter(|amount| *amount > 0);
        let Some(amount) = amount else { return Err("Enter an amount such as 100.00.") };
        let limits = directory::find(provider_id).ok_or("This provider is unknown.")?;
        if amount < limits.c2b_min || limits.max.is_some_and(|max| amount > max) {
            return Err("The amount is outside the limits of the provider.");
        }
        if !self.email.contains('@') {
            return Err("Enter an e-mail address.");
        }
        if self.name.is_empty() {
            return Err("Enter a name.");
        }
        Ok(amount)
    }

    fn ask(&self, request: &Request, problem: Option<&'static str>) -> Reply {
        let mut page = Html::default();
        if let Some(problem) = problem {
            page = page.markup("<p role=\"alert\"><strong>").markup(problem).markup("</strong></p>");
        }
        page = page.markup("<form method=\"post\" action=\"/?").text(&request.query).markup("\">");
        if self.amount_is_fixed {
            page = page.markup("<dl>").row("Amount (NGN)", &self.amount).markup("</dl>");
        } else {
            page = input(page, "amount", "Amount (NGN)", &self.amount);
        }
        page = input(page, "name", "Name", &self.name);
        page = input(page, "email", "E-mail", &self.email);
        page.markup("<button class=\"main\">Continue</button></form>").reply(
            if problem.is_some() { 422 } else { 200 },
            Language::English,
            "Payment",
            Leads::Here,
        )
    }
}

fn input(page: Html, name: &'static str, label: &'static str, value: &str) -> Html {
    page.markup("<label for=\"")
        .markup(name)
        .markup("\">")
        .markup(label)
        .markup("</label><input required id=\"")
        .markup(name)
        .markup("\" name=\"")
        .markup(name)
        .markup("\" value=\"")
        .text(value)
        .markup("\">")
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

fn show(order: &Order, problem: Option<&'static str>) -> Reply {
    let language = language(order);
    let mut page = Html::default()
        .markup("<dl>")
        .row(language.pick("Montant", "Amount"), &format!("{} {}", decimal(order.amount), order.currency))
        .row(language.pick("Commande", "Order"), &order.order_id);
    if matches!(order.flow, Flow::Bank | Flow::Hosted) {
        page = page.row("Bank", BANK_NAME).row("Account number", &order.account_number);
    }
    page = page.markup("</dl>");
    if !order.state.is_open() {
        let title = match order.state {
            State::Success => language.pick("Paiement accepté", "Payment accepted"),
            State::Cancelled | State::PartlyCancelled => language.pick("Paiement annulé", "Payment cancelled"),
            _ => language.pick("Paiement refusé", "Payment refused"),
        };
        return page.reply(200, language, title, Leads::Here);
    }
    if let Some(problem) = problem {
        page = page.markup("<p role=\"alert\"><strong>").markup(problem).markup("</strong></p>");
    }
    page = page.markup("<form method=\"post\" action=\"/pay/").text(&order.page_token).markup("\">");
    if order.flow == Flow::Redirect {
        page = page
            .markup("<label for=\"otp\">")
            .markup(language.pick("Code reçu par SMS (ici : 1234)", "Code received by SMS (here: 1234)"))
            .markup("</label><input id=\"otp\" name=\"otp\" inputmode=\"numeric\" autocomplete=\"one-time-code\">");
    }
    page.markup("<button class=\"main\" name=\"decision\" value=\"approve\">")
        .markup(language.pick("Payer", "Approve the payment"))
        .markup("</button><button name=\"decision\" value=\"refuse\">")
        .markup(language.pick("Refuser", "Refuse the payment"))
        .markup("</button></form>")
        .reply(
            if problem.is_some() { 422 } else { 200 },
            language,
            language.pick("Paiement", "Payment"),
            Leads::Here,
        )
}

fn refused(status: u16, reason: &'static str) -> Reply {
    Html::default().markup("<p>").markup(reason).markup("</p>").reply(
        status,
        Language::English,
        "Payment not possible",
        Leads::Here,
    )
}

/// French where the franc of West or Central Africa is paid.
fn language(order: &Order) -> Language {
    if matches!(order.currency, "XOF" | "XAF") { Language::French } else { Language::English }
}

/// The one-time password that the page itself tells the tester.
const OTP: &str = "1234";
