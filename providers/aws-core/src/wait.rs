//! Waiting until the cloud has done what was asked for.
//!
//! A wait looks at the object again and again, with growing pauses, until it is as wanted or the
//! time is over. Dropping it at any point is safe: it changes nothing.

use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use evenkeel_model::Value;
use evenkeel_provider::{ErrorKind, ProviderError};
use tokio::time::Instant;

use crate::errors::Failure;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The `timeouts` entry of an object ("10m"), or the given default.
pub fn timeout(object: &Value, action: &str, default: Duration) -> Duration {
    object
        .get("timeouts")
        .and_then(|timeouts| timeouts.get_str(action))
        .and_then(parse_duration)
        .unwrap_or(default)
}

/// Asks `probe` until it answers with a value. Failures that may pass (throttling, a lost answer to
/// a read) are asked again; others end the wait.
pub async fn until<T, F, Fut>(operation: &str, limit: Duration, probe: F) -> Result<T, ProviderError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Option<T>, ProviderError>>,
{
    until_paced(operation, limit, FIRST_PAUSE, probe).await
}

async fn until_paced<T, F, Fut>(
    operation: &str,
    limit: Duration,
    mut pause: Duration,
    mut probe: F,
) -> Result<T, ProviderError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Option<T>, ProviderError>>,
{
    let deadline = Instant::now() + limit;
    loop {
        let last = match probe().await {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => None,
            Err(error) if matches!(error.kind, ErrorKind::Retry { .. }) => Some(error),
            Err(error) => return Err(error),
        };
        if Instant::now() + pause > deadline {
            return Err(last.unwrap_or_else(|| too_late(operation, limit)));
        }
        tokio::time::sleep(jittered(pause)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Repeats a call as long as it fails for a reason that passes by itself.
pub async fn patiently<T, F, Fut>(
    limit: Duration,
    passes: impl Fn(&Failure) -> bool,
    mut call: F,
) -> Result<T, Failure>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, Failure>>,
{
    let deadline = Instant::now() + limit;
    let mut pause = FIRST_PAUSE;
    loop {
        match call().await {
            Err(failure) if passes(&failure) && Instant::now() + pause < deadline => {
                tokio::time::sleep(jittered(pause)).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            other => return other,
        }
    }
}

fn too_late(operation: &str, limit: Duration) -> ProviderError {
    ProviderError::new(
        ErrorKind::Other,
        operation,
        format!("the object was not as wanted within {} seconds.", limit.as_secs()),
    )
    .with_remedy("Set a longer time in the timeouts block if the service is slow, and run again.")
}

/// A pause between three quarters and the whole of the given one, so that many waits spread out.
pub fn jittered(pause: Duration) -> Duration {
    let random = RandomState::new().hash_one(pause) % 256;
    pause.mul_f64(0.75 + 0.25 * random as f64 / 255.0)
}

/// Reads a duration as Go writes it: `1h30m`, `45s`, `1.5h`, `200ms`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return None;
    }
    if rest == "0" {
        return Some(total);
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let amount: f64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        let unit_end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let seconds = match rest.get(..unit_end)? {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        total = total.checked_add(Duration::try_from_secs_f64(amount * seconds).ok()?)?;
        rest = rest.get(unit_end..)?;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        for (text, ms) in [
            ("10m", Some(600_000)),
            ("1h30m", Some(5_400_000)),
            ("1.5s", Some(1_500)),
            ("200ms", Some(200)),
            ("0", Some(0)),
            ("", None),
            ("10", None),
            ("ten", None),
            ("5x", None),
            ("1e999s", None),
        ] {
            assert_eq!(parse_duration(text).map(|d| d.as_millis()), ms, "{text}");
        }
    }

    #[test]
    fn pauses_stay_in_their_range() {
        for _ in 0..100 {
            let pause = jittered(Duration::from_millis(1_000)).as_millis();
            assert!((750..=1_000).contains(&pause), "{pause}");
        }
    }

    #[tokio::test]
    async fn a_wait_ends_with_a_value_an_error_or_the_deadline() {
        let pause = Duration::from_millis(1);
        let mut tries = 0;
        let found = until_paced("waiting", Duration::from_secs(60), pause, || {
            tries += 1;
            let answer = match tries {
                1 => Ok(None),
                2 => Err(ProviderError::new(ErrorKind::Retry { after_ms: 1 }, "x", "y")),
                _ => Ok(Some(tries)),
            };
            async move { answer }
        });
        assert_eq!(found.await, Ok(3));

        let denied = until_paced::<(), _, _>("waiting", Duration::from_secs(60), pause, || async {
            Err(ProviderError::new(ErrorKind::Denied, "x", "y"))
        });
        assert_eq!(denied.await.unwrap_err().kind, ErrorKind::Denied);

        let never = until_paced::<(), _, _>("waiting", Duration::ZERO, pause, || async { Ok(None) });
        assert!(never.await.unwrap_err().detail.contains("0 seconds"));
    }
}
