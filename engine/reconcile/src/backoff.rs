//! Exponential backoff with a cap, and jitter that follows from a name instead of chance.

/// How long to wait after failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failure.
    pub first_ms: i64,
    /// At most, before jitter.
    pub max_ms: i64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first_ms: 1_000, max_ms: 300_000 }
    }
}

impl Backoff {
    /// The delay after the given number of failures in a row: doubled each time up to the cap, and
    /// then between 100 % and 125 % of that, depending on the name.
    pub fn delay_ms(&self, name: &str, failures: u32) -> i64 {
        let doublings = failures.saturating_sub(1).min(32);
        let delay = self.first_ms.max(1).saturating_mul(1 << doublings).min(self.max_ms.max(1));
        let spread = u64::try_from(delay / 4 + 1).unwrap_or(1);
        let jitter = hash(name, failures) % spread;
        delay.saturating_add(i64::try_from(jitter).unwrap_or(0))
    }
}

/// FNV-1a: good enough to spread names, and the same everywhere for ever.
fn hash(name: &str, failures: u32) -> u64 {
    let bytes = name.bytes().chain(failures.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_cap_and_jitter_upwards() {
        let backoff = Backoff { first_ms: 1000, max_ms: 8000 };
        for (failures, base) in [(0, 1000), (1, 1000), (2, 2000), (3, 4000), (4, 8000), (5, 8000), (99, 8000)]
        {
            let delay = backoff.delay_ms("a", failures);
            assert!((base..=base + base / 4).contains(&delay), "{failures}: {delay}");
        }
    }

    #[test]
    fn jitter_follows_from_the_name() {
        let backoff = Backoff::default();
        assert_eq!(backoff.delay_ms("net", 5), backoff.delay_ms("net", 5));
        let delays: std::collections::BTreeSet<i64> =
            ["a", "b", "c", "d"].iter().map(|name| backoff.delay_ms(name, 5)).collect();
        assert!(delays.len() > 1);
    }

    #[test]
    fn silly_limits_do_no_harm() {
        let backoff = Backoff { first_ms: i64::MAX, max_ms: i64::MAX };
        assert!(backoff.delay_ms("a", 40) > 0);
        assert!(Backoff { first_ms: -1, max_ms: -1 }.delay_ms("a", 1) > 0);
    }
}
