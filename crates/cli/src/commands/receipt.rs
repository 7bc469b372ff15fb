//! What a gateway says about an order, for people and for programs.

use nzimbu::{Checked, Mismatch, Money, NextAction, Operation, OrderId, Receipt, SharedProvider, Status};
use nzimbu_journal::{Entry, State};
use serde::Serialize;

use crate::args::Gateway;
use crate::commands::standing;
use crate::lang::{Text, say};
use crate::output::{self, Failure, Style};
use crate::screen;
use crate::trouble::{self, Trouble};
use crate::words;

/// A receipt, and what is known of it.
#[derive(Debug)]
pub(crate) struct Told {
    gateway: Gateway,
    operation: Operation,
    receipt: Receipt,
    /// Whether the gateway stated the amount that was asked; nothing where none was asked.
    amount_confirmed: Option<bool>,
    /// Where the order stands in the journal, if there is one.
    entry: Option<Entry>,
    /// Whether this very command sent it; nothing where there is no journal.
    sent: Option<bool>,
}

/// What `--json` prints. The gateway's free words are left out: they may repeat names and numbers.
#[derive(Debug, Serialize)]
struct Record<'a> {
    gateway: &'static str,
    operation: Operation,
    order: &'a str,
    status: Status,
    #[serde(rename = "final")]
    is_final: bool,
    raw_status: &'a str,
    reference: Option<&'a str>,
    amount: Option<Money>,
    amount_confirmed: Option<bool>,
    fee: Option<Money>,
    method: Option<&'a str>,
    /// Milliseconds since 1970.
    created_at: Option<i64>,
    completed_at: Option<i64>,
    next_action: Option<Next<'a>>,
    /// Whether this very command sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    journal: Option<standing::Record<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Next<'a> {
    BankTransfer { bank: &'a str, account: &'a str, amount: Option<Money> },
    Confirmation { confirm_type: &'a str },
    MerchantApproval,
    Prompt,
    Redirect { url: &'a str },
    Other,
}

impl Told {
    /// A receipt, held against what was asked.
    ///
    /// # Errors
    /// When it speaks of another order or amount, or says that money moved and not how much, at a gateway that states
    /// amounts.
    pub(crate) fn checked(
        gateway: Gateway,
        provider: &SharedProvider,
        operation: Operation,
        receipt: Receipt,
        (order, amount): (&OrderId, Money),
    ) -> Result<Self, Trouble> {
        let checked =
            receipt.expect(order, amount).map_err(|fault| mismatch(gateway, order.as_str(), &fault))?;
        let confirmed = matches!(checked, Checked::AmountConfirmed(_));
        let receipt = checked.into_receipt();
        let states_amount = provider.capabilities(operation).states_amount;
        if states_amount && !confirmed && receipt.status == Status::Succeeded {
            let told = say!(
                "the gateway says that it succeeded, and not with which amount: look it up in its back-office before \
                 anything is delivered",
                "la passerelle dit que c'est réussi, mais pas de quel montant : vérifiez dans son espace marchand avant \
                 de livrer quoi que ce soit",
            );
            return Err(Trouble::unknown("amount-unconfirmed", told)
                .with_gateway(gateway)
                .with_order(order.as_str()));
        }
        Ok(Self { gateway, operation, receipt, amount_confirmed: Some(confirmed), entry: None, sent: None })
    }

    /// A receipt of an order whose amount nobody named.
    pub(crate) fn unchecked(gateway: Gateway, operation: Operation, receipt: Receipt) -> Self {
        Self { gateway, operation, receipt, amount_confirmed: None, entry: None, sent: None }
    }

    /// What the journal knows of an order that was begun before, and for which nothing was sent now.
    pub(crate) fn known(gateway: Gateway, entry: Entry) -> Self {
        let status = match entry.state {
            State::Planned | State::Ready | State::Sending | State::Accepted => Status::Pending,
            State::Unknown => Status::Unrecognized,
            State::Succeeded => Status::Succeeded,
            State::Failed | State::Rejected => Status::Failed,
            State::Expired => Status::Expired,
            State::Cancelled => Status::Cancelled,
        };
        let mut receipt = Receipt::new(entry.order.clone(), status, entry.word.clone().unwrap_or_default());
        receipt.reference.clone_from(&entry.gateway_ref);
        receipt.next_action = entry.next_action.clone().unwrap_or(NextAction::None);
        let operation = entry.operation;
        Self { gateway, operation, receipt, amount_confirmed: None, entry: Some(entry), sent: Some(false) }
    }

    /// The receipt of an order that was written down before and after.
    pub(crate) fn written_down(mut self, entry: Entry) -> Self {
        self.entry = Some(entry);
        self.sent = Some(true);
        self
    }

    /// The exit status of a command that gave the order: whether the gateway has taken it.
    pub(crate) fn exit_of_order(&self) -> u8 {
        if let Some(entry) = &self.entry {
            return standing::exit_of_order(entry);
        }
        match self.receipt.status {
            Status::Succeeded | Status::Pending => 0,
            Status::Cancelled | Status::Expired | Status::Failed => trouble::REFUSED,
            _ => trouble::UNKNOWN,
        }
    }

    /// The exit status of a command that asked: whether money moved.
    pub(crate) fn exit_of_question(&self) -> u8 {
        match self.receipt.status {
            Status::Pending => trouble::UNKNOWN,
            _ => self.exit_of_order(),
        }
    }

    pub(crate) fn print(&self, style: Style) -> Result<(), Failure> {
        match style {
            Style::Json => output::json(&self.record()),
            Style::People => output::line(screen::facts(&self.facts())),
        }
    }

    fn record(&self) -> Record<'_> {
        let receipt = &self.receipt;
        Record {
            gateway: self.gateway.as_str(),
            operation: self.operation,
            order: receipt.order.as_str(),
            status: receipt.status,
            is_final: receipt.status.is_final(),
            raw_status: &receipt.raw_status,
            reference: receipt.reference.as_ref().map(|reference| reference.as_str()),
            amount: receipt.amount,
            amount_confirmed: self.amount_confirmed,
            fee: receipt.fee,
            method: receipt.method.as_deref(),
            created_at: receipt.created_at.map(|time| time.millis),
            completed_at: receipt.completed_at.map(|time| time.millis),
            next_action: next(&receipt.next_action),
            sent: self.sent,
            journal: self.entry.as_ref().map(standing::record),
        }
    }

    fn facts(&self) -> Vec<(Text, String)> {
        if let (Some(entry), Some(false)) = (&self.entry, self.sent) {
            let mut facts = standing::facts(entry);
            let told = say!(
                "nothing was sent now: the order was begun before",
                "rien n'a été envoyé maintenant : la commande était déjà commencée",
            );
            facts.insert(0, (say!("resumed", "reprise"), told.into()));
            facts.extend(self.next().map(|next| (say!("next", "ensuite"), next)));
            return facts;
        }
        let receipt = &self.receipt;
        let order = receipt.order.as_str();
        let mut facts = vec![
            (say!("order", "commande"), order.to_owned()),
            (say!("gateway", "passerelle"), self.gateway.as_str().to_owned()),
            (say!("direction", "sens"), words::operation(self.operation).into()),
        ];
        let word = words::status(receipt.status);
        let raw = &receipt.raw_status;
        facts.push((say!("status", "état"), format!("{word} ({raw})")));
        let confirmed = match (receipt.amount, self.amount_confirmed) {
            (Some(amount), _) => amount.to_string(),
            (None, _) => say!("not stated by the gateway", "non indiqué par la passerelle").into(),
        };
        facts.push((say!("amount", "montant"), confirmed));
        let mut add = |name, value: Option<String>| facts.extend(value.map(|value| (name, value)));
        add(say!("fee", "frais"), receipt.fee.map(|fee| fee.to_string()));
        add(say!("method", "moyen"), receipt.method.as_deref().map(str::to_owned));
        add(
            say!("gateway's id", "référence"),
            receipt.reference.as_ref().map(|reference| reference.as_str().to_owned()),
        );
        add(say!("next", "ensuite"), self.next());
        facts
    }

    /// What somebody has to do now.
    fn next(&self) -> Option<String> {
        let told = match &self.receipt.next_action {
            NextAction::BankTransfer { bank, account, amount } => {
                let amount = amount.map_or_else(String::new, |amount| format!("{amount} "));
                say!(
                    "the customer transfers {amount}to account {account} at {bank}",
                    "le client vire {amount}sur le compte {account} chez {bank}",
                )
            }
            NextAction::Confirmation(kind) => say!(
                "the gateway wants a confirmation of the kind {kind}, which its documents do not explain: ask it",
                "la passerelle veut une confirmation du type {kind}, que sa documentation n'explique pas : \
                 demandez-lui",
            ),
            NextAction::MerchantApproval => say!(
                "you approve it, by the gateway's e-mail or in its back-office",
                "vous l'approuvez, par l'e-mail de la passerelle ou dans son espace marchand",
            ),
            NextAction::Prompt(_) => say!(
                "the customer follows the prompt on the phone",
                "le client suit la demande sur son téléphone",
            ),
            NextAction::Redirect(page) => {
                let page = page.as_str();
                say!("send the customer to {page}", "envoyez le client sur {page}")
            }
            _ => return self.next_look(),
        };
        Some(told.into())
    }

    fn next_look(&self) -> Option<String> {
        let told = match &self.entry {
            Some(entry) if entry.state != State::Succeeded => standing::next(entry),
            _ if self.receipt.status.is_final() => return None,
            _ => ask(self.gateway, self.operation, self.receipt.order.as_str()),
        };
        Some(told.into())
    }
}

/// How to find out what became of an order.
pub(crate) fn ask(gateway: Gateway, operation: Operation, order: &str) -> Text {
    let name = gateway.as_str();
    let direction = match operation {
        Operation::Payment => "pay",
        Operation::Payout => "payout",
    };
    let command = format!("nzimbu status --gateway {name} --operation {direction} --order {order}");
    say!(
        "ask with `{command}`, and never send it again under another id",
        "demandez avec `{command}`, et ne le renvoyez jamais sous un autre identifiant",
    )
}

/// An answer that speaks of something else than was asked.
pub(crate) fn mismatch(gateway: Gateway, order: &str, mismatch: &Mismatch) -> Trouble {
    let told = match mismatch {
        Mismatch::Amount { asked, told } => say!(
            "the gateway speaks of {told} where {asked} was asked: what happened is not known, so neither deliver \
             nor send it again, and look into it",
            "la passerelle parle de {told} alors que {asked} était demandé : l'issue est inconnue, donc ne livrez ni \
             ne renvoyez rien, et tirez cela au clair",
        ),
        Mismatch::Order => say!(
            "the gateway speaks of another order: what happened is not known, so neither deliver nor send it again, \
             and look into it",
            "la passerelle parle d'une autre commande : l'issue est inconnue, donc ne livrez ni ne renvoyez rien, et \
             tirez cela au clair",
        ),
    };
    Trouble::unknown("mismatch", told).with_gateway(gateway).with_order(order)
}

fn next(action: &NextAction) -> Option<Next<'_>> {
    Some(match action {
        NextAction::None => return None,
        NextAction::BankTransfer { bank, account, amount } => {
            Next::BankTransfer { bank, account, amount: *amount }
        }
        NextAction::Confirmation(confirm_type) => Next::Confirmation { confirm_type },
        NextAction::MerchantApproval => Next::MerchantApproval,
        NextAction::Prompt(_) => Next::Prompt,
        NextAction::Redirect(page) => Next::Redirect { url: page.as_str() },
        _ => Next::Other,
    })
}
