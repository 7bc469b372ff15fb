//! The payment counter: what the customer sees at `payment_url`.

use super::{Cause, Payment, State};
use crate::gateway::Reply;
use crate::html::{Html, Leads};

/// The counter while the customer decides, afterwards the way back to the merchant.
pub(super) fn counter(payment: &Payment) -> Reply {
    let order = &payment.order;
    let language = order.language;
    let details = Html::default()
        .markup("<dl>")
        .row(language.pick("Montant", "Amount"), &format!("{} {}", order.amount, order.currency))
        .row("Description", &order.description)
        .row("Transaction", &order.transaction_id)
        .markup("</dl>");
    if payment.state == State::Waiting {
        return details
            .markup("<form method=\"post\" action=\"/payment/")
            .text(&payment.token)
            .markup("\"><button class=\"main\" name=\"decision\" value=\"approve\">")
            .markup(language.pick("Payer", "Approve the payment"))
            .markup("</button><button name=\"decision\" value=\"refuse\">")
            .markup(language.pick("Refuser", "Refuse the payment"))
            .markup("</button></form>")
            .reply(200, language, language.pick("Paiement", "Payment"), Leads::Here);
    }
    let title = match payment.state {
        State::Accepted { .. } => language.pick("Paiement accepté", "Payment accepted"),
        State::Refused { cause: Cause::Expired, .. } => language.pick("Paiement expiré", "Payment expired"),
        State::Refused { .. } | State::Waiting => language.pick("Paiement refusé", "Payment refused"),
    };
    // CinetPay posts the browser to the return URL; without a script the customer presses the button.
    details
        .markup("<form method=\"post\" action=\"")
        .text(&order.return_url)
        .markup("\">")
        .hidden("token", &payment.token)
        .hidden("transaction_id", &order.transaction_id)
        .markup("<button class=\"main\">")
        .markup(language.pick("Retourner chez le marchand", "Back to the merchant"))
        .markup("</button></form>")
        .reply(200, language, title, Leads::ToMerchant)
}
