//! Moments, which YAML reads from texts that look like one.

use jiff::civil::{Date, DateTime};

/// A time of day on a date, and how far its zone is from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    at: DateTime,
    offset_seconds: i32,
}

impl Moment {
    /// A date, or a date and a time: `2006-1-2`, `2006-1-2 15:4:5.9`, `2006-1-2T15:4:5Z`, `2006-1-2t15:4:5+02:00`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (date, rest) = match text.find(['T', 't', ' ']) {
            Some(end) => (text.get(..end)?, Some((text.get(end..end + 1)?, text.get(end + 1..)?))),
            None => (text, None),
        };
        let date = parse_date(date)?;
        let Some((separator, rest)) = rest else {
            return Some(Self { at: date.to_datetime(jiff::civil::Time::midnight()), offset_seconds: 0 });
        };
        let end = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
        let (time, zone) = (rest.get(..end)?, rest.get(end..)?);
        let offset_seconds = match (separator, zone) {
            (" ", "") | ("T" | "t", "Z") => 0,
            ("T" | "t", zone) => offset(zone)?,
            _ => return None,
        };
        Some(Self { at: date.to_datetime(parse_time(time)?), offset_seconds })
    }

    /// As RFC 3339 has it, with as many digits of a second as are needed.
    pub(super) fn rfc3339(&self) -> String {
        let zone = match self.offset_seconds {
            0 => "Z".to_owned(),
            _ => self.zone(":"),
        };
        format!("{}T{}{zone}", self.at.date(), self.time())
    }

    /// The same without parts of a second.
    pub(super) fn rfc3339_seconds(&self) -> String {
        let text = self.rfc3339();
        match (text.find('.'), text.rfind(['Z', '+', '-'])) {
            (Some(from), Some(to)) => [text.get(..from), text.get(to..)].into_iter().flatten().collect(),
            _ => text,
        }
    }

    /// As Go prints it.
    pub(super) fn printed(&self) -> String {
        let zone = self.zone("");
        let name = if self.offset_seconds == 0 { "UTC" } else { &zone };
        format!("{} {} {zone} {name}", self.at.date(), self.time())
    }

    fn time(&self) -> String {
        let whole = self.at.strftime("%H:%M:%S").to_string();
        match self.at.subsec_nanosecond() {
            0 => whole,
            part => format!("{whole}.{}", format!("{part:09}").trim_end_matches('0')),
        }
    }

    fn zone(&self, colon: &str) -> String {
        let minutes = self.offset_seconds.abs() / 60;
        let sign = if self.offset_seconds < 0 { '-' } else { '+' };
        format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
    }
}

fn parse_date(text: &str) -> Option<Date> {
    let [year, month, day] = parts(text, '-')?;
    let short = |text: &str| matches!(text.len(), 1 | 2);
    if year.len() != 4 || !short(month) || !short(day) {
        return None;
    }
    Date::new(number(year)?, number(month)?, number(day)?).ok()
}

fn parse_time(text: &str) -> Option<jiff::civil::Time> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let [hour, minute, second] = parts(whole, ':')?;
    if part.is_empty() || part.len() > 9 || [hour, minute, second].iter().any(|text| text.len() > 2) {
        return None;
    }
    let nanoseconds = number(&format!("{part:0<9}"))?;
    jiff::civil::Time::new(number(hour)?, number(minute)?, number(second)?, nanoseconds).ok()
}

/// Seconds from `+02:00`.
fn offset(text: &str) -> Option<i32> {
    let sign = match text.get(..1)? {
        "-" => -1,
        _ => 1,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes) = (number::<i32>(hours)?, number::<i32>(minutes)?);
    (hours <= 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn parts(text: &str, between: char) -> Option<[&str; 3]> {
    text.split(between).collect::<Vec<_>>().try_into().ok()
}

/// A number that is written in digits alone.
fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
