//! Arithmetic. An operation without a result (zero times infinity) gives `None`.

use std::cmp::Ordering;

use dashu_int::IBig;
use dashu_int::ops::{Abs, BitTest, DivRem};

use super::{Number, PRECISION_BITS, Repr, bits};

impl Number {
    /// The sum; `None` for opposite infinities.
    pub fn add(&self, other: &Self) -> Option<Self> {
        match (&self.0, &other.0) {
            (Repr::Small(a), Repr::Small(b)) if let Some(sum) = a.checked_add(*b) => Some(Self::from(sum)),
            (Repr::Infinite { negative: a }, Repr::Infinite { negative: b }) => {
                (a == b).then(|| self.clone())
            }
            (Repr::Infinite { .. }, _) => Some(self.clone()),
            (_, Repr::Infinite { .. }) => Some(other.clone()),
            (Repr::MinusZero, Repr::MinusZero) => Some(self.clone()),
            _ => {
                let (a, b, exponent) = aligned(self, other);
                Some(Self::new(a + b, exponent))
            }
        }
    }

    /// The difference; `None` for an infinite number and itself.
    pub fn sub(&self, other: &Self) -> Option<Self> {
        self.add(&other.neg())
    }

    /// The product; `None` for zero and an infinite number.
    pub fn mul(&self, other: &Self) -> Option<Self> {
        let negative = self.has_minus() != other.has_minus();
        if self.is_zero() || other.is_zero() {
            return (!self.is_infinite() && !other.is_infinite()).then(|| Self::zero(negative));
        }
        if self.is_infinite() || other.is_infinite() {
            return Some(Self::infinite(negative));
        }
        if let (Repr::Small(a), Repr::Small(b)) = (&self.0, &other.0)
            && let Some(product) = a.checked_mul(*b)
        {
            return Some(Self::from(product));
        }
        let ((a, ea), (b, eb)) = (self.parts(), other.parts());
        Some(Self::new(a * b, ea + eb))
    }

    /// The quotient, infinite when dividing by zero; `None` for zero by zero and infinite by
    /// infinite.
    pub fn div(&self, other: &Self) -> Option<Self> {
        let negative = self.has_minus() != other.has_minus();
        match (self.is_infinite(), other.is_infinite()) {
            (true, true) => return None,
            (true, false) => return Some(Self::infinite(negative)),
            (false, true) => return Some(Self::zero(negative)),
            (false, false) => {}
        }
        match (self.is_zero(), other.is_zero()) {
            (true, true) => None,
            (true, false) => Some(Self::zero(negative)),
            (false, true) => Some(Self::infinite(negative)),
            (false, false) => {
                let ((a, ea), (b, eb)) = (self.parts(), other.parts());
                Some(quotient(a, b, ea - eb))
            }
        }
    }

    /// The remainder with the sign of `self`, which is `self` when dividing by zero; `None` where
    /// either is infinite.
    pub fn rem(&self, other: &Self) -> Option<Self> {
        if self.is_infinite() || other.is_infinite() {
            return None;
        }
        if other.is_zero() {
            return Some(self.clone());
        }
        self.sub(&self.div(other)?.trunc().mul(other)?)
    }

    /// The value with the other sign.
    pub fn neg(&self) -> Self {
        match &self.0 {
            Repr::Small(0) => Self::zero(true),
            Repr::MinusZero => Self::ZERO,
            Repr::Infinite { negative } => Self::infinite(!negative),
            Repr::Small(_) | Repr::Big(_) => {
                let (significand, exponent) = self.parts();
                Self::new(-significand, exponent)
            }
        }
    }

    /// The value without its sign.
    pub fn abs(&self) -> Self {
        if self.has_minus() { self.neg() } else { self.clone() }
    }

    /// The whole part, towards zero; an infinite number stays.
    pub fn trunc(&self) -> Self {
        match &self.0 {
            Repr::Big(big) if big.exponent < 0 => {
                let magnitude = (&big.significand).abs() >> big.exponent.unsigned_abs() as usize;
                Self::new(if big.significand < IBig::ZERO { -magnitude } else { magnitude }, 0)
            }
            Repr::MinusZero => Self::ZERO,
            Repr::Small(_) | Repr::Infinite { .. } | Repr::Big(_) => self.clone(),
        }
    }

    /// The largest whole number not above the value; an infinite number stays.
    pub fn floor(&self) -> Self {
        let whole = self.trunc();
        if &whole > self { whole.next(-1) } else { whole }
    }

    /// The smallest whole number not below the value; an infinite number stays.
    pub fn ceil(&self) -> Self {
        let whole = self.trunc();
        if &whole < self { whole.next(1) } else { whole }
    }

    fn next(&self, step: i64) -> Self {
        let (significand, exponent) = self.parts();
        let (one, far) = (IBig::from(step), PRECISION_BITS as i64);
        // Numbers of more digits than the precision are whole, so nobody asks for their neighbours.
        if exponent > far {
            self.clone()
        } else {
            Self::new((significand << exponent.max(0) as usize) + one, 0)
        }
    }
}

/// Both significands over the smaller exponent. Where the exponents are so far apart that the
/// smaller number cannot change any kept digit, it is replaced by one that is nearer, which keeps
/// the memory bounded.
pub(super) fn aligned(a: &Number, b: &Number) -> (IBig, IBig, i64) {
    let ((mut sa, mut ea), (mut sb, mut eb)) = (a.parts(), b.parts());
    let far = 2 * PRECISION_BITS as i64 + 4;
    clamp(&mut sa, &mut ea, &sb, eb, far);
    clamp(&mut sb, &mut eb, &sa, ea, far);
    let exponent = ea.min(eb);
    (sa << (ea - exponent) as usize, sb << (eb - exponent) as usize, exponent)
}

fn clamp(small: &mut IBig, small_exponent: &mut i64, large: &IBig, large_exponent: i64, far: i64) {
    let zero = IBig::ZERO;
    if *small == zero {
        *small_exponent = large_exponent;
    } else if *large != zero && *small_exponent + (bits(small) as i64) < large_exponent - far {
        *small = if *small < zero { IBig::from(-1) } else { IBig::from(1) };
        *small_exponent = large_exponent - far;
    }
}

/// `a / b * 2^exponent`, rounded.
pub(super) fn quotient(a: IBig, b: IBig, exponent: i64) -> Number {
    let shift = (PRECISION_BITS + 2 + bits(&b)).saturating_sub(bits(&a));
    let negative = (a < IBig::ZERO) != (b < IBig::ZERO);
    let (whole, rest) = (a.abs() << shift).div_rem(b.abs());
    let (rounded, exponent) = round(whole, exponent - shift as i64, rest != IBig::ZERO);
    Number::new(if negative { -rounded } else { rounded }, exponent)
}

/// Rounds half to even; `sticky` says that the true value is a little farther from zero.
pub(super) fn round(significand: IBig, exponent: i64, sticky: bool) -> (IBig, i64) {
    let length = bits(&significand);
    if length <= PRECISION_BITS {
        return (significand, exponent);
    }
    let shift = length - PRECISION_BITS;
    let negative = significand < IBig::ZERO;
    let magnitude = significand.abs();
    let kept = &magnitude >> shift;
    let rest = &magnitude - (&kept << shift);
    let half = IBig::from(1) << (shift - 1);
    let up = match rest.cmp(&half) {
        Ordering::Greater => true,
        Ordering::Equal => sticky || kept.bit(0),
        Ordering::Less => false,
    };
    let kept = if up { kept + 1 } else { kept };
    (if negative { -kept } else { kept }, exponent + shift as i64)
}
