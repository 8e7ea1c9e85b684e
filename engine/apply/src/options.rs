//! Limits of a machine. Everything it repeats, waits for or does at once has one.

/// How much at once, how often, how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineOptions {
    /// How many calls may run at the same time.
    pub parallelism: usize,
    /// How many steps may have a durable intent and wait for a call to become free. Bounds what a
    /// crash leaves to be looked for, and lets intents share one write.
    pub intents_ahead: usize,
    /// How many these may become while calls end faster than the journal writes: then the writes are
    /// what a run waits for, and the more of them share one, the sooner it is over.
    pub intents_ahead_max: usize,
    /// How often one call is made before its step fails.
    pub attempts_max: u32,
    /// How long an object may exist before a search or a look is sure to show it.
    pub visibility_ms: i64,
    /// How long to wait before the second attempt; doubled for every further one.
    pub backoff_min_ms: i64,
    /// The longest wait between two attempts, unless the provider asks for more.
    pub backoff_max_ms: i64,
    /// How often one group of entries is offered to the journal.
    pub appends_max: u32,
}

impl Default for MachineOptions {
    fn default() -> Self {
        Self {
            parallelism: 10,
            intents_ahead: 10,
            intents_ahead_max: 500,
            attempts_max: 8,
            visibility_ms: 30_000,
            backoff_min_ms: 500,
            backoff_max_ms: 20_000,
            appends_max: 5,
        }
    }
}

impl MachineOptions {
    /// The wait after the attempt with this number, counted from 1.
    pub(crate) fn backoff_ms(&self, attempt: u32) -> i64 {
        let factor = 1_i64 << attempt.saturating_sub(1).min(30);
        self.backoff_min_ms.max(1).saturating_mul(factor).min(self.backoff_max_ms.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit() {
        let options = MachineOptions { backoff_min_ms: 100, backoff_max_ms: 1000, ..Default::default() };
        let waits: Vec<i64> = (1..7).map(|attempt| options.backoff_ms(attempt)).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1000, 1000]);
        assert_eq!(options.backoff_ms(u32::MAX), 1000);
    }
}
