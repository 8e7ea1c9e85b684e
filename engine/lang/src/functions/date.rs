//! Dates and times. The current time is not known here: `plantimestamp` and `timestamp` ask the scope,
//! and the latter is unknown in every plan.

use evenkeel_model::{Type, Value};

use super::{CallError, Function, Ty, bad, failed, string, text};
use crate::eval::Evaluator;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "formatdate",
        &[string("format"), string("time")],
        Ty::String,
        formatdate,
        "The timestamp in another format.",
    ),
    Function::scoped(
        "plantimestamp",
        &[],
        Ty::String,
        plantimestamp,
        "The time of the plan, as an RFC 3339 timestamp.",
    ),
    Function::new(
        "timeadd",
        &[string("timestamp"), string("duration")],
        Ty::String,
        timeadd,
        "The timestamp moved by a duration such as \"1h30m\".",
    ),
    Function::new(
        "timecmp",
        &[string("timestamp_a"), string("timestamp_b")],
        Ty::Number,
        timecmp,
        "-1, 0 or 1: the order of two timestamps.",
    ),
    Function::scoped(
        "timestamp",
        &[],
        Ty::String,
        current_time,
        "The current time; known only during apply.",
    ),
];

/// A point in time with the offset it was written with.
#[derive(Clone, Copy)]
struct Time {
    /// Seconds since the Unix epoch.
    seconds: i64,
    nanoseconds: u32,
    offset_seconds: i64,
}

/// A date and a time of day, in the offset of a [`Time`].
struct Civil {
    year: i64,
    month: u32,
    day: u32,
    weekday: u32,
    hour: u32,
    minute: u32,
    second: u32,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Days since the Unix epoch of a date in the Gregorian calendar.
fn days_of(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = i64::from((month + 9) % 12);
    let day_of_year = (153 * shifted + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date of a count of days since the Unix epoch.
fn date_of(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
}

fn days_in(year: i64, month: u32) -> i64 {
    match month {
        12 => 31,
        _ => days_of(year, month + 1, 1) - days_of(year, month, 1),
    }
}

impl Time {
    fn civil(self) -> Civil {
        let local = self.seconds + self.offset_seconds;
        let (days, of_day) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let (year, month, day) = date_of(days);
        let part = |value: i64| u32::try_from(value).unwrap_or_default();
        Civil {
            year,
            month,
            day,
            weekday: part((days + 4).rem_euclid(7)),
            hour: part(of_day / 3600),
            minute: part(of_day / 60 % 60),
            second: part(of_day % 60),
        }
    }

    /// The offset as `+hh:mm`, with or without the colon.
    fn offset(self, colon: &str) -> String {
        let sign = if self.offset_seconds < 0 { '-' } else { '+' };
        let minutes = self.offset_seconds.abs() / 60;
        format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
    }

    fn rfc3339(self) -> String {
        let c = self.civil();
        let zone = if self.offset_seconds == 0 { "Z".into() } else { self.offset(":") };
        let sign = if c.year < 0 { "-" } else { "" };
        format!(
            "{sign}{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{zone}",
            c.year.abs(),
            c.month,
            c.day,
            c.hour,
            c.minute,
            c.second
        )
    }
}

/// A two or four digit number at the start of the text, and the rest.
fn digits<'t>(given: &'t str, count: usize, what: &str) -> Result<(i64, &'t str), String> {
    let (head, rest) = given.split_at_checked(count).unwrap_or((given, ""));
    match head.len() == count && head.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok((head.parse().unwrap_or_default(), rest)),
        false => Err(format!("cannot use {head:?} as {what}")),
    }
}

fn expect<'t>(given: &'t str, introducer: char, what: &str) -> Result<&'t str, String> {
    given.strip_prefix(introducer).ok_or_else(|| match given.is_empty() {
        true => format!("end of string before {what}"),
        false => format!("missing required {what} introducer {introducer:?}"),
    })
}

fn within(value: i64, range: std::ops::RangeInclusive<i64>, what: &str) -> Result<i64, String> {
    match range.contains(&value) {
        true => Ok(value),
        false => Err(format!("{what} must be between {} and {} inclusive", range.start(), range.end())),
    }
}

fn parse_rfc3339(given: &str) -> Result<Time, String> {
    let (year, rest) = digits(given, 4, "year")?;
    let (month, rest) = digits(expect(rest, '-', "month")?, 2, "month")?;
    let month = u32::try_from(within(month, 1..=12, "month")?).unwrap_or(1);
    let (day, rest) = digits(expect(rest, '-', "day")?, 2, "day of month")?;
    let day = u32::try_from(within(day, 1..=days_in(year, month), "day")?).unwrap_or(1);
    let (hour, rest) = digits(expect(rest, 'T', "time")?, 2, "hour")?;
    let hour = within(hour, 0..=23, "hour")?;
    let (minute, rest) = digits(expect(rest, ':', "minute")?, 2, "minute")?;
    let minute = within(minute, 0..=59, "minute")?;
    let (second, rest) = digits(expect(rest, ':', "second")?, 2, "second")?;
    let second = within(second, 0..=59, "second")?;
    let (nanoseconds, rest) = fraction(rest)?;
    let offset_seconds = offset(rest)?;
    let local = days_of(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Ok(Time { seconds: local - offset_seconds, nanoseconds, offset_seconds })
}

fn fraction(given: &str) -> Result<(u32, &str), String> {
    let Some(rest) = given.strip_prefix('.') else { return Ok((0, given)) };
    let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, rest) = rest.split_at(end);
    if digits.is_empty() {
        return Err("missing digits of the fraction of a second".into());
    }
    let padded: String = digits.chars().chain("000000000".chars()).take(9).collect();
    Ok((padded.parse().unwrap_or_default(), rest))
}

fn offset(given: &str) -> Result<i64, String> {
    if given == "Z" {
        return Ok(0);
    }
    let (sign, rest) = match given.chars().next() {
        Some('+') => (1, given.get(1..).unwrap_or_default()),
        Some('-') => (-1, given.get(1..).unwrap_or_default()),
        None => return Err("end of string before UTC offset".into()),
        Some(_) => return Err(format!("cannot use {given:?} as UTC offset")),
    };
    let (hours, rest) = digits(rest, 2, "offset hours")?;
    let (minutes, rest) = digits(expect(rest, ':', "offset minutes")?, 2, "offset minutes")?;
    if !rest.is_empty() {
        return Err("extra characters after the timestamp".into());
    }
    Ok(sign
        * (within(hours, 0..=23, "offset hours")? * 3600 + within(minutes, 0..=59, "offset minutes")? * 60))
}

/// A timestamp as this module writes it, if the text is one.
pub(super) fn normal(given: &str) -> Option<String> {
    parse_rfc3339(given).ok().map(Time::rfc3339)
}

fn timestamp(arguments: &[Value], position: usize) -> Result<Time, CallError> {
    parse_rfc3339(text(arguments, position))
        .or_else(|why| bad(position, format!("not a valid RFC3339 timestamp: {why}")))
}

fn timecmp(arguments: &[Value]) -> Result<Value, CallError> {
    let (a, b) = (timestamp(arguments, 0)?, timestamp(arguments, 1)?);
    let order = (a.seconds, a.nanoseconds).cmp(&(b.seconds, b.nanoseconds));
    Ok(Value::number(order as i64))
}

fn timeadd(arguments: &[Value]) -> Result<Value, CallError> {
    let time = timestamp(arguments, 0)?;
    let given = text(arguments, 1);
    let Some(nanoseconds) = duration(given) else {
        return bad(1, format!("{given:?} is not a duration such as \"1h30m\""));
    };
    let total = i128::from(time.nanoseconds) + nanoseconds;
    let seconds =
        i64::try_from(total.div_euclid(1_000_000_000)).ok().and_then(|more| time.seconds.checked_add(more));
    match seconds {
        Some(seconds) => Ok(Value::string(Time { seconds, ..time }.rfc3339())),
        None => failed("the result is out of the range of timestamps"),
    }
}

/// A sum of decimal numbers with units, in nanoseconds.
fn duration(given: &str) -> Option<i128> {
    let (sign, mut rest) = match given.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, given.strip_prefix('+').unwrap_or(given)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut total: i128 = 0;
    let mut any = false;
    while !rest.is_empty() {
        let end = rest.find(|character: char| !character.is_ascii_digit() && character != '.')?;
        let (number, after) = rest.split_at(end);
        let (unit, after) = UNITS.iter().find_map(|(unit, size)| Some((*size, after.strip_prefix(unit)?)))?;
        total = total.checked_add(scaled(number, unit)?)?;
        rest = after;
        any = true;
    }
    // As many nanoseconds as fit 64 bits: some 292 years.
    let total = sign * total;
    i64::try_from(total).ok().filter(|_| any).map(i128::from)
}

/// Longer names first: `ms` is not `m` and an `s`.
const UNITS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1000),
    ("\u{b5}s", 1000),
    ("\u{3bc}s", 1000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

fn scaled(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<i128>().ok() };
    let whole = digits(whole)?.checked_mul(unit)?;
    let fraction = fraction.get(..fraction.len().min(18))?;
    let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    whole.checked_add(digits(fraction)?.checked_mul(unit)? / scale)
}

fn plantimestamp(_: &[Value], evaluator: &mut Evaluator) -> Result<Value, CallError> {
    Ok(evaluator.scope.plan_time().map_or_else(|| Value::unknown(Type::String), Value::string))
}

fn current_time(_: &[Value], evaluator: &mut Evaluator) -> Result<Value, CallError> {
    Ok(evaluator.scope.apply_time().map_or_else(|| Value::unknown(Type::String), Value::string))
}

fn formatdate(arguments: &[Value]) -> Result<Value, CallError> {
    let time = timestamp(arguments, 1)?;
    let civil = time.civil();
    let mut out = String::new();
    let mut rest = text(arguments, 0);
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let (literal, after) = quoted(rest)?;
            out.push_str(&literal);
            rest = after;
            continue;
        }
        let end = rest.find(|character| character != first).unwrap_or(rest.len());
        let (verb, after) = rest.split_at(end);
        match first.is_ascii_alphabetic() {
            true => match date_verb(verb, time, &civil) {
                Ok(text) => out.push_str(&text),
                Err(why) => return bad(0, format!("invalid date format verb {verb:?}{why}")),
            },
            false => out.push_str(verb),
        }
        rest = after;
    }
    Ok(Value::string(out))
}

/// Text between apostrophes, where two of them stand for one.
fn quoted(given: &str) -> Result<(String, &str), CallError> {
    if let Some(after) = given.strip_prefix("''") {
        return Ok(("'".into(), after));
    }
    let mut out = String::new();
    let mut rest = given.get(1..).unwrap_or_default();
    loop {
        let Some((part, after)) = rest.split_once('\'') else { return bad(0, "unterminated literal '") };
        out.push_str(part);
        match after.strip_prefix('\'') {
            Some(after) => {
                out.push('\'');
                rest = after;
            }
            None => return Ok((out, after)),
        }
    }
}

fn date_verb(verb: &str, time: Time, civil: &Civil) -> Result<String, &'static str> {
    let name = |names: &[&'static str], index: u32| names.get(index as usize).copied().unwrap_or_default();
    let short = |name: &str| name.get(..3).unwrap_or_default().to_owned();
    let half_day = (civil.hour + 11) % 12 + 1;
    let noon = civil.hour >= 12;
    Ok(match verb {
        "YY" => format!("{:02}", civil.year % 100),
        "YYYY" => format!("{:04}", civil.year),
        "M" => civil.month.to_string(),
        "MM" => format!("{:02}", civil.month),
        "MMM" => short(name(&MONTHS, civil.month - 1)),
        "MMMM" => name(&MONTHS, civil.month - 1).to_owned(),
        "D" => civil.day.to_string(),
        "DD" => format!("{:02}", civil.day),
        "EEE" => short(name(&WEEKDAYS, civil.weekday)),
        "EEEE" => name(&WEEKDAYS, civil.weekday).to_owned(),
        "h" => civil.hour.to_string(),
        "hh" => format!("{:02}", civil.hour),
        "H" => half_day.to_string(),
        "HH" => format!("{half_day:02}"),
        "AA" => if noon { "PM" } else { "AM" }.to_owned(),
        "aa" => if noon { "pm" } else { "am" }.to_owned(),
        "m" => civil.minute.to_string(),
        "mm" => format!("{:02}", civil.minute),
        "s" => civil.second.to_string(),
        "ss" => format!("{:02}", civil.second),
        "Z" if time.offset_seconds == 0 => "Z".into(),
        "ZZZ" if time.offset_seconds == 0 => "UTC".into(),
        "Z" | "ZZZZZ" => time.offset(":"),
        "ZZZ" | "ZZZZ" => time.offset(""),
        _ => return Err(allowed(verb)),
    })
}

/// What would have been right, as the end of a message.
fn allowed(verb: &str) -> &'static str {
    match verb.chars().next() {
        Some('Y') => ": year must either be \"YY\" or \"YYYY\"",
        Some('M') => ": month must be \"M\", \"MM\", \"MMM\", or \"MMMM\"",
        Some('D') => ": day of month must either be \"D\" or \"DD\"",
        Some('E') => ": day of week must either be \"EEE\" or \"EEEE\"",
        Some('h') => ": 24-hour must either be \"h\" or \"hh\"",
        Some('H') => ": 12-hour must either be \"H\" or \"HH\"",
        Some('A') => ": must be \"AA\"",
        Some('a') => ": must be \"aa\"",
        Some('m') => ": minute must either be \"m\" or \"mm\"",
        Some('s') => ": second must either be \"s\" or \"ss\"",
        Some('Z') => ": timezone must be Z, ZZZ, ZZZZ, or ZZZZZ",
        _ => "",
    }
}
