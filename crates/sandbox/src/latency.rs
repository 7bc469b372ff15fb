//! How long answers take when nothing is wrong: per gateway and per operation.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use crate::faults;

/// How long the answers of one gateway, or to one of its operations, take at least.
///
/// ```
/// use std::time::Duration;
///
/// use nzimbu_sandbox::{Latency, Settings};
///
/// let mut settings = Settings::default();
/// let mut slow = Latency::new(Duration::from_millis(800));
/// slow.gateway = Some("cinetpay-transfer".to_owned());
/// slow.operation = Some("send".to_owned());
/// settings.latencies.push(slow);
/// assert!(settings.check().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Latency {
    /// Only this gateway, named as in [`Movement::gateway`](crate::Movement::gateway).
    pub gateway: Option<String>,
    /// Only this operation, named as in [`Fault::operation`](crate::Fault::operation).
    pub operation: Option<String>,
    /// How long.
    pub least: Duration,
}

impl Latency {
    /// For all gateways and operations.
    pub fn new(least: Duration) -> Latency {
        Latency { gateway: None, operation: None, least }
    }

    /// Whether it makes sense; the error names every problem with its remedy.
    ///
    /// # Errors
    /// An unknown gateway or operation, more than ten minutes.
    pub fn check(&self) -> Result<(), String> {
        let mut problems = Vec::new();
        problems.extend(faults::check_gateway(self.gateway.as_deref()).err());
        problems.extend(faults::check_operation(self.operation.as_deref()).err());
        if self.least > MAX_LATENCY {
            problems.push("a latency must be at most ten minutes (600000 ms)".to_owned());
        }
        if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
    }

    fn is_for(&self, other: &Latency) -> bool {
        self.gateway == other.gateway && self.operation == other.operation
    }

    /// How exactly it names what it is for.
    fn weight(&self) -> usize {
        2 * usize::from(self.gateway.is_some()) + usize::from(self.operation.is_some())
    }
}

/// The latencies in force.
pub(crate) struct Latencies(RwLock<Vec<Latency>>);

impl Latencies {
    pub(crate) fn new(all: Option<Duration>, more: &[Latency]) -> Latencies {
        let latencies = Latencies(RwLock::new(Vec::new()));
        latencies.restart(all, more);
        latencies
    }

    /// Back to those of the settings.
    pub(crate) fn restart(&self, all: Option<Duration>, more: &[Latency]) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
        for latency in all.map(Latency::new).iter().chain(more) {
            self.set(latency.clone());
        }
    }

    /// Takes the place of what was set for the same gateway and operation. The most exact one stands first.
    pub(crate) fn set(&self, latency: Latency) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|old| !old.is_for(&latency));
        known.push(latency);
        known.sort_by_key(|latency| std::cmp::Reverse(latency.weight()));
    }

    /// The most exact one that fits, unless it is no time at all.
    pub(crate) fn of(&self, gateway: &str, operation: &str) -> Option<Duration> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let fits = |wanted: &Option<String>, given: &str| wanted.as_deref().is_none_or(|name| name == given);
        let found = known
            .iter()
            .find(|latency| fits(&latency.gateway, gateway) && fits(&latency.operation, operation))?;
        Some(found.least).filter(|least| !least.is_zero())
    }

    pub(crate) fn list(&self) -> Vec<Latency> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

const MAX_LATENCY: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_exact_one_counts() {
        let of = |gateway: Option<&str>, operation: Option<&str>, least: u64| Latency {
            gateway: gateway.map(str::to_owned),
            operation: operation.map(str::to_owned),
            least: Duration::from_millis(least),
        };
        let latencies = Latencies::new(
            Some(Duration::from_millis(1)),
            &[
                of(None, Some("check"), 2),
                of(Some("bitlipa"), None, 3),
                of(Some("bitlipa"), Some("create"), 4),
                of(Some("adullam"), None, 0),
            ],
        );
        let found = |gateway, operation| latencies.of(gateway, operation).map(|time| time.as_millis());
        assert_eq!(found("cinetpay-checkout", "create"), Some(1));
        assert_eq!(found("cinetpay-checkout", "check"), Some(2));
        assert_eq!(found("bitlipa", "check"), Some(3));
        assert_eq!(found("bitlipa", "create"), Some(4));
        assert_eq!(found("adullam", "create"), None);
        latencies.set(of(Some("bitlipa"), Some("create"), 5));
        assert_eq!(found("bitlipa", "create"), Some(5));
        assert_eq!(latencies.list().len(), 5);
    }
}
