//! Numbers as cty keeps them: binary floating point with a significand of 512 bits, rounded half
//! to even (Go's `big.Float`), so that literals, arithmetic and printing agree with Terraform to
//! the last digit. Whole numbers that fit an `i64` take a short cut.
//!
//! As there, a division by zero is infinite and zero has a sign; neither can be stored, and only the
//! sign shows, in text.

mod arithmetic;
mod text;

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use dashu_int::IBig;
use dashu_int::ops::{BitTest, UnsignedAbs};

/// An integer of any size.
pub type Integer = IBig;

/// Bits of the significand.
pub const PRECISION_BITS: usize = 512;

/// A number. Equal numbers are equal in every representation they were written in.
#[derive(Clone)]
pub struct Number(Repr);

/// Normal form: `Small` whenever the value is whole and fits; otherwise an odd significand.
#[derive(Clone)]
enum Repr {
    Small(i64),
    /// Zero that was rounded or computed from below: equal to 0, but written `-0`.
    MinusZero,
    Infinite {
        negative: bool,
    },
    Big(Arc<Big>),
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Big {
    significand: IBig,
    exponent: i64,
}

/// Numbers with more bits than this before the point are infinite, and with more zeros after it zero:
/// they would only serve to exhaust memory.
const MAGNITUDE_BITS_MAX: i64 = 400_000;

/// Text that is no number, or one out of any useful range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number is required")]
pub struct NumberError;

impl Number {
    /// The number 0.
    pub const ZERO: Self = Self(Repr::Small(0));

    /// More than any other number: what dividing by zero gives.
    pub const INFINITY: Self = Self(Repr::Infinite { negative: false });

    /// Less than any other number.
    pub const NEGATIVE_INFINITY: Self = Self(Repr::Infinite { negative: true });

    /// `significand` times 2 to the power of `exponent`, rounded to the precision.
    fn new(significand: IBig, exponent: i64) -> Self {
        let (significand, exponent) = arithmetic::round(significand, exponent, false);
        let zeros = significand.trailing_zeros().unwrap_or(0);
        let (significand, exponent) = (significand >> zeros, exponent + zeros as i64);
        if significand == IBig::ZERO {
            return Self::ZERO;
        }
        let magnitude = exponent.saturating_add(bits(&significand) as i64);
        if magnitude.abs() > MAGNITUDE_BITS_MAX {
            let negative = significand < IBig::ZERO;
            return if magnitude > 0 { Self::infinite(negative) } else { Self::zero(negative) };
        }
        if (0..64).contains(&exponent)
            && let Ok(small) = i64::try_from(&significand << exponent as usize)
        {
            return Self(Repr::Small(small));
        }
        Self(Repr::Big(Arc::new(Big { significand, exponent })))
    }

    /// Zero with a sign.
    fn zero(negative: bool) -> Self {
        Self(if negative { Repr::MinusZero } else { Repr::Small(0) })
    }

    fn infinite(negative: bool) -> Self {
        Self(Repr::Infinite { negative })
    }

    /// Significand and exponent; an infinite number has none, and 0 stands for it.
    fn parts(&self) -> (IBig, i64) {
        match &self.0 {
            Repr::Small(small) => (IBig::from(*small), 0),
            Repr::Big(big) => (big.significand.clone(), big.exponent),
            Repr::MinusZero | Repr::Infinite { .. } => (IBig::ZERO, 0),
        }
    }

    /// Whether the value is one of the two infinite ones.
    pub fn is_infinite(&self) -> bool {
        matches!(self.0, Repr::Infinite { .. })
    }

    /// Whether the value is zero, of either sign.
    pub fn is_zero(&self) -> bool {
        matches!(self.0, Repr::Small(0) | Repr::MinusZero)
    }

    /// Whether a minus stands before the value when it is written.
    pub fn has_minus(&self) -> bool {
        match &self.0 {
            Repr::Small(small) => *small < 0,
            Repr::MinusZero => true,
            Repr::Infinite { negative } => *negative,
            Repr::Big(big) => big.significand < IBig::ZERO,
        }
    }

    /// The value as `i64`, if it is a whole number in range.
    pub fn to_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Small(small) => Some(small),
            Repr::MinusZero => Some(0),
            Repr::Infinite { .. } | Repr::Big(_) => None,
        }
    }

    /// The value as `u64`, if it is a whole number in range.
    pub fn to_u64(&self) -> Option<u64> {
        self.to_integer().and_then(|int| u64::try_from(int).ok())
    }

    /// The value as `usize`, if it is a whole number in range.
    pub fn to_usize(&self) -> Option<usize> {
        self.to_u64().and_then(|value| usize::try_from(value).ok())
    }

    /// The nearest `f64`; infinite where the value is out of its range.
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            Repr::Small(small) => *small as f64,
            Repr::MinusZero => -0.0,
            Repr::Infinite { negative: false } => f64::INFINITY,
            Repr::Infinite { negative: true } => f64::NEG_INFINITY,
            Repr::Big(_) => self.to_string().parse().unwrap_or(f64::NAN),
        }
    }

    /// The exact value of an `f64`, unless that is not a number.
    pub fn from_f64(value: f64) -> Result<Self, NumberError> {
        if value.is_nan() {
            return Err(NumberError);
        }
        if value.is_infinite() || value == 0.0 {
            let negative = value.is_sign_negative();
            return Ok(if value == 0.0 { Self::zero(negative) } else { Self::infinite(negative) });
        }
        let bits = value.to_bits();
        let biased = ((bits >> 52) & 0x7ff) as i64;
        let fraction = (bits & ((1 << 52) - 1)) as i64;
        let (significand, exponent) = match biased {
            0 => (fraction, -1074),
            _ => (fraction | (1 << 52), biased - 1075),
        };
        let signed = if value.is_sign_negative() { -significand } else { significand };
        Ok(Self::new(IBig::from(signed), exponent))
    }

    /// Whether the value is a whole number.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Repr::Small(_) | Repr::MinusZero => true,
            Repr::Infinite { .. } => false,
            Repr::Big(big) => big.exponent >= 0,
        }
    }

    /// The value as an integer of any size, if it is whole.
    pub fn to_integer(&self) -> Option<IBig> {
        match &self.0 {
            Repr::Small(small) => Some(IBig::from(*small)),
            Repr::MinusZero => Some(IBig::ZERO),
            Repr::Big(big) if big.exponent >= 0 => Some(&big.significand << big.exponent as usize),
            Repr::Infinite { .. } | Repr::Big(_) => None,
        }
    }

    /// The number of an integer of any size, rounded to the precision.
    pub fn from_integer(value: IBig) -> Self {
        Self::new(value, 0)
    }

    /// Whether the value is below zero.
    pub fn is_negative(&self) -> bool {
        self < &Self::ZERO
    }
}

fn bits(value: &IBig) -> usize {
    value.unsigned_abs().bit_len()
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Small(a), Repr::Small(b)) => a == b,
            (Repr::Big(a), Repr::Big(b)) => a == b,
            (Repr::Infinite { negative: a }, Repr::Infinite { negative: b }) => a == b,
            _ => self.is_zero() && other.is_zero(),
        }
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Repr::Small(small) => small.hash(state),
            Repr::MinusZero => 0_i64.hash(state),
            Repr::Infinite { negative } => negative.hash(state),
            Repr::Big(big) => big.hash(state),
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let infinite = |number: &Self| match number.0 {
            Repr::Infinite { negative: true } => -1,
            Repr::Infinite { negative: false } => 1,
            _ => 0,
        };
        match (&self.0, &other.0) {
            (Repr::Small(a), Repr::Small(b)) => a.cmp(b),
            (Repr::Infinite { .. }, _) | (_, Repr::Infinite { .. }) => infinite(self).cmp(&infinite(other)),
            _ => {
                let (a, b, _) = arithmetic::aligned(self, other);
                a.cmp(&b)
            }
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(Repr::Small(value))
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Self {
        Self::from(i64::from(value))
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or_else(|_| Self::new(IBig::from(value), 0), Self::from)
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Self {
        i64::try_from(value).map_or_else(|_| Self::new(IBig::from(value), 0), Self::from)
    }
}

#[cfg(test)]
mod tests;
