//! The virtual handset: the prompts that wait on the customer's phone.

use askama::Template;

use super::views;
use crate::gateway::{Decision, Reply, Request, field};
use crate::html::{Leads, Page, grouped};
use crate::hub::{Hub, Wanted};
use crate::view::OrderView;
use crate::view::Prompt::Shown;

/// The numbers that have prompts, or those of one number.
pub(super) fn show(hub: &Hub, page: &Page, request: &Request, problem: Option<&'static str>) -> Reply {
    let query = request.query_pairs();
    let wanted: String =
        field(&query, "phone").unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    let waiting = hub.orders(u64::MAX, MAX_PROMPTS, Wanted { prompt: Some(Shown), ..Wanted::default() });
    let number = |order: &OrderView| digits(order.prompted.as_deref().unwrap_or_default());
    let mut numbers: Vec<(String, usize)> = Vec::new();
    for order in &waiting {
        let number = number(order);
        match numbers.iter_mut().find(|(known, _)| *known == number) {
            Some((_, count)) => *count += 1,
            None => numbers.push((number, 1)),
        }
    }
    let prompts = waiting
        .iter()
        // A number may be typed with or without the country's prefix.
        .filter(|order| !wanted.is_empty() && number(order).ends_with(&wanted))
        .map(|order| Prompt {
            gateway: order.gateway,
            merchant: order.merchant,
            place: views::at(order.gateway, order.merchant),
            order_id: order.order_id.clone(),
            phone: number(order),
            amount: format!("{}\u{a0}{}", grouped(&order.amount), order.currency),
        })
        .collect();
    let template = Handset { page, active: "/handset", wanted: &wanted, numbers, prompts, problem };
    page.reply(if problem.is_some() { 422 } else { 200 }, &template, Leads::Here)
}

/// What the customer does with a prompt.
pub(super) fn decide(hub: &Hub, page: &Page, request: &Request, form: &[(String, String)]) -> Reply {
    let decision = match (field(form, "decision"), field(form, "pin").map(str::trim).unwrap_or_default()) {
        (Some("approve"), PIN) => Some(Decision::Approve),
        (Some("approve"), "") => {
            return show(hub, page, request, Some(page.t("Entrez le code secret.", "Enter the PIN.")));
        }
        (Some("approve"), _) => Some(Decision::WrongPin),
        (name, _) => name.and_then(Decision::parse),
    };
    let (gateway, order_id) = (field(form, "gateway"), field(form, "order_id"));
    if let (Some(decision), Some(gateway), Some(order_id)) = (decision, gateway, order_id)
        && let Some(desk) = hub.desk(gateway, field(form, "merchant"))
    {
        // Nothing left to decide is what the page will show.
        hub.settle(desk, order_id, decision);
    }
    Reply::see_other(page.whole())
}

#[derive(Template)]
#[template(path = "dashboard/handset.html")]
struct Handset<'a> {
    page: &'a Page,
    active: &'static str,
    wanted: &'a str,
    /// With how many prompts.
    numbers: Vec<(String, usize)>,
    prompts: Vec<Prompt>,
    problem: Option<&'static str>,
}

struct Prompt {
    gateway: &'static str,
    merchant: &'static str,
    place: String,
    order_id: String,
    phone: String,
    amount: String,
}

fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// The PIN that the page itself tells the tester.
const PIN: &str = "1234";
const MAX_PROMPTS: usize = 200;
