//! How bad it is: every fault with its frequency, drawn from the seed.

use std::time::Duration;

use super::dice::Dice;

/// How often each fault happens, in a thousand chances for it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weather {
    /// No connection: the request is proven unsent.
    pub(super) refused: u64,
    /// The request never arrives.
    pub(super) request_lost: u64,
    /// The request arrives late, up to [`LONGEST`].
    pub(super) request_late: u64,
    /// A request that was taken arrives a second time, also late. One that was refused does not: whoever repeats it for
    /// us makes every refusal worthless, and no client can know.
    pub(super) request_twice: u64,
    /// The answer never arrives, though the work is done.
    pub(super) answer_lost: u64,
    /// The answer comes late, mostly after the transport has given up.
    pub(super) answer_late: u64,
    /// The work is done, and a proxy answers 502 or an HTML page, or the answer is cut short.
    pub(super) answer_spoilt: u64,
    /// A firewall's page: no work is done.
    pub(super) firewall: u64,
    /// 429 in the gateway's form.
    pub(super) busy: u64,
    /// The operator is out of service.
    pub(super) operator_down: u64,
    /// The caller is not on the gateway's list, or its key is not accepted.
    pub(super) blocked: u64,
    /// All tokens end.
    pub(super) tokens_end: u64,
    /// A commit of the journal that its process does not survive.
    pub(super) commit_kills: u64,
    /// A running exchange is dropped, as by a panic in a worker.
    pub(super) dropped: u64,
    /// A process is stopped in the middle of an attempt to send, with an answer waiting for it.
    pub(super) asleep: u64,
    /// A callback is lost.
    pub(super) callback_lost: u64,
    /// A callback comes twice or more often.
    pub(super) callback_twice: u64,
    /// A callback comes hours late.
    pub(super) callback_late: u64,
    /// Mean time between kills, stops, full disks and jumps of the clock.
    pub(super) chaos: Option<Duration>,
}

/// How far the machine's clock goes wrong.
pub(super) const JUMP: Duration = Duration::from_secs(5 * 60);

/// The longest that a request is under way: the default grace period, less what the clock may jump.
pub(super) const LONGEST: Duration = Duration::from_secs(15 * 60 - 5 * 60 - 1);

impl Weather {
    /// Nothing goes wrong.
    pub(super) const CALM: Self = Self {
        refused: 0,
        request_lost: 0,
        request_late: 0,
        request_twice: 0,
        answer_lost: 0,
        answer_late: 0,
        answer_spoilt: 0,
        firewall: 0,
        busy: 0,
        operator_down: 0,
        blocked: 0,
        tokens_end: 0,
        commit_kills: 0,
        dropped: 0,
        asleep: 0,
        callback_lost: 0,
        callback_twice: 0,
        callback_late: 0,
        chaos: None,
    };

    /// Each fault is absent, seldom, common or frequent.
    pub(super) fn drawn(dice: &mut Dice) -> Self {
        let mut often = |most: u64| match dice.below(6) {
            0 | 1 => 0,
            2 | 3 => most / 10,
            4 => most / 3,
            _ => most,
        };
        Self {
            refused: often(150),
            request_lost: often(150),
            request_late: often(200),
            request_twice: often(100),
            answer_lost: often(200),
            answer_late: often(150),
            answer_spoilt: often(200),
            firewall: often(50),
            busy: often(150),
            operator_down: often(60),
            blocked: often(60),
            tokens_end: often(100),
            commit_kills: often(15),
            dropped: often(50),
            asleep: often(10),
            // The three cases that goal G7 names.
            callback_lost: [0, 300, 1_000][dice.index(3)],
            callback_twice: dice.below(300),
            callback_late: dice.below(300),
            chaos: Some(Duration::from_secs(60 + dice.below(1_800))),
        }
    }
}
