//! Deterministic simulation of the whole loop, from one seed.
//!
//! The real controller, planner and machines are stepped by hand against a fake cloud, repository,
//! store and clock. The seed decides what the configuration says, how long everything takes, and
//! what goes wrong; after every step the invariants are looked at, and once faults stop everything
//! has to converge. There are no threads and no async: the same seed gives the same log, to the
//! byte.

pub mod cloud;
pub mod fault;
pub mod figures;
pub mod git;
pub mod rng;
pub mod store;
pub mod world;

pub use evenkeel_apply::Plant;
pub use figures::Figures;
pub use world::{Violation, World};

/// What came of one seed.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was done.
    pub figures: Figures,
    /// The rule that was broken, if one was.
    pub violation: Option<Violation>,
    /// What happened, if that was asked for.
    pub log: String,
}

/// Runs one seed; the log is kept when `log` is set.
pub fn run(seed: u64, plant: Option<Plant>, log: bool) -> Outcome {
    let mut world = World::new(seed, plant, log);
    world.run();
    Outcome { figures: world.figures(), violation: world.violation().cloned(), log: world.log().to_owned() }
}

#[cfg(test)]
mod tests;
