//! A journal that was altered from outside (J09).

use nzimbu_core::{Operation, Status};
use nzimbu_journal::testing::Harm;
use nzimbu_journal::{
    Begun, Claims, Filter, Flags, Flaw, HistoryEvent, Journal, JournalErrorKind, Paid, State, Task,
    verify_export,
};

use super::cases::{attempt, found, settle, whole};
use super::shop::{order, payout, payouts, receipt};
use super::{Hand, LONG, Place};

fn history(journal: &Journal, name: &str) -> Vec<HistoryEvent> {
    journal.history("shop", Operation::Payout, &order(name)).wait().unwrap().unwrap()
}

fn place_of(journal: &Journal, name: &str) -> i64 {
    let listed = journal.list(&Filter::default(), 0, 100).wait().unwrap();
    listed.iter().find(|(_, entry)| entry.order == order(name)).expect("it is listed").0
}

fn accept(journal: &Journal) -> nzimbu_journal::Acceptance {
    journal.accept_damage("Awa", "the disk of 4 May, ticket 7").unwrap()
}

pub(crate) fn damage_is_accepted_by_name(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    settle(&journal, &hand, "A-1", 100);
    settle(&journal, &hand, "A-3", 300);
    let pending = Ok(receipt("A-2", Status::Pending, None));
    attempt(&journal, payout("A-2", 200)).settle(&pending).wait().unwrap();
    let batch = journal.open_batch([3; 32], "salaries").wait().unwrap();
    journal.plan(&batch, vec![payout("P-1", 1)]).wait().unwrap();
    journal.approve_batch(&batch, "Awa").wait().unwrap();
    journal.release(&batch, &super::shop::SHOP, nzimbu_journal::Timing::default(), 0, 9).wait().unwrap();
    whole(&journal);
    assert_eq!(journal.damage().wait().unwrap(), None);
    let altered = history(&journal, "A-1")[1].id;
    place.harm(Harm::Body(altered));
    place.harm(Harm::Event(history(&journal, "A-2").last().unwrap().id));
    place.harm(Harm::Order(place_of(&journal, "A-3")));

    // What was altered itself is not acted upon, whether anybody has verified it or not.
    let error = journal.begin(payout("A-3", 300)).wait().expect_err("altered");
    assert_eq!(error.kind(), JournalErrorKind::Damaged);
    let audit = journal.verify().unwrap();
    let first = Flaw::Event { id: altered, order: place_of(&journal, "A-1") };
    assert_eq!(audit.flaw, Some(first.clone()), "the first is named");
    assert_eq!(journal.damage().wait().unwrap(), Some(first.to_string()));

    // Nothing is sent any more, also by another process and after a restart; what is open is asked for.
    let other = place.open(hand.clock());
    for journal in [&journal, &other] {
        let error = journal.begin(payout("B-1", 100)).wait().expect_err("nothing is sent");
        assert_eq!(error.kind(), JournalErrorKind::Damaged);
        assert!(error.to_string().contains("accept_damage"), "{error}");
        let error = journal.claim(&payouts(), Claims::Sends, 9).wait().expect_err("nothing is sent");
        assert_eq!(error.kind(), JournalErrorKind::Damaged);
        assert!(matches!(journal.begin(payout("A-1", 100)).wait().unwrap(), Begun::Known(_)));
    }
    hand.pass(LONG.as_secs());
    let tasks = journal.claim(&payouts(), Claims::Any, 1).wait().unwrap();
    assert!(
        matches!(&tasks[..], [Task::Ask(question)] if question.entry().order == order("A-2")),
        "{tasks:?}"
    );
    drop(tasks);
    let error =
        journal.claim(&payouts(), Claims::Any, 9).wait().expect_err("there is only something to send");
    assert_eq!(error.kind(), JournalErrorKind::Damaged);

    for (person, reason) in [(" ", "a reason"), ("Awa", " ")] {
        let error = journal.accept_damage(person, reason).expect_err("nobody accepts");
        assert_eq!(error.kind(), JournalErrorKind::Refused);
    }
    let acceptance = accept(&journal);
    assert_eq!((acceptance.events, acceptance.orders), (1, 3));
    assert_eq!(journal.damage().wait().unwrap(), None);
    let audit = journal.verify().unwrap();
    // The altered event, and the anchor behind the one that is gone.
    assert_eq!((audit.flaw, audit.accepted, audit.orders), (None, 2, 4));
    for name in ["A-1", "A-2", "A-3"] {
        let last = history(&journal, name).pop().unwrap();
        for word in ["\"accepted\"", "Awa", "ticket 7"] {
            assert!(last.body.contains(word), "{name}: {}", last.body);
        }
    }
    // The order that was altered itself waits for a person, unpaid; the others are as they were.
    let entry = found(&journal, "A-3");
    assert_eq!(entry.flags, Flags::CONFLICT.with(Flags::NEEDS_REVIEW));
    assert_eq!((entry.state, entry.paid()), (State::Succeeded, Paid::No));
    assert_eq!(found(&journal, "A-1").paid(), Paid::Yes);
    assert_eq!(found(&journal, "A-2").flags, Flags::NONE);
    // Everything goes on.
    hand.pass(LONG.as_secs());
    let begun = journal.begin(payout("B-1", 100)).wait().unwrap();
    assert!(matches!(begun, Begun::Attempt(_)));
    drop(begun);
    let tasks = journal.claim(&payouts(), Claims::Sends, 9).wait().unwrap();
    assert!(matches!(&tasks[..], [Task::Send(_)]), "{tasks:?}");
    let Some(Task::Ask(question)) = journal.claim(&payouts(), Claims::Questions, 1).wait().unwrap().pop()
    else {
        panic!("nothing to ask for")
    };
    let name = question.entry().order;
    let said = Ok(Some(receipt(name.as_str(), Status::Succeeded, Some(question.entry().amount.minor()))));
    assert_eq!(question.settle(&said).wait().unwrap().state, State::Succeeded);
    let audit = journal.verify().unwrap();
    assert_eq!((audit.flaw.clone(), audit.accepted), (None, 2));
    // An export shows it as well.
    let mut out = Vec::new();
    journal.export(&mut out).unwrap();
    let exported = verify_export(&out[..]).unwrap();
    assert_eq!((exported.flaw, exported.accepted), (None, 2));
    let text = String::from_utf8(out).unwrap();
    let forged = verify_export(text.replace("ticket 7", "ticket 8").as_bytes()).unwrap();
    assert!(forged.flaw.is_some());
}

pub(crate) fn what_was_accepted_is_that_and_no_more(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    settle(&journal, &hand, "A-1", 100);
    settle(&journal, &hand, "A-2", 100);
    let events = history(&journal, "A-1");
    place.harm(Harm::Body(events[1].id));
    assert!(journal.verify().unwrap().flaw.is_some());
    accept(&journal);
    assert_eq!(journal.verify().unwrap().accepted, 1);
    // Accepting again finds nothing, and writes nothing into any history.
    let before = journal.verify().unwrap();
    let acceptance = accept(&journal);
    assert_eq!((acceptance.events, acceptance.orders), (0, 0));
    assert_eq!(journal.verify().unwrap(), before);
    // The event before the accepted one goes: that is another damage, to both.
    place.harm(Harm::Event(events[0].id));
    let audit = journal.verify().unwrap();
    assert_eq!(audit.flaw, Some(Flaw::Missing { id: events[0].id, order: place_of(&journal, "A-1") }));
    let error = journal.begin(payout("B-1", 100)).wait().expect_err("nothing is sent");
    assert_eq!(error.kind(), JournalErrorKind::Damaged);
    accept(&journal);
    assert_eq!(journal.verify().unwrap().flaw, None);
    // And so is an anchor that tells something else.
    let anchor = history(&journal, "A-1").pop().unwrap();
    place.harm(Harm::Body(anchor.id));
    let place_of = place_of(&journal, "A-1");
    assert_eq!(journal.verify().unwrap().flaw, Some(Flaw::Event { id: anchor.id, order: place_of }));
}

/// Nothing but its history tells that there was such an order, and it would be begun anew.
pub(crate) fn an_order_that_is_gone_is_missed(place: &impl Place) {
    let hand = Hand::new();
    let journal = place.open(hand.clock());
    for name in ["A-1", "A-2", "A-3"] {
        settle(&journal, &hand, name, 100);
    }
    whole(&journal);
    let gone = place_of(&journal, "A-2");
    place.harm(Harm::Row(gone));
    // The end of the history has nothing to do with it.
    assert_eq!(journal.verify_tail(2).unwrap().flaw, None);
    assert_eq!(journal.verify_tail(u32::MAX).unwrap().flaw, Some(Flaw::Gone { order: gone }));
    assert_eq!(journal.verify().unwrap().flaw, Some(Flaw::Gone { order: gone }));
    let error = journal.begin(payout("A-2", 100)).wait().expect_err("it would be paid twice");
    assert_eq!(error.kind(), JournalErrorKind::Damaged);
    let error = journal.accept_damage("Awa", "ticket 7").expect_err("it would be paid twice");
    assert!(error.to_string().contains("restore the last backup"), "{error}");
    let error = journal.begin(payout("A-2", 100)).wait().expect_err("it still would be");
    assert_eq!(error.kind(), JournalErrorKind::Damaged);
}
