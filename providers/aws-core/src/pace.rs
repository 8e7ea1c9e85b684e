//! How fast and how many at once: one pace for each account, region and API, shared by all stacks of
//! the process.
//!
//! Nothing is held back before the service has declined something. Then a pace starts at a part of the
//! rate that was just too high, and of the calls that were under way; both grow again with every answer.
//! So a first wave is as fast as it can be, and the rest of a large stack goes at the rate that the
//! service grants, whoever else uses it. The retry of a declined call is the SDK's, with full jitter.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::wait::jittered;

/// The most calls of one API that are under way at once.
const AT_ONCE_MAX: f64 = 128.0;
/// What is left of a rate, or of a number of calls, after the service declined one.
const KEPT: f64 = 0.5;
/// Calls in a second, below which a rate never falls: the least that EC2 grants for any of its actions.
const RATE_MIN: f64 = 2.0;
/// Calls in a second, above which a rate is not kept any more.
const RATE_MAX: f64 = 500.0;
/// By how much of itself a rate grows in a second without a refusal.
const GROWTH: f64 = 0.08;
/// Refusals within this time are one: they answer calls that were under way together.
const ONE_REFUSAL_MS: u64 = 500;
/// Paces that are kept; unused ones go when there are more.
const PACES_MAX: usize = 4_096;

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The service declined it, because there are too many.
    Declined,
    /// Anything else.
    Other,
}

/// Whether a call may go now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Admission {
    Go,
    /// When the rate allows it, in so many milliseconds.
    WaitMs(u64),
    /// When another one is done.
    Full,
}

/// The pace of one API: decides, and knows no clock.
#[derive(Clone, Debug)]
struct Pace {
    under_way: u32,
    at_once: f64,
    /// Calls in a second; none before the service declined one.
    rate: Option<f64>,
    tokens: f64,
    filled_ms: u64,
    declined_ms: Option<u64>,
    /// The calls of this second and of the last one.
    seconds: (u64, f64, f64),
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            under_way: 0,
            at_once: AT_ONCE_MAX,
            rate: None,
            tokens: 0.0,
            filled_ms: 0,
            declined_ms: None,
            seconds: (0, 0.0, 0.0),
        }
    }
}

impl Pace {
    fn admit(&mut self, now_ms: u64) -> Admission {
        if f64::from(self.under_way) >= self.at_once.max(1.0) {
            return Admission::Full;
        }
        self.fill(now_ms);
        if let Some(rate) = self.rate {
            if self.tokens < 1.0 {
                let wait_ms = (1.0 - self.tokens) / rate * 1_000.0;
                return Admission::WaitMs(wait_ms.ceil().max(1.0) as u64);
            }
            self.tokens -= 1.0;
        }
        self.under_way += 1;
        self.count(now_ms);
        Admission::Go
    }

    fn done(&mut self, answer: Answer, now_ms: u64) {
        self.under_way = self.under_way.saturating_sub(1);
        match answer {
            Answer::Declined => self.slow_down(now_ms),
            Answer::Other => self.at_once = (self.at_once + 1.0 / self.at_once.max(1.0)).min(AT_ONCE_MAX),
        }
    }

    fn slow_down(&mut self, now_ms: u64) {
        if self.declined_ms.is_some_and(|last| now_ms < last + ONE_REFUSAL_MS) {
            return;
        }
        self.declined_ms = Some(now_ms);
        let (_, this, last) = self.seconds;
        let measured = this.max(last).max(1.0);
        let rate = self.rate.map_or(measured, |rate| rate.min(measured));
        self.rate = Some((rate * KEPT).max(RATE_MIN));
        self.tokens = 0.0;
        self.at_once = (f64::from(self.under_way + 1).min(self.at_once) * KEPT).max(1.0);
    }

    /// The rate grows, and tokens come with it.
    fn fill(&mut self, now_ms: u64) {
        let seconds = now_ms.saturating_sub(self.filled_ms) as f64 / 1_000.0;
        self.filled_ms = now_ms;
        let Some(rate) = self.rate else { return };
        self.tokens = (self.tokens + rate * seconds).min(rate.max(1.0));
        let rate = rate * (1.0 + GROWTH * seconds.min(1.0));
        self.rate = Some(rate).filter(|rate| *rate < RATE_MAX);
    }

    fn count(&mut self, now_ms: u64) {
        let second = now_ms / 1_000;
        let (counted, this, _) = self.seconds;
        self.seconds = match second.saturating_sub(counted) {
            0 => (second, this + 1.0, self.seconds.2),
            1 => (second, 1.0, this),
            _ => (second, 1.0, 0.0),
        };
    }
}

/// The pace of one API, with those that wait for it.
#[derive(Debug, Default)]
struct Gate {
    pace: Mutex<Pace>,
    freed: Notify,
}

impl Gate {
    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that may go. When it is dropped without an answer, it counts as one that was not declined.
#[derive(Debug)]
pub struct Permit {
    gate: Arc<Gate>,
    answer: Answer,
}

impl Permit {
    /// Takes note of what came of the call.
    pub fn answered(mut self, answer: Answer) {
        self.answer = answer;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.pace().done(self.answer, now_ms());
        self.gate.freed.notify_one();
    }
}

/// Waits until a call of an API may go. `api` names the account, the region and the API.
pub async fn permit(api: &str) -> Permit {
    let gate = gate(api);
    loop {
        // Made before looking, so that no one who frees a place in between is missed.
        let freed = gate.freed.notified();
        let admission = gate.pace().admit(now_ms());
        match admission {
            Admission::Go => break,
            Admission::WaitMs(ms) => tokio::time::sleep(jittered(Duration::from_millis(ms))).await,
            Admission::Full => freed.await,
        }
    }
    Permit { gate, answer: Answer::Other }
}

/// All paces of the process.
static GATES: LazyLock<Mutex<BTreeMap<String, Arc<Gate>>>> = LazyLock::new(Mutex::default);
static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

fn now_ms() -> u64 {
    u64::try_from(STARTED.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn gate(api: &str) -> Arc<Gate> {
    let mut gates = GATES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(gate) = gates.get(api) {
        return gate.clone();
    }
    if gates.len() >= PACES_MAX {
        gates.retain(|_, gate| Arc::strong_count(gate) > 1);
    }
    gates.entry(api.to_owned()).or_default().clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A service that grants calls at a rate, and what 60 seconds of eager calls to it come to.
    fn against(burst: f64, per_second: f64) -> (u32, u32) {
        let (mut pace, mut tokens) = (Pace::default(), burst);
        let (mut granted, mut declined) = (0, 0);
        for now_ms in 0..60_000 {
            tokens = (tokens + per_second / 1_000.0).min(burst);
            while pace.admit(now_ms) == Admission::Go {
                let enough = tokens >= 1.0;
                tokens -= if enough { 1.0 } else { 0.0 };
                granted += u32::from(enough);
                declined += u32::from(!enough);
                pace.done(if enough { Answer::Other } else { Answer::Declined }, now_ms);
                if !enough {
                    break;
                }
            }
        }
        (granted, declined)
    }

    #[test]
    fn nothing_is_held_back_before_a_refusal() {
        let mut pace = Pace::default();
        let admitted = (0..1_000).filter(|_| pace.admit(0) == Admission::Go).count();
        assert_eq!(admitted, AT_ONCE_MAX as usize);
        assert_eq!(pace.admit(0), Admission::Full);
        pace.done(Answer::Other, 0);
        assert_eq!(pace.admit(0), Admission::Go);
    }

    #[test]
    fn the_rate_comes_near_what_is_granted_and_few_calls_are_declined() {
        for (burst, per_second) in [(100.0, 20.0), (50.0, 5.0), (5.0, 2.0)] {
            let (granted, declined) = against(burst, per_second);
            let most = burst + per_second * 60.0;
            assert!(f64::from(granted) > most * 0.6, "{granted} of {most}");
            assert!(declined * 5 < granted, "{declined} declined, {granted} granted");
        }
    }

    #[test]
    fn refusals_of_calls_that_were_under_way_together_count_once() {
        let mut pace = Pace::default();
        (0..100).for_each(|_| assert_eq!(pace.admit(0), Admission::Go));
        (0..100).for_each(|_| pace.done(Answer::Declined, 10));
        assert_eq!(pace.rate, Some(50.0));
        assert!(pace.at_once > 40.0, "{}", pace.at_once);
    }

    #[test]
    fn a_rate_that_is_not_needed_is_forgotten() {
        let mut pace = Pace::default();
        assert_eq!(pace.admit(0), Admission::Go);
        pace.done(Answer::Declined, 0);
        let mut now_ms = 0;
        while pace.rate.is_some() {
            now_ms += 1_000;
            assert!(now_ms < 600_000, "{:?}", pace.rate);
            if pace.admit(now_ms) == Admission::Go {
                pace.done(Answer::Other, now_ms);
            }
        }
    }

    #[tokio::test]
    async fn a_place_that_is_freed_is_taken() {
        let mut permits = Vec::new();
        for _ in 0..AT_ONCE_MAX as u32 {
            permits.push(permit("test/a place that is freed").await);
        }
        let waiting = tokio::spawn(permit("test/a place that is freed"));
        tokio::task::yield_now().await;
        permits.pop().expect("there is one").answered(Answer::Other);
        drop(waiting.await.expect("it goes on"));
    }
}
