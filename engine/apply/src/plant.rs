//! Faults planted on purpose, so that the simulation can show that it catches them. Exists only
//! with the feature `planted-faults`.

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plant {
    /// Calls are made before their intent is durable.
    CallBeforeIntentDurable,
    /// Steps do not wait for the steps they need.
    IgnoreDependencies,
    /// A recovery declares every intent void without looking.
    DropUnresolvedIntents,
    /// Nobody asks the governor.
    IgnoreGovernor,
}
