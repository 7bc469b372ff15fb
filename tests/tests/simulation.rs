//! The simulation in a size for every test run; `cargo xtask simulate` runs the large ones.

use nzimbu_tests::simulation::{Counts, Policy, run};

/// Payouts of one run here; the command has runs of 500, in which the same seed goes another way.
const PAYOUTS: usize = 40;

fn goes_well(seed: u64, payouts: usize) -> Counts {
    let done = run(seed, Policy::Journal, payouts);
    if let Some(told) = done.failure {
        panic!("seed={seed} payouts={payouts}\n{told}");
    }
    assert_eq!((done.duplicates, done.lies), (0, 0));
    done.counts
}

#[test]
fn no_payout_twice_and_no_payment_lost() {
    let mut counts = Counts::default();
    for seed in 1..=12 {
        counts.add(&goes_well(seed, PAYOUTS));
    }
    println!("{counts:?}");
    assert!(counts.deaths > 20 && counts.sent > counts.payouts, "nothing went wrong in these runs");
    assert!(counts.ended > counts.waiting, "most orders end by themselves");
}

#[test]
fn a_seed_repeats_everything() {
    let told = |seed| format!("{:?}", goes_well(seed, PAYOUTS));
    assert_eq!(told(2), told(2));
    assert_ne!(told(2), told(3));
}

#[test]
fn the_policies_that_others_use_pay_twice_or_lie() {
    for policy in Policy::ALL.into_iter().filter(|policy| *policy != Policy::Journal) {
        let (mut duplicates, mut lies) = (0, 0);
        for seed in 1..=6 {
            let done = run(seed, policy, PAYOUTS);
            duplicates += done.duplicates;
            lies += done.lies;
        }
        println!("{}: {duplicates} paid twice, {lies} false claims", policy.as_str());
        assert!(lies > 0, "{}: without lies the network is too good", policy.as_str());
        assert!(policy != Policy::RetryThrice || duplicates > 0, "retries must have paid twice");
    }
}
