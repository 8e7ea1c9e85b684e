//! Entries on their way into the journal.
//!
//! One append is under way at a time; what is queued meanwhile goes into the next one. That groups
//! writes exactly when the store is the bottleneck, and makes the order of the journal the order in
//! which things were queued. A failed write is offered again with the same entries: all or none of
//! them were written, and writing an entry twice folds to the same state.

use evenkeel_model::Timestamp;
use evenkeel_state::Entry;

use crate::command::{AppendFailure, AppendId, Command};
use crate::options::MachineOptions;

/// An entry and what its durability means to the machine.
#[derive(Clone, Debug)]
struct Letter<T> {
    entry: Entry,
    meaning: T,
}

#[derive(Clone, Debug)]
enum Current<T> {
    None,
    Sent { id: AppendId, letters: Vec<Letter<T>>, attempt: u32 },
    Resting { until: Timestamp, letters: Vec<Letter<T>>, attempt: u32 },
}

/// The queue and the append that is under way.
#[derive(Clone, Debug)]
pub(crate) struct Outbox<T> {
    queue: Vec<Letter<T>>,
    current: Current<T>,
    last: u64,
}

/// What follows from a failed append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AfterFailure {
    /// It is not the append that is under way.
    NotMine,
    /// It is offered again at this time.
    Again(Timestamp),
    /// It is given up.
    GivenUp(AppendFailure),
}

impl<T: Clone> Outbox<T> {
    pub(crate) fn new() -> Self {
        Self { queue: Vec::new(), current: Current::None, last: 0 }
    }

    pub(crate) fn push(&mut self, entry: Entry, meaning: T) {
        self.queue.push(Letter { entry, meaning });
    }

    /// Takes back entries that were not sent yet; true when there were any.
    pub(crate) fn retract(&mut self, which: impl Fn(&T) -> bool) -> bool {
        let before = self.queue.len();
        self.queue.retain(|letter| !which(&letter.meaning));
        self.queue.len() < before
    }

    /// Whether nothing is queued or under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.queue.is_empty() && matches!(self.current, Current::None)
    }

    /// The next append, if one may be sent at `now`.
    pub(crate) fn poll(&mut self, now: Timestamp) -> Option<Command> {
        let (letters, attempt) = match std::mem::replace(&mut self.current, Current::None) {
            Current::Resting { until, letters, attempt } if until <= now => (letters, attempt + 1),
            Current::None if !self.queue.is_empty() => (std::mem::take(&mut self.queue), 1),
            other => {
                self.current = other;
                return None;
            }
        };
        self.last += 1;
        let id = AppendId(self.last);
        let entries = letters.iter().map(|letter| letter.entry.clone()).collect();
        self.current = Current::Sent { id, letters, attempt };
        Some(Command::Append { id, entries })
    }

    /// The append is durable: what its entries meant, in order. Empty for one that is not under way.
    pub(crate) fn appended(&mut self, id: AppendId) -> Vec<T> {
        match std::mem::replace(&mut self.current, Current::None) {
            Current::Sent { id: sent, letters, .. } if sent == id => {
                letters.into_iter().map(|letter| letter.meaning).collect()
            }
            other => {
                self.current = other;
                Vec::new()
            }
        }
    }

    /// The append failed.
    pub(crate) fn failed(
        &mut self,
        id: AppendId,
        failure: AppendFailure,
        now: Timestamp,
        options: &MachineOptions,
    ) -> AfterFailure {
        match std::mem::replace(&mut self.current, Current::None) {
            Current::Sent { id: sent, letters, attempt } if sent == id => match failure {
                AppendFailure::Store(_) if attempt < options.appends_max => {
                    let until = now.plus_ms(options.backoff_ms(attempt));
                    self.current = Current::Resting { until, letters, attempt };
                    AfterFailure::Again(until)
                }
                failure => AfterFailure::GivenUp(failure),
            },
            other => {
                self.current = other;
                AfterFailure::NotMine
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use evenkeel_state::{RunId, RunStatus};

    use super::*;

    fn entry(run: u64) -> Entry {
        Entry::RunFinished { run: RunId(run), status: RunStatus::Succeeded, error: None }
    }

    fn sent(command: Option<Command>) -> Option<(AppendId, usize)> {
        match command? {
            Command::Append { id, entries } => Some((id, entries.len())),
            _ => None,
        }
    }

    #[test]
    fn what_is_queued_meanwhile_goes_into_the_next_append() {
        let mut outbox = Outbox::new();
        let now = Timestamp(0);
        assert!(outbox.poll(now).is_none());
        outbox.push(entry(1), 'a');
        let (first, count) = sent(outbox.poll(now)).unwrap();
        assert_eq!(count, 1);
        outbox.push(entry(2), 'b');
        outbox.push(entry(3), 'c');
        assert!(outbox.poll(now).is_none());
        assert!(outbox.appended(AppendId(99)).is_empty());
        assert_eq!(outbox.appended(first), ['a']);
        let (second, count) = sent(outbox.poll(now)).unwrap();
        assert_eq!(count, 2);
        assert_eq!(outbox.appended(second), ['b', 'c']);
        assert!(outbox.is_idle());
    }

    #[test]
    fn a_failed_append_is_offered_again_and_then_given_up() {
        let options = MachineOptions { appends_max: 2, backoff_min_ms: 10, ..Default::default() };
        let mut outbox = Outbox::new();
        outbox.push(entry(1), 'a');
        let (first, _) = sent(outbox.poll(Timestamp(0))).unwrap();
        let full = AppendFailure::Store("disk full".into());
        assert_eq!(
            outbox.failed(first, full.clone(), Timestamp(5), &options),
            AfterFailure::Again(Timestamp(15))
        );
        assert!(outbox.poll(Timestamp(14)).is_none());
        let (second, count) = sent(outbox.poll(Timestamp(15))).unwrap();
        assert!(second != first && count == 1);
        assert_eq!(outbox.failed(first, full.clone(), Timestamp(15), &options), AfterFailure::NotMine);
        assert_eq!(outbox.failed(second, full.clone(), Timestamp(15), &options), AfterFailure::GivenUp(full));
    }

    #[test]
    fn a_lost_lease_is_final() {
        let mut outbox = Outbox::new();
        outbox.push(entry(1), ());
        let (id, _) = sent(outbox.poll(Timestamp(0))).unwrap();
        assert_eq!(
            outbox.failed(id, AppendFailure::LeaseLost, Timestamp(0), &MachineOptions::default()),
            AfterFailure::GivenUp(AppendFailure::LeaseLost)
        );
    }
}
