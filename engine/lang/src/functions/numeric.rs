//! Numbers.

use evenkeel_model::value::Kind;
use evenkeel_model::{Number, Type, Value};

use super::{CallError, Function, Parameter, Ty, any, bad, failed, num, number, whole};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("abs", &[number("num")], Ty::Number, abs, "The number without its sign."),
    Function::new(
        "ceil",
        &[number("num")],
        Ty::Number,
        ceil,
        "The smallest whole number that is not below the number.",
    ),
    Function::new(
        "floor",
        &[number("num")],
        Ty::Number,
        floor,
        "The largest whole number that is not above the number.",
    ),
    Function::new(
        "log",
        &[number("num"), number("base")],
        Ty::Number,
        log,
        "The logarithm of the number to the base.",
    ),
    Function::new("max", &[], Ty::Number, max, "The largest of the numbers.").variadic(number("numbers")),
    Function::new("min", &[], Ty::Number, min, "The smallest of the numbers.").variadic(number("numbers")),
    Function::new(
        "parseint",
        &[any("number"), number("base")],
        Ty::Any,
        parseint,
        "The whole number that the text stands for in the base.",
    )
    .returning(parseint_type),
    Function::new(
        "pow",
        &[number("num"), number("power")],
        Ty::Number,
        pow,
        "The number raised to the power.",
    ),
    Function::new("signum", &[number("num")], Ty::Number, signum, "-1, 0 or 1: the sign of the number."),
    Function::new(
        "sum",
        &[Parameter::new("list", Ty::Any)],
        Ty::Any,
        sum,
        "The sum of a list, set or tuple of numbers.",
    )
    .returning(|_| Ok(Type::Number)),
];

fn abs(arguments: &[Value]) -> Result<Value, CallError> {
    Ok(Kind::Number(num(arguments, 0).abs()).into())
}

fn ceil(arguments: &[Value]) -> Result<Value, CallError> {
    Ok(Kind::Number(num(arguments, 0).ceil()).into())
}

fn floor(arguments: &[Value]) -> Result<Value, CallError> {
    Ok(Kind::Number(num(arguments, 0).floor()).into())
}

fn float(value: f64) -> Result<Value, CallError> {
    match Number::from_f64_shortest(value) {
        Ok(number) => Ok(Kind::Number(number).into()),
        Err(_) => failed("the result is not a number"),
    }
}

fn log(arguments: &[Value]) -> Result<Value, CallError> {
    float(natural_log(num(arguments, 0).to_f64()) / natural_log(num(arguments, 1).to_f64()))
}

/// The logarithm as Go computes it (FreeBSD's algorithm), so that the last digit agrees with
/// Terraform and is the same on every platform.
fn natural_log(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 7] = [
        0.6666666666666735,
        0.3999999999940942,
        0.2857142874366239,
        0.22222198432149784,
        0.1818357216161805,
        0.15313837699209373,
        0.14798198605116586,
    ];
    const LN2_HIGH: f64 = 0.6931471803691238;
    const LN2_LOW: f64 = 1.9082149292705877e-10;
    if !x.is_normal() || x < 0.0 {
        return x.ln();
    }
    let (mut fraction, mut exponent) = split(x);
    if fraction < std::f64::consts::FRAC_1_SQRT_2 {
        fraction *= 2.0;
        exponent -= 1.0;
    }
    let f = fraction - 1.0;
    let s = f / (2.0 + f);
    let s2 = s * s;
    let s4 = s2 * s2;
    let [c1, c2, c3, c4, c5, c6, c7] = COEFFICIENTS;
    let t1 = s2 * (c1 + s4 * (c3 + s4 * (c5 + s4 * c7)));
    let t2 = s4 * (c2 + s4 * (c4 + s4 * c6));
    let half = 0.5 * f * f;
    exponent * LN2_HIGH - ((half - (s * (half + (t1 + t2)) + exponent * LN2_LOW)) - f)
}

/// A normal number as a fraction from one half to one and a power of two.
fn split(x: f64) -> (f64, f64) {
    const EXPONENT: u64 = 0x7ff << 52;
    let bits = x.to_bits();
    let exponent = ((bits & EXPONENT) >> 52) as i64 - 1022;
    (f64::from_bits((bits & !EXPONENT) | (1022 << 52)), exponent as f64)
}

fn pow(arguments: &[Value]) -> Result<Value, CallError> {
    float(num(arguments, 0).to_f64().powf(num(arguments, 1).to_f64()))
}

fn signum(arguments: &[Value]) -> Result<Value, CallError> {
    let number = whole(arguments, 0)?;
    Ok(Value::number(number.signum()))
}

fn max(arguments: &[Value]) -> Result<Value, CallError> {
    extreme(arguments, |number, best| number > best)
}

fn min(arguments: &[Value]) -> Result<Value, CallError> {
    extreme(arguments, |number, best| number < best)
}

/// The first of the numbers that none is better than.
fn extreme(arguments: &[Value], better: fn(&Number, &Number) -> bool) -> Result<Value, CallError> {
    let numbers = arguments.iter().filter_map(Value::as_number);
    match numbers.reduce(|best, number| if better(number, best) { number } else { best }) {
        Some(number) => Ok(Kind::Number(number.clone()).into()),
        None => failed("must pass at least one number"),
    }
}

fn parseint_type(arguments: &[Value]) -> Result<Type, CallError> {
    match arguments.first().map(Value::ty) {
        Some(Type::String) => Ok(Type::Number),
        _ => bad(0, "a string is required"),
    }
}

fn parseint(arguments: &[Value]) -> Result<Value, CallError> {
    let Some(given) = arguments.first().and_then(Value::as_str) else {
        let name = arguments.first().map(|value| value.ty().friendly_name()).unwrap_or_default();
        return bad(0, format!("first argument must be a string, not {name}"));
    };
    let base = whole(arguments, 1)?;
    if !(2..=62).contains(&base) {
        return bad(1, "base must be a whole number between 2 and 62 inclusive");
    }
    let (negative, digits) = match given.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, given.strip_prefix('+').unwrap_or(given)),
    };
    let wrong = || bad(0, format!("cannot parse {given:?} as a base {base} integer"));
    if digits.is_empty() {
        return wrong();
    }
    let (base_number, mut total) = (Number::from(base), Number::ZERO);
    for digit in digits.chars() {
        let Some(value) = digit_value(digit, base) else { return wrong() };
        let next = total.mul(&base_number).and_then(|shifted| shifted.add(&Number::from(value)));
        let Some(next) = next else { return wrong() };
        total = next;
    }
    Ok(Kind::Number(if negative && !total.is_zero() { total.neg() } else { total }).into())
}

/// What a digit counts; up to base 36 upper and lower case are the same.
fn digit_value(digit: char, base: i64) -> Option<i64> {
    let value = match digit {
        '0'..='9' => digit as i64 - '0' as i64,
        'a'..='z' => digit as i64 - 'a' as i64 + 10,
        'A'..='Z' if base <= 36 => digit as i64 - 'A' as i64 + 10,
        'A'..='Z' => digit as i64 - 'A' as i64 + 36,
        _ => return None,
    };
    (value < base).then_some(value)
}

fn sum(arguments: &[Value]) -> Result<Value, CallError> {
    let given = arguments.first();
    let Some(elements) = given.and_then(Value::as_elements) else {
        return bad(0, "argument must be list, set, or tuple. Received something else");
    };
    if elements.is_empty() {
        return bad(0, "cannot sum an empty list");
    }
    if !given.is_some_and(Value::is_wholly_known) {
        return Ok(Value::unknown_not_null(Type::Number));
    }
    let mut total = Number::ZERO;
    for element in elements {
        if element.is_null() {
            return bad(0, "argument must be list, set, or tuple of number values; it contains a null");
        }
        match evenkeel_model::convert::convert(element, &Type::Number) {
            Ok(value) => match total.add(value.as_number().unwrap_or(&Number::ZERO)) {
                Some(sum) => total = sum,
                None => return failed("can't compute sum of opposing infinities"),
            },
            Err(_) => return bad(0, "argument must be list, set, or tuple of number values"),
        }
    }
    Ok(Kind::Number(total).into())
}
