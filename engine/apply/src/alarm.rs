//! What waits for a time. The machine has no clock: it asks to be woken and is told the time.

use std::collections::BTreeSet;

use evenkeel_model::Timestamp;

use crate::command::Command;

/// Sleepers by time, and the wake-ups that were asked for.
#[derive(Clone, Debug)]
pub(crate) struct Alarm<K> {
    sleepers: BTreeSet<(Timestamp, K)>,
    asked: BTreeSet<Timestamp>,
}

impl<K: Ord + Clone> Alarm<K> {
    pub(crate) fn new() -> Self {
        Self { sleepers: BTreeSet::new(), asked: BTreeSet::new() }
    }

    pub(crate) fn sleep(&mut self, who: K, until: Timestamp) {
        self.sleepers.insert((until, who));
    }

    /// Those whose time has come, earliest first.
    pub(crate) fn due(&mut self, now: Timestamp) -> Vec<K> {
        self.asked.retain(|at| *at > now);
        let mut due = Vec::new();
        while let Some((until, _)) = self.sleepers.first()
            && *until <= now
        {
            due.extend(self.sleepers.pop_first().map(|(_, who)| who));
        }
        due
    }

    /// A wake-up for the earliest sleeper, unless one was asked for that is no later.
    pub(crate) fn poll(&mut self) -> Option<Command> {
        let (at, _) = self.sleepers.first()?;
        let at = *at;
        if self.asked.first().is_some_and(|asked| *asked <= at) {
            return None;
        }
        self.asked.insert(at);
        Some(Command::WakeAt { at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(alarm: &mut Alarm<u8>) -> Option<i64> {
        match alarm.poll()? {
            Command::WakeAt { at } => Some(at.0),
            _ => None,
        }
    }

    #[test]
    fn a_wake_up_is_asked_for_once_and_earlier_ones_come_first() {
        let mut alarm = Alarm::new();
        alarm.sleep(1, Timestamp(50));
        assert_eq!(asked(&mut alarm), Some(50));
        alarm.sleep(2, Timestamp(70));
        assert_eq!(asked(&mut alarm), None);
        alarm.sleep(3, Timestamp(20));
        assert_eq!(asked(&mut alarm), Some(20));
        assert_eq!(alarm.due(Timestamp(20)), [3]);
        assert_eq!(asked(&mut alarm), None);
        assert!(alarm.due(Timestamp(40)).is_empty());
        assert_eq!(alarm.due(Timestamp(50)), [1]);
        assert_eq!(asked(&mut alarm), Some(70));
        assert_eq!(alarm.due(Timestamp(99)), [2]);
        assert_eq!(asked(&mut alarm), None);
    }
}
