//! Commands of provisioners: they take time, some fail, and what they did to an object is remembered.
//!
//! Chance comes from a sequence of its own, so that seeds without commands live as they always did.

use std::collections::BTreeSet;
use std::sync::Arc;

use evenkeel_apply::{CallId, Event as MachineEvent, Subject};
use evenkeel_plan::LocalExec;
use evenkeel_state::{Action, ObjectStatus};

use super::process::Message;
use super::{Item, World};
use crate::cloud::spec::Kind;
use crate::rng::Rng;

/// So many seeds of a thousand have commands.
const SEEDS: u32 = 300;
/// So many commands of a thousand fail while faults happen.
const FAILING: u32 = 150;

/// The commands of a seed.
pub(super) struct Commands {
    rng: Rng,
    there: bool,
    /// What ran to its end: `first ID`, `last ID`.
    done: BTreeSet<Arc<str>>,
}

impl Commands {
    pub(super) fn of(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0xc0_33a7d5);
        let there = rng.chance(SEEDS);
        Self { rng, there, done: BTreeSet::new() }
    }

    /// Whether the configurations of the seed have commands.
    pub(super) fn are_there(&self) -> bool {
        self.there
    }
}

impl World {
    /// A command begins; it is over later, whatever becomes of the process.
    pub(super) fn run_command(
        &mut self,
        number: usize,
        work: u64,
        id: CallId,
        subject: &Subject,
        run: &LocalExec,
    ) {
        self.note(|| format!("process {number} {id}: runs \"{}\"", run.command));
        let pending = &self.store.state.pending;
        let is_intent = |intent: &&evenkeel_state::Intent| {
            intent.action == Action::Provision && intent.address == subject.address
        };
        if !pending.values().any(|intent| is_intent(&intent)) {
            self.violate("intent", format!("\"{}\" runs without a durable intent", run.command));
        }
        let fails = self.faults.active && self.commands.rng.chance(FAILING);
        let delay = self.commands.rng.between(1, 2_000);
        // Whoever dies meanwhile does not hear of it; the command has done what it does all the same.
        if !fails {
            self.commands.done.insert(run.command.clone());
        }
        let result = if fails { Err("exit status 1".to_owned()) } else { Ok(()) };
        let message = Message::Machine { work, event: Box::new(MachineEvent::Provisioned { id, result }) };
        let life = self.processes[number].life;
        self.after(delay, Item::Deliver { process: number, life, message });
    }

    /// An object that passes for complete though its commands did not run to their end.
    pub(super) fn unprovisioned(&self) -> Option<String> {
        if !self.commands.there {
            return None;
        }
        let instances = self.store.state.instances.iter();
        let nodes = instances.filter(|(address, _)| {
            address.resource.module.is_root() && Kind::of(&address.resource.kind) == Some(Kind::Node)
        });
        let objects = nodes.flat_map(|(_, instance)| &instance.current);
        let ready = objects.filter(|object| object.status == ObjectStatus::Ready);
        let missing = ready.filter_map(|object| object.id()).find(|id| {
            let done = |what: &str| self.commands.done.contains(format!("{what} {id}").as_str());
            !done("first") || !done("last")
        });
        missing.map(|id| format!("{id} is not tainted, and its commands did not run"))
    }
}
