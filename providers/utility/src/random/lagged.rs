//! The generator of Go's `math/rand`, so that a seed gives here what it gives with the public provider.
//!
//! It is an additive lagged Fibonacci generator: each number is the sum of the ones 607 and 273 before it. A
//! seed is mixed into what the generator holds after 7.8 * 10^12 steps from a fixed start. Those steps are not
//! taken: they are a power of x modulo the generator's polynomial, which is reached by squaring 43 times.
//! Nothing here is a secret, and nothing secret may be drawn from it.

use std::sync::OnceLock;

use crate::object::invalid;
use evenkeel_provider::ProviderError;

const LENGTH: usize = 607;
const TAP: usize = 273;

/// So many steps were taken before a seed is mixed in.
const STEPS: u64 = 7_800_000_000_000;

/// A source of numbers that follow from its seed.
pub(crate) struct Lagged {
    tap: usize,
    feed: usize,
    register: Vec<u64>,
}

impl Lagged {
    /// The source that the public provider makes of a text.
    pub(crate) fn of_text(seed: &str) -> Self {
        Self::new(crc64(seed.as_bytes()).cast_signed())
    }

    fn new(seed: i64) -> Self {
        let mut start = Start::new(seed);
        let mix = |cooked: &u64| cooked ^ start.next(40, 20);
        let register = COOKED.get_or_init(cooked).iter().map(mix).collect();
        Self { tap: 0, feed: LENGTH - TAP, register }
    }

    /// The next 64 bits.
    fn next(&mut self) -> u64 {
        let back = |position: usize| position.checked_sub(1).unwrap_or(LENGTH - 1);
        (self.tap, self.feed) = (back(self.tap), back(self.feed));
        let at = |position: usize| self.register.get(position).copied().unwrap_or_default();
        let number = at(self.feed).wrapping_add(at(self.tap));
        if let Some(place) = self.register.get_mut(self.feed) {
            *place = number;
        }
        number
    }

    /// A number below the limit. Small limits take their bits from the upper half, as Go has it.
    pub(crate) fn below(&mut self, limit: u64) -> Result<u64, ProviderError> {
        let bits: u32 = match limit {
            0 => return Err(invalid("drawing a number", "there is no number in an empty range.")),
            1..=0x7fff_ffff => 31,
            0x8000_0000..=0x7fff_ffff_ffff_ffff => 63,
            _ => return Err(invalid("drawing a number", "the range has more than 63 bits.")),
        };
        // The highest bit is dropped, and of the rest the upper ones are taken.
        let mut draw = || (self.next() & (u64::MAX >> 1)) >> (63 - bits);
        if limit.is_power_of_two() {
            return Ok(draw() & (limit - 1));
        }
        let last = (1_u64 << bits) - 1 - (1_u64 << bits) % limit;
        loop {
            let drawn = draw();
            if drawn <= last {
                return Ok(drawn % limit);
            }
        }
    }

    /// The numbers below the limit in some order.
    pub(crate) fn order(&mut self, limit: usize) -> Result<Vec<usize>, ProviderError> {
        let mut order: Vec<usize> = Vec::with_capacity(limit);
        for next in 0..limit {
            let place = usize::try_from(self.below(next as u64 + 1)?).unwrap_or_default();
            order.push(next);
            order.swap(place, next);
        }
        Ok(order)
    }
}

/// The multiplicative generator that fills a register from a seed.
struct Start(u64);

impl Start {
    const MODULUS: i64 = (1 << 31) - 1;

    fn new(seed: i64) -> Self {
        let seed = match seed.rem_euclid(Self::MODULUS) {
            0 => 89_482_311,
            seed => seed.unsigned_abs(),
        };
        let mut start = Self(seed);
        for _ in 0..20 {
            start.step();
        }
        start
    }

    fn step(&mut self) -> u64 {
        self.0 = self.0 * 48_271 % Self::MODULUS.unsigned_abs();
        self.0
    }

    /// Three steps in one word.
    fn next(&mut self, first: u32, second: u32) -> u64 {
        let (first, second) = (self.step() << first, self.step() << second);
        first ^ second ^ self.step()
    }
}

static COOKED: OnceLock<Vec<u64>> = OnceLock::new();

/// The register after all those steps.
fn cooked() -> Vec<u64> {
    let mut start = Start::new(1);
    let register: Vec<u64> = (0..LENGTH).map(|_| start.next(20, 10)).collect();
    let at = |numbers: &[u64], index: usize| numbers.get(index).copied().unwrap_or_default();
    // In the order of time the register is read backwards from where the generator feeds.
    let mut history: Vec<u64> = (0..LENGTH).map(|age| at(&register, position(age as u64 + 1))).collect();
    for index in 0..LENGTH {
        history.push(at(&history, index).wrapping_add(at(&history, index + LENGTH - TAP)));
    }
    let power = power_of_x(STEPS);
    let after = |index: usize| {
        let terms = power.iter().zip(history.iter().skip(index));
        terms.fold(0_u64, |sum, (factor, number)| sum.wrapping_add(factor.wrapping_mul(*number)))
    };
    let mut cooked = vec![0; LENGTH];
    for index in 0..LENGTH {
        if let Some(place) = cooked.get_mut(position(STEPS + index as u64 + 1)) {
            *place = after(index);
        }
    }
    cooked
}

/// Where the register holds the number that a step gives, or 607 steps before it did.
fn position(step: u64) -> usize {
    let back = usize::try_from(step % LENGTH as u64).unwrap_or_default();
    (2 * LENGTH - TAP - back) % LENGTH
}

/// x to that power, modulo x^607 - x^334 - 1.
fn power_of_x(exponent: u64) -> Vec<u64> {
    let mut power = vec![0; LENGTH];
    power.iter_mut().take(1).for_each(|one| *one = 1);
    for bit in (0..u64::BITS - exponent.leading_zeros()).rev() {
        power = reduced(squared(&power));
        if exponent >> bit & 1 == 1 {
            power.insert(0, 0);
            power = reduced(power);
        }
    }
    power
}

fn squared(power: &[u64]) -> Vec<u64> {
    let mut product = vec![0_u64; 2 * LENGTH];
    for (index, factor) in power.iter().enumerate() {
        for (place, other) in product.iter_mut().skip(index).zip(power) {
            *place = place.wrapping_add(factor.wrapping_mul(*other));
        }
    }
    product
}

fn reduced(mut product: Vec<u64>) -> Vec<u64> {
    while product.len() > LENGTH {
        let factor = product.pop().unwrap_or_default();
        let degree = product.len() - LENGTH;
        for place in [degree, degree + LENGTH - TAP] {
            if let Some(coefficient) = product.get_mut(place) {
                *coefficient = coefficient.wrapping_add(factor);
            }
        }
    }
    product
}

/// CRC-64 of ISO 3309 in the form that Go has: all bits inverted before and after.
fn crc64(bytes: &[u8]) -> u64 {
    const POLYNOMIAL: u64 = 0xd800_0000_0000_0000;
    let bit = |crc: u64| if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 };
    !bytes.iter().fold(u64::MAX, |crc, byte| (0..8).fold(crc ^ u64::from(*byte), |crc, _| bit(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_register_is_that_of_go() {
        let (cooked, half) = (COOKED.get_or_init(cooked), u64::MAX >> 1);
        assert_eq!(cooked.len(), LENGTH);
        assert_eq!(cooked[0].cast_signed(), -4_181_792_142_133_755_926);
        assert_eq!(cooked[1] & half, 4_646_389_086_726_545_243);
        assert_eq!(cooked[LENGTH - 1] & half, 4_152_330_101_494_654_406);
    }

    /// What every program in Go printed that did not seed its source.
    #[test]
    fn the_best_known_numbers() {
        let mut source = Lagged::new(1);
        let numbers: Vec<u64> = (0..10).map(|_| source.below(100).unwrap()).collect();
        assert_eq!(numbers, [81, 87, 47, 59, 81, 18, 25, 40, 56, 0]);
    }

    #[test]
    fn the_check_value_of_the_checksum() {
        assert_eq!(crc64(b"123456789"), 0xb909_56c7_75a4_1001);
    }

    #[test]
    fn empty_and_wide_ranges_are_refused() {
        let mut source = Lagged::of_text("a");
        assert!(source.below(0).is_err());
        assert!(source.below(1 << 63).is_err());
        assert!(source.below((1 << 63) - 1).is_ok());
    }
}
