//! The pages, as text. Whatever was not written here goes through [`escape`].

use std::fmt::Write as _;

use nzimbu::{Fault, NextAction, Problem};

use crate::app::Wanted;
use crate::orders::{Order, PRODUCTS, Product, Standing};

pub(crate) fn home() -> String {
    let mut list = String::new();
    for product in &PRODUCTS {
        let _ = write!(
            list,
            "<li><a href=\"/products/{slug}\"><h2>{name}</h2><p>{about}</p><p class=\"price\">{price}</p></a></li>",
            slug = product.slug,
            name = escape(product.name),
            about = escape(product.about),
            price = price(product.francs),
        );
    }
    page("Marché", "", &format!("<h1>Marché</h1><ul class=\"products\">{list}</ul>"))
}

pub(crate) fn product(product: &Product, gateways: &[&str], form: &Wanted, faults: &[String]) -> String {
    let mut told = String::new();
    if !faults.is_empty() {
        let items: String = faults.iter().map(|fault| format!("<li>{}</li>", escape(fault))).collect();
        told = format!(
            "<div class=\"faults\" role=\"alert\"><p>Please look at this again:</p><ul>{items}</ul></div>"
        );
    }
    let mut choices = String::new();
    for gateway in gateways {
        let (name, how) = describe(gateway);
        let checked = if form.gateway == *gateway { " checked" } else { "" };
        let _ = write!(
            choices,
            "<label class=\"choice\"><input type=\"radio\" name=\"gateway\" value=\"{value}\" required{checked}>\
             <span><strong>{name}</strong> {how}</span></label>",
            value = escape(gateway),
        );
    }
    let field = |label: &str, name: &str, kind: &str, complete: &str, value: &str| {
        format!(
            "<label>{label}<input type=\"{kind}\" name=\"{name}\" autocomplete=\"{complete}\" value=\"{}\" required>\
             </label>",
            escape(value)
        )
    };
    let body = format!(
        "<p><a href=\"/\">All products</a></p><h1>{name}</h1><p>{about}</p><p class=\"price\">{price}</p>{told}\
         <form method=\"post\" action=\"/buy\">\
         <input type=\"hidden\" name=\"number\" value=\"{number}\">\
         <input type=\"hidden\" name=\"product\" value=\"{slug}\">\
         {first}{last}{email}{phone}\
         <fieldset><legend>How do you want to pay?</legend>{choices}</fieldset>\
         <button>Pay {price}</button></form>",
        name = escape(product.name),
        about = escape(product.about),
        price = price(product.francs),
        number = escape(&form.number),
        slug = product.slug,
        first = field("First name", "surname", "text", "given-name", &form.surname),
        last = field("Family name", "name", "text", "family-name", &form.name),
        email = field("E-mail", "email", "email", "email", &form.email),
        phone = field(
            "Mobile number, such as +225\u{a0}07\u{a0}07\u{a0}07\u{a0}07\u{a0}07",
            "phone",
            "tel",
            "tel",
            &form.phone
        ),
    );
    page(product.name, "", &body)
}

/// The page of an order says what the shop's own books say, whatever the browser brought along.
pub(crate) fn order(order: &Order, action: Option<&NextAction>) -> String {
    let (title, text) = match order.standing {
        Standing::Paid => ("Thank you!", "Your payment has arrived. The parcel leaves today."),
        Standing::Waiting => {
            ("Waiting for your payment", "This page looks again by itself every few seconds.")
        }
        Standing::Failed => ("Not paid", "The payment was not made, and nothing was charged."),
        Standing::LookedAt => (
            "We are looking into it",
            "Something does not fit. Please do not pay again; we come back to you.",
        ),
    };
    let mut body = format!(
        "<h1 class=\"{class}\">{title}</h1><p>{text}</p>",
        class = match order.standing {
            Standing::Paid => "good",
            Standing::Waiting => "open",
            Standing::Failed | Standing::LookedAt => "bad",
        },
    );
    match (order.standing, action) {
        (Standing::Waiting, Some(NextAction::Redirect(url))) => {
            let _ = write!(
                body,
                "<p><a class=\"button\" href=\"{}\">Go to the payment page</a></p>",
                escape(url.as_str())
            );
        }
        (Standing::Waiting, Some(NextAction::Prompt(words))) if !words.is_empty() => {
            let _ = write!(body, "<p>{}</p>", escape(words));
        }
        (Standing::Waiting, Some(NextAction::BankTransfer { bank, account, .. })) => {
            let (bank, account) = (escape(bank), escape(account));
            let _ = write!(body, "<p>Transfer the amount to account {account} at {bank}.</p>");
        }
        (Standing::Waiting, _) => body.push_str("<p>Approve the payment on your phone.</p>"),
        (Standing::Failed, _) => {
            let slug = order.product.slug;
            let _ = write!(body, "<p><a class=\"button\" href=\"/products/{slug}\">Try again</a></p>");
        }
        _ => {}
    }
    let _ = write!(
        body,
        "<dl><dt>Order</dt><dd>{number}</dd><dt>Product</dt><dd>{name}</dd><dt>Amount</dt><dd>{price}</dd>\
         <dt>Paid through</dt><dd>{gateway}</dd></dl><p><a href=\"/\">All products</a></p>",
        number = escape(&order.number),
        name = escape(order.product.name),
        price = price(order.product.francs),
        gateway = describe(&order.gateway).0,
    );
    let refresh = match order.standing {
        Standing::Waiting => "<meta http-equiv=\"refresh\" content=\"3\">",
        _ => "",
    };
    page(title, refresh, &body)
}

pub(crate) fn message(title: &str, text: &str) -> String {
    let body =
        format!("<h1>{}</h1><p>{}</p><p><a href=\"/\">All products</a></p>", escape(title), escape(text));
    page(title, "", &body)
}

fn page(title: &str, head: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{}</title>{head}\
         <link rel=\"stylesheet\" href=\"/style.css\"></head><body><main>{body}</main></body></html>",
        escape(title)
    )
}

/// A name and a few words for customers.
fn describe(gateway: &str) -> (&'static str, &'static str) {
    match gateway {
        "cinetpay" => ("CinetPay", "on a page of its own: Orange, MTN, Moov, Wave"),
        "bitlipa" => ("Bitlipa", "with a prompt or a code on your phone"),
        "adullam" => ("Adullam", "with a prompt on your phone"),
        _ => ("Another gateway", ""),
    }
}

/// What is wrong with the form, in the words of its labels. What customers cannot mend names the field of the request.
pub(crate) fn fault(problem: &Problem) -> String {
    let label = match problem.field.as_str() {
        "payer.surname" => "First name",
        "payer.name" => "Family name",
        "payer.email" => "E-mail",
        "payer.phone" => "Mobile number",
        other => other,
    };
    match problem.fault {
        Fault::Missing => format!("{label}: please fill it in"),
        ref fault => format!("{label} {fault}"),
    }
}

fn price(francs: u64) -> String {
    let digits = francs.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            // Narrow, and no place to break a line.
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    format!("{grouped}\u{a0}F\u{a0}CFA")
}

/// Makes text safe inside elements and quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            sign => safe.push(sign),
        }
    }
    safe
}
