//! The rules of sending and of unknown outcomes, one by one.

use nzimbu_core::OrderName;

use super::*;
use crate::event::{Verdict, Worth};

const GRACE: Duration = Duration::from_secs(15 * 60);

fn at(seconds: u64) -> UnixTime {
    NOW.plus(Duration::from_secs(seconds))
}

/// A row that was claimed and is being sent.
fn sending(rules: &Rules) -> Row {
    let change = after(&row(State::Ready), &Event::Claim, rules, NOW);
    assert_eq!(change.next, Next::Send);
    change.row
}

/// A row whose first attempt had an unknown outcome just now.
fn lost(rules: &Rules) -> Row {
    let row = sending(rules);
    next(&row, &ended(&row, Err(unknown())), rules)
}

/// Claims for a question at a time, and lets the gateway say this.
fn asked(row: &Row, rules: &Rules, now: UnixTime, said: Option<Receipt>) -> Row {
    let claimed = after(row, &Event::Claim, rules, now);
    assert_eq!(claimed.next, Next::Ask);
    let event = Event::Told { fence: claimed.row.fence, asked_at: now, said, twin: None };
    after(&claimed.row, &event, rules, now).row
}

#[test]
fn how_an_attempt_ends_is_the_state_that_follows() {
    let rows: [(Result<Receipt, Failure>, State); 10] = [
        (Ok(receipt(Status::Pending, None)), State::Accepted),
        (Ok(receipt(Status::Unrecognized, None)), State::Accepted),
        (Ok(receipt(Status::Succeeded, Some(1_000))), State::Succeeded),
        (Ok(receipt(Status::Failed, None)), State::Failed),
        (Ok(receipt(Status::Expired, None)), State::Expired),
        (Ok(receipt(Status::Cancelled, None)), State::Cancelled),
        (Err(failure(Outcome::NotSent, Advice::Repeat)), State::Ready),
        (Err(failure(Outcome::Rejected, Advice::Repeat)), State::Ready),
        (Err(failure(Outcome::Rejected, Advice::Change)), State::Rejected),
        (Err(unknown()), State::Unknown),
    ];
    for (end, state) in rows {
        let row = sending(&askable());
        let told = format!("{end:?}");
        assert_eq!(next(&row, &ended(&row, end), &askable()).state, state, "{told}");
    }
    let refused_by_us = failure(Outcome::NotSent, Advice::Change);
    let row = sending(&askable());
    assert_eq!(next(&row, &ended(&row, Err(refused_by_us)), &askable()).state, State::Rejected);
    assert_eq!(next(&row, &Event::Dropped { fence: row.fence }, &askable()).state, State::Unknown);
}

#[test]
fn a_row_of_a_batch_is_not_used_up_by_what_is_no_fault_of_its_own() {
    let refusals = [
        (ErrorKind::Authentication, Outcome::NotSent),
        (ErrorKind::Blocked, Outcome::Rejected),
        (ErrorKind::InsufficientFunds, Outcome::Rejected),
        (ErrorKind::Malformed, Outcome::NotSent),
    ];
    for (kind, outcome) in refusals {
        for (batch, state) in [(None, State::Rejected), (Some(1), State::Ready)] {
            let row = Row { batch, ..sending(&askable()) };
            let refused = Failure { kind, ..failure(outcome, Advice::Change) };
            let after = next(&row, &ended(&row, Err(refused)), &askable());
            assert_eq!(after.state, state, "{kind:?}");
            assert_eq!(after.due_at.is_some_and(|due| due > NOW), state == State::Ready, "not again at once");
        }
    }
    // What is wrong with the row itself ends it, and so does an answer to the order that says it was refused.
    for (kind, outcome) in
        [(ErrorKind::InvalidRequest, Outcome::Rejected), (ErrorKind::Malformed, Outcome::Rejected)]
    {
        let row = Row { batch: Some(1), ..sending(&askable()) };
        let refused = Failure { kind, ..failure(outcome, Advice::Change) };
        assert_eq!(next(&row, &ended(&row, Err(refused)), &askable()).state, State::Rejected);
    }
    // Where an earlier copy may have been executed, nothing is sent again before that is known.
    let rules = askable();
    let earlier = Prior::Unknown { at: NOW, ended: true };
    let row = Row { batch: Some(1), prior: earlier, ..sending(&rules) };
    let refused = Failure { kind: ErrorKind::Blocked, ..failure(Outcome::NotSent, Advice::Change) };
    assert_eq!(next(&row, &ended(&row, Err(refused)), &rules).state, State::Unknown);
    // A login that could not be read is no reason to hand over a row whose first attempt was lost: it is asked for on.
    let row = Row { batch: Some(1), prior: Prior::Unknown { at: NOW, ended: false }, ..sending(&rules) };
    let unread = Failure { kind: ErrorKind::Malformed, ..failure(Outcome::NotSent, Advice::Change) };
    let after = next(&row, &ended(&row, Err(unread)), &rules);
    assert_eq!((after.state, after.flags), (State::Unknown, Flags::NONE));
}

#[test]
fn r5_a_lapsed_lease_is_unknown_and_never_ready() {
    for rules in [askable(), replaying()] {
        let row = sending(&rules);
        let early = after(&row, &Event::Claim, &rules, at(89));
        assert_eq!((early.row.state, early.next), (State::Sending, Next::Nothing));
        let lapsed = after(&row, &Event::Claim, &rules, at(90));
        assert!(matches!(lapsed.row.prior, Prior::Unknown { ended: false, .. }));
        if rules.can_ask {
            assert_eq!((lapsed.row.state, lapsed.next), (State::Unknown, Next::Ask));
        } else {
            // The copy under the same key is the question.
            assert_eq!((lapsed.row.state, lapsed.next), (State::Sending, Next::Send));
        }
    }
}

#[test]
fn r6_two_misses_over_the_grace_period_permit_the_same_key_again() {
    let rules = askable();
    let missed = asked(&lost(&rules), &rules, NOW, None);
    assert_eq!((missed.state, missed.missed_at), (State::Unknown, Some(NOW)));
    // However often it is asked within the grace period.
    let soon = asked(&missed, &rules, at(899), None);
    assert_eq!(soon.state, State::Unknown);
    assert_eq!(soon.due_at, Some(at(900)), "asked again when the grace period is over, not later");
    let ready = asked(&soon, &rules, at(900), None);
    assert_eq!(ready.state, State::Ready);
    let again = after(&ready, &Event::Claim, &rules, at(900));
    assert_eq!((again.next, again.row.attempts, again.row.missed_at), (Next::Send, 2, None));
    assert_eq!((&again.row.order, &again.row.request), (&missed.order, &missed.request));
}

#[test]
fn an_undefined_answer_proves_nothing_either_way() {
    // Bitlipa's status -1, which it also gives for orders that do not exist.
    let undefined = || {
        let order = OrderId::parse("A-1").expect("an id");
        Receipt::new(order, Status::Unrecognized, "-1")
    };
    let rules = Rules { repeats: Repeats::Replayed, states_amount: false, ..askable() };
    let missed = asked(&lost(&rules), &rules, NOW, Some(undefined()));
    assert_eq!((missed.state, missed.missed_at), (State::Unknown, Some(NOW)));
    let ready = asked(&missed, &rules, at(900), Some(undefined()));
    assert_eq!(ready.state, State::Ready, "what two misses permit where copies are replayed");
    // Where copies are refused, a word that nobody knows is about an order that somebody knows.
    let heard = asked(&lost(&askable()), &askable(), NOW, Some(undefined()));
    assert_eq!(heard.state, State::Accepted);
    // The answer to the sending itself: it may have been executed.
    let row = sending(&rules);
    let ended = Event::Ended { fence: row.fence, ended: Ok(undefined()), twin: None };
    assert_eq!(next(&row, &ended, &rules).state, State::Unknown);
    // An order that was known before stays known.
    let accepted = asked(&super::row(State::Accepted), &rules, NOW, Some(undefined()));
    assert_eq!((accepted.state, accepted.flags), (State::Accepted, Flags::NONE));
}

#[test]
fn r6_a_gateway_that_may_execute_copies_is_never_sent_one() {
    let rules = Rules { repeats: Repeats::Executed, ..askable() };
    let missed = asked(&lost(&rules), &rules, NOW, None);
    let again = asked(&missed, &rules, at(900), None);
    assert_eq!((again.state, again.due_at), (State::Unknown, None));
    assert!(again.flags.has(Flags::NEEDS_REVIEW));
    let rules = Rules { can_ask: false, ..rules };
    let mut row = lost(&rules);
    row.due_at = Some(NOW);
    let handed_over = after(&row, &Event::Claim, &rules, NOW);
    assert_eq!(handed_over.next, Next::Nothing);
    assert!(handed_over.row.flags.has(Flags::NEEDS_REVIEW));
}

#[test]
fn a_miss_that_was_asked_for_before_the_last_sending_says_nothing() {
    let rules = askable();
    let row = sending(&rules);
    let old = Event::Told { fence: row.fence - 1, asked_at: NOW, said: None, twin: None };
    assert_eq!(next(&row, &old, &rules).missed_at, None);
    let lost = lost(&rules);
    let asking = next(&lost, &Event::Claim, &rules);
    let old = Event::Told { fence: asking.fence - 1, asked_at: NOW, said: None, twin: None };
    assert_eq!(next(&asking, &old, &rules).missed_at, None);
}

#[test]
fn r8_the_same_id_with_another_request_is_refused_in_every_state() {
    for state in State::ALL {
        let other = Event::Begin { digest: [0; 32] };
        assert_eq!(decide(&row(state), &other, &askable(), NOW).err(), Some(Refusal::KeyReuse));
        let same = after(&row(state), &Event::Begin { digest: DIGEST }, &askable(), NOW);
        let sends = state == State::Ready;
        assert_eq!(same.next == Next::Send, sends, "{state:?}");
        assert!(sends || same.row.state == state);
    }
}

#[test]
fn a_refused_copy_says_nothing_about_an_earlier_attempt() {
    let rules = askable();
    for advice in [Advice::Repeat, Advice::Change] {
        for outcome in [Outcome::NotSent, Outcome::Rejected] {
            let refused = || Err(failure(outcome, advice));
            // Accepted before.
            let mut row = sending(&rules);
            row.prior = Prior::Accepted;
            assert_eq!(next(&row, &ended(&row, refused()), &rules).state, State::Accepted);
            // Unknown, and younger than the grace period.
            row.prior = Prior::Unknown { at: earlier(NOW, GRACE - Duration::from_secs(1)), ended: true };
            assert_eq!(next(&row, &ended(&row, refused()), &rules).state, State::Unknown);
            // Lost: its process may be asleep.
            row.prior = Prior::Unknown { at: earlier(NOW, GRACE * 9), ended: false };
            let kept = next(&row, &ended(&row, refused()), &rules);
            assert_eq!(kept.state, State::Unknown);
            assert_eq!(kept.flags.has(Flags::NEEDS_REVIEW), advice == Advice::Change);
            // Old, and missed twice, else it would not have been sent.
            row.prior = Prior::Unknown { at: earlier(NOW, GRACE), ended: true };
            let settled = next(&row, &ended(&row, refused()), &rules);
            let state = if advice == Advice::Repeat { State::Ready } else { State::Rejected };
            assert_eq!((settled.state, settled.prior), (state, Prior::None));
        }
    }
}

#[test]
fn where_nobody_can_be_asked_no_age_makes_a_refused_copy_the_end() {
    let rules = replaying();
    let mut row = sending(&rules);
    row.prior = Prior::Unknown { at: earlier(NOW, GRACE * 9), ended: true };
    let busy = next(&row, &ended(&row, Err(failure(Outcome::Rejected, Advice::Repeat))), &rules);
    assert_eq!((busy.state, busy.prior), (State::Unknown, row.prior));
    assert!(!busy.flags.needs_people() && busy.due_at.is_some());
    let refused = next(&row, &ended(&row, Err(failure(Outcome::Rejected, Advice::Change))), &rules);
    assert_eq!((refused.state, refused.due_at), (State::Unknown, None));
    assert!(refused.flags.has(Flags::NEEDS_REVIEW));
}

#[test]
fn where_nobody_can_be_asked_the_copy_is_the_question() {
    let rules = replaying();
    let mut row = lost(&rules);
    let mut pauses = Vec::new();
    for _ in 0..4 {
        let due = row.due_at.expect("it is asked again");
        let copy = after(&row, &Event::Claim, &rules, due);
        assert_eq!((copy.next, copy.row.state), (Next::Send, State::Sending));
        let pending = ended(&copy.row, Ok(receipt(Status::Pending, None)));
        row = after(&copy.row, &pending, &rules, due).row;
        assert_eq!(row.state, State::Accepted);
        pauses.push(row.due_at.expect("it is asked again").since(due));
    }
    assert!(pauses.windows(2).all(|pair| pair[0] < pair[1]), "the pauses grow: {pauses:?}");
    // A copy has to meet its key, however long it travels.
    let life = rules.timing.key_life - rules.timing.grace - rules.timing.lease;
    let mut old = row.clone();
    old.first_sent_at = Some(earlier(NOW, life));
    old.due_at = Some(NOW);
    let change = after(&old, &Event::Claim, &rules, NOW);
    assert_eq!((change.next, change.row.due_at), (Next::Nothing, None));
    assert!(change.row.flags.has(Flags::NEEDS_REVIEW));
    old.first_sent_at = Some(earlier(NOW, life - Duration::from_millis(1)));
    assert_eq!(after(&old, &Event::Claim, &rules, NOW).next, Next::Send);
}

#[test]
fn a_late_answer_of_an_old_attempt_is_heard_and_its_failure_is_not() {
    let rules = askable();
    let mut row = sending(&rules);
    row.fence = 7;
    let late = |end| Event::Ended { fence: 6, ended: end, twin: None };
    // The attempt that followed is under way: its end decides, but never against what was heard.
    let heard = next(&row, &late(Ok(receipt(Status::Pending, None))), &rules);
    assert_eq!((heard.state, heard.prior), (State::Sending, Prior::Accepted));
    let refused = Err(failure(Outcome::Rejected, Advice::Change));
    assert_eq!(next(&heard, &ended(&heard, refused.clone()), &rules).state, State::Accepted);
    for end in [refused, Err(unknown()), Err(failure(Outcome::NotSent, Advice::Repeat))] {
        let kept = next(&row, &late(end), &rules);
        assert_eq!((kept.state, kept.prior, kept.due_at), (row.state, row.prior, row.due_at));
    }
    assert_eq!(next(&row, &Event::Dropped { fence: 6 }, &rules).state, State::Sending);
    // Nothing is under way: it is as good as an answer to a question.
    let mut lost = lost(&rules);
    lost.fence = 7;
    let paid = next(&lost, &late(Ok(receipt(Status::Succeeded, Some(1_000)))), &rules);
    assert_eq!(paid.state, State::Succeeded);
}

#[test]
fn the_deadline_hands_over_what_has_not_ended() {
    let rules = askable();
    for state in [State::Accepted, State::Unknown] {
        let mut row = row(state);
        row.deadline_at = NOW;
        let asked = asked(&row, &rules, NOW, Some(receipt(Status::Pending, None)));
        assert_eq!((asked.state, asked.due_at), (State::Accepted, None), "no endless questions");
        assert!(asked.flags.has(Flags::NEEDS_REVIEW));
    }
    let mut ready = row(State::Ready);
    ready.deadline_at = NOW;
    let late = after(&ready, &Event::Claim, &rules, NOW);
    assert_eq!((late.next, late.row.state, late.row.due_at), (Next::Nothing, State::Ready, None));
    assert!(late.row.flags.has(Flags::NEEDS_REVIEW));
    // Nothing is sent over people's heads.
    assert_eq!(after(&late.row, &Event::Begin { digest: DIGEST }, &rules, NOW).next, Next::Nothing);
    // A callback may still settle it.
    let mut waits = row(State::Accepted);
    (waits.flags, waits.due_at, waits.deadline_at) = (Flags::NEEDS_REVIEW, None, NOW);
    let woken = next(&waits, &Event::Woken { worth: Worth::Hint, says: None }, &rules);
    let settled = asked_now(&woken, &rules, receipt(Status::Succeeded, Some(1_000)));
    assert_eq!((settled.state, settled.flags), (State::Succeeded, Flags::NONE));
}

fn asked_now(row: &Row, rules: &Rules, said: Receipt) -> Row {
    asked(row, rules, NOW, Some(said))
}

#[test]
fn a_pause_that_the_gateway_asks_for_is_kept_within_reason() {
    let rules = askable();
    let row = sending(&rules);
    let mut busy = failure(Outcome::Rejected, Advice::Repeat);
    busy.retry_after = Some(Duration::from_secs(120));
    assert_eq!(next(&row, &ended(&row, Err(busy.clone())), &rules).due_at, Some(at(120)));
    busy.retry_after = Some(Duration::from_secs(9_999_999));
    assert_eq!(next(&row, &ended(&row, Err(busy.clone())), &rules).due_at, Some(at(600)));
    let asking = next(&lost(&rules), &Event::Claim, &rules);
    let event = Event::NotTold { fence: asking.fence, failure: busy };
    assert_eq!(next(&asking, &event, &rules).due_at, Some(at(600)));
}

#[test]
fn a_callback_has_the_order_asked_for_and_no_flood_asks_more() {
    let rules = askable();
    let mut row = row(State::Accepted);
    row.due_at = Some(at(500));
    let woken = next(&row, &Event::Woken { worth: Worth::Hint, says: None }, &rules);
    assert_eq!((woken.state, woken.due_at), (State::Accepted, Some(NOW)));
    row.asked_at = Some(NOW);
    let woken = next(&row, &Event::Woken { worth: Worth::Hint, says: None }, &rules);
    assert_eq!(woken.due_at, Some(at(10)));
    // Even a signed one moves no money by itself.
    let says = Some(Status::Succeeded);
    assert_eq!(next(&row, &Event::Woken { worth: Worth::Authentic, says }, &rules).state, State::Accepted);
}

#[test]
fn a_signed_callback_about_what_was_never_sent_has_it_asked_for_first() {
    let signed = Event::Woken { worth: Worth::Authentic, says: Some(Status::Succeeded) };
    let hint = Event::Woken { worth: Worth::Hint, says: None };
    let rules = askable();
    let asked_first = next(&row(State::Ready), &signed, &rules);
    assert_eq!(asked_first.state, State::Unknown);
    assert_eq!(next(&row(State::Ready), &hint, &rules).state, State::Ready);
    let planned = next(&row(State::Planned), &signed, &rules);
    assert_eq!(planned.state, State::Planned, "it stays unreleased");
    assert_eq!(next(&planned, &Event::Release, &rules).state, State::Unknown);
    assert_eq!(next(&row(State::Planned), &Event::Release, &rules).state, State::Ready);
}

#[test]
fn a_doubted_journal_asks_before_it_sends() {
    let rules = askable();
    for state in State::ALL {
        let doubted = next(&row(state), &Event::Doubted, &rules);
        match state {
            State::Planned => assert_eq!(doubted.state, State::Planned),
            State::Ready => assert_eq!(doubted.state, State::Unknown),
            _ => assert_eq!(doubted.state, state),
        }
        if matches!(state, State::Planned | State::Ready | State::Sending | State::Unknown) {
            assert!(matches!(doubted.prior, Prior::Unknown { at: NOW, ended: false }), "{state:?}");
        }
        assert_eq!(doubted.due_at.is_some(), state != State::Planned, "{state:?}");
    }
    // A miss from before the backup says nothing about what was sent since.
    let mut missed = lost(&rules);
    missed.missed_at = Some(earlier(NOW, GRACE));
    let doubted = next(&missed, &Event::Doubted, &rules);
    assert_eq!(asked(&doubted, &rules, NOW, None).state, State::Unknown);
}

#[test]
fn an_answer_about_another_order_is_no_answer_about_this_one() {
    let rules = askable();
    let mut other = receipt(Status::Succeeded, Some(1_000));
    other.order = OrderName::parse("B-1").expect("a name");
    let row = sending(&rules);
    let mixed = next(&row, &ended(&row, Ok(other)), &rules);
    assert_eq!((mixed.state, mixed.flags), (State::Accepted, Flags::MISMATCH));
}

#[test]
fn people_decide_what_the_machine_may_not() {
    let rules = askable();
    let decided = |row: &Row, verdict| decide(row, &Event::Decided { verdict }, &rules, NOW);
    let mut waits = row(State::Unknown);
    (waits.flags, waits.due_at) = (Flags::NEEDS_REVIEW.with(Flags::CONFLICT), None);
    for (verdict, state) in [
        (Verdict::Succeeded, State::Succeeded),
        (Verdict::Failed, State::Failed),
        (Verdict::Cancelled, State::Cancelled),
        (Verdict::Resend, State::Ready),
    ] {
        let after = decided(&waits, verdict).expect("allowed").row;
        assert_eq!((after.state, after.flags), (state, Flags::NONE), "{verdict:?}");
    }
    let again = decided(&waits, Verdict::Resend).expect("allowed").row;
    assert_eq!((again.prior, again.due_at), (Prior::None, Some(NOW)));
    let asked = decided(&waits, Verdict::Ask).expect("allowed").row;
    assert_eq!((asked.state, asked.due_at), (State::Unknown, Some(NOW)));
    assert_eq!(asked.flags, Flags::CONFLICT, "asking explains nothing away");
    assert_eq!(asked.deadline_at, NOW.plus(rules.timing.deadline));
}

#[test]
fn people_cannot_decide_against_what_is_under_way_paid_or_not_released() {
    let rules = askable();
    let refusal = |row: &Row, verdict| decide(row, &Event::Decided { verdict }, &rules, NOW).err();
    for verdict in Verdict::ALL {
        assert_eq!(refusal(&row(State::Sending), verdict), Some(Refusal::InFlight));
        let planned = (verdict != Verdict::Cancelled).then_some(Refusal::NotReleased);
        assert_eq!(refusal(&row(State::Planned), verdict), planned);
    }
    assert_eq!(refusal(&row(State::Succeeded), Verdict::Resend), Some(Refusal::AlreadyPaid));
    let mut purged = row(State::Failed);
    purged.request = None;
    assert_eq!(refusal(&purged, Verdict::Resend), Some(Refusal::Purged));
}
