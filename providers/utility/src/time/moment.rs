//! A point in time with an offset from UTC, to the second, as Go's `time` counts with it.

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// A timestamp and the offset by which it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    timestamp: Timestamp,
    offset: Offset,
}

/// What is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Years,
    Months,
    Days,
    Hours,
    Minutes,
    Seconds,
}

impl Moment {
    /// Now, in UTC.
    pub(super) fn now() -> Self {
        let seconds = Timestamp::from_second(Timestamp::now().as_second());
        Self { timestamp: seconds.unwrap_or(Timestamp::UNIX_EPOCH), offset: Offset::UTC }
    }

    /// What RFC 3339 describes; a fraction of a second is dropped. What is wrong otherwise, as a clause.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let shape = || format!("\"{text}\" is not of the form YYYY-MM-DDThh:mm:ssZ");
        let (local, rest) = text.split_at_checked(19).ok_or_else(shape)?;
        if local.as_bytes().get(10) != Some(&b'T') {
            return Err(shape());
        }
        let local: DateTime = local.parse().map_err(|_| shape())?;
        let offset = offset(without_fraction(rest).ok_or_else(shape)?).ok_or_else(shape)?;
        let timestamp = offset.to_timestamp(local).map_err(|error| error.to_string())?;
        Ok(Self { timestamp, offset })
    }

    /// The text of RFC 3339.
    pub(super) fn rfc3339(self) -> String {
        let local = self.offset.to_datetime(self.timestamp);
        let minutes = self.offset.seconds() / 60;
        let zone = match minutes {
            0 => "Z".to_owned(),
            _ => {
                let sign = if minutes < 0 { '-' } else { '+' };
                format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
            }
        };
        format!("{local}{zone}")
    }

    /// Year, month, day, hour, minute and second by its own clock.
    pub(super) fn parts(self) -> [i64; 6] {
        let local = self.offset.to_datetime(self.timestamp);
        [
            local.year().into(),
            local.month().into(),
            local.day().into(),
            local.hour().into(),
            local.minute().into(),
            local.second().into(),
        ]
    }

    /// Seconds since 1970.
    pub(super) fn unix(self) -> i64 {
        self.timestamp.as_second()
    }

    /// Whether it is over.
    pub(super) fn is_past(self) -> bool {
        Timestamp::now() > self.timestamp
    }

    /// So much later. A day that a month does not have is one of the next month: a month after the 31st of
    /// January is the 3rd of March, or the 2nd.
    pub(super) fn plus(self, amount: i64, unit: Unit) -> Result<Self, String> {
        let late = || format!("{amount} {unit:?} from {} is not a time that can be written", self.rfc3339());
        let exact = |seconds: i64| {
            let seconds = amount.checked_mul(seconds)?;
            self.timestamp.checked_add(SignedDuration::from_secs(seconds)).ok()
        };
        let timestamp = match unit {
            Unit::Years => self.on_calendar(amount.checked_mul(12).ok_or_else(late)?, 0),
            Unit::Months => self.on_calendar(amount, 0),
            Unit::Days => self.on_calendar(0, amount),
            Unit::Hours => exact(3600),
            Unit::Minutes => exact(60),
            Unit::Seconds => exact(1),
        };
        Ok(Self { timestamp: timestamp.ok_or_else(late)?, ..self })
    }

    fn on_calendar(self, months: i64, days: i64) -> Option<Timestamp> {
        let local = self.offset.to_datetime(self.timestamp);
        let months = (i64::from(local.year()) * 12 + i64::from(local.month()) - 1).checked_add(months)?;
        let year = i16::try_from(months.div_euclid(12)).ok()?;
        let month = i8::try_from(months.rem_euclid(12) + 1).ok()?;
        let days = days.checked_add(i64::from(local.day()) - 1)?;
        let date = Date::new(year, month, 1).ok()?.checked_add(0.days().try_days(days).ok()?).ok()?;
        self.offset.to_timestamp(date.to_datetime(local.time())).ok()
    }
}

fn without_fraction(rest: &str) -> Option<&str> {
    let Some(fraction) = rest.strip_prefix('.') else { return Some(rest) };
    let zone = fraction.trim_start_matches(|character: char| character.is_ascii_digit());
    (zone.len() < fraction.len()).then_some(zone)
}

fn offset(zone: &str) -> Option<Offset> {
    if zone == "Z" {
        return Some(Offset::UTC);
    }
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let number = |text: &str, limit: i32| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i32>().ok().filter(|number| digits && *number < limit)
    };
    Offset::from_seconds(sign * (number(hours, 24)? * 3600 + number(minutes, 60)? * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_keep_their_offset_and_lose_fractions() {
        for (text, expected) in [
            ("2020-02-12T06:36:13Z", "2020-02-12T06:36:13Z"),
            ("2020-02-12T06:36:13.25+02:00", "2020-02-12T06:36:13+02:00"),
            ("2020-02-12T06:36:13-00:30", "2020-02-12T06:36:13-00:30"),
            ("2020-02-12T06:36:13+00:00", "2020-02-12T06:36:13Z"),
        ] {
            assert_eq!(Moment::parse(text).unwrap().rfc3339(), expected);
        }
        assert_eq!(Moment::parse("1970-01-01T01:00:00+01:00").unwrap().unix(), 0);
        for wrong in [
            "",
            "2020-02-12",
            "2020-02-12 06:36:13Z",
            "2020-02-12T06:36:13",
            "2020-02-30T06:36:13Z",
            "2020-02-12T06:36:13.Z",
            "2020-02-12T06:36:13+2:00",
            "2020-02-12T06:36:13+24:00",
            "x\u{e4}",
        ] {
            assert!(Moment::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn days_that_a_month_does_not_have_are_of_the_next_one() {
        use Unit::*;
        for (from, amount, unit, expected) in [
            ("2021-01-31T00:00:00Z", 1, Months, "2021-03-03T00:00:00Z"),
            ("2020-02-29T12:00:00+01:00", 1, Years, "2021-03-01T12:00:00+01:00"),
            ("2020-01-15T00:00:00Z", -1, Months, "2019-12-15T00:00:00Z"),
            ("2020-12-31T23:59:59Z", 1, Seconds, "2021-01-01T00:00:00Z"),
            ("2020-03-01T00:00:00Z", -1, Days, "2020-02-29T00:00:00Z"),
            ("2020-03-01T00:30:00Z", 25, Hours, "2020-03-02T01:30:00Z"),
            ("2020-03-01T00:30:00Z", -31, Minutes, "2020-02-29T23:59:00Z"),
        ] {
            assert_eq!(Moment::parse(from).unwrap().plus(amount, unit).unwrap().rfc3339(), expected);
        }
        for unit in [Years, Months, Days, Hours, Minutes, Seconds] {
            assert!(Moment::now().plus(i64::MAX, unit).is_err());
            assert!(Moment::now().plus(i64::MIN, unit).is_err());
        }
    }
}
