//! What a simulation did, counted.

use std::collections::BTreeMap;
use std::fmt;

use crate::fault::Fault;

/// What one or many seeds did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Seeds that were run.
    pub seeds: u64,
    /// Events that were handled.
    pub steps: u64,
    /// Calls that were made.
    pub calls: u64,
    /// Plans that were finished.
    pub plans: u64,
    /// Plans that were applied to their end.
    pub runs: u64,
    /// Milliseconds of simulated time.
    pub simulated_ms: u64,
    /// Faults by kind.
    pub faults: BTreeMap<Fault, u64>,
}

impl Figures {
    /// Adds those of another seed.
    pub fn add(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.steps += other.steps;
        self.calls += other.calls;
        self.plans += other.plans;
        self.runs += other.runs;
        self.simulated_ms += other.simulated_ms;
        for (fault, count) in &other.faults {
            *self.faults.entry(*fault).or_default() += count;
        }
    }

    /// Counts a fault.
    pub fn count(&mut self, fault: Fault) {
        *self.faults.entry(fault).or_default() += 1;
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seeds, steps, calls, plans, runs, .. } = self;
        let crashes = self.faults.get(&Fault::Crash).copied().unwrap_or_default();
        write!(
            f,
            "{seeds} seeds, {steps} steps, {crashes} crashes, {calls} calls, {plans} plans, {runs} runs"
        )?;
        write!(f, ", {} simulated hours; faults:", self.simulated_ms / 3_600_000)?;
        for (fault, count) in &self.faults {
            write!(f, " {} {count}", fault.name())?;
        }
        Ok(())
    }
}
