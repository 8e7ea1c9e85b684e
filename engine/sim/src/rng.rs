//! Chance that follows from a seed: the same numbers on every machine, for ever.

/// SplitMix64: small, fast, and every seed gives a different sequence.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x5851_f42d_4c95_7f2d)
    }

    /// A sequence of its own, so that drawing more here changes nothing there.
    pub fn fork(&mut self) -> Self {
        Self(self.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 when that is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).max(0).cast_unsigned().saturating_add(1);
        low.saturating_add(self.below(span).cast_signed())
    }

    /// True `per_mille` times out of a thousand.
    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < u64::from(per_mille)
    }

    /// One of the elements, if there are any.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(usize::try_from(self.below(from.len() as u64)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_for_ever() {
        let mut rng = Rng::new(7);
        let drawn: Vec<u64> = (0..4).map(|_| rng.below(1000)).collect();
        let mut again = Rng::new(7);
        assert_eq!(drawn, (0..4).map(|_| again.below(1000)).collect::<Vec<_>>());
        assert_ne!(drawn, (0..4).map(|_| rng.below(1000)).collect::<Vec<_>>());
    }

    #[test]
    fn bounds_are_kept() {
        let mut rng = Rng::new(1);
        assert!((0..100).all(|_| (-3..=3).contains(&rng.between(-3, 3))));
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.between(5, 2), 5);
        assert_eq!(rng.pick::<u8>(&[]), None);
        assert!((0..100).all(|_| !rng.chance(0) && rng.chance(1000)));
    }
}
