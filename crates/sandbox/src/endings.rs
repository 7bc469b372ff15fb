//! How orders end by themselves: decided before they are made, by whom they fit.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::dice::Dice;
use crate::faults::{self, SeenOrder};
use crate::gateway::Decision;

/// How orders that fit end when nobody decides them by hand. Start from [`Ending::new`] and narrow it down.
///
/// The first that fits counts, those added later coming first; what none fits ends as
/// [`Settings::auto`](crate::Settings::auto) says. An order's end is fixed when the order is made.
///
/// ```
/// use std::time::Duration;
///
/// use nzimbu_sandbox::{Decision, Ending};
///
/// // Payouts whose id begins with `BAD-` are refused after a second.
/// let mut ending = Ending::new(Some(Decision::Refuse));
/// ending.gateway = Some("cinetpay-transfer".to_owned());
/// ending.order_id = Some("BAD-*".to_owned());
/// ending.after = Duration::from_secs(1);
/// assert!(ending.check().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ending {
    /// How the order ends; `None` leaves it open until somebody decides.
    pub decision: Option<Decision>,
    /// How long after it was made; half-way there it is reported as being worked on. Default: at once.
    pub after: Duration,
    /// Only this gateway, named as in [`Movement::gateway`](crate::Movement::gateway).
    pub gateway: Option<String>,
    /// Only this merchant's orders.
    pub merchant: Option<String>,
    /// Only the merchant's own ids that fit: `*` stands for any text.
    pub order_id: Option<String>,
    /// Only phone numbers that fit: `*` stands for any text. They are compared as the admin API shows them.
    pub phone: Option<String>,
    /// Only this amount, as the admin API shows it: `*` stands for any text.
    pub amount: Option<String>,
    /// How many of a hundred, by the seed: 1 to 100. Default: 100.
    pub percent: u8,
    /// How often, before the rule is spent. Default: without end.
    pub times: Option<u32>,
}

impl Ending {
    /// A rule for all orders, at once.
    pub fn new(decision: Option<Decision>) -> Ending {
        Ending {
            decision,
            after: Duration::ZERO,
            gateway: None,
            merchant: None,
            order_id: None,
            phone: None,
            amount: None,
            percent: 100,
            times: None,
        }
    }

    /// Whether the rule makes sense; the error names every problem with its remedy.
    ///
    /// # Errors
    /// Always by its fields alone: an unknown gateway, a percentage outside 1 to 100, no times, more than a day.
    pub fn check(&self) -> Result<(), String> {
        let mut problems = Vec::new();
        problems.extend(faults::check_gateway(self.gateway.as_deref()).err());
        problems.extend(faults::check_frequency(self.percent, self.times));
        if self.after > MAX_AFTER {
            problems.push("after must be at most a day (86400000 ms)".to_owned());
        }
        if self.decision.is_none() && self.after > Duration::ZERO {
            problems.push("after does not apply to what is never decided; leave it out".to_owned());
        }
        if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
    }

    fn fits(&self, gateway: &str, merchant: &str, order: &SeenOrder) -> bool {
        self.gateway.as_deref().is_none_or(|wanted| wanted == gateway)
            && self.merchant.as_deref().is_none_or(|wanted| wanted == merchant)
            && faults::fits_order(&self.order_id, &self.phone, &self.amount, Some(order))
    }
}

/// The rules in force. Clones share them.
#[derive(Clone)]
pub(crate) struct Endings {
    seed: u64,
    active: Arc<Mutex<Active>>,
}

struct Active {
    next_id: u64,
    /// The newest last.
    rules: Vec<Rule>,
}

/// A rule with its number and how often it was met.
#[derive(Clone)]
pub(crate) struct Rule {
    pub(crate) id: u64,
    pub(crate) ending: Ending,
    met: u64,
    /// How many orders it has decided.
    pub(crate) used: u32,
}

impl Endings {
    /// Those of the settings: the first of them counts first.
    pub(crate) fn new(seed: u64, endings: &[Ending]) -> Endings {
        let active = Active { next_id: 1, rules: Vec::new() };
        let made = Endings { seed, active: Arc::new(Mutex::new(active)) };
        made.restart(endings);
        made
    }

    /// Forgets all rules but those of the settings.
    pub(crate) fn restart(&self, endings: &[Ending]) {
        self.lock().rules.clear();
        for ending in endings.iter().rev() {
            self.add(ending.clone());
        }
    }

    /// Puts a rule in force, before all others; nothing when there are too many.
    pub(crate) fn add(&self, ending: Ending) -> Option<u64> {
        let mut active = self.lock();
        if active.rules.len() >= MAX_RULES {
            return None;
        }
        let id = active.next_id;
        active.next_id += 1;
        active.rules.push(Rule { id, ending, met: 0, used: 0 });
        Some(id)
    }

    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut active = self.lock();
        let before = active.rules.len();
        active.rules.retain(|rule| rule.id != id);
        active.rules.len() < before
    }

    /// Removes all; how many there were.
    pub(crate) fn clear(&self) -> usize {
        let mut active = self.lock();
        let count = active.rules.len();
        active.rules.clear();
        count
    }

    /// In the order in which they count.
    pub(crate) fn list(&self) -> Vec<Rule> {
        self.lock().rules.iter().rev().cloned().collect()
    }

    /// When and how a new order ends by itself; nothing when it does not.
    pub(crate) fn of(
        &self,
        gateway: &str,
        merchant: &str,
        order: &SeenOrder,
        auto: Option<Duration>,
    ) -> Option<(Duration, Decision)> {
        let mut active = self.lock();
        for rule in active.rules.iter_mut().rev() {
            if rule.ending.times.is_some_and(|times| rule.used >= times)
                || !rule.ending.fits(gateway, merchant, order)
            {
                continue;
            }
            rule.met += 1;
            let purpose = rule.id.wrapping_mul(0x2_0000_0003).wrapping_add(rule.met);
            if Dice::new(self.seed, purpose).percent() < rule.ending.percent {
                rule.used = rule.used.saturating_add(1);
                return rule.ending.decision.map(|decision| (rule.ending.after, decision));
            }
        }
        auto.map(|after| (after, Decision::Approve))
    }

    fn lock(&self) -> MutexGuard<'_, Active> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The word for what is not decided by itself.
pub(crate) const HOLD: &str = "hold";
const MAX_RULES: usize = 1_000;
const MAX_AFTER: Duration = Duration::from_secs(86_400);

#[cfg(test)]
mod tests {
    use super::*;

    fn order(id: &str) -> SeenOrder {
        SeenOrder { order_id: Some(id.to_owned()), phone: None, amount: Some("100".to_owned()) }
    }

    #[test]
    fn the_newest_that_fits_counts() {
        let auto = Some(Duration::from_secs(9));
        let mut first = Ending::new(Some(Decision::Refuse));
        first.order_id = Some("A-*".to_owned());
        let mut second = Ending::new(Some(Decision::Expire));
        second.gateway = Some("bitlipa".to_owned());
        let endings = Endings::new(1, &[first, second]);
        let of = |gateway, id| endings.of(gateway, "main", &order(id), auto).map(|(_, decision)| decision);
        assert_eq!(of("bitlipa", "A-1"), Some(Decision::Refuse), "the first of the settings counts first");
        assert_eq!(of("bitlipa", "B-1"), Some(Decision::Expire));
        assert_eq!(endings.of("adullam", "main", &order("B-1"), auto), auto.map(|a| (a, Decision::Approve)));
        let mut once = Ending::new(None);
        once.times = Some(1);
        once.merchant = Some("other".to_owned());
        let id = endings.add(once);
        assert_eq!(of("bitlipa", "A-1"), Some(Decision::Refuse), "another merchant's");
        assert_eq!(endings.of("bitlipa", "other", &order("A-1"), auto), None, "left open");
        assert_eq!(endings.of("bitlipa", "other", &order("A-1"), auto).map(|e| e.1), Some(Decision::Refuse));
        assert_eq!(endings.list().first().map(|rule| (rule.id, rule.used)), id.map(|id| (id, 1)));
        assert!(id.is_some_and(|id| endings.remove(id) && !endings.remove(id)));
        assert_eq!(endings.clear(), 2);
        assert_eq!(endings.of("bitlipa", "main", &order("A-1"), None), None);
    }

    #[test]
    fn a_share_of_all_is_repeatable() {
        let run = |seed| {
            let mut some = Ending::new(Some(Decision::Refuse));
            some.percent = 20;
            let endings = Endings::new(seed, &[some]);
            (0..1_000).map(|_| endings.of("bitlipa", "main", &order("A"), None).is_some()).collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let count = run(7).into_iter().filter(|hit| *hit).count();
        assert!((150..=250).contains(&count), "{count} of 1000 is not about 20 %");
    }

    #[test]
    fn all_problems_are_named_at_once() {
        let mut ending = Ending::new(None);
        ending.gateway = Some("paypal".to_owned());
        ending.percent = 0;
        ending.times = Some(0);
        ending.after = Duration::from_secs(90_000);
        let problems = ending.check().expect_err("nothing of it makes sense");
        for part in
            ["gateway is unknown", "percent must be", "times must be", "at most a day", "never decided"]
        {
            assert!(problems.contains(part), "{part:?} is missing in {problems}");
        }
    }
}
