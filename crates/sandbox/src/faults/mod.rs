//! Failure on demand: which request or callback goes wrong, and how.

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use self::kind::FaultKind;
pub(crate) use self::kind::Stage;
pub use self::magic::{MAGIC, MagicEffect, MagicValue};
pub(crate) use self::seen::{Seen, SeenOrder};
use crate::dice::Dice;
use crate::gateway::Decision;

mod kind;
mod magic;
mod seen;
pub(crate) mod shapes;

/// One thing that shall go wrong, and when. Start from [`Fault::new`] and narrow it down.
///
/// ```
/// use nzimbu_sandbox::{Fault, FaultKind};
///
/// // Every second transfer order is carried out and then left unanswered.
/// let mut fault = Fault::new(FaultKind::CutAfter);
/// fault.gateway = Some("cinetpay-transfer".to_owned());
/// fault.operation = Some("send".to_owned());
/// fault.percent = 50;
/// assert!(fault.check().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Only this gateway, named as in [`Movement::gateway`](crate::Movement::gateway).
    pub gateway: Option<String>,
    /// Only this merchant, by [name](crate::Merchant::name).
    pub merchant: Option<String>,
    /// Only this operation: `create`, `check`, `login`, `balance`, `contact`, `send`, `banks`, `page`. Pages are
    /// spared unless they are named.
    pub operation: Option<String>,
    /// Only the merchant's own ids that fit: `*` stands for any text.
    pub order_id: Option<String>,
    /// Only phone numbers that fit, as the request writes them: `*` stands for any text.
    pub phone: Option<String>,
    /// Only this amount, as the request writes it: `*` stands for any text.
    pub amount: Option<String>,
    /// How many of a hundred, by the seed: 1 to 100. Default: 100.
    pub percent: u8,
    /// How often, before the fault is spent. Default: without end.
    pub times: Option<u32>,
    /// How long a stall, a delay or the skew of a clock takes, in seconds; negative for a clock that is slow.
    pub seconds: Option<i64>,
    /// How many copies of a callback follow the first. Default: 1.
    pub copies: Option<u32>,
}

impl Fault {
    /// A fault that hits everything it can.
    pub fn new(kind: FaultKind) -> Fault {
        Fault {
            kind,
            gateway: None,
            merchant: None,
            operation: None,
            order_id: None,
            phone: None,
            amount: None,
            percent: 100,
            times: None,
            seconds: None,
            copies: None,
        }
    }

    /// Whether the fault makes sense; the error names every problem with its remedy.
    ///
    /// # Errors
    /// Always by its fields alone: an unknown gateway or operation, a percentage outside 1 to 100, a narrowing
    /// that the kind cannot know of, more than 100 copies, more than a day.
    pub fn check(&self) -> Result<(), String> {
        let mut problems = Vec::new();
        problems.extend(check_gateway(self.gateway.as_deref()).err());
        problems.extend(check_operation(self.operation.as_deref()).err());
        problems.extend(check_frequency(self.percent, self.times));
        if self.copies.is_some_and(|copies| !(1..=100).contains(&copies)) {
            problems.push("copies must be 1 to 100".to_owned());
        }
        if self.seconds.is_some_and(|seconds| seconds.unsigned_abs() > 86_400) {
            problems.push("seconds must be at most 86400".to_owned());
        }
        if self.seconds.is_some_and(|seconds| seconds < 0) && self.kind != FaultKind::ClockSkew {
            problems.push("seconds must not be negative but for clock_skew".to_owned());
        }
        let narrowed = self.order_id.is_some() || self.phone.is_some() || self.amount.is_some();
        match self.kind.stage() {
            Stage::Connection if narrowed || self.operation.is_some() || self.merchant.is_some() => problems
                .push(format!(
                    "{} happens before a request is read; narrow it by gateway only",
                    self.kind.name()
                )),
            Stage::Clock
                if narrowed || self.operation.is_some() || self.merchant.is_some() || self.percent != 100 =>
            {
                problems.push("clock_skew is the gateway's own; narrow it by gateway only".to_owned())
            }
            Stage::Callback if self.operation.is_some() => {
                problems.push("operation does not apply to callbacks; leave it out".to_owned());
            }
            _ => {}
        }
        if self.kind == FaultKind::Refuse && (self.percent != 100 || self.times.is_some()) {
            problems.push(
                "refuse closes the port, so percent and times do not apply; use reset instead".to_owned(),
            );
        }
        if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
    }

    fn fits_order(&self, order: Option<&SeenOrder>) -> bool {
        fits_order(&self.order_id, &self.phone, &self.amount, order)
    }

    fn is_of(&self, gateway: &str, merchant: &str) -> bool {
        of(self, gateway) && self.merchant.as_deref().is_none_or(|wanted| wanted == merchant)
    }
}

/// Whether the patterns that are given fit an order.
pub(crate) fn fits_order(
    order_id: &Option<String>,
    phone: &Option<String>,
    amount: &Option<String>,
    order: Option<&SeenOrder>,
) -> bool {
    let fits = |pattern: &Option<String>, value: fn(&SeenOrder) -> Option<&str>| {
        pattern.as_deref().is_none_or(|pattern| order.and_then(value).is_some_and(|v| matches(pattern, v)))
    };
    fits(order_id, |order| order.order_id.as_deref())
        && fits(phone, |order| order.phone.as_deref())
        && fits(amount, |order| order.amount.as_deref())
}

pub(crate) fn check_gateway(gateway: Option<&str>) -> Result<(), String> {
    match gateway {
        Some(name) if !GATEWAYS.contains(&name) => {
            Err(format!("gateway is unknown; use one of {}", GATEWAYS.join(", ")))
        }
        _ => Ok(()),
    }
}

pub(crate) fn check_operation(operation: Option<&str>) -> Result<(), String> {
    match operation {
        Some(name) if !OPERATIONS.contains(&name) => {
            Err(format!("operation is unknown; use one of {}", OPERATIONS.join(", ")))
        }
        _ => Ok(()),
    }
}

/// What is wrong with how often something shall happen.
pub(crate) fn check_frequency(percent: u8, times: Option<u32>) -> Vec<String> {
    let mut problems = Vec::new();
    if !(1..=100).contains(&percent) {
        problems.push("percent must be 1 to 100".to_owned());
    }
    if times == Some(0) {
        problems.push("times must be at least 1; leave it out for no end".to_owned());
    }
    problems
}

/// The faults in force.
pub(crate) struct Faults {
    seed: u64,
    magic: bool,
    active: Mutex<Active>,
}

struct Active {
    next_id: u64,
    faults: Vec<Armed>,
}

/// A fault with its number and how often it was met.
#[derive(Clone)]
pub(crate) struct Armed {
    pub(crate) id: u64,
    pub(crate) fault: Fault,
    met: u64,
    /// How often it struck.
    pub(crate) struck: u32,
}

/// What one request shall suffer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// What happens to the exchange.
    pub(crate) exchange: Option<Fault>,
    pub(crate) expire_tokens: bool,
    /// Per order of the request: what its callbacks suffer, and how it is decided at once.
    pub(crate) marks: Vec<(String, Fault)>,
    pub(crate) decisions: Vec<(String, Decision)>,
}

impl Faults {
    pub(crate) fn new(seed: u64, magic: bool, faults: &[Fault]) -> Faults {
        let made = Faults { seed, magic, active: Mutex::new(Active { next_id: 1, faults: Vec::new() }) };
        for fault in faults {
            made.add(fault.clone());
        }
        made
    }

    /// Puts a fault in force; nothing when there are too many.
    pub(crate) fn add(&self, fault: Fault) -> Option<u64> {
        let mut active = self.lock();
        if active.faults.len() >= MAX_FAULTS {
            return None;
        }
        let id = active.next_id;
        active.next_id += 1;
        active.faults.push(Armed { id, fault, met: 0, struck: 0 });
        Some(id)
    }

    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut active = self.lock();
        let before = active.faults.len();
        active.faults.retain(|armed| armed.id != id);
        active.faults.len() < before
    }

    /// Removes all; how many there were.
    pub(crate) fn clear(&self) -> usize {
        let mut active = self.lock();
        let count = active.faults.len();
        active.faults.clear();
        count
    }

    pub(crate) fn list(&self) -> Vec<Armed> {
        self.lock().faults.clone()
    }

    /// Whether the gateway's port is closed.
    pub(crate) fn refuses(&self, gateway: &str) -> bool {
        self.lock().faults.iter().any(|armed| {
            armed.fault.kind == FaultKind::Refuse
                && armed.fault.gateway.as_deref().is_none_or(|g| g == gateway)
        })
    }

    /// Whether a connection that was just accepted is reset.
    pub(crate) fn resets(&self, gateway: &str) -> bool {
        self.strike(|fault| fault.kind == FaultKind::Reset && of(fault, gateway)).is_some()
    }

    /// How many seconds the gateway's clock is ahead.
    pub(crate) fn skew(&self, gateway: &str) -> i64 {
        let active = self.lock();
        let skewed = |armed: &&Armed| armed.fault.kind == FaultKind::ClockSkew && of(&armed.fault, gateway);
        active.faults.iter().filter(skewed).filter_map(|armed| armed.fault.seconds).sum()
    }

    /// What a request shall suffer.
    pub(crate) fn plan(&self, gateway: &str, merchant: &str, seen: &Seen) -> Plan {
        let mut plan = Plan::default();
        let is_page = seen.operation == "page";
        let hits = |fault: &Fault| {
            fault.is_of(gateway, merchant)
                && fault.operation.as_deref().map_or(!is_page, |operation| operation == seen.operation)
                && (seen.orders.iter().any(|order| fault.fits_order(Some(order))) || fault.fits_order(None))
        };
        plan.exchange = self.strike(|fault| fault.kind.stage() == Stage::Exchange && hits(fault));
        plan.expire_tokens =
            self.strike(|fault| fault.kind == FaultKind::ExpireTokens && hits(fault)).is_some();
        if !seen.creates {
            return plan;
        }
        for order in &seen.orders {
            let Some(order_id) = &order.order_id else { continue };
            // Later the callback itself does not tell its phone and amount any more.
            let marked = self.strike(|fault| {
                fault.kind.stage() == Stage::Callback
                    && (fault.phone.is_some() || fault.amount.is_some())
                    && fault.is_of(gateway, merchant)
                    && fault.fits_order(Some(order))
            });
            plan.marks.extend(marked.map(|fault| (order_id.clone(), fault)));
        }
        if self.magic {
            self.work_magic(seen, &mut plan);
        }
        plan
    }

    /// What a callback shall suffer for itself.
    pub(crate) fn for_callback(&self, gateway: &str, merchant: &str, order_id: &str) -> Option<Fault> {
        let order = SeenOrder { order_id: Some(order_id.to_owned()), ..SeenOrder::default() };
        self.strike(|fault| {
            fault.kind.stage() == Stage::Callback
                && fault.phone.is_none()
                && fault.amount.is_none()
                && fault.is_of(gateway, merchant)
                && fault.fits_order(Some(&order))
        })
    }

    fn work_magic(&self, seen: &Seen, plan: &mut Plan) {
        for order in &seen.orders {
            let Some(found) = magic::find(order) else { continue };
            match (found.effect, &order.order_id) {
                (MagicEffect::Fault(kind), _) if kind.stage() == Stage::Exchange => {
                    if plan.exchange.is_none() {
                        plan.exchange = Some(Fault::new(kind));
                    }
                }
                (MagicEffect::Fault(kind), Some(id)) => plan.marks.push((id.clone(), Fault::new(kind))),
                (MagicEffect::Decision(decision), Some(id)) => plan.decisions.push((id.clone(), decision)),
                (_, None) => {}
            }
        }
    }

    /// The first fault that fits and whose turn it is.
    fn strike(&self, fits: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut active = self.lock();
        for armed in &mut active.faults {
            if armed.fault.times.is_some_and(|times| armed.struck >= times) || !fits(&armed.fault) {
                continue;
            }
            armed.met += 1;
            let purpose = armed.id.wrapping_mul(0x1_0000_0001).wrapping_add(armed.met);
            if Dice::new(self.seed, purpose).percent() < armed.fault.percent {
                armed.struck = armed.struck.saturating_add(1);
                return Some(armed.fault.clone());
            }
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, Active> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn of(fault: &Fault, gateway: &str) -> bool {
    fault.gateway.as_deref().is_none_or(|wanted| wanted == gateway)
}

/// `*` stands for any text, everything else for itself.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut rest) = text.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = tail.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

pub(crate) const GATEWAYS: [&str; 4] = ["cinetpay-checkout", "cinetpay-transfer", "bitlipa", "adullam"];
pub(crate) const OPERATIONS: [&str; 9] =
    ["create", "check", "login", "balance", "contact", "send", "banks", "page", "other"];
const MAX_FAULTS: usize = 1_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use super::*;

    fn seen(operation: &'static str, order_id: &str, amount: &str) -> Seen {
        let order = SeenOrder {
            order_id: Some(order_id.to_owned()),
            phone: Some("0700000000".to_owned()),
            amount: Some(amount.to_owned()),
        };
        Seen { operation, creates: matches!(operation, "create" | "send"), orders: vec![order] }
    }

    #[test]
    fn patterns_fit_as_a_shell_would() {
        for (pattern, text) in
            [("A-*", "A-1"), ("*9", "19"), ("*", ""), ("A*B*C", "AxBxBxC"), ("same", "same"), ("*1*", "1")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("A-*", "B-1"), ("*9", "91"), ("same", "other"), ("A*A", "A"), ("", "x")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_percentage_is_met_and_repeats_with_the_seed() {
        let run = |seed| {
            let mut fault = Fault::new(FaultKind::CutAfter);
            fault.percent = 30;
            let faults = Faults::new(seed, false, &[fault]);
            let seen = seen("create", "A", "100");
            (0..1_000).map(|_| faults.plan("bitlipa", "main", &seen).exchange.is_some()).collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let count = run(7).into_iter().filter(|hit| *hit).count();
        assert!((240..=360).contains(&count), "{count} of 1000 is not about 30 %");
    }

    #[test]
    fn a_fault_is_narrow_and_is_spent() {
        let mut fault = Fault::new(FaultKind::Error500);
        fault.gateway = Some("bitlipa".to_owned());
        fault.operation = Some("create".to_owned());
        fault.order_id = Some("A-*".to_owned());
        fault.times = Some(2);
        let faults = Faults::new(1, false, &[fault]);
        let hit = |gateway, seen: &Seen| faults.plan(gateway, "main", seen).exchange.is_some();
        assert!(!hit("adullam", &seen("create", "A-1", "1")));
        assert!(!hit("bitlipa", &seen("check", "A-1", "1")));
        assert!(!hit("bitlipa", &seen("create", "B-1", "1")));
        assert!(hit("bitlipa", &seen("create", "A-1", "1")));
        assert!(hit("bitlipa", &seen("create", "A-2", "1")));
        assert!(!hit("bitlipa", &seen("create", "A-3", "1")), "it is spent");
        assert_eq!(faults.list()[0].struck, 2);
    }

    #[test]
    fn pages_are_spared_unless_named() {
        let faults = Faults::new(1, false, &[Fault::new(FaultKind::Error500)]);
        assert!(faults.plan("bitlipa", "main", &seen("page", "A", "1")).exchange.is_none());
        let mut fault = Fault::new(FaultKind::Error500);
        fault.operation = Some("page".to_owned());
        let faults = Faults::new(1, false, &[fault]);
        assert!(faults.plan("bitlipa", "main", &seen("page", "A", "1")).exchange.is_some());
    }

    #[test]
    fn magic_can_be_switched_off_and_touches_creations_only() {
        let on = Faults::new(1, true, &[]);
        let off = Faults::new(1, false, &[]);
        let exchange =
            |faults: &Faults, seen: &Seen| faults.plan("adullam", "main", seen).exchange.map(|f| f.kind);
        assert_eq!(exchange(&on, &seen("create", "A", "771010")), Some(FaultKind::CutAfter));
        assert_eq!(exchange(&on, &seen("check", "A", "771010")), None);
        assert_eq!(exchange(&on, &seen("create", "A", "771000")), None);
        assert_eq!(exchange(&off, &seen("create", "A", "771010")), None);
    }

    #[test]
    fn senseless_faults_are_refused_with_every_problem() {
        let mut fault = Fault::new(FaultKind::Refuse);
        fault.gateway = Some("paypal".to_owned());
        fault.operation = Some("dance".to_owned());
        fault.percent = 0;
        let problems = fault.check().unwrap_err();
        for part in ["gateway is unknown", "operation is unknown", "percent must be", "before a request"] {
            assert!(problems.contains(part), "{problems}");
        }
    }
}
