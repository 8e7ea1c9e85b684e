//! Numbers as text: the shortest decimal notation that reads back as the same number.

use std::fmt;
use std::str::FromStr;

use dashu_int::IBig;
use dashu_int::ops::Abs;

use super::arithmetic::quotient;
use super::{Big, Number, NumberError, PRECISION_BITS, Repr, bits};

/// Exponents beyond this are refused: they only serve to exhaust memory.
const EXPONENT_MAX: i64 = 50_000;

impl Number {
    /// The number with the shortest decimal notation that an `f64` can be written in, as Go's
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
            Repr::MinusZero | Repr::Infinite { .. } => Ok(exact),
            Repr::Big(big) => shortest(big, 53).parse(),
        }
    }

    /// At most ten significant digits, as Go prints a `big.Float` by default.
    pub(crate) fn to_short_text(&self) -> String {
        const DIGITS: usize = 10;
        if matches!(self.0, Repr::MinusZero | Repr::Infinite { .. }) {
            return self.to_string();
        }
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
}

impl FromStr for Number {
    type Err = NumberError;

    /// Reads decimal notation: optional sign, digits, fraction, exponent (of 10 after `e`, of 2 after
    /// `p`), or the word for an infinite number.
    fn from_str(text: &str) -> Result<Self, NumberError> {
        let (negative, body) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if matches!(body, "inf" | "Inf") {
            return Ok(Self::infinite(negative));
        }
        if let Some(small) = few_digits(body) {
            return Ok(if small == 0 {
                Self::zero(negative)
            } else {
                Self::from(if negative { -small } else { small })
            });
        }
        let (mantissa, (ten, two)) = split_exponent(body)?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: String = [whole, fraction].concat();
        if digits.is_empty()
            || !digits.bytes().all(|b| b.is_ascii_digit())
            || digits.len() as i64 > EXPONENT_MAX
        {
            return Err(NumberError);
        }
        let digits: IBig = digits.parse().map_err(|_| NumberError)?;
        if digits == IBig::ZERO {
            return Ok(Self::zero(negative));
        }
        let digits = if negative { -digits } else { digits };
        let power = ten.saturating_sub(fraction.len() as i64);
        if power.abs() > EXPONENT_MAX || two.abs() > EXPONENT_MAX {
            return Err(NumberError);
        }
        let scale = IBig::from(10).pow(power.unsigned_abs() as usize);
        Ok(if power >= 0 { Self::new(digits * scale, two) } else { quotient(digits, scale, two) })
    }
}

/// What most numbers are: so few digits that nothing else has to be computed with.
fn few_digits(text: &str) -> Option<i64> {
    const DIGITS: usize = 18;
    let is_plain = text.len() <= DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain { text.parse().ok() } else { None }
}

/// The text before the exponent, and the exponents of 10 and of 2.
fn split_exponent(text: &str) -> Result<(&str, (i64, i64)), NumberError> {
    let Some(at) = text.find(['e', 'E', 'p', 'P']) else { return Ok((text, (0, 0))) };
    let (mantissa, rest) = text.split_at(at);
    let exponent = rest.get(1..).unwrap_or_default().parse::<i64>().map_err(|_| NumberError)?;
    Ok((mantissa, if rest.starts_with(['e', 'E']) { (exponent, 0) } else { (0, exponent) }))
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
            Repr::MinusZero => f.write_str("-0"),
            Repr::Infinite { negative: false } => f.write_str("+Inf"),
            Repr::Infinite { negative: true } => f.write_str("-Inf"),
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
/// the midpoints to the neighbouring numbers. Go takes both for equally far, also below a power of two,
/// where the text of some is then that of the neighbour; in full precision the text reads back here.
fn shortest(big: &Big, precision: usize) -> String {
    let negative = big.significand < IBig::ZERO;
    let magnitude = (&big.significand).abs();
    // The neighbours are one unit in the last place away; the midpoints half of that.
    let near = precision == PRECISION_BITS && magnitude.is_one();
    let shift = precision + 1 - bits(&magnitude) + usize::from(near);
    let wide = &magnitude << shift;
    let exponent = big.exponent - shift as i64;
    let inclusive = shift > 1;
    let value = Decimal::new(&magnitude, big.exponent);
    let lower = Decimal::new(&(&wide - IBig::from(1)), exponent);
    let upper = Decimal::new(&(&wide + IBig::from(1 + i32::from(near))), exponent);
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
