//! How a stack is reconciled.

use std::sync::Arc;

use crate::backoff::Backoff;

/// What is done about objects that were changed outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DriftPolicy {
    /// Put them right.
    #[default]
    Correct,
    /// Report them. A pending configuration change is still applied, and puts right what drifted
    /// in the same plan: a plan is applied whole or not at all.
    Detect,
}

/// How one stack is reconciled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The stack's name; it spreads the retries of many stacks in time.
    pub stack: Arc<str>,
    /// How long a converged stack is left alone.
    pub interval_ms: i64,
    /// What is done about drift.
    pub drift: DriftPolicy,
    /// Whether to stop after one wake.
    pub once: bool,
    /// How long to wait after failures.
    pub retry: Backoff,
    /// How many times one wake fetches, plans and applies before it gives up converging.
    pub rounds_max: u32,
}

impl Settings {
    /// The usual settings of a stack: look every 30 s, correct drift.
    pub fn new(stack: impl Into<Arc<str>>) -> Self {
        Self {
            stack: stack.into(),
            interval_ms: 30_000,
            drift: DriftPolicy::Correct,
            once: false,
            retry: Backoff::default(),
            rounds_max: 5,
        }
    }
}
