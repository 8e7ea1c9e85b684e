//! Looking for what a call did: when an answer is believed, and when to ask again.
//!
//! Clouds show what they made late. "There it is" is believed at once, "it is not there" only when
//! it was asked long enough after the last moment at which the call can have taken effect.

use evenkeel_model::{Timestamp, Value};
use evenkeel_provider::{ErrorKind, ProviderError};

use crate::options::MachineOptions;

/// One look and what led to it.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    /// When it was asked.
    pub(crate) asked: Timestamp,
    /// When it was answered.
    pub(crate) now: Timestamp,
    /// From when on an absence is believed.
    pub(crate) believe_after: Timestamp,
    /// How many looks there were, this one included.
    pub(crate) looks: u32,
    /// How many of the last ones failed before this one.
    pub(crate) failed: u32,
}

/// What a look tells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// It is there, and is this.
    Present(Value),
    /// It is not there.
    Absent,
    /// Not to be told yet: ask again at this time.
    AskAgain(Timestamp),
    /// Not to be told.
    GivenUp(ProviderError),
}

impl Look {
    pub(crate) fn judge(
        &self,
        answer: Result<Option<Value>, ProviderError>,
        options: &MachineOptions,
    ) -> Answer {
        match answer {
            Ok(Some(value)) => Answer::Present(value),
            Ok(None) => self.absent(options),
            Err(error) => match error.kind {
                ErrorKind::Gone => self.absent(options),
                ErrorKind::Retry { after_ms } => self.failed(error, after_ms, options),
                ErrorKind::Unknown | ErrorKind::Unreachable | ErrorKind::Other => {
                    self.failed(error, 0, options)
                }
                ErrorKind::Denied | ErrorKind::Invalid | ErrorKind::Conflict => Answer::GivenUp(error),
            },
        }
    }

    /// When to look again at something that is not yet as it should be; `None` when what was seen
    /// has to be believed.
    pub(crate) fn again(&self, options: &MachineOptions) -> Option<Timestamp> {
        if self.asked >= self.believe_after {
            return None;
        }
        let next = self.now.plus_ms(options.backoff_ms(self.looks));
        Some(next.min(self.believe_after).max(self.now))
    }

    fn absent(&self, options: &MachineOptions) -> Answer {
        self.again(options).map_or(Answer::Absent, Answer::AskAgain)
    }

    fn failed(&self, error: ProviderError, after_ms: u64, options: &MachineOptions) -> Answer {
        let failed = self.failed.saturating_add(1);
        if failed >= options.attempts_max {
            return Answer::GivenUp(error);
        }
        let wait = options.backoff_ms(failed).max(i64::try_from(after_ms).unwrap_or(i64::MAX));
        Answer::AskAgain(self.now.plus_ms(wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(asked: i64, failed: u32) -> Look {
        Look {
            asked: Timestamp(asked),
            now: Timestamp(asked + 5),
            believe_after: Timestamp(1000),
            looks: 1,
            failed,
        }
    }

    #[test]
    fn absence_is_believed_only_when_asked_late_enough() {
        let options = MachineOptions { backoff_min_ms: 300, ..Default::default() };
        assert_eq!(look(100, 0).judge(Ok(None), &options), Answer::AskAgain(Timestamp(405)));
        assert_eq!(look(999, 0).judge(Ok(None), &options), Answer::AskAgain(Timestamp(1004)));
        assert_eq!(look(1000, 0).judge(Ok(None), &options), Answer::Absent);
        let value = Value::bool(true);
        assert_eq!(look(0, 0).judge(Ok(Some(value.clone())), &options), Answer::Present(value));
    }

    #[test]
    fn errors_that_may_pass_are_borne_for_a_while() {
        let options = MachineOptions { attempts_max: 3, backoff_min_ms: 10, ..Default::default() };
        let error = |kind| ProviderError::new(kind, "looking", "no");
        assert_eq!(
            look(0, 0).judge(Err(error(ErrorKind::Retry { after_ms: 700 })), &options),
            Answer::AskAgain(Timestamp(705))
        );
        assert_eq!(
            look(0, 1).judge(Err(error(ErrorKind::Unreachable)), &options),
            Answer::AskAgain(Timestamp(25))
        );
        assert!(matches!(look(0, 2).judge(Err(error(ErrorKind::Unreachable)), &options), Answer::GivenUp(_)));
        assert!(matches!(look(0, 0).judge(Err(error(ErrorKind::Denied)), &options), Answer::GivenUp(_)));
    }
}
