//! One process after another.

use std::time::Duration;

use nzimbu_core::{
    ErrorKind, GatewayRef, NextAction, Operation, ProviderError, RawCallback, Status, UnixTime,
};
use nzimbu_journal::{
    Attempt, Begun, Claims, Count, Entry, Filter, Flags, Flaw, Foreseen, Intent, Journal, JournalErrorKind,
    Notice, Paid, PlannedRow, Seen, State, Task, Timing, Verdict, verify_export,
};

use super::shop::{
    SHOP, Shop, francs, order, payment, payments, payout, payout_of, payouts, receipt, signed,
};
use super::{Hand, LONG, Place};

pub(crate) fn attempt(journal: &Journal, intent: Intent) -> Attempt {
    match journal.begin(intent).wait().unwrap() {
        Begun::Attempt(attempt) => attempt,
        Begun::Known(entry) => panic!("known: {entry:?}"),
    }
}

/// Begins an order and drops the attempt.
fn give_up(journal: &Journal, intent: Intent) {
    drop(attempt(journal, intent));
    catch_up(journal);
}

/// Nobody is told when a dropped attempt is written down; what is handed in after it is.
fn catch_up(journal: &Journal) {
    journal.acknowledge(&[]).wait().unwrap();
}

pub(crate) fn found(journal: &Journal, name: &str) -> Entry {
    journal.find("shop", Operation::Payout, &order(name)).wait().unwrap().expect("the order is known")
}

pub(crate) fn whole(journal: &Journal) {
    let audit = journal.verify().unwrap();
    assert_eq!(audit.flaw, None, "{audit:?}");
}

fn all(journal: &Journal, filter: &Filter) -> Vec<String> {
    let listed = journal.list(filter, 0, 1_000).wait().unwrap();
    listed.iter().map(|(_, entry)| entry.order.as_str().to_owned()).collect()
}

/// The order is accepted, and then succeeded, by the gateway's word.
pub(crate) fn settle(journal: &Journal, hand: &Hand, name: &str, amount: u64) {
    let attempt = attempt(journal, payout(name, amount));
    let accepted = attempt.settle(&Ok(receipt(name, Status::Pending, Some(amount)))).wait().unwrap();
    assert_eq!(accepted.state, State::Accepted);
    hand.pass(LONG.as_secs());
    let Some(Task::Ask(question)) = journal.claim(&payouts(), Claims::Questions, 1).wait().unwrap().pop()
    else {
        panic!("nothing to ask for")
    };
    let said = Ok(Some(receipt(name, Status::Succeeded, Some(amount))));
    assert_eq!(question.settle(&said).wait().unwrap().state, State::Succeeded);
}

pub(crate) fn begins_and_settles(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    let mut intent = payout("A-1", 2_500);
    intent.reference = Some("invoice 7".to_owned());
    intent.replaces = Some(order("A-0"));
    let attempt = attempt(&journal, intent);
    assert_eq!(attempt.entry().state, State::Sending);
    let sending = found(&journal, "A-1");
    assert_eq!((sending.state, sending.attempts, sending.amount), (State::Sending, 1, francs(2_500)));
    assert_eq!(sending.reference.as_deref(), Some("invoice 7"));
    assert_eq!(sending.replaces, Some(order("A-0")));
    assert_eq!(sending.created_at, UnixTime { millis: 1_700_000_000_000 });
    hand.pass(1);
    let mut told = receipt("A-1", Status::Pending, Some(2_500));
    told.next_action = NextAction::Prompt("dial *144#".to_owned());
    attempt.settle(&Ok(told.clone())).wait().unwrap();
    let accepted = found(&journal, "A-1");
    assert_eq!(accepted.state, State::Accepted);
    assert_eq!(accepted.next_action, Some(told.next_action));
    assert_eq!(accepted.gateway_ref.map(String::from).as_deref(), Some("their-A-1"));
    assert_eq!(accepted.word.as_deref(), Some("pending"));
    hand.pass(LONG.as_secs());
    let mut tasks = journal.claim(&payouts(), Claims::Any, 10).wait().unwrap();
    assert_eq!(tasks.len(), 1);
    let Some(Task::Ask(question)) = tasks.pop() else { panic!("not a question") };
    let said = Ok(Some(receipt("A-1", Status::Succeeded, Some(2_500))));
    question.settle(&said).wait().unwrap();
    let ended = found(&journal, "A-1");
    assert_eq!((ended.state, ended.flags, ended.due_at), (State::Succeeded, Flags::NONE, None));

    let history = journal.history("shop", Operation::Payout, &order("A-1")).wait().unwrap().unwrap();
    let states: Vec<_> = history.iter().map(|event| event.state).collect();
    assert_eq!(states, [State::Sending, State::Accepted, State::Succeeded]);
    assert!(
        history.iter().all(|event| !event.body.contains("Canarina") && !event.body.contains("0701234567"))
    );
    assert!(history.is_sorted_by_key(|event| event.id));
    let nothing = journal.history("shop", Operation::Payment, &order("A-1")).wait().unwrap();
    assert_eq!(nothing, None);
    whole(&journal);
    let audit = journal.verify().unwrap();
    assert_eq!((audit.events, audit.orders), (3, 1));
}

pub(crate) fn an_order_is_begun_once(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    let first = attempt(&journal, payout("A-1", 100));
    for _ in 0..3 {
        match journal.begin(payout("A-1", 100)).wait().unwrap() {
            Begun::Known(entry) => assert_eq!(entry.state, State::Sending),
            Begun::Attempt(_) => panic!("begun twice"),
        }
    }
    // The other direction and another gateway are other orders.
    give_up(&journal, payment("A-1", 100));
    give_up(&journal, payout_of(&Shop("other"), "A-1", 100, Timing::default()));
    let refused = ProviderError::rejected(ErrorKind::RateLimited, "later");
    let ready = first.settle(&Err(refused)).wait().unwrap();
    assert_eq!(ready.state, State::Ready);
    let again = attempt(&journal, payout("A-1", 100));
    assert_eq!(again.entry().attempts, 2);
    let refused = ProviderError::rejected(ErrorKind::InsufficientFunds, "no").with_gateway_code("602");
    let rejected = again.settle(&Err(refused)).wait().unwrap();
    assert_eq!((rejected.state, rejected.word.as_deref()), (State::Rejected, Some("602")));
    whole(&journal);
}

pub(crate) fn a_key_is_not_used_twice(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    let _attempt = attempt(&journal, payout("A-1", 100));
    let before = journal.verify().unwrap();
    let error = journal.begin(payout("A-1", 200)).wait().expect_err("refused");
    assert_eq!(error.kind(), JournalErrorKind::KeyReuse);
    assert_eq!(journal.verify().unwrap(), before, "nothing was written");
    // Refusals share their commits with others, and take none of them along.
    let replies: Vec<_> =
        (0..50).map(|number| journal.begin(payout(&format!("B-{}", number / 2), 100 + number % 2))).collect();
    let (good, bad): (Vec<_>, Vec<_>) =
        replies.into_iter().map(|reply| reply.wait()).partition(Result::is_ok);
    assert_eq!((good.len(), bad.len()), (25, 25));
    whole(&journal);
}

pub(crate) fn a_restart_keeps_everything(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    settle(&journal, &hand, "A-1", 100);
    let batch = journal.open_batch([7; 32], "salaries").wait().unwrap();
    journal.plan(&batch, vec![payout("P-1", 1), payout("P-2", 2)]).wait().unwrap();
    let body = "Z-9 succeeded";
    let signature = signed(body);
    let headers = [("x-sign", &*signature)];
    let raw = RawCallback::post(&headers, body.as_bytes());
    let seen = journal.receive(&SHOP, &raw, Timing::default(), UnixTime::default()).wait().unwrap();
    assert!(matches!(seen, Seen::Stray), "{seen:?}");
    let under_way = attempt(&journal, payout("A-2", 200));
    std::mem::forget(under_way);
    let held = journal.notices(1, LONG).wait().unwrap();

    let listed = journal.list(&Filter::default(), 0, 100).wait().unwrap();
    let counts = journal.counts(None).wait().unwrap();
    let audit = journal.verify().unwrap();
    let strays = journal.strays(10).wait().unwrap();
    let history = journal.history("shop", Operation::Payout, &order("A-1")).wait().unwrap();
    drop(journal);

    let journal = place.open(hand.clock());
    assert_eq!(journal.list(&Filter::default(), 0, 100).wait().unwrap(), listed);
    assert_eq!(sorted(journal.counts(None).wait().unwrap()), sorted(counts));
    assert_eq!(journal.verify().unwrap(), audit);
    assert_eq!(format!("{:?}", journal.strays(10).wait().unwrap()), format!("{strays:?}"));
    assert_eq!(journal.history("shop", Operation::Payout, &order("A-1")).wait().unwrap(), history);
    assert_eq!(journal.find_batch([7; 32]).wait().unwrap(), Some(batch));
    let seen = journal.receive(&SHOP, &raw, Timing::default(), UnixTime::default()).wait().unwrap();
    assert!(matches!(seen, Seen::Replay), "{seen:?}");
    // What was held is held still; the rest comes.
    let rest: Vec<_> = journal.notices(10, LONG).wait().unwrap().iter().map(|notice| notice.id).collect();
    assert!(!rest.is_empty() && !rest.contains(&held[0].id));
    // What was under way is asked for once its lease is over, and not sent again.
    assert_eq!(found(&journal, "A-2").state, State::Sending);
    hand.pass(LONG.as_secs());
    let tasks = journal.claim(&payouts(), Claims::Any, 10).wait().unwrap();
    assert!(
        matches!(&tasks[..], [Task::Ask(question)] if question.entry().order == order("A-2")),
        "{tasks:?}"
    );
}

fn sorted(mut counts: Vec<Count>) -> Vec<Count> {
    counts.sort_by_key(|count| (count.state, count.gateway.clone(), count.currency.clone()));
    counts
}

pub(crate) fn claims_are_what_was_asked_for(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    let batch = journal.open_batch([1; 32], "one").wait().unwrap();
    let planned = (1..=6).map(|number| payout(&format!("P-{number}"), number)).collect();
    journal.plan(&batch, planned).wait().unwrap();
    assert!(journal.claim(&payouts(), Claims::Any, 9).wait().unwrap().is_empty(), "nothing is released");
    let batch = journal.approve_batch(&batch, "Awa").wait().unwrap();
    journal.release(&batch, &SHOP, Timing::default(), 0, 100).wait().unwrap();
    hand.pass(1);
    for name in ["Q-1", "Q-2"] {
        let told = receipt(name, Status::Pending, None);
        attempt(&journal, payout(name, 10)).settle(&Ok(told)).wait().unwrap();
    }
    give_up(&journal, payment("R-1", 10));
    hand.pass(LONG.as_secs());
    let names = |desk, kind, most| -> Vec<String> {
        let tasks: Vec<Task> = journal.claim(&desk, kind, most).wait().unwrap();
        let name = |task: Task| match task {
            Task::Ask(question) => format!("ask {}", question.entry().order),
            Task::Send(attempt) => {
                let name = format!("send {}", attempt.entry().order);
                std::mem::forget(attempt);
                name
            }
            other => panic!("{other:?}"),
        };
        tasks.into_iter().map(name).collect()
    };
    assert_eq!(names(payouts().of_batch(&batch), Claims::Questions, 9), [""; 0]);
    assert_eq!(names(payouts().of_batch(&batch), Claims::Sends, 2), ["send P-1", "send P-2"]);
    // The longest due first.
    assert_eq!(names(payouts(), Claims::Any, 2), ["send P-3", "send P-4"]);
    assert_eq!(names(payouts(), Claims::Questions, 1), ["ask Q-1"]);
    assert_eq!(names(payouts(), Claims::Any, 9), ["send P-5", "send P-6", "ask Q-2"]);
    assert_eq!(names(payouts(), Claims::Any, 9), [""; 0]);
    assert_eq!(names(payments(), Claims::Sends, 9), [""; 0]);
    assert_eq!(names(payments(), Claims::Any, 9), ["ask R-1"]);
    let pause = journal.pause(&[payouts(), payments()], LONG).wait().unwrap();
    assert_eq!(pause, Timing::default().lease);
    whole(&journal);
}

pub(crate) fn a_lease_holds_for_its_time(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    let late = attempt(&journal, payout("A-1", 100));
    hand.pass(89);
    assert!(journal.claim(&payouts(), Claims::Any, 9).wait().unwrap().is_empty());
    hand.pass(1);
    let tasks = journal.claim(&payouts(), Claims::Any, 9).wait().unwrap();
    assert!(matches!(&tasks[..], [Task::Ask(_)]), "an order that may have been sent is asked for: {tasks:?}");
    assert_eq!(found(&journal, "A-1").state, State::Unknown);
    // What the late one heard is true all the same.
    let told = receipt("A-1", Status::Succeeded, Some(100));
    assert_eq!(late.settle(&Ok(told)).wait().unwrap().state, State::Succeeded);
    whole(&journal);
}

pub(crate) fn callbacks_are_noted_once(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    let receive = |body: &str, signature: Option<&str>| {
        let headers: Vec<_> = signature.iter().map(|signature| ("x-sign", *signature)).collect();
        let raw = RawCallback::post(&headers, body.as_bytes());
        journal.receive(&SHOP, &raw, Timing::default(), UnixTime::default()).wait().unwrap()
    };
    attempt(&journal, payout("A-1", 100)).settle(&Ok(receipt("A-1", Status::Pending, None))).wait().unwrap();
    let body = "A-1 succeeded";
    let signature = signed(body);
    assert!(matches!(receive(body, Some("00")), Seen::Refused(_)));
    assert!(matches!(receive(body, Some(&signature)), Seen::Noted(_)));
    let pause = journal.pause(&[payouts()], LONG).wait().unwrap();
    assert_eq!(pause, Duration::ZERO, "the order is asked for at once");
    let after = journal.verify().unwrap();
    for _ in 0..3 {
        assert!(matches!(receive(body, Some(&signature)), Seen::Replay));
    }
    assert_eq!(journal.verify().unwrap(), after, "a replay has no effect");
    // One that can be proven is kept for people, a hint is not.
    assert!(matches!(receive("Z-1 failed", Some(&signed("Z-1 failed"))), Seen::Stray));
    hand.pass(1);
    assert!(matches!(receive("Z-2 failed", Some(&signed("Z-2 failed"))), Seen::Stray));
    assert!(matches!(receive("Z-3 failed", None), Seen::Stray));
    let strays = journal.strays(10).wait().unwrap();
    let reasons: Vec<_> = strays.iter().map(|stray| &*stray.reason).collect();
    assert_eq!(reasons, ["no such order: Z-2", "no such order: Z-1"], "the newest first");
    assert_eq!(journal.strays(1).wait().unwrap().len(), 1);
    whole(&journal);
}

pub(crate) fn a_callback_is_known_weeks_later(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    let body = "A-1 succeeded";
    let signature = signed(body);
    let headers = [("x-sign", &*signature)];
    let raw = RawCallback::post(&headers, body.as_bytes());
    let receive = || journal.receive(&SHOP, &raw, Timing::default(), UnixTime::default()).wait().unwrap();
    let pending = receipt("A-1", Status::Pending, Some(100));
    attempt(&journal, payout("A-1", 100)).settle(&Ok(pending)).wait().unwrap();
    assert!(matches!(receive(), Seen::Noted(_)));
    let Some(Task::Ask(question)) = journal.claim(&payouts(), Claims::Questions, 1).wait().unwrap().pop()
    else {
        panic!("the callback has it asked for")
    };
    question.settle(&Ok(Some(receipt("A-1", Status::Succeeded, Some(100))))).wait().unwrap();
    // Long after the papers of the order were burnt somebody plays it again.
    hand.pass(60 * 24 * LONG.as_secs());
    journal.purge(24 * LONG).unwrap();
    let before = journal.verify().unwrap();
    assert!(matches!(receive(), Seen::Replay));
    assert_eq!(journal.verify().unwrap(), before);
    assert!(journal.claim(&payouts(), Claims::Any, 9).wait().unwrap().is_empty(), "nobody is asked");
    assert_eq!(found(&journal, "A-1").state, State::Succeeded);
}

pub(crate) fn a_clock_that_goes_back_loses_no_order(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    let first = attempt(&journal, payout("A-1", 100));
    hand.pass(60);
    first.settle(&Ok(receipt("A-1", Status::Pending, None))).wait().unwrap();
    let under_way = attempt(&journal, payout("A-2", 200));
    hand.go_back(LONG.as_secs());
    // What is held is held, and what was handed in before is known.
    assert!(journal.claim(&payouts(), Claims::Any, 9).wait().unwrap().is_empty());
    assert!(matches!(journal.begin(payout("A-1", 100)).wait().unwrap(), Begun::Known(_)));
    under_way.settle(&Ok(receipt("A-2", Status::Succeeded, Some(200)))).wait().unwrap();
    settle(&journal, &hand, "A-3", 300);
    hand.pass(2 * LONG.as_secs());
    let Some(Task::Ask(question)) = journal.claim(&payouts(), Claims::Any, 9).wait().unwrap().pop() else {
        panic!("it is asked for when its time comes again")
    };
    question.settle(&Ok(Some(receipt("A-1", Status::Succeeded, Some(100))))).wait().unwrap();
    for name in ["A-1", "A-2", "A-3"] {
        assert_eq!(found(&journal, name).state, State::Succeeded, "{name}");
    }
    // Changes are in the order in which they came, whatever time they bear.
    let notices = journal.notices(99, LONG).wait().unwrap();
    assert!(notices.is_sorted_by_key(|notice| notice.id));
    assert!(!notices.is_sorted_by_key(|notice| notice.at.millis), "the clock went back: {notices:?}");
    let states: Vec<_> = notices.iter().map(|notice| (notice.entry.order.as_str(), notice.state)).collect();
    assert_eq!(states.first(), Some(&("A-1", State::Accepted)));
    assert_eq!(states.last(), Some(&("A-1", State::Succeeded)));
    whole(&journal);
}

pub(crate) fn changes_come_until_they_are_acknowledged(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    settle(&journal, &hand, "A-1", 100);
    settle(&journal, &hand, "A-2", 200);
    let states = |notices: &[Notice]| -> Vec<(String, State)> {
        notices.iter().map(|notice| (notice.entry.order.as_str().to_owned(), notice.state)).collect()
    };
    let first = journal.notices(3, Duration::from_secs(60)).wait().unwrap();
    let expected = [("A-1", State::Accepted), ("A-1", State::Succeeded), ("A-2", State::Accepted)];
    assert_eq!(states(&first), expected.map(|(name, state)| (name.to_owned(), state)));
    assert!(first.iter().all(|notice| notice.entry.state == State::Succeeded), "as they stand now");
    let second = journal.notices(9, Duration::from_secs(60)).wait().unwrap();
    assert_eq!(states(&second), [("A-2".to_owned(), State::Succeeded)], "the others are held");
    journal.acknowledge(&first[..2]).wait().unwrap();
    hand.pass(59);
    assert!(journal.notices(9, LONG).wait().unwrap().is_empty());
    hand.pass(1);
    let again = journal.notices(9, LONG).wait().unwrap();
    assert_eq!(states(&again), [("A-2".to_owned(), State::Accepted), ("A-2".to_owned(), State::Succeeded)]);
    journal.acknowledge(&again).wait().unwrap();
    journal.acknowledge(&again).wait().unwrap();
    hand.pass(LONG.as_secs());
    assert!(journal.notices(9, LONG).wait().unwrap().is_empty());
}

pub(crate) fn a_batch_is_planned_and_released(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    let batch = journal.open_batch([3; 32], "salaries").wait().unwrap();
    hand.pass(1);
    assert_eq!(
        journal.open_batch([3; 32], "another name").wait().unwrap(),
        batch,
        "the same file is a resume"
    );
    let other = journal.open_batch([4; 32], "more").wait().unwrap();
    assert_ne!(other.id, batch.id);
    let rows = |from, to| (from..to).map(|number| payout(&format!("P-{number}"), number)).collect::<Vec<_>>();
    assert_eq!(journal.plan(&batch, rows(1, 21)).wait().unwrap(), [PlannedRow::New; 20]);
    let mut again = rows(20, 22);
    again.push(payout("P-1", 999));
    let told = journal.plan(&batch, again).wait().unwrap();
    assert_eq!(told, [PlannedRow::Known(State::Planned), PlannedRow::New, PlannedRow::KeyReuse]);
    journal.plan(&other, vec![payout("Q-1", 5)]).wait().unwrap();

    let error = journal.release(&batch, &SHOP, Timing::default(), 0, 10).wait().expect_err("not approved");
    assert_eq!(error.kind(), JournalErrorKind::Refused);
    let approved = journal.approve_batch(&batch, "Awa").wait().unwrap();
    assert_eq!(approved.released_by.as_deref(), Some("Awa"));
    hand.pass(1);
    assert_eq!(journal.approve_batch(&batch, "Binta").wait().unwrap(), approved, "approved once");
    let mut after = 0;
    let mut parts = 0;
    while let Some(last) = journal.release(&batch, &SHOP, Timing::default(), after, 8).wait().unwrap() {
        assert!(last > after);
        after = last;
        parts += 1;
    }
    assert_eq!(parts, 3);
    let lines = sorted(journal.counts(Some(batch.id)).wait().unwrap());
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((line.state, line.orders, line.minor), (State::Ready, 21, (1..=21).sum()));
    assert_eq!(all(&journal, &filter(|filter| filter.batch = Some(other.id))), ["Q-1"]);
    assert_eq!(journal.batches(0, 9).wait().unwrap(), [approved, other.clone()]);
    assert_eq!(journal.batches(batch.id, 9).wait().unwrap(), [other]);
    assert_eq!(journal.find_batch([5; 32]).wait().unwrap(), None);
    whole(&journal);
}

/// What was given up before it was released stays in the history, and its orders can be planned otherwise.
pub(crate) fn a_discarded_batch_leaves_its_orders_free(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    let first = journal.open_batch([3; 32], "salaries").wait().unwrap();
    let rows = (1..=5).map(|number| payout(&format!("P-{number}"), 10)).collect();
    journal.plan(&first, rows).wait().unwrap();
    // One was struck out by itself before, which stands.
    let desk = payouts();
    let order = found(&journal, "P-5").order;
    journal.decide(&desk, &order, Verdict::Cancelled, "Awa", "left").wait().unwrap();

    assert_eq!(journal.discarded(&first).wait().unwrap(), None);
    let nobody = journal.discard(&first, " ", "", 0, 9).wait().expect_err("nobody");
    assert_eq!(nobody.kind(), JournalErrorKind::Refused);
    let (mut after, mut parts) = (0, 0);
    while let Some(last) = journal.discard(&first, "Awa", "a wrong amount", after, 3).wait().unwrap() {
        (after, parts) = (last, parts + 1);
    }
    assert_eq!(parts, 2);
    let told = journal.discarded(&first).wait().unwrap().unwrap();
    assert_eq!(&*told.by, "Awa");
    for refused in [
        journal.plan(&first, vec![payout("P-9", 10)]).wait().expect_err("discarded").kind(),
        journal.approve_batch(&first, "Binta").wait().expect_err("discarded").kind(),
    ] {
        assert_eq!(refused, JournalErrorKind::Refused);
    }

    let second = journal.open_batch([4; 32], "salaries").wait().unwrap();
    let rows = vec![payout("P-1", 10), payout("P-2", 99), payout("P-5", 10)];
    let foreseen = journal.foresee(rows.clone(), &["shop"]).wait().unwrap();
    assert!(matches!(&foreseen[..], [Foreseen::Free, Foreseen::Free, Foreseen::Known(_)]), "{foreseen:?}");
    let told = journal.plan(&second, rows).wait().unwrap();
    assert_eq!(told, [PlannedRow::New, PlannedRow::New, PlannedRow::Known(State::Cancelled)]);
    journal.approve_batch(&second, "Binta").wait().unwrap();
    journal.release(&second, &SHOP, Timing::default(), 0, 9).wait().unwrap();
    let second = journal.batch(second.id).wait().unwrap().unwrap();
    let late = journal.discard(&second, "Awa", "", 0, 9).wait().expect_err("released");
    assert_eq!(late.kind(), JournalErrorKind::Refused);
    assert_eq!((found(&journal, "P-1").state, found(&journal, "P-2").amount.minor()), (State::Ready, 99));

    // Both are told, each as what it is, and nothing of the first is due or news.
    let kept = journal.list(&filter(|filter| filter.batch = Some(first.id)), 0, 99).wait().unwrap();
    let given_up = kept.iter().filter(|(_, entry)| entry.is_discarded()).count();
    assert_eq!((kept.len(), given_up), (5, 4));
    assert!(kept.iter().all(|(_, entry)| entry.state == State::Cancelled && entry.due_at.is_none()));
    let notices = journal.notices(99, LONG).wait().unwrap();
    let told: Vec<_> = notices.iter().map(|notice| notice.entry.order.as_str().to_owned()).collect();
    assert_eq!(told, ["P-5"]);
    whole(&journal);
}

fn filter(set: impl FnOnce(&mut Filter)) -> Filter {
    let mut filter = Filter::default();
    set(&mut filter);
    filter
}

pub(crate) fn lists_show_what_fits(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    settle(&journal, &hand, "A-1", 100);
    hand.pass(1);
    let wrong = Ok(receipt("A-2", Status::Succeeded, Some(1)));
    attempt(&journal, payout("A-2", 200)).settle(&wrong).wait().unwrap();
    give_up(&journal, payment("A-3", 300));
    let since = hand.clock().now();
    hand.pass(1);
    give_up(&journal, payout_of(&Shop("other"), "A-4", 400, Timing::default()));
    assert_eq!(all(&journal, &Filter::default()), ["A-1", "A-2", "A-3", "A-4"]);
    assert_eq!(all(&journal, &filter(|filter| filter.needs_people = true)), ["A-2"]);
    assert_eq!(all(&journal, &filter(|filter| filter.operation = Some(Operation::Payment))), ["A-3"]);
    assert_eq!(all(&journal, &filter(|filter| filter.gateway = Some("other".to_owned()))), ["A-4"]);
    let states = vec![State::Succeeded, State::Accepted];
    assert_eq!(all(&journal, &filter(|filter| filter.states = states)), ["A-1", "A-2"]);
    assert_eq!(all(&journal, &filter(|filter| filter.since = Some(since))), ["A-2", "A-3", "A-4"]);
    let later = UnixTime { millis: since.millis + 1 };
    let recent = filter(|filter| {
        filter.since = Some(later);
        filter.gateway = Some("other".to_owned());
    });
    assert_eq!(all(&journal, &recent), ["A-4"]);
    assert_eq!(all(&journal, &filter(|filter| filter.batch = Some(1))), [""; 0]);
    let mut places = Vec::new();
    let mut after = 0;
    while let Some((place, _)) = journal.list(&Filter::default(), after, 1).wait().unwrap().pop() {
        places.push(place);
        after = place;
    }
    assert_eq!(places.len(), 4);
}

pub(crate) fn purged_orders_have_no_papers(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    let mut told = receipt("A-1", Status::Pending, Some(100));
    told.next_action = NextAction::Prompt("dial *144#".to_owned());
    attempt(&journal, payout("A-1", 100)).settle(&Ok(told)).wait().unwrap();
    give_up(&journal, payout("A-2", 200));
    let person = |verdict| journal.decide(&payouts(), &order("A-1"), verdict, "Awa", "seen").wait();
    assert!(person(Verdict::Failed).unwrap().next_action.is_some());
    assert_eq!(journal.purge(Duration::from_secs(60)).unwrap(), 0);
    assert!(found(&journal, "A-1").next_action.is_some(), "it is too young");
    hand.pass(61);
    assert_eq!(journal.purge(Duration::from_secs(60)).unwrap(), 1, "orders that had something to forget");
    assert_eq!(journal.purge(Duration::from_secs(60)).unwrap(), 0);
    assert_eq!(found(&journal, "A-1").next_action, None);
    let error = person(Verdict::Resend).expect_err("nothing is left to send");
    assert_eq!(error.kind(), JournalErrorKind::Refused);
    // What has not ended keeps its request.
    hand.pass(1);
    let desk = payouts();
    journal.decide(&desk, &order("A-2"), Verdict::Resend, "Awa", "it never arrived").wait().unwrap();
    let tasks = journal.claim(&desk, Claims::Sends, 9).wait().unwrap();
    assert!(matches!(&tasks[..], [Task::Send(_)]), "{tasks:?}");
    whole(&journal);
}

pub(crate) fn doubt_has_everything_asked_for(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    settle(&journal, &hand, "A-1", 100);
    hand.pass(10 * LONG.as_secs());
    settle(&journal, &hand, "A-2", 200);
    let batch = journal.open_batch([1; 32], "one").wait().unwrap();
    journal.plan(&batch, vec![payout("A-3", 300)]).wait().unwrap();
    journal.approve_batch(&batch, "Awa").wait().unwrap();
    journal.release(&batch, &SHOP, Timing::default(), 0, 9).wait().unwrap();
    journal.doubt(&[&SHOP], Timing::default(), 2 * LONG).unwrap();
    let mut tasks = journal.claim(&payouts(), Claims::Any, 9).wait().unwrap();
    let mut asked: Vec<_> = tasks
        .drain(..)
        .map(|task| match task {
            Task::Ask(question) => question.entry().order.as_str().to_owned(),
            other => panic!("sent in doubt: {other:?}"),
        })
        .collect();
    asked.sort();
    assert_eq!(asked, ["A-2", "A-3"]);
    whole(&journal);
}

pub(crate) fn what_may_have_been_begun_is_asked_for_first(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    match journal.begin(payout("A-1", 100).perhaps_begun()).wait().unwrap() {
        Begun::Known(entry) => assert_eq!((entry.state, entry.attempts), (State::Unknown, 0)),
        Begun::Attempt(_) => panic!("sent in doubt"),
    }
    let tasks = journal.claim(&payouts(), Claims::Any, 9).wait().unwrap();
    assert!(matches!(tasks[..], [Task::Ask(_)]), "{tasks:?}");
    whole(&journal);
}

pub(crate) fn people_decide(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    let under_way = attempt(&journal, payout("A-1", 100));
    let decide = |verdict, person: &str| {
        journal.decide(&payouts(), &order("A-1"), verdict, person, "the bank says so").wait()
    };
    let error = decide(Verdict::Succeeded, "Awa").expect_err("an attempt is under way");
    assert_eq!(error.kind(), JournalErrorKind::Refused);
    drop(under_way);
    catch_up(&journal);
    assert_eq!(found(&journal, "A-1").state, State::Unknown);
    decide(Verdict::Succeeded, " ").expect_err("nobody decides");
    let decided = decide(Verdict::Succeeded, "Awa").unwrap();
    assert_eq!(decided.state, State::Succeeded);
    let history = journal.history("shop", Operation::Payout, &order("A-1")).wait().unwrap().unwrap();
    let last = history.last().unwrap();
    assert!(last.body.contains("Awa") && last.body.contains("the bank says so"), "{}", last.body);
    let missing = journal.decide(&payouts(), &order("A-9"), Verdict::Ask, "Awa", "").wait();
    assert_eq!(missing.expect_err("unknown").kind(), JournalErrorKind::NotFound);
    whole(&journal);
}

pub(crate) fn a_dropped_attempt_is_unknown(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    drop(attempt(&journal, payout("A-1", 100)));
    drop(journal);
    let journal = place.open(hand.clock());
    assert_eq!(found(&journal, "A-1").state, State::Unknown);
    let notices = journal.notices(9, LONG).wait().unwrap();
    assert_eq!(notices.len(), 1);
}

/// One transaction of the gateway's pays one order (N22).
pub(crate) fn an_id_of_the_gateway_s_belongs_to_one_order(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    let said = |name: &str, reference: Option<&str>| {
        let mut told = receipt(name, Status::Succeeded, Some(100));
        told.reference = reference.and_then(GatewayRef::new);
        told
    };
    let settle = |intent: Intent, told| attempt(&journal, intent).settle(&Ok(told)).wait().unwrap();
    let first = settle(payout("A-1", 100), said("A-1", Some("T-1")));
    assert_eq!((first.state, first.paid()), (State::Succeeded, Paid::Yes));
    let second = settle(payout("A-2", 100), said("A-2", Some("T-1")));
    assert_eq!((second.state, second.flags, second.paid()), (State::Accepted, Flags::CONFLICT, Paid::No));
    assert_eq!((second.shared_with, second.gateway_ref), (Some(order("A-1")), None));
    assert_eq!(second.due_at, None);
    // The other direction and another gateway have ids of their own.
    assert_eq!(settle(payment("A-3", 100), said("A-3", Some("T-1"))).paid(), Paid::Yes);
    let elsewhere = payout_of(&Shop("other"), "A-4", 100, Timing::default());
    assert_eq!(settle(elsewhere, said("A-4", Some("T-1"))).paid(), Paid::Yes);

    // People see it, and its history says with which order it shares the id; the application is told.
    assert_eq!(all(&journal, &filter(|filter| filter.needs_people = true)), ["A-2"]);
    let history = journal.history("shop", Operation::Payout, &order("A-2")).wait().unwrap().unwrap();
    let last = &history.last().unwrap().body;
    assert!(last.contains(r#""reference":"T-1","shared_with":"A-1""#), "{last}");
    let notices = journal.notices(9, LONG).wait().unwrap();
    assert!(
        notices.iter().any(|notice| notice.entry.order == order("A-2") && notice.flags == Flags::CONFLICT)
    );

    // Whatever else the gateway says of it, in whatever form, only people go on.
    for told in [said("A-2", Some("T-1")), said("A-2", None), said("A-2", Some("T-2"))] {
        hand.pass(LONG.as_secs());
        let body = "A-2 succeeded at last";
        let raw = RawCallback::post(&[], body.as_bytes());
        journal.receive(&SHOP, &raw, Timing::default(), UnixTime::default()).wait().unwrap();
        let Some(Task::Ask(question)) = journal.claim(&payouts(), Claims::Any, 1).wait().unwrap().pop()
        else {
            panic!("nothing to ask for")
        };
        let entry = question.settle(&Ok(Some(told))).wait().unwrap();
        assert_eq!((entry.state, entry.flags, entry.paid()), (State::Accepted, Flags::CONFLICT, Paid::No));
    }
    drop(journal);
    let journal = place.open(hand.clock());
    assert_eq!(found(&journal, "A-2").shared_with, Some(order("A-1")), "also after a restart");
    assert_eq!(found(&journal, "A-1").paid(), Paid::Yes);
    let decide = |verdict| journal.decide(&payouts(), &order("A-2"), verdict, "Awa", "seen").wait().unwrap();
    let decided = decide(Verdict::Succeeded);
    assert_eq!((decided.state, decided.flags, decided.shared_with), (State::Succeeded, Flags::NONE, None));

    // An order that has ended is told as well, and its end stands.
    let attempt = attempt(&journal, payout("A-5", 100));
    attempt.settle(&Ok(said("A-5", None))).wait().unwrap();
    let late = journal.decide(&payouts(), &order("A-5"), Verdict::Ask, "Awa", "look again").wait().unwrap();
    assert_eq!(late.state, State::Succeeded);
    let Some(Task::Ask(question)) = journal.claim(&payouts(), Claims::Any, 1).wait().unwrap().pop() else {
        panic!("nothing to ask for")
    };
    let entry = question.settle(&Ok(Some(said("A-5", Some("T-1"))))).wait().unwrap();
    assert_eq!((entry.state, entry.flags, entry.paid()), (State::Succeeded, Flags::CONFLICT, Paid::No));
    assert_eq!(entry.shared_with, Some(order("A-1")));
    whole(&journal);
}

pub(crate) fn sums_do_not_overflow(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    let most = i64::MAX.unsigned_abs();
    for name in ["A-1", "A-2", "A-3"] {
        give_up(&journal, payout(name, most));
    }
    let counts = journal.counts(None).wait().unwrap();
    let [line] = &counts[..] else { panic!("{counts:?}") };
    assert_eq!((line.orders, line.minor, line.state), (3, 3 * u128::from(most), State::Unknown));
    assert_eq!(found(&journal, "A-3").amount, francs(most));
}

/// More orders than one part of a check has, so that histories reach from one part into another.
pub(crate) fn many_parts_are_verified(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    let attempts: Vec<_> =
        (0..2_500).map(|number| journal.begin(payout(&format!("M-{number}"), 100))).collect();
    let replies: Vec<_> = attempts
        .into_iter()
        .map(|attempt| match attempt.wait().unwrap() {
            Begun::Attempt(attempt) => {
                let order = attempt.entry().order;
                attempt.settle(&Ok(receipt(order.as_str(), Status::Pending, None)))
            }
            Begun::Known(entry) => panic!("known: {entry:?}"),
        })
        .collect();
    for reply in replies {
        assert_eq!(reply.wait().unwrap().state, State::Accepted);
    }
    let audit = journal.verify().unwrap();
    assert_eq!((audit.events, audit.orders, audit.flaw), (5_000, 2_500, None));
    let counts = journal.counts(None).wait().unwrap();
    assert_eq!(counts[0].orders, 2_500);
}

/// An export holds all of the history and nothing of a person, and shows each change of itself.
pub(crate) fn an_export_is_checked_by_itself(place: &dyn Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    settle(&journal, &hand, "OUT-1", 1_000);
    give_up(&journal, payout("OUT-2", 2_000));
    let mut out = Vec::new();
    let written = journal.export(&mut out).unwrap();
    assert_eq!((written.orders, written.events), (2, journal.verify().unwrap().events));
    let text = String::from_utf8(out).unwrap();
    for word in ["Canarina", "1234567", "canary of a reason"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    let audit = |text: &str| verify_export(text.as_bytes()).unwrap();
    assert_eq!(audit(&text), written);
    // Whichever digit or letter of it is another one, it shows.
    let lines: Vec<_> = text.lines().collect();
    for at in 0..text.len() {
        let sign = text.as_bytes()[at];
        if !sign.is_ascii_alphanumeric() {
            continue;
        }
        let other = if sign == b'7' { "8" } else { "7" };
        let altered = [&text[..at], other, &text[at + 1..]].concat();
        assert!(audit(&altered).flaw.is_some(), "{}", &altered[at.saturating_sub(40)..at + 10]);
    }
    assert_eq!(audit(&[lines[0], lines[1], lines[2]].join("\n")).flaw, Some(Flaw::Cut));
    assert_eq!(audit(&[lines[0], lines[1], lines[3]].join("\n")).flaw, Some(Flaw::Cut));
    assert_eq!(
        audit(&[lines[0], lines[2], lines[1], lines[3]].join("\n")).flaw,
        Some(Flaw::Line { number: 3 })
    );
    assert_eq!(audit("").flaw, Some(Flaw::Cut));
}

pub(crate) fn a_text_is_remembered_once(place: &dyn Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    assert_eq!(journal.recall("environment").wait().unwrap(), None);
    assert_eq!(journal.remember("environment", "live").wait().unwrap(), "live");
    let again = place.open(hand.clock());
    assert_eq!(again.remember("environment", "sandbox").wait().unwrap(), "live");
    assert_eq!(again.recall("environment").wait().unwrap().as_deref(), Some("live"));
}

pub(crate) fn the_end_of_the_history_is_verified_alone(place: &dyn Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    assert_eq!(journal.verify_tail(10).unwrap().events, 0);
    for number in 0..20 {
        give_up(&journal, payout(&format!("OUT-{number}"), 1_000));
    }
    let all = journal.verify().unwrap();
    assert_eq!(all.orders, 20);
    let tail = journal.verify_tail(10).unwrap();
    assert!(tail.flaw.is_none() && (1..=10).contains(&tail.events), "{tail:?}");
    assert!((1..20).contains(&tail.orders), "{tail:?}");
    assert_eq!(journal.verify_tail(u32::MAX).unwrap(), all);
}
