//! Numbers in at most ten digits.

/// Digits that are shown.
const DIGITS: usize = 10;

/// A number that is written without an exponent, shortened: `1e+30` for a one with thirty zeros.
pub(super) fn compact(number: &str) -> String {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", number),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    let significant = all.trim_start_matches('0');
    if significant.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
        return number.to_owned();
    }
    // How many digits stand before the decimal point, were the first one not zero.
    let leading = all.len() - significant.len();
    let point = signed(whole.len()) - signed(leading);
    let (kept, point) = rounded(significant, point);
    let kept = kept.trim_end_matches('0');
    if point - 1 < -4 || point > signed(DIGITS).max(0) {
        return format!("{sign}{}", scientific(kept, point - 1));
    }
    format!("{sign}{}", plain(kept, point))
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The first digits, rounded half to even, and where the point is then.
fn rounded(digits: &str, point: i64) -> (String, i64) {
    let (Some(head), Some(tail)) = (digits.get(..DIGITS), digits.get(DIGITS..)) else {
        return (digits.to_owned(), point);
    };
    let odd = head.bytes().last().is_some_and(|b| b % 2 == 1);
    let up = match tail.as_bytes() {
        [b'5', rest @ ..] if rest.iter().all(|b| *b == b'0') => odd,
        [first, ..] => *first >= b'5',
        [] => false,
    };
    let Ok(value) = head.parse::<u64>() else { return (head.to_owned(), point) };
    let text = (value + u64::from(up)).to_string();
    let more = signed(text.len()) - signed(DIGITS);
    (text, point + more)
}

fn scientific(digits: &str, exponent: i64) -> String {
    let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
    let mantissa = if rest.is_empty() { first.to_owned() } else { format!("{first}.{rest}") };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

fn plain(digits: &str, point: i64) -> String {
    let Ok(before) = usize::try_from(point) else {
        let zeros = usize::try_from(-point).unwrap_or_default();
        return format!("0.{}{digits}", "0".repeat(zeros));
    };
    match digits.split_at_checked(before) {
        Some(("", fraction)) => format!("0.{fraction}"),
        Some((whole, "")) => whole.to_owned(),
        Some((whole, fraction)) => format!("{whole}.{fraction}"),
        None => format!("{digits}{}", "0".repeat(before - digits.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::compact;

    #[test]
    fn numbers_are_shortened_as_go_does() {
        for (number, expected) in [
            ("0", "0"),
            ("5", "5"),
            ("-100", "-100"),
            ("1.5", "1.5"),
            ("0.001", "0.001"),
            ("0.00001", "1e-05"),
            ("1234567890", "1234567890"),
            ("12345678901", "1.23456789e+10"),
            ("1000000000000000000000000000000", "1e+30"),
            ("0.333333333333333333333", "0.3333333333"),
            ("9999999999.9", "1e+10"),
            ("123456.7890123", "123456.789"),
        ] {
            assert_eq!(compact(number), expected, "{number}");
        }
    }
}
