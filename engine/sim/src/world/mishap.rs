//! What goes wrong between two steps, and what others do meanwhile.

use evenkeel_provider::CreateRequest;
use evenkeel_reconcile::Event;
use evenkeel_state::Object;

use super::process::Message;
use super::{Item, World};
use crate::fault::Fault;

/// So often a name is taken in calm before somebody makes way.
const TAKEN_MAX: u32 = 4;

impl World {
    /// Draws what goes wrong now.
    pub(super) fn mishaps(&mut self) {
        let number = usize::try_from(self.rng.below(self.processes.len() as u64)).unwrap_or(0);
        if self.strikes(Fault::Crash) && self.processes[number].alive {
            self.note(|| format!("process {number} dies"));
            self.kill(number);
        }
        if self.strikes(Fault::Pause) && self.processes[number].alive && !self.processes[number].paused {
            self.pause(number);
        }
        if self.strikes(Fault::Interrupt) && self.processes[number].alive {
            self.send(number, 0, Message::Controller(Event::Interrupt));
        }
        if self.strikes(Fault::Edit)
            && let Some(what) = self.cloud.edit(&mut self.rng)
        {
            self.note(|| format!("a stranger edits {what}"));
        }
        if self.strikes(Fault::Wipe)
            && let Some(what) = self.cloud.wipe(&mut self.rng)
        {
            self.note(|| format!("a stranger deletes {what}"));
        }
        if !self.destroying && !self.forced && self.strikes(Fault::Commit) {
            self.commit();
        }
    }

    fn pause(&mut self, number: usize) {
        let delay = self.rng.between(1_000, 60_000);
        self.note(|| format!("process {number} stands still for {delay} ms"));
        self.processes[number].paused = true;
        let life = self.processes[number].life;
        self.after(delay, Item::Resume { process: number, life });
    }

    fn commit(&mut self) {
        if self.strikes(Fault::BrokenCommit) {
            self.git.break_it();
        } else if self.strikes(Fault::ForcePush) {
            let place = self.git.force();
            self.forced = true;
            let delay = self.rng.between(1_000, 60_000);
            self.after(delay, Item::Restore { place });
        } else if self.rng.chance(200) {
            self.git.revert();
        } else {
            self.git.advance();
        }
        let revision = self.git.head().revision.clone();
        self.note(|| format!("commit {revision}"));
        for number in 0..self.processes.len() {
            if self.rng.chance(700) {
                self.send(number, 1, Message::Controller(Event::Wake));
            }
        }
    }

    /// A name that something else has, which cannot go before what was made from it, which waits for the new
    /// object: what was put aside and still has the name that comes back, or, where history was rewritten, what
    /// was moved by commits that are gone. No order of calls leads out, so that in calm somebody removes it by
    /// hand: what was put aside at once, other things after the engine could not help itself for a while.
    pub(super) fn free_name(&mut self, request: &CreateRequest) {
        if self.calm_since.is_none() {
            return;
        }
        let Some(name) = request.planned.get_str("name") else { return };
        let in_the_way = |id: &str| {
            self.cloud.objects.get(id).is_some_and(|object| object.value.get_str("name") == Some(name))
        };
        let instance = self.store.state.instances.get(&request.address);
        let mut deposed =
            instance.iter().flat_map(|instance| instance.deposed.values()).filter_map(Object::id);
        let mut found = deposed.find(|id| in_the_way(id)).map(str::to_owned);
        if found.is_none() {
            let failures = self.taken.entry(request.address.clone()).or_default();
            *failures += 1;
            if *failures >= TAKEN_MAX {
                found = self.cloud.objects.keys().find(|id| in_the_way(id)).map(|id| id.to_string());
            }
        }
        if let Some(id) = found {
            let what = self.cloud.wipe_one(&id);
            self.note(|| format!("somebody makes way by deleting {what}"));
        }
    }

    pub(super) fn restore(&mut self, place: usize) {
        if !self.forced {
            return;
        }
        self.forced = false;
        self.git.restore(place, self.store.applied.as_ref());
        let revision = self.git.head().revision.clone();
        self.note(|| format!("the old history is back, with commit {revision}"));
    }

    /// No more faults; what they left behind is the engine's to clean up.
    pub(super) fn calm_down(&mut self) {
        self.note(|| "calm".to_owned());
        self.faults.active = false;
        self.taken.clear();
        self.converged = false;
        if self.forced {
            let place = self.queue.values().find_map(|item| match item {
                Item::Restore { place } => Some(*place),
                _ => None,
            });
            self.restore(place.unwrap_or(0));
        }
        self.git.make_followable(self.store.applied.as_ref());
        if self.forbid_detect() {
            for number in 0..self.processes.len() {
                if self.processes[number].alive {
                    self.kill(number);
                }
            }
        }
        self.calm_since = Some(self.now);
    }
}
