//! Many at once: threads of one process, and journals that were opened apart, as processes would.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use nzimbu_core::{GatewayRef, Operation, RawCallback, Status, UnixTime};
use nzimbu_journal::{Begun, Claims, Filter, Flags, Seen, State, Task, Timing};

use super::cases::{attempt, found, whole};
use super::shop::{SHOP, order, payout, payouts, receipt, signed};
use super::{Hand, LONG, Place};

const JOURNALS: usize = 2;

pub(crate) fn one_of_many_begins(place: &impl Place) {
    let hand = Hand::new();
    let journals: Vec<_> = (0..JOURNALS).map(|_| place.open(hand.clock())).collect();
    let begun: Vec<Begun> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|number| {
                let journal = &journals[number % JOURNALS];
                scope.spawn(move || {
                    (0..20)
                        .map(|number| journal.begin(payout(&format!("A-{number}"), 100)).wait().unwrap())
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut attempts = BTreeMap::new();
    for begun in &begun {
        if let Begun::Attempt(attempt) = begun {
            *attempts.entry(attempt.entry().order.as_str().to_owned()).or_insert(0) += 1;
        }
    }
    assert_eq!(attempts.len(), 20);
    assert!(attempts.values().all(|count| *count == 1), "{attempts:?}");
    drop(begun);
    whole(&journals[0]);
}

pub(crate) fn one_of_many_callbacks(place: &impl Place) {
    let hand = Hand::new();
    let journals: Vec<_> = (0..JOURNALS).map(|_| place.open(hand.clock())).collect();
    let told = receipt("A-1", Status::Pending, None);
    attempt(&journals[0], payout("A-1", 100)).settle(&Ok(told)).wait().unwrap();
    let before = journals[0].verify().unwrap().events;
    let body = "A-1 succeeded";
    let signature = signed(body);
    let noted: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|number| {
                let (journal, signature) = (&journals[number % JOURNALS], &*signature);
                scope.spawn(move || {
                    let headers = [("x-sign", signature)];
                    let raw = RawCallback::post(&headers, body.as_bytes());
                    let replies: Vec<_> = (0..250)
                        .map(|_| journal.receive(&SHOP, &raw, Timing::default(), UnixTime::default()))
                        .collect();
                    let seen = replies.into_iter().map(|reply| reply.wait().unwrap());
                    seen.filter(|seen| match seen {
                        Seen::Noted(_) => true,
                        Seen::Replay => false,
                        other => panic!("{other:?}"),
                    })
                    .count()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(noted, 1, "a thousand deliveries are one");
    assert!(journals[1].verify().unwrap().events <= before + 1);
    assert_eq!(found(&journals[1], "A-1").state, State::Accepted);
}

pub(crate) fn two_processes_claim_apart(place: &impl Place) {
    let hand = Hand::new();
    let journals: Vec<_> = (0..JOURNALS).map(|_| place.open(hand.clock())).collect();
    let batch = journals[0].open_batch([1; 32], "one").wait().unwrap();
    let planned = (0..200).map(|number| payout(&format!("P-{number}"), 100)).collect();
    journals[0].plan(&batch, planned).wait().unwrap();
    journals[1].approve_batch(&batch, "Awa").wait().unwrap();
    journals[0].release(&batch, &SHOP, Timing::default(), 0, 1_000).wait().unwrap();
    let claimed: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|number| {
                let journal = &journals[number % JOURNALS];
                scope.spawn(move || {
                    let mut claimed = Vec::new();
                    loop {
                        let tasks = journal.claim(&payouts(), Claims::Sends, 7).wait().unwrap();
                        if tasks.is_empty() {
                            return claimed;
                        }
                        for task in tasks {
                            let Task::Send(attempt) = task else { panic!("{task:?}") };
                            let name = attempt.entry().order.as_str().to_owned();
                            let told = receipt(&name, Status::Pending, None);
                            let settled = attempt.settle(&Ok(told)).wait().unwrap();
                            assert_eq!(settled.state, State::Accepted);
                            claimed.push(name);
                        }
                    }
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(claimed.len(), 200);
    assert_eq!(claimed.iter().collect::<BTreeSet<_>>().len(), 200, "each was claimed by one");
    whole(&journals[0]);
}

pub(crate) fn no_two_ids_are_the_same(place: &impl Place) {
    let hand = Hand::new();
    let journals: Vec<_> = (0..JOURNALS).map(|_| place.open(hand.clock())).collect();
    thread::scope(|scope| {
        for number in 0..4 {
            let journal = &journals[number % JOURNALS];
            scope.spawn(move || {
                for turn in 0..25 {
                    let name = format!("A-{number}-{turn}");
                    let told = receipt(&name, Status::Pending, None);
                    attempt(journal, payout(&name, 100)).settle(&Ok(told)).wait().unwrap();
                }
            });
        }
    });
    let listed = journals[0].list(&Filter::default(), 0, 1_000).wait().unwrap();
    assert_eq!(listed.len(), 100);
    let mut ids = BTreeSet::new();
    for (_, entry) in &listed {
        let history = journals[1].history("shop", Operation::Payout, &entry.order).wait().unwrap().unwrap();
        ids.extend(history.iter().map(|event| event.id));
    }
    assert_eq!(ids.len(), 200);
    let notices = journals[1].notices(1_000, LONG).wait().unwrap();
    assert_eq!(notices.len(), 100);
    assert_eq!(found(&journals[1], "A-0-0").order, order("A-0-0"));
    whole(&journals[0]);
}

/// Orders of many threads and two journals, all answered with one id of the gateway's at once.
pub(crate) fn one_of_many_gets_an_id_of_the_gateway_s(place: &impl Place) {
    const THREADS: usize = 8;
    let hand = Hand::new();
    let journals: Vec<_> = (0..JOURNALS).map(|_| place.open(hand.clock())).collect();
    for round in 0..10 {
        let attempts: Vec<Vec<_>> = (0..THREADS)
            .map(|thread| {
                let begin = |number| {
                    let name = format!("R{round}-{thread}-{number}");
                    attempt(&journals[thread % JOURNALS], payout(&name, 100))
                };
                (0..4).map(begin).collect()
            })
            .collect();
        let reference = GatewayRef::new(&format!("T-{round}"));
        let ended: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = attempts
                .into_iter()
                .map(|attempts| {
                    let reference = &reference;
                    scope.spawn(move || {
                        let replies = attempts.into_iter().map(|attempt| {
                            let name = attempt.entry().order;
                            let mut told = receipt(name.as_str(), Status::Succeeded, Some(100));
                            told.reference.clone_from(reference);
                            attempt.settle(&Ok(told))
                        });
                        // Some of these share a transaction.
                        let replies: Vec<_> = replies.collect();
                        replies.into_iter().map(|reply| reply.wait().unwrap()).collect::<Vec<_>>()
                    })
                })
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        let (paid, shared): (Vec<_>, Vec<_>) =
            ended.into_iter().partition(|entry| entry.state == State::Succeeded);
        let [paid] = &paid[..] else { panic!("{} orders were paid by one transaction", paid.len()) };
        assert_eq!(shared.len(), THREADS * 4 - 1);
        for entry in shared {
            assert_eq!(entry.flags, Flags::CONFLICT, "{entry:?}");
            assert_eq!(entry.shared_with.as_ref(), Some(&paid.order), "{entry:?}");
        }
    }
    whole(&journals[0]);
}
