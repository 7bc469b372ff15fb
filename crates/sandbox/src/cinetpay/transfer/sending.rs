//! Ordering payouts: a batch is judged as a whole before anything is done.

use std::collections::HashSet;

use super::rules::{self, Draft, Fault};
use super::{Confirmation, Payout, Step, Transfer, Treatment, countries, full_number, shapes};
use crate::gateway::{Reply, Request};
use crate::html::Language;
use crate::json::Json;
use crate::moment::Moment;

impl Transfer {
    pub(super) fn send(&mut self, request: &Request, language: Language, now: Moment) -> Reply {
        if !self.config.ip_allowed {
            return shapes::refused(&Fault::Address);
        }
        let items = match rules::read_items(&request.form_pairs()) {
            Ok(items) => items,
            Err(fault) => return shapes::refused(&fault),
        };
        let verdicts = match self.judge(&items) {
            Ok(verdicts) => verdicts,
            Err(fault) => return shapes::refused(&fault),
        };
        if let Some((available, total)) = self.shortfall(&verdicts) {
            return shapes::insufficient(available, total, language);
        }
        if self.payouts.len() + items.len() > self.config.capacity {
            return Reply::full();
        }
        let lot = self.lot(now);
        let results = items
            .iter()
            .zip(verdicts)
            .map(|(item, verdict)| match verdict {
                Ok(draft) => {
                    let transaction_id = self.accept(draft, &lot, now);
                    shapes::echo(
                        item,
                        [
                            ("code", 0_u64.into()),
                            ("status", "success".into()),
                            ("treatment_status", "NEW".into()),
                            ("transaction_id", transaction_id.into()),
                            ("lot", lot.as_str().into()),
                        ],
                    )
                }
                Err(problem) => shapes::echo(
                    item,
                    [
                        ("code", problem.code().into()),
                        ("status", problem.status().into()),
                        ("lot", lot.as_str().into()),
                    ],
                ),
            })
            .collect();
        shapes::success(Json::Array(vec![Json::Array(results)]))
    }

    /// Looks at every item before anything is done, because some faults refuse the whole batch.
    fn judge(&self, items: &[Json]) -> Result<Vec<Result<Draft, rules::Problem>>, Fault> {
        let mut ids_in_batch = HashSet::new();
        items
            .iter()
            .map(|item| {
                let draft = match rules::read_order(item)? {
                    Ok(draft) => draft,
                    Err(problem) => return Ok(Err(problem)),
                };
                if let Some(id) = &draft.client_transaction_id
                    && (self.payouts.find("client_transaction_id", id).is_some()
                        || !ids_in_batch.insert(id.clone()))
                {
                    return Ok(Err(rules::Problem::IdExists));
                }
                let number = full_number(draft.payee.country, &draft.payee.phone);
                if self.contacts.value(&number).is_none() {
                    return Ok(Err(rules::Problem::NotMyContact));
                }
                Ok(Ok(draft))
            })
            .collect()
    }

    /// What is there and what is wanted, for the first country that has too little.
    fn shortfall(&self, verdicts: &[Result<Draft, rules::Problem>]) -> Option<(u64, u64)> {
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
            let purse = self.purse(country.prefix);
            let available = purse.amount - purse.in_using;
            (total > available).then_some((available, total))
        })
    }

    fn accept(&mut self, draft: Draft, lot: &str, now: Moment) -> String {
        let transaction_id = loop {
            let id = format!("EA{}.{}{}", now.compact(), self.dice.letter(), self.dice.digits(6));
            if self.payouts.find("transaction_id", &id).is_none() {
                break id;
            }
        };
        let mut purse = self.purse(draft.payee.country.prefix);
        purse.in_using += draft.amount;
        self.purses.set(draft.payee.country.prefix, purse);
        let confirmation =
            if self.config.email_confirmation { Confirmation::Pending } else { Confirmation::Confirmed };
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
        });
        if let Some(delay) = self.config.auto
            && confirmation == Confirmation::Confirmed
        {
            self.schedule.add(now.plus(delay / 2), (serial, Step::Receive));
            self.schedule.add(now.plus(delay), (serial, Step::Deliver));
        }
        transaction_id
    }
}
