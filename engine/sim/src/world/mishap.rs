//! What goes wrong between two steps, and what others do meanwhile.

use evenkeel_provider::CreateRequest;
use evenkeel_reconcile::Event;
use evenkeel_state::Object;

use super::process::Message;
use super::{Item, World};
use crate::fault::Fault;

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

    /// A name that comes back while what was put aside still has it: that object has to outlive what was
    /// made from it, which waits for the new one. No order of calls leads out, so that in calm somebody
    /// removes it by hand.
    pub(super) fn free_name(&mut self, request: &CreateRequest) {
        let Some(instance) = self.store.state.instances.get(&request.address) else { return };
        let name = request.planned.get_str("name");
        let in_the_way = |id: &&str| {
            let object = self.cloud.objects.get(*id);
            name.is_some() && object.is_some_and(|object| object.value.get_str("name") == name)
        };
        let deposed = instance.deposed.values().filter_map(Object::id).find(in_the_way).map(str::to_owned);
        if let Some(id) = deposed.filter(|_| self.calm_since.is_some()) {
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
