//! A journal whose personal columns are encrypted.

use std::time::Duration;

use nzimbu_core::{NextAction, Secret, Status};
use nzimbu_journal::{Begun, Claims, Filter, Journal, JournalErrorKind, Keys, State, Task, Timing, Verdict};

use super::cases::{attempt, found, settle, whole};
use super::shop::{SHOP, order, payout, payouts, receipt};
use super::{Hand, LONG, Place};

const NEW: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OLD: &str = "//////////////////////////////////////////8=";

fn keys(texts: &[&str]) -> Keys {
    Keys::new(&texts.iter().map(|text| Secret::new(*text)).collect::<Vec<_>>()).unwrap()
}

fn open(place: &impl Place, hand: &Hand, texts: &[&str]) -> Journal {
    place.open(hand.clock()).encrypted(keys(texts))
}

/// What must not be found: a name, a number, a reason, and what the customer has to do.
const PERSONAL: [&str; 4] = ["Canarina", "+2250701234567", "canary of a reason", "dial *144#"];

fn holds(place: &impl Place, text: &str) -> bool {
    place.holds(text.as_bytes())
}

/// A batch with one row, ready to be sent.
fn ready(journal: &Journal, name: &str) {
    let batch = journal.open_batch([7; 32], "salaries").wait().unwrap();
    journal.plan(&batch, vec![payout(name, 100)]).wait().unwrap();
    journal.approve_batch(&batch, "Awa").wait().unwrap();
    journal.release(&batch, &SHOP, Timing::default(), 0, 9).wait().unwrap();
}

pub(crate) fn what_is_personal_is_encrypted(place: &impl Place) {
    let hand = Hand::new();
    // In the open it is found, so that not finding it means something.
    let journal = place.open(hand.clock());
    drop(attempt(&journal, payout("O-1", 100)));
    journal.acknowledge(&[]).wait().unwrap();
    assert!(holds(place, "Canarina") && holds(place, "+2250701234567"));
    journal.decide(&payouts(), &order("O-1"), Verdict::Cancelled, "Awa", "a test").wait().unwrap();
    hand.pass(1);
    journal.purge(Duration::ZERO).unwrap();
    drop(journal);

    let journal = open(place, &hand, &[NEW]);
    let mut told = receipt("A-1", Status::Pending, Some(100));
    told.next_action = NextAction::Prompt("dial *144#".to_owned());
    let sent = attempt(&journal, payout("A-1", 100));
    assert_eq!(sent.settle(&Ok(told.clone())).wait().unwrap().next_action, Some(told.next_action.clone()));
    // Asked again, with the same and then with another action.
    for action in ["dial *144#", "dial *144# now"] {
        hand.pass(LONG.as_secs());
        let Some(Task::Ask(question)) = journal.claim(&payouts(), Claims::Any, 1).wait().unwrap().pop()
        else {
            panic!("nothing to ask for")
        };
        told.next_action = NextAction::Prompt(action.to_owned());
        question.settle(&Ok(Some(told.clone()))).wait().unwrap();
        assert_eq!(found(&journal, "A-1").next_action, Some(told.next_action.clone()));
    }
    settle(&journal, &hand, "A-2", 200);
    ready(&journal, "P-1");
    whole(&journal);
    for text in PERSONAL {
        assert!(!holds(place, text), "{text} is in the open");
    }
    assert!(holds(place, "nz1."), "it is there, encrypted");
    drop(journal);
    for text in PERSONAL {
        assert!(!holds(place, text), "{text} is in the open");
    }

    // The very request comes out of it, also after a restart, and can be sent.
    let journal = open(place, &hand, &[NEW]);
    let listed = journal.list_masked(&Filter::default(), 0, 9).wait().unwrap();
    let masked = |name: &str| {
        let found = listed.iter().find(|(_, entry, _)| entry.order == order(name)).unwrap();
        found.2.as_ref().and_then(|masked| masked.phone.clone())
    };
    assert_eq!(masked("A-1").as_deref(), Some("+225…67"));
    let tasks = journal.claim(&payouts(), Claims::Sends, 9).wait().unwrap();
    let [Task::Send(sent)] = &tasks[..] else { panic!("{tasks:?}") };
    assert_eq!((sent.entry().order, sent.entry().locked_by), (order("P-1"), None));
    // The same request is the same, whatever it looks like in the store; another one is another.
    assert!(matches!(journal.begin(payout("A-2", 200)).wait().unwrap(), Begun::Known(_)));
    let error = journal.begin(payout("A-2", 201)).wait().expect_err("another request");
    assert_eq!(error.kind(), JournalErrorKind::KeyReuse);
    // What is purged is gone.
    hand.pass(1);
    journal.purge(Duration::ZERO).unwrap();
    let listed = journal.list_masked(&Filter::default(), 0, 9).wait().unwrap();
    let purged = listed.iter().find(|(_, entry, _)| entry.order == order("A-2")).unwrap();
    assert_eq!(purged.2, None);
    whole(&journal);
}

pub(crate) fn an_order_without_its_key_waits_and_is_asked_for(place: &impl Place) {
    let hand = Hand::new();
    let journal = open(place, &hand, &[NEW]);
    let mut pending = receipt("A-1", Status::Pending, None);
    pending.next_action = NextAction::Prompt("dial *144#".to_owned());
    attempt(&journal, payout("A-1", 100)).settle(&Ok(pending)).wait().unwrap();
    drop(attempt(&journal, payout("A-2", 100)));
    ready(&journal, "P-1");
    drop(journal);
    let name = keys(&[NEW]).names().next().unwrap().to_owned();
    for given in [&[][..], &[OLD]] {
        let journal = if given.is_empty() { place.open(hand.clock()) } else { open(place, &hand, given) };
        hand.pass(LONG.as_secs());
        let mut asked = Vec::new();
        let error = loop {
            match journal.claim(&payouts(), Claims::Any, 1).wait() {
                Ok(tasks) => {
                    for task in tasks {
                        let Task::Ask(question) = task else { panic!("sent without its request: {task:?}") };
                        asked.push(question.entry().order.as_str().to_owned());
                        let said = receipt(asked.last().unwrap(), Status::Pending, None);
                        question.settle(&Ok(Some(said))).wait().unwrap();
                    }
                }
                Err(error) => break error,
            }
        };
        asked.sort();
        assert_eq!(asked, ["A-1", "A-2"], "what can be asked for is");
        assert_eq!(error.kind(), JournalErrorKind::Locked);
        assert!(error.to_string().contains("Keys::new"), "the remedy: {error}");
        let error = journal.claim(&payouts(), Claims::Sends, 9).wait().expect_err("its key is not there");
        assert_eq!(error.kind(), JournalErrorKind::Locked);
        // It is seen to wait, unchanged, and for which key.
        let entry = found(&journal, "P-1");
        assert_eq!(
            (entry.state, entry.attempts, entry.locked_by.as_deref()),
            (State::Ready, 0, Some(&*name))
        );
        assert_eq!(found(&journal, "A-1").next_action, None);
        whole(&journal);
    }
    for text in PERSONAL {
        assert!(!holds(place, text), "{text} is in the open");
    }
    // With the key everything goes on by itself, and what nobody could read was kept.
    let journal = open(place, &hand, &[OLD, NEW]);
    assert_eq!(found(&journal, "A-1").next_action, Some(NextAction::Prompt("dial *144#".to_owned())));
    let tasks = journal.claim(&payouts(), Claims::Sends, 9).wait().unwrap();
    let [Task::Send(sent)] = &tasks[..] else { panic!("{tasks:?}") };
    assert_eq!(sent.entry().locked_by, None);
    whole(&journal);
    drop(tasks);
    journal.acknowledge(&[]).wait().unwrap();
    drop(journal);

    // Whoever has lost the key decides.
    let journal = place.open(hand.clock());
    let decided =
        journal.decide(&payouts(), &order("P-1"), Verdict::Cancelled, "Awa", "the key is lost").wait();
    assert_eq!(decided.unwrap().state, State::Cancelled);
}

pub(crate) fn a_key_is_replaced_by_another(place: &impl Place) {
    let hand = Hand::new();
    // Not encrypted at first, then with one key, then with another.
    let journal = place.open(hand.clock());
    let batch = journal.open_batch([7; 32], "salaries").wait().unwrap();
    journal.plan(&batch, vec![payout("P-0", 100)]).wait().unwrap();
    drop(journal);
    let journal = open(place, &hand, &[OLD]);
    journal.plan(&batch, vec![payout("P-1", 100)]).wait().unwrap();
    drop(journal);
    let journal = open(place, &hand, &[NEW, OLD]);
    journal.plan(&batch, vec![payout("P-2", 100)]).wait().unwrap();
    journal.approve_batch(&batch, "Awa").wait().unwrap();
    journal.release(&batch, &SHOP, Timing::default(), 0, 9).wait().unwrap();
    whole(&journal);
    for key in keys(&[NEW, OLD]).names() {
        assert!(holds(place, key), "both have encrypted something");
    }
    let tasks = journal.claim(&payouts(), Claims::Sends, 9).wait().unwrap();
    assert_eq!(tasks.len(), 3);
    for task in tasks {
        let Task::Send(sent) = task else { panic!("not to be sent: {task:?}") };
        let name = sent.entry().order;
        let mut told = receipt(name.as_str(), Status::Pending, Some(100));
        told.next_action = NextAction::Prompt(format!("dial *144# for {name}"));
        sent.settle(&Ok(told)).wait().unwrap();
    }
    whole(&journal);
    drop(journal);
    // With the old one alone, only what it encrypted, and what never was, can be read.
    let journal = open(place, &hand, &[OLD]);
    let masked = journal.list_masked(&Filter::default(), 0, 9).wait().unwrap();
    let readable: Vec<_> = masked.iter().map(|(_, _, masked)| masked.is_some()).collect();
    assert_eq!(readable, [true, true, false]);
    // Actions were written by the new one.
    assert!(masked.iter().all(|(_, entry, _)| entry.next_action.is_none()));
    assert!(!holds(place, "dial *144#"));
}

/// A plan that is given up is never sent: what is personal in it is forgotten at once, and the order id that it leaves can
/// be planned anew, also where all of it is encrypted.
pub(crate) fn a_discarded_plan_is_forgotten(place: &impl Place) {
    let hand = Hand::new();
    let journal = open(place, &hand, &[NEW]);
    let batch = journal.open_batch([7; 32], "salaries").wait().unwrap();
    journal.plan(&batch, vec![payout("P-1", 100)]).wait().unwrap();
    assert!(holds(place, "nz1."));
    journal.discard(&batch, "Awa", "a wrong amount", 0, 9).wait().unwrap();
    // Behind the next command the log is rid of it as well.
    journal.acknowledge(&[]).wait().unwrap();
    assert!(!holds(place, "nz1."), "the request is kept");
    let kept = journal.list(&Filter::default(), 0, 9).wait().unwrap();
    assert!(matches!(&kept[..], [(_, entry)] if entry.is_discarded()));
    let next = journal.open_batch([8; 32], "salaries").wait().unwrap();
    journal.plan(&next, vec![payout("P-1", 200)]).wait().unwrap();
    assert_eq!(found(&journal, "P-1").amount.minor(), 200);
    assert!(holds(place, "nz1."));
    whole(&journal);
}
