use super::*;

/// Seeds that once failed, one per line; what follows a `#` is a remark.
const SEEDS: &str = include_str!("../../../tests/sim/seeds.txt");

fn check(seed: u64) {
    if let Some(violation) = run(seed, None, false).violation {
        panic!("seed {seed}: {violation}\n{}", run(seed, None, true).log);
    }
}

fn is_caught(plant: Plant) {
    let caught = (1..=100).find(|seed| run(*seed, Some(plant), false).violation.is_some());
    assert!(caught.is_some(), "{plant:?} was not noticed in a hundred seeds");
}

#[test]
fn seeds_that_once_failed_do_not_fail_again() {
    for line in SEEDS.lines() {
        let seed = line.split('#').next().unwrap_or_default().trim();
        if !seed.is_empty() {
            check(seed.parse().expect("a line holds a seed"));
        }
    }
}

#[test]
fn the_first_seeds_break_no_invariant() {
    (1..=40).for_each(check);
}

#[test]
fn the_same_seed_gives_the_same_log() {
    for seed in [1, 2, 3] {
        let (once, again) = (run(seed, None, true), run(seed, None, true));
        assert!(!once.log.is_empty());
        assert_eq!(once.log, again.log);
        assert_eq!(once.figures, again.figures);
    }
}

#[test]
fn a_call_before_its_intent_is_caught() {
    is_caught(Plant::CallBeforeIntentDurable);
}

#[test]
fn ignored_dependencies_are_caught() {
    is_caught(Plant::IgnoreDependencies);
}

#[test]
fn dropped_intents_are_caught() {
    is_caught(Plant::DropUnresolvedIntents);
}

#[test]
fn deletions_that_nobody_approved_are_caught() {
    is_caught(Plant::IgnoreGovernor);
}
