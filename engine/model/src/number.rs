//! Numbers as cty keeps them: binary floating point with a significand of 512 bits, rounded half
//! to even (Go's `big.Float`), so that literals, arithmetic and printing agree with Terraform to
//! the last digit. Whole numbers that fit an `i64` take a short cut.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use dashu_int::IBig;
use dashu_int::ops::{Abs, BitTest, DivRem, UnsignedAbs};

/// An integer of any size.
pub type Integer = IBig;

/// Bits of the significand.
pub const PRECISION_BITS: usize = 512;

/// Decimal exponents beyond this are refused: they only serve to exhaust memory.
const EXPONENT_MAX: i64 = 50_000;

/// A finite number. Equal numbers are equal in every representation they were written in.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number(Repr);

/// Normal form: `Small` whenever the value is whole and fits; otherwise an odd significand.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Small(i64),
    Big(Arc<Big>),
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Big {
    significand: IBig,
    exponent: i64,
}

/// Text that is no number, or one out of any useful range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number is required")]
pub struct NumberError;

impl Number {
    /// The number 0.
    pub const ZERO: Self = Self(Repr::Small(0));

    /// `significand` times 2 to the power of `exponent`, rounded to the precision.
    fn new(significand: IBig, exponent: i64) -> Self {
        let (significand, exponent) = round(significand, exponent, false);
        let zeros = significand.trailing_zeros().unwrap_or(0);
        let (significand, exponent) = (significand >> zeros, exponent + zeros as i64);
        if significand == IBig::ZERO {
            return Self::ZERO;
        }
        if (0..64).contains(&exponent)
            && let Ok(small) = i64::try_from(&significand << exponent as usize)
        {
            return Self(Repr::Small(small));
        }
        Self(Repr::Big(Arc::new(Big { significand, exponent })))
    }

    fn parts(&self) -> (IBig, i64) {
        match &self.0 {
            Repr::Small(small) => (IBig::from(*small), 0),
            Repr::Big(big) => (big.significand.clone(), big.exponent),
        }
    }

    /// The value as `i64`, if it is a whole number in range.
    pub fn to_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Small(small) => Some(small),
            Repr::Big(_) => None,
        }
    }

    /// The value as `u64`, if it is a whole number in range.
    pub fn to_u64(&self) -> Option<u64> {
        match self.0 {
            Repr::Small(small) => u64::try_from(small).ok(),
            Repr::Big(_) => self.to_integer().and_then(|int| u64::try_from(int).ok()),
        }
    }

    /// The value as `usize`, if it is a whole number in range.
    pub fn to_usize(&self) -> Option<usize> {
        self.to_u64().and_then(|value| usize::try_from(value).ok())
    }

    /// The nearest `f64`; infinite where the value is out of its range.
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            Repr::Small(small) => *small as f64,
            Repr::Big(_) => self.to_string().parse().unwrap_or(f64::NAN),
        }
    }

    /// The exact value of a finite `f64`.
    pub fn from_f64(value: f64) -> Result<Self, NumberError> {
        if !value.is_finite() {
            return Err(NumberError);
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

    /// The number with the shortest decimal notation that a finite `f64` can be written in, as Go's
    /// `big.Float` of 53 bits prints it: what `pow` and `log` give.
    pub fn from_f64_shortest(value: f64) -> Result<Self, NumberError> {
        let exact = Self::from_f64(value)?;
        match &exact.0 {
            Repr::Small(small) if small.unsigned_abs() < 1 << 53 => Ok(exact),
            Repr::Small(small) => {
                let zeros = small.trailing_zeros();
                let (significand, exponent) = (IBig::from(small >> zeros), i64::from(zeros));
                shortest(&Big { significand, exponent }, 53).parse()
            }
            Repr::Big(big) => shortest(big, 53).parse(),
        }
    }

    /// At most ten significant digits, as Go prints a `big.Float` by default.
    pub(crate) fn to_short_text(&self) -> String {
        const DIGITS: usize = 10;
        let (significand, exponent) = self.parts();
        let negative = significand < IBig::ZERO;
        let mut decimal = Decimal::new(&significand, exponent);
        if decimal.digits.len() > DIGITS {
            let up = decimal.digit(DIGITS as i64) >= 5;
            decimal.digits.truncate(DIGITS);
            if up {
                (decimal.digits, decimal.point) = carry(decimal.digits, decimal.point);
            }
        }
        while decimal.digits.last() == Some(&0) {
            decimal.digits.pop();
        }
        if decimal.digits.is_empty() {
            return "0".into();
        }
        let power = decimal.point - 1;
        if (-4..DIGITS as i64).contains(&power) {
            return text(negative, (decimal.digits, decimal.point));
        }
        let mut mantissa = text(negative, (decimal.digits, 1));
        mantissa.push_str(if power < 0 { "e-" } else { "e+" });
        mantissa.push_str(&format!("{:02}", power.abs()));
        mantissa
    }

    /// Whether the value is a whole number.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Repr::Small(_) => true,
            Repr::Big(big) => big.exponent >= 0,
        }
    }

    /// The value as an integer of any size, if it is whole.
    pub fn to_integer(&self) -> Option<IBig> {
        match &self.0 {
            Repr::Small(small) => Some(IBig::from(*small)),
            Repr::Big(big) if big.exponent >= 0 => Some(&big.significand << big.exponent as usize),
            Repr::Big(_) => None,
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

    /// The sum.
    pub fn add(&self, other: &Self) -> Self {
        if let (Repr::Small(a), Repr::Small(b)) = (&self.0, &other.0)
            && let Some(sum) = a.checked_add(*b)
        {
            return Self(Repr::Small(sum));
        }
        let (a, b, exponent) = aligned(self, other);
        Self::new(a + b, exponent)
    }

    /// The difference.
    pub fn sub(&self, other: &Self) -> Self {
        self.add(&other.neg())
    }

    /// The product.
    pub fn mul(&self, other: &Self) -> Self {
        if let (Repr::Small(a), Repr::Small(b)) = (&self.0, &other.0)
            && let Some(product) = a.checked_mul(*b)
        {
            return Self(Repr::Small(product));
        }
        let ((a, ea), (b, eb)) = (self.parts(), other.parts());
        Self::new(a * b, ea + eb)
    }

    /// The quotient; `None` when dividing by zero.
    pub fn div(&self, other: &Self) -> Option<Self> {
        let ((a, ea), (b, eb)) = (self.parts(), other.parts());
        if b == IBig::ZERO {
            return None;
        }
        Some(quotient(a, b, ea - eb))
    }

    /// The remainder with the sign of `self`; `None` when dividing by zero.
    pub fn rem(&self, other: &Self) -> Option<Self> {
        let whole = self.div(other)?.trunc();
        Some(self.sub(&whole.mul(other)))
    }

    /// The value with the other sign.
    pub fn neg(&self) -> Self {
        let (significand, exponent) = self.parts();
        Self::new(-significand, exponent)
    }

    /// The value without its sign.
    pub fn abs(&self) -> Self {
        if self.is_negative() { self.neg() } else { self.clone() }
    }

    /// The whole part, towards zero.
    pub fn trunc(&self) -> Self {
        match &self.0 {
            Repr::Big(big) if big.exponent < 0 => {
                let magnitude = (&big.significand).abs() >> big.exponent.unsigned_abs() as usize;
                Self::new(if big.significand < IBig::ZERO { -magnitude } else { magnitude }, 0)
            }
            _ => self.clone(),
        }
    }

    /// The largest whole number not above the value.
    pub fn floor(&self) -> Self {
        let whole = self.trunc();
        if &whole > self { whole.sub(&Self::from(1)) } else { whole }
    }

    /// The smallest whole number not below the value.
    pub fn ceil(&self) -> Self {
        let whole = self.trunc();
        if &whole < self { whole.add(&Self::from(1)) } else { whole }
    }
}

/// Both significands over the smaller exponent. Where the exponents are so far apart that the
/// smaller number cannot change any kept digit, it is replaced by one that is nearer, which keeps
/// the memory bounded.
fn aligned(a: &Number, b: &Number) -> (IBig, IBig, i64) {
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

fn bits(value: &IBig) -> usize {
    value.unsigned_abs().bit_len()
}

/// `a / b * 2^exponent`, rounded.
fn quotient(a: IBig, b: IBig, exponent: i64) -> Number {
    let shift = (PRECISION_BITS + 2 + bits(&b)).saturating_sub(bits(&a));
    let negative = (a < IBig::ZERO) != (b < IBig::ZERO);
    let (whole, rest) = (a.abs() << shift).div_rem(b.abs());
    let (rounded, exponent) = round(whole, exponent - shift as i64, rest != IBig::ZERO);
    Number::new(if negative { -rounded } else { rounded }, exponent)
}

/// Rounds half to even; `sticky` says that the true value is a little farther from zero.
fn round(significand: IBig, exponent: i64, sticky: bool) -> (IBig, i64) {
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

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Repr::Small(a), Repr::Small(b)) = (&self.0, &other.0) {
            return a.cmp(b);
        }
        let (a, b, _) = aligned(self, other);
        a.cmp(&b)
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
        Self::new(IBig::from(value), 0)
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Self {
        Self::new(IBig::from(value), 0)
    }
}

impl FromStr for Number {
    type Err = NumberError;

    /// Reads decimal notation: optional sign, digits, fraction, exponent.
    fn from_str(text: &str) -> Result<Self, NumberError> {
        let (negative, body) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match body.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().map_err(|_| NumberError)?),
            None => (body, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: String = [whole, fraction].concat();
        if digits.is_empty()
            || !digits.bytes().all(|b| b.is_ascii_digit())
            || digits.len() as i64 > EXPONENT_MAX
        {
            return Err(NumberError);
        }
        let digits: IBig = digits.parse().map_err(|_| NumberError)?;
        let digits = if negative { -digits } else { digits };
        if digits == IBig::ZERO {
            return Ok(Self::ZERO);
        }
        let power = exponent.saturating_sub(fraction.len() as i64);
        if power.abs() > EXPONENT_MAX {
            return Err(NumberError);
        }
        let scale = IBig::from(10).pow(power.unsigned_abs() as usize);
        Ok(if power >= 0 { Self::new(digits * scale, 0) } else { quotient(digits, scale, 0) })
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Number {
    /// Decimal notation without exponent: the shortest text that reads back as the same number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Small(small) => write!(f, "{small}"),
            Repr::Big(big) => f.write_str(&shortest(big, PRECISION_BITS)),
        }
    }
}

/// Decimal digits (most significant first, none leading or trailing zero) and the place of the
/// point counted from their start.
struct Decimal {
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    fn new(significand: &IBig, exponent: i64) -> Self {
        let (scaled, places) = if exponent >= 0 {
            (significand << exponent as usize, 0)
        } else {
            let places = exponent.unsigned_abs() as usize;
            (significand * IBig::from(5).pow(places), places as i64)
        };
        let mut digits: Vec<u8> = scaled.abs().to_string().bytes().map(|b| b - b'0').collect();
        let point = digits.len() as i64 - places;
        while digits.last() == Some(&0) {
            digits.pop();
        }
        Self { digits, point }
    }

    fn digit(&self, place: i64) -> u8 {
        usize::try_from(place).ok().and_then(|i| self.digits.get(i)).copied().unwrap_or(0)
    }
}

/// The algorithm of Go's `big.Float.Text('f', -1)`: digits are produced until the text lies between
/// the midpoints to the neighbouring numbers.
fn shortest(big: &Big, precision: usize) -> String {
    let negative = big.significand < IBig::ZERO;
    let magnitude = (&big.significand).abs();
    // The neighbours are one unit in the last place away; the midpoints half of that.
    let shift = precision + 1 - bits(&magnitude);
    let wide = &magnitude << shift;
    let exponent = big.exponent - shift as i64;
    let inclusive = shift > 1;
    let value = Decimal::new(&magnitude, big.exponent);
    let lower = Decimal::new(&(&wide - IBig::from(1)), exponent);
    let upper = Decimal::new(&(&wide + IBig::from(1)), exponent);
    let (offset_low, offset_up) = (lower.point - value.point, upper.point - value.point);

    let mut digits = value.digits.clone();
    for i in 0..digits.len() {
        let at = i as i64;
        let m = digits[i];
        let l = lower.digit(at + offset_low);
        let u = upper.digit(at + offset_up);
        let down = l != m || (inclusive && at + offset_low + 1 == lower.digits.len() as i64);
        let up = m != u && (inclusive || m + 1 < u || at + offset_up + 1 < upper.digits.len() as i64);
        if !down && !up {
            continue;
        }
        let next = digits.get(i + 1).copied().unwrap_or(0);
        let exactly_half = next == 5 && i + 2 == digits.len();
        let round_up = match (down, up) {
            (true, true) if exactly_half => m % 2 == 1,
            (true, true) => next >= 5,
            (_, up) => up,
        };
        digits.truncate(i + 1);
        return text(negative, if round_up { carry(digits, value.point) } else { (digits, value.point) });
    }
    text(negative, (digits, value.point))
}

fn carry(mut digits: Vec<u8>, point: i64) -> (Vec<u8>, i64) {
    while let Some(last) = digits.pop() {
        if last < 9 {
            digits.push(last + 1);
            return (digits, point);
        }
    }
    (vec![1], point + 1)
}

fn text(negative: bool, (digits, point): (Vec<u8>, i64)) -> String {
    let mut out = String::new();
    if negative {
        out.push('-');
    }
    let digit =
        |i: i64| char::from(b'0' + usize::try_from(i).ok().and_then(|i| digits.get(i)).copied().unwrap_or(0));
    if point <= 0 {
        out.push('0');
    }
    out.extend((0..point).map(digit));
    let end = digits.iter().rposition(|d| *d != 0).map_or(0, |i| i as i64 + 1);
    if end > point {
        out.push('.');
        out.extend((point..end).map(digit));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(text: &str) -> Number {
        text.parse().expect(text)
    }

    #[test]
    fn decimal_text_survives() {
        for text in [
            "0",
            "1",
            "-1",
            "0.1",
            "-0.5",
            "123456789012345678901234567890",
            "0.30000000000000000000000001",
            "1000000000000000000000000000000000000000000000",
            "9223372036854775807",
            "-9223372036854775808",
            "9223372036854775808",
            "0.000001",
        ] {
            assert_eq!(n(text).to_string(), text);
        }
        assert_eq!(n("1e3").to_string(), "1000");
        assert_eq!(n("1.50").to_string(), "1.5");
        assert_eq!(n("-0").to_string(), "0");
    }

    #[test]
    fn arithmetic_is_decimal_where_it_can_be() {
        assert_eq!(n("0.1").add(&n("0.2")).to_string(), "0.3");
        assert_eq!(n("7").div(&n("2")).unwrap().to_string(), "3.5");
        assert_eq!(n("-7").rem(&n("3")).unwrap().to_string(), "-1");
        assert_eq!(n("-1.5").floor().to_string(), "-2");
        assert_eq!(n("-1.5").ceil().to_string(), "-1");
        assert!(n("1").div(&n("0")).is_none());
        assert!(n("1").div(&n("3")).unwrap().to_string().starts_with("0.33333333333"));
    }

    #[test]
    fn order_is_by_value() {
        assert!(n("0.1") < n("0.2"));
        assert!(n("-5") < n("0"));
        assert!(n("1e1000") > n("1e999"));
        assert_eq!(n("1.0"), n("1"));
    }

    #[test]
    fn not_numbers_are_refused() {
        for text in ["", "-", "abc", "1x", "1e", "1e999999999", "1.2.3", "0x10"] {
            assert!(text.parse::<Number>().is_err(), "{text}");
        }
    }

    #[test]
    fn floats_are_exact() {
        assert_eq!(Number::from_f64(0.5).unwrap().to_string(), "0.5");
        assert_eq!(Number::from_f64(-3.0).unwrap().to_string(), "-3");
        assert!(Number::from_f64(f64::NAN).is_err());
        assert_eq!(n("0.1").to_f64(), 0.1);
        assert_eq!(Number::from_f64_shortest(0.1).unwrap(), n("0.1"));
        assert_eq!(Number::from_f64_shortest(1024.0).unwrap(), n("1024"));
        assert_eq!(Number::from_f64_shortest(2f64.powi(64)).unwrap(), n("18446744073709550000"));
    }
}
