//! Amounts, final states, and what happens when a gateway contradicts itself.

use super::*;
use crate::entry::{Entry, Paid};
use crate::event::Worth;

/// Rules of a gateway that can be asked and never states an amount.
fn silent() -> Rules {
    Rules { states_amount: false, ..askable() }
}

/// Every path that ends an order: the attempt itself, a question, the late end of an older attempt.
fn paths(said: &Receipt) -> [(Row, Event); 3] {
    let sending = row(State::Sending);
    let (unknown, accepted) = (row(State::Unknown), row(State::Accepted));
    [
        (sending.clone(), ended(&sending, Ok(said.clone()))),
        (unknown.clone(), told(&unknown, Some(said.clone()))),
        (accepted, Event::Ended { fence: 0, ended: Ok(said.clone()), twin: None }),
    ]
}

#[test]
fn r10_the_amount_is_compared_on_every_path() {
    let no_flag = Flags::NONE;
    let rows = [
        (askable(), Some(1_000), State::Succeeded, no_flag, Paid::Yes),
        // A gateway that always states the amount left it out.
        (askable(), None, State::Accepted, Flags::AMOUNT_UNCONFIRMED.with(Flags::NEEDS_REVIEW), Paid::No),
        // One that never does has ended our own signed request.
        (silent(), None, State::Succeeded, Flags::AMOUNT_UNCONFIRMED, Paid::AmountUnconfirmed),
        (silent(), Some(1_000), State::Succeeded, no_flag, Paid::Yes),
        (askable(), Some(999), State::Accepted, Flags::MISMATCH, Paid::No),
        (silent(), Some(1_001), State::Accepted, Flags::MISMATCH, Paid::No),
    ];
    for (rules, amount, state, flags, paid) in rows {
        for (row, event) in paths(&receipt(Status::Succeeded, amount)) {
            let after = next(&row, &event, &rules);
            assert_eq!((after.state, after.flags), (state, flags), "{amount:?} by {}", event.as_str());
            assert_eq!(Entry::from(&after).paid(), paid);
        }
    }
}

#[test]
fn r10_another_currency_is_another_amount() {
    let mut other = receipt(Status::Succeeded, None);
    other.amount = Some(Money::from_minor(1_000, Currency::Xaf).expect("in range"));
    for (row, event) in paths(&other) {
        let after = next(&row, &event, &askable());
        assert_eq!((after.state, after.flags), (State::Accepted, Flags::MISMATCH));
    }
}

#[test]
fn once_the_amount_differed_only_people_believe_the_gateway() {
    let rules = askable();
    let accepted = row(State::Accepted);
    let differs = next(&accepted, &told(&accepted, Some(receipt(Status::Succeeded, Some(999)))), &rules);
    for said in [receipt(Status::Succeeded, Some(1_000)), receipt(Status::Failed, None)] {
        let after = next(&differs, &told(&differs, Some(said)), &rules);
        assert_eq!((after.state, after.flags, after.due_at), (State::Accepted, Flags::MISMATCH, None));
    }
}

#[test]
fn an_amount_that_is_stated_later_confirms() {
    let mut paid = row(State::Succeeded);
    paid.flags = Flags::AMOUNT_UNCONFIRMED;
    let confirmed = next(&paid, &told(&paid, Some(receipt(Status::Succeeded, Some(1_000)))), &silent());
    assert_eq!(Entry::from(&confirmed).paid(), Paid::Yes);
    let differs = next(&paid, &told(&paid, Some(receipt(Status::Succeeded, Some(1)))), &silent());
    assert!(differs.flags.has(Flags::MISMATCH));
    assert_eq!(Entry::from(&differs).paid(), Paid::No);
}

#[test]
fn r9_final_states_are_sticky_with_two_exceptions() {
    let statuses = [
        Status::Succeeded,
        Status::Failed,
        Status::Expired,
        Status::Cancelled,
        Status::Pending,
        Status::Unrecognized,
    ];
    for state in State::ALL.into_iter().filter(|state| state.is_final()) {
        for status in statuses {
            let before = row(state);
            let amount = (status == Status::Succeeded).then_some(1_000);
            let after = next(&before, &told(&before, Some(receipt(status, amount))), &askable());
            let corrected = match (state, State::ended(status)) {
                (State::Expired, Some(other)) => Some(other),
                (State::Failed, Some(State::Succeeded)) => Some(State::Succeeded),
                _ => None,
            };
            assert_eq!(after.state, corrected.unwrap_or(state), "{state:?} told {status:?}");
            let same = State::ended(status) == Some(state);
            let nothing_new = match (state, State::ended(status)) {
                // What was refused has not succeeded either way.
                (State::Rejected, Some(told)) => told != State::Succeeded,
                // It is under way although it was refused.
                (State::Rejected, None) => false,
                (_, None) => true,
                _ => same,
            };
            let conflict = corrected.is_none() && !nothing_new;
            assert_eq!(after.flags.has(Flags::CONFLICT), conflict, "{state:?} told {status:?}");
            assert_eq!(after.due_at.is_some(), conflict, "a contradiction is asked about once more");
        }
    }
}

#[test]
fn a_contradiction_that_stays_is_left_to_people() {
    let before = row(State::Succeeded);
    let told_failed = |row: &Row| next(row, &told(row, Some(receipt(Status::Failed, None))), &askable());
    let first = told_failed(&before);
    assert_eq!(first.state, State::Succeeded);
    assert!(first.due_at.is_some());
    let second = told_failed(&first);
    assert_eq!((second.state, second.due_at), (State::Succeeded, None));
    assert_eq!(Entry::from(&second).paid(), Paid::No, "a conflict is never paid");
}

#[test]
fn a_corrected_payout_is_shown_to_people_and_a_corrected_payment_is_not() {
    for (operation, review) in [(Operation::Payout, true), (Operation::Payment, false)] {
        let mut before = row(State::Failed);
        before.operation = operation;
        let after = next(&before, &told(&before, Some(receipt(Status::Succeeded, Some(1_000)))), &askable());
        assert_eq!(after.state, State::Succeeded);
        assert_eq!(after.flags.has(Flags::NEEDS_REVIEW), review, "somebody may have paid again meanwhile");
    }
}

#[test]
fn a_correction_needs_the_amount_as_well() {
    let before = row(State::Failed);
    let unstated = next(&before, &told(&before, Some(receipt(Status::Succeeded, None))), &askable());
    assert_eq!(unstated.state, State::Failed);
    assert_eq!(unstated.flags, Flags::AMOUNT_UNCONFIRMED.with(Flags::NEEDS_REVIEW));
    let differs = next(&before, &told(&before, Some(receipt(Status::Succeeded, Some(1)))), &askable());
    assert_eq!((differs.state, differs.flags), (State::Failed, Flags::MISMATCH));
    let silent = next(&before, &told(&before, Some(receipt(Status::Succeeded, None))), &silent());
    assert_eq!(Entry::from(&silent).paid(), Paid::AmountUnconfirmed);
}

#[test]
fn a_gateway_that_forgets_what_it_had_accepted_is_in_conflict() {
    let rules = askable();
    let accepted = row(State::Accepted);
    let forgotten = next(&accepted, &told(&accepted, None), &rules);
    assert_eq!((forgotten.state, forgotten.flags), (State::Accepted, Flags::CONFLICT));
    assert!(forgotten.due_at.is_some(), "it is asked again");
    // However often it says so, it is not sent again.
    let mut still = forgotten.clone();
    still.missed_at = Some(earlier(NOW, Duration::from_secs(3_600)));
    assert_eq!(next(&still, &told(&still, None), &rules).state, State::Accepted);
    let found = next(&forgotten, &told(&forgotten, Some(receipt(Status::Pending, None))), &rules);
    assert_eq!((found.state, found.flags), (State::Accepted, Flags::NONE));
    let paid = next(&forgotten, &told(&forgotten, Some(receipt(Status::Succeeded, Some(1_000)))), &rules);
    assert_eq!((paid.state, paid.flags), (State::Succeeded, Flags::NONE));
}

#[test]
fn callbacks_after_the_end_lead_to_a_question_and_no_further() {
    let woken = |state, says| next(&row(state), &Event::Woken { worth: Worth::Authentic, says }, &askable());
    for state in [State::Failed, State::Expired, State::Cancelled, State::Rejected] {
        assert_eq!(woken(state, Some(Status::Succeeded)).due_at, Some(NOW), "{state:?}");
    }
    assert_eq!(woken(State::Succeeded, Some(Status::Failed)).due_at, Some(NOW));
    for says in [None, Some(Status::Pending), Some(Status::Succeeded)] {
        assert_eq!(woken(State::Succeeded, says).due_at, None, "out of order, or once more: {says:?}");
    }
}

#[test]
fn questions_after_the_end_are_given_up() {
    let mut ended = row(State::Failed);
    ended.due_at = Some(NOW);
    let mut questions = 0;
    while let Some(due) = ended.due_at {
        questions += 1;
        assert!(questions < 20, "no endless questions");
        let asking = after(&ended, &Event::Claim, &askable(), due).row;
        let event = Event::NotTold { fence: asking.fence, failure: unknown() };
        ended = after(&asking, &event, &askable(), due).row;
    }
    assert_eq!((ended.state, ended.flags), (State::Failed, Flags::NONE));
}
