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
    assert_eq!(n("-0").to_string(), "-0");
    assert_eq!(n("1p3").to_string(), "8");
}

#[test]
fn arithmetic_is_decimal_where_it_can_be() {
    assert_eq!(n("0.1").add(&n("0.2")).unwrap().to_string(), "0.3");
    assert_eq!(n("7").div(&n("2")).unwrap().to_string(), "3.5");
    assert_eq!(n("-7").rem(&n("3")).unwrap().to_string(), "-1");
    assert_eq!(n("-1.5").floor().to_string(), "-2");
    assert_eq!(n("-1.5").ceil().to_string(), "-1");
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

#[test]
fn infinite_numbers_follow_go() {
    let (inf, minus) = (Number::INFINITY, Number::NEGATIVE_INFINITY);
    assert_eq!(n("1").div(&n("0")), Some(inf.clone()));
    assert_eq!(n("-1").div(&n("0")), Some(minus.clone()));
    assert_eq!(n("0").div(&n("0")), None);
    assert_eq!(inf.add(&minus), None);
    assert_eq!(inf.sub(&inf), None);
    assert_eq!(inf.mul(&n("0")), None);
    assert_eq!(inf.mul(&n("-2")), Some(minus.clone()));
    assert_eq!(n("1").div(&minus), Some(Number::ZERO));
    assert_eq!(n("5").rem(&inf), None);
    assert_eq!(n("5").rem(&n("0")), Some(n("5")));
    assert!(minus < n("-1e1000") && n("1e1000") < inf && minus < inf);
    assert_eq!((inf.floor(), inf.to_i64(), inf.is_integer()), (inf.clone(), None, false));
    assert_eq!((inf.to_string(), minus.to_string()), ("+Inf".to_owned(), "-Inf".to_owned()));
    assert_eq!(n("-inf"), minus);
    assert_eq!(Number::from_f64(f64::INFINITY), Ok(inf));
}

#[test]
fn zero_keeps_its_sign_in_text_only() {
    let minus = n("0").neg();
    assert_eq!(minus.to_string(), "-0");
    assert_eq!(minus, Number::ZERO);
    assert_eq!(minus.cmp(&Number::ZERO), std::cmp::Ordering::Equal);
    assert!(!minus.is_negative());
    assert_eq!(minus.add(&n("0")).unwrap().to_string(), "0");
    assert_eq!(minus.add(&minus).unwrap().to_string(), "-0");
    assert_eq!(n("0").mul(&n("-1")).unwrap().to_string(), "-0");
    assert_eq!(minus.abs().to_string(), "0");
    assert_eq!(n("-0.5").ceil().to_string(), "0");
    assert_eq!(n("3").sub(&n("3")).unwrap().to_string(), "0");
}

/// A chain of squares would otherwise need memory that doubles with each.
#[test]
fn numbers_out_of_any_useful_range_are_infinite_or_zero() {
    let square = |start: &str| (0..80).fold(n(start), |number, _| number.mul(&number).unwrap());
    assert_eq!(square("-1e40000"), Number::INFINITY);
    assert_eq!(square("1e-40000"), Number::ZERO);
}

#[test]
fn the_text_of_a_power_of_two_reads_back() {
    for power in [511, 512, 513, 600, 601, 602, 2_000, 20_000, 20_001, -511, -512, -601, -9_999] {
        let number = n(&format!("1p{power}"));
        assert_eq!(n(&number.to_string()), number, "2^{power}");
    }
}
