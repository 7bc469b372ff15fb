//! Ordering payouts: a batch is judged as a whole before anything is done.

use std::collections::HashSet;
use std::net::IpAddr;

use super::codes::{self, Code};
use super::rules::{self, Draft, Fault, Problem, Slices};
use super::{Config, Confirmation, Payout, Step, Transfer, Treatment, countries, full_number, shapes};
use crate::faults::SeenOrder;
use crate::gateway::{Effects, Reply, Request};
use crate::html::Language;
use crate::json::Json;
use crate::moment::Moment;

impl Transfer {
    pub(super) fn send(
        &mut self,
        request: &Request,
        language: Language,
        now: Moment,
        effects: &mut Effects,
    ) -> Reply {
        match self.try_send(request, language, now, effects) {
            Ok(reply) => reply,
            Err(fault) => shapes::refused(&fault, language),
        }
    }

    fn try_send(
        &mut self,
        request: &Request,
        language: Language,
        now: Moment,
        effects: &mut Effects,
    ) -> Result<Reply, Fault> {
        let confirmation = self.confirmation(request.caller)?;
        let items = rules::read_items(&request.form_pairs())?;
        let verdicts = self.judge(&items)?;
        if let Some((available, total)) = self.shortfall(&verdicts) {
            return Ok(shapes::insufficient(available, total, language));
        }
        if self.payouts.len() + items.len() > self.config.capacity {
            return Ok(Reply::full());
        }
        let lot = self.lot(now);
        let mut hidden = None;
        let mut results = Vec::with_capacity(items.len());
        for (item, verdict) in items.iter().zip(verdicts) {
            results.push(match verdict {
                Ok(draft) => {
                    let shows_lot = draft.wallet.is_none() || self.config.choices.wallet_lot;
                    hidden = hidden.or(self.magic(draft.amount).filter(|code| *code == UNEXPECTED));
                    let id = self.accept(draft, confirmation, &lot, now, effects);
                    shapes::echo(
                        item,
                        [
                            Some(("code", 0_u64.into())),
                            Some(("status", "success".into())),
                            Some(("treatment_status", "NEW".into())),
                            Some(("transaction_id", id.into())),
                            shows_lot.then(|| ("lot", lot.as_str().into())),
                        ],
                    )
                }
                Err(problem) => shapes::echo(
                    item,
                    [
                        Some(("code", problem.code.into())),
                        Some(("status", problem.status.into())),
                        Some(("lot", lot.as_str().into())),
                    ],
                ),
            });
        }
        match hidden {
            Some(code) => Err(Fault::Code(code)),
            None => Ok(self.nested(results)),
        }
    }

    /// Whether the caller's order must be confirmed by e-mail, or is not taken at all.
    fn confirmation(&self, caller: IpAddr) -> Result<Confirmation, Fault> {
        let listed = &self.config.choices.allowed_callers;
        let confirm_by_email = self.config.email_confirmation;
        match (self.config.ip_allowed, listed.is_empty(), listed.contains(&caller)) {
            (false, ..) => Err(Fault::Code(709)),
            (true, false, true) => Ok(Confirmation::Confirmed),
            (true, false, false) if !confirm_by_email => Err(Fault::Code(709)),
            _ if confirm_by_email => Ok(Confirmation::Pending),
            _ => Ok(Confirmation::Confirmed),
        }
    }

    /// Looks at every item before anything is done, because some faults refuse the whole batch.
    fn judge(&self, items: &[Json]) -> Result<Vec<Result<Draft, Problem>>, Fault> {
        let slices = if self.config.choices.slices { Slices::Kept } else { Slices::Ignored };
        let mut ids_in_batch = HashSet::new();
        items
            .iter()
            .map(|item| {
                let draft = match rules::read_order(item, slices)? {
                    Ok(draft) => draft,
                    Err(problem) => return Ok(Err(problem)),
                };
                if let Some(id) = &draft.client_transaction_id
                    && (self.payouts.find("client_transaction_id", id).is_some()
                        || !ids_in_batch.insert(id.clone()))
                {
                    return Ok(Err(Problem::code(805)));
                }
                let number = full_number(draft.payee.country, &draft.payee.phone);
                if self.contacts.value(&number).is_none() {
                    return Ok(Err(Problem::code(724)));
                }
                match self.magic(draft.amount).map(|number| (number, Code::find(number))) {
                    None | Some((UNEXPECTED, _)) => Ok(Ok(draft)),
                    Some((number, Some(code))) if code.per_item => Ok(Err(Problem::code(number))),
                    Some((number, _)) => Err(Fault::Code(number)),
                }
            })
            .collect()
    }

    /// What is there and what is wanted, for the first country that has too little.
    fn shortfall(&self, verdicts: &[Result<Draft, Problem>]) -> Option<(u64, u64)> {
        countries::ALL.iter().find_map(|country| {
            let total: u64 = verdicts
                .iter()
                .flatten()
                .filter(|draft| draft.payee.country.prefix == country.prefix)
                .map(|draft| draft.amount)
                .sum();
            if total == 0 {
                return None;
            }
            let available = self.purse(country.prefix).available();
            (total > available).then_some((available, total))
        })
    }

    fn accept(
        &mut self,
        draft: Draft,
        confirmation: Confirmation,
        lot: &str,
        now: Moment,
        effects: &mut Effects,
    ) -> String {
        let transaction_id = loop {
            let id = format!("EA{}.{}{}", now.compact(), self.dice.letter(), self.dice.digits(6));
            if self.payouts.find("transaction_id", &id).is_none() {
                break id;
            }
        };
        let mut purse = self.purse(draft.payee.country.prefix);
        purse.in_using += draft.amount;
        self.purses.set(draft.payee.country.prefix, purse);
        let serial = self.payouts.push(Payout {
            transaction_id: transaction_id.clone(),
            client_transaction_id: draft.client_transaction_id,
            lot: lot.to_owned(),
            amount: draft.amount,
            country: draft.payee.country,
            operator: draft.wallet.unwrap_or_else(|| draft.payee.country.operator(&draft.payee.phone)),
            phone: draft.payee.phone,
            notify_url: draft.notify_url,
            confirmation,
            treatment: Treatment::New,
            created: now,
        });
        let stuck = match draft.amount {
            STUCK_AT_NOS if self.config.magic => Some("NOS"),
            STUCK_AT_REC if self.config.magic => Some("REC"),
            _ => None,
        };
        match stuck {
            Some(word) => drop(self.put(serial, word, now, effects)),
            None if confirmation == Confirmation::Confirmed => self.plan(serial, now),
            None => {}
        }
        transaction_id
    }

    /// Lets time do its work on a confirmed payout.
    pub(super) fn plan(&mut self, serial: u64, now: Moment) {
        let payout = self.payouts.get(serial);
        let seen = SeenOrder {
            order_id: Some(payout.merchant_id().to_owned()),
            phone: Some(full_number(payout.country, &payout.phone)),
            amount: Some(payout.amount.to_string()),
        };
        let Config { merchant, auto, endings, .. } = &self.config;
        let Some((delay, decision)) = endings.of(super::NAME, merchant, &seen, *auto) else { return };
        if !delay.is_zero() {
            self.schedule.add(now.plus(delay / 2), (serial, Step::Receive));
        }
        self.schedule.add(now.plus(delay), (serial, Step::End(decision)));
    }

    fn magic(&self, amount: u64) -> Option<i64> {
        codes::magic_amount(amount).filter(|_| self.config.magic)
    }
}

/// 715 leaves it open whether anything was done, so here something was.
const UNEXPECTED: i64 = 715;
/// Payouts of these amounts stay where they are until somebody decides.
const STUCK_AT_NOS: u64 = codes::MAGIC_BASE + 9_010;
const STUCK_AT_REC: u64 = codes::MAGIC_BASE + 9_020;
