//! Numbers as sops and the public provider write them: the forms of Go.

/// All digits and no exponent, as few digits as tell it from its neighbours.
pub(super) fn plain(number: f64) -> String {
    special(number).unwrap_or_else(|| number.to_string())
}

/// With an exponent where it is below the one limit or has reached the other.
fn general(number: f64, low: i32, high: i32) -> String {
    if let Some(text) = special(number) {
        return text;
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if number != 0.0 && (exponent < low || exponent >= high) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        _ => number.to_string(),
    }
}

/// As Go prints a number, and as YAML has it: a million is `1e+06`.
pub(super) fn printed(number: f64) -> String {
    general(number, -4, 6)
}

/// As JSON has it: a small exponent has one digit.
pub(super) fn json(number: f64) -> String {
    let text = general(number, -6, 21);
    match text.split_once("e-0") {
        Some((digits, exponent)) => format!("{digits}e-{exponent}"),
        None => text,
    }
}

fn special(number: f64) -> Option<String> {
    match number {
        _ if number.is_nan() => Some("NaN".into()),
        f64::INFINITY => Some("+Inf".into()),
        f64::NEG_INFINITY => Some("-Inf".into()),
        _ => None,
    }
}
