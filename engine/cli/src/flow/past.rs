//! Moments of a stack as people name them: a serial, a time, a run, or a revision that was applied.

use evenkeel_model::{Revision, Timestamp};
use evenkeel_state::{RunId, Serial};
use evenkeel_store::{Clock, Moment, Past, RunRow, Store, SystemClock};

use crate::error::Failure;
use crate::flow::Session;
use crate::flow::load::resolve;

/// A shorter part of a revision's identifier is no name for it.
const PREFIX_MIN: usize = 4;

/// A moment as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    Serial(u64),
    Run(u64),
    Time(Timestamp),
    Revision(String),
}

/// A state as it was remembered, with the run that had come about last.
pub struct Then {
    /// The state.
    pub past: Past,
    /// The last run by then.
    pub run: Option<RunRow>,
}

/// The state at a moment; now where none is named.
pub async fn at(session: &Session, text: Option<&str>) -> Result<Then, Failure> {
    let runs = session.store.runs(&session.stack, usize::MAX).await?;
    let moment = match text {
        None => Moment::Now,
        Some(text) => match named(text, SystemClock.now()) {
            Named::Serial(serial) => Moment::Serial(Serial(serial)),
            Named::Time(at) => Moment::Time(at),
            Named::Run(run) => Moment::Run(RunId(run)),
            Named::Revision(name) => Moment::Run(of_revision(session, &runs, &name).await?.id),
        },
    };
    let past = session.store.past(&session.stack, moment).await?;
    let past = past.ok_or_else(|| match text {
        None => Failure::plain(
            "No state",
            format!("Nothing was ever written about the stack \"{}\".", session.stack),
        ),
        Some(text) => unknown(session, text),
    })?;
    let run = past.run.and_then(|id| runs.into_iter().find(|run| run.id == id));
    Ok(Then { past, run })
}

/// The run that a moment names: of a revision the last one that brought it about, at a time the last one that had
/// begun by then.
pub async fn run_at(session: &Session, text: &str) -> Result<RunRow, Failure> {
    let runs = session.store.runs(&session.stack, usize::MAX).await?;
    let found = match named(text, SystemClock.now()) {
        Named::Run(id) => runs.into_iter().find(|run| run.id == RunId(id)),
        Named::Time(at) => runs.into_iter().find(|run| run.started <= at),
        Named::Serial(serial) => {
            let past = session.store.past(&session.stack, Moment::Serial(Serial(serial))).await?;
            let id = past.and_then(|past| past.run);
            runs.into_iter().find(|run| Some(run.id) == id)
        }
        Named::Revision(name) => return of_revision(session, &runs, &name).await,
    };
    found.ok_or_else(|| unknown(session, text))
}

/// The last run that brought a revision about.
async fn of_revision(session: &Session, runs: &[RunRow], name: &str) -> Result<RunRow, Failure> {
    let id = name.strip_prefix("directory:").unwrap_or(name);
    let mut fitting = runs.iter().filter(|run| id.len() >= PREFIX_MIN && run.revision.id().starts_with(id));
    if let Some(found) = fitting.next() {
        return match fitting.find(|run| run.revision != found.revision) {
            None => Ok(found.clone()),
            Some(other) => Err(Failure::plain(
                "More than one revision",
                format!(
                    "\"{name}\" may be {} or {}. Give more of it.",
                    found.revision.id(),
                    other.revision.id()
                ),
            )),
        };
    }
    // A branch or a tag names a commit.
    let Ok(Revision::Commit(commit)) = resolve(session, Some(name)).await else {
        return Err(unknown(session, name));
    };
    let found = runs.iter().find(|run| run.revision.id() == &*commit);
    found.cloned().ok_or_else(|| {
        let detail = format!(
            "Revision {commit} was never applied to the stack \"{}\". `evenkeel history` shows what was.",
            session.stack
        );
        Failure::plain("Revision was not applied", detail)
    })
}

fn unknown(session: &Session, text: &str) -> Failure {
    let detail = format!(
        "The history of the stack \"{}\" has nothing for \"{text}\". Give a serial (12), a run (run:3), a time \
         (2026-01-31T12:00:00Z, or 2h for two hours ago) or a revision that was applied; `evenkeel history` shows the runs.",
        session.stack
    );
    Failure::plain("No such moment", detail)
}

fn named(text: &str, now: Timestamp) -> Named {
    let number = |name: &str| text.strip_prefix(name).and_then(|number| number.parse().ok());
    if let Some(run) = number("run:") {
        return Named::Run(run);
    }
    if let Some(serial) = number("serial:").or_else(|| number("")) {
        return Named::Serial(serial);
    }
    match time(text, now) {
        Some(at) => Named::Time(at),
        None => Named::Revision(text.strip_prefix("revision:").unwrap_or(text).to_owned()),
    }
}

/// A time with its offset, one without (UTC, as `history` shows it), or how long ago.
fn time(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(Timestamp(at.as_millisecond()));
    }
    if let Ok(at) = text.parse::<jiff::civil::DateTime>() {
        let at = at.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        return Some(Timestamp(at.timestamp().as_millisecond()));
    }
    let ago = text.parse::<jiff::SignedDuration>().ok()?;
    Some(now.plus_ms(i64::try_from(ago.as_millis()).ok()?.checked_neg()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_apart() {
        let now = Timestamp(10_000_000);
        let revision = |text: &str| Named::Revision(text.into());
        let cases = [
            ("12", Named::Serial(12)),
            ("serial:12", Named::Serial(12)),
            ("run:3", Named::Run(3)),
            ("1970-01-01T00:00:01Z", Named::Time(Timestamp(1000))),
            ("1970-01-01T01:00:01+01:00", Named::Time(Timestamp(1000))),
            ("1970-01-01 00:00:01", Named::Time(Timestamp(1000))),
            ("1970-01-02", Named::Time(Timestamp(86_400_000))),
            ("2h", Named::Time(Timestamp(2_800_000))),
            ("main", revision("main")),
            ("c0ffee12", revision("c0ffee12")),
            ("revision:12345678", revision("12345678")),
            ("directory:c0ffee", revision("directory:c0ffee")),
        ];
        for (text, expected) in cases {
            assert_eq!(named(text, now), expected, "{text}");
        }
    }
}
