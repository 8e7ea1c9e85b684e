//! The world: the queue of what happens when, and one step of it at a time.
//!
//! Everything that takes time is an item in the queue: a call has its effect, an append becomes
//! durable, an answer arrives. Items of a process that died meanwhile are dropped or, where they
//! are already on their way to cloud or store, may still have their effect. `process` carries out
//! what the controller orders, `work` runs planner and machines, `call` makes calls, `command` runs
//! what provisioners say, `governor` stops what destroys too much, `mishap`
//! lets things go wrong, `check` looks after the invariants.

mod call;
mod check;
mod command;
mod governor;
mod mishap;
mod process;
mod work;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use evenkeel_apply::Plant;
use evenkeel_model::{InstanceAddress, Timestamp};
use evenkeel_provider::Catalog;
use evenkeel_state::Serial;

use self::call::Flight;
use self::command::Commands;
use self::governor::Governor;
use self::process::{Message, Process};
use self::work::Append;
use crate::cloud::SimCloud;
use crate::cloud::spec::SimSpec;
use crate::fault::{Fault, Faults};
use crate::figures::Figures;
use crate::git::SimGit;
use crate::rng::Rng;
use crate::store::SimStore;

/// How long a lease lasts.
const LEASE_MS: i64 = 15_000;
/// Simulated time within which a world without faults must converge.
const CALM_MS: i64 = 3_600_000;
/// Steps within which a world without faults must converge.
const CALM_STEPS: u64 = 60_000;

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which rule: a fixed word.
    pub invariant: &'static str,
    /// What was seen.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.detail)
    }
}

/// Something that will happen.
enum Item {
    /// A message reaches a process, if it still lives that life.
    Deliver { process: usize, life: u64, message: Message },
    /// A call has its effect in the cloud.
    Effect { flight: u64 },
    /// The answer of a call leaves the cloud.
    Answer { flight: u64 },
    /// Entries become durable, or do not.
    Append(Box<Append>),
    /// A process starts again.
    Start { process: usize, life: u64 },
    /// A process that stood still goes on.
    Resume { process: usize, life: u64 },
    /// A person approves a plan that was stopped.
    Approve { digest: Arc<str>, until: Timestamp },
    /// Rewritten history is put back.
    Restore { place: usize },
}

/// The world of one seed.
pub struct World {
    now: i64,
    queue: BTreeMap<(i64, u64), Item>,
    queued: u64,
    rng: Rng,
    faults: Faults,
    plant: Option<Plant>,
    cloud: SimCloud,
    git: SimGit,
    store: SimStore,
    catalog: Arc<dyn Catalog + Send + Sync>,
    processes: Vec<Process>,
    flights: BTreeMap<u64, Flight>,
    flown: u64,
    commands: Commands,
    governor: Governor,
    /// When faults stopped.
    calm_since: Option<i64>,
    /// How often a name was taken that an instance needs, in calm.
    taken: BTreeMap<InstanceAddress, u32>,
    destroying: bool,
    forced: bool,
    /// An empty plan was seen in calm, and the cloud was as it should be.
    converged: bool,
    parallelism: usize,
    figures: Figures,
    log: Option<String>,
    violation: Option<Violation>,
    serial_seen: Serial,
    /// The length of the journal and the turnover of the cloud that were looked at last.
    checked: (usize, u64),
}

impl World {
    /// The world of a seed.
    pub fn new(seed: u64, plant: Option<Plant>, log: bool) -> Self {
        let mut rng = Rng::new(seed);
        let faults = Faults::draw(&mut rng);
        let commands = Commands::of(seed);
        let git = SimGit::new(rng.fork(), commands.are_there());
        let parallelism = usize::try_from(rng.between(1, 10)).unwrap_or(1);
        let detect = rng.chance(100);
        let count = if faults.includes(Fault::Rival) && rng.chance(500) { 2 } else { 1 };
        let mut world = Self {
            now: 1_000_000,
            queue: BTreeMap::new(),
            queued: 0,
            rng,
            faults,
            plant,
            cloud: SimCloud::default(),
            git,
            store: SimStore::new(),
            catalog: Arc::new(SimSpec::default()),
            processes: (0..count).map(|_| Process::new(detect)).collect(),
            flights: BTreeMap::new(),
            flown: 0,
            commands,
            governor: Governor::of(seed),
            calm_since: None,
            taken: BTreeMap::new(),
            destroying: false,
            forced: false,
            converged: false,
            parallelism,
            figures: Figures { seeds: 1, ..Figures::default() },
            log: log.then(String::new),
            violation: None,
            serial_seen: Serial::default(),
            checked: (0, 0),
        };
        if count == 2 {
            world.figures.count(Fault::Rival);
        }
        (0..count).for_each(|process| world.start(process));
        world
    }

    /// Lives through the whole story: a time with faults, calm until everything converged, the end
    /// of everything, calm again.
    pub fn run(&mut self) {
        let steps = self.rng.between(100, 900);
        self.live(steps);
        self.settle_down();
        if self.violation.is_some() {
            return;
        }
        self.destroying = true;
        self.converged = false;
        self.note(|| "the end: everything is to be destroyed".to_owned());
        if self.rng.chance(700) {
            self.faults.active = true;
            self.calm_since = None;
            let steps = self.rng.between(20, 200);
            self.live(steps);
        }
        self.settle_down();
    }

    /// What was done.
    pub fn figures(&self) -> Figures {
        let simulated_ms = (self.now - 1_000_000).unsigned_abs();
        Figures { simulated_ms, ..self.figures.clone() }
    }

    /// The rule that was broken, if one was.
    pub fn violation(&self) -> Option<&Violation> {
        self.violation.as_ref()
    }

    /// What happened, line by line, if that was asked for.
    pub fn log(&self) -> &str {
        self.log.as_deref().unwrap_or_default()
    }

    fn live(&mut self, steps: i64) {
        for _ in 0..steps {
            if self.violation.is_some() {
                return;
            }
            self.mishaps();
            self.step();
        }
    }

    fn settle_down(&mut self) {
        if self.violation.is_some() {
            return;
        }
        self.calm_down();
        let deadline = self.now + CALM_MS;
        for _ in 0..CALM_STEPS {
            if self.violation.is_some() || self.converged {
                return;
            }
            if self.now > deadline {
                break;
            }
            self.step();
        }
        let last =
            self.processes.iter().map(|process| process.controller.conditions().stalled.message.as_str());
        let detail =
            format!("no convergence in calm; stalled because: {}", last.collect::<Vec<_>>().join(" / "));
        self.violate("convergence", detail);
    }

    fn step(&mut self) {
        let Some(((time, _), item)) = self.queue.pop_first() else {
            return self.violate("liveness", "nothing will ever happen again".to_owned());
        };
        self.now = self.now.max(time);
        self.figures.steps += 1;
        match item {
            Item::Deliver { process, life, message } => self.deliver(process, life, message),
            Item::Effect { flight } => self.effect(flight),
            Item::Answer { flight } => self.answer(flight),
            Item::Append(append) => self.append(*append),
            Item::Start { process, life } => {
                if self.processes[process].life == life && !self.processes[process].alive {
                    self.start(process);
                }
            }
            Item::Resume { process, life } => self.resume(process, life),
            Item::Approve { digest, until } => self.approve(digest, until),
            Item::Restore { place } => self.restore(place),
        }
        self.check();
    }

    fn after(&mut self, delay_ms: i64, item: Item) {
        self.queued += 1;
        self.queue.insert((self.now + delay_ms.max(0), self.queued), item);
    }

    fn send(&mut self, process: usize, delay_ms: i64, message: Message) {
        let life = self.processes[process].life;
        self.after(delay_ms, Item::Deliver { process, life, message });
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            use std::fmt::Write as _;
            let _ = writeln!(log, "{:>10} {}", self.now - 1_000_000, line());
        }
    }

    fn violate(&mut self, invariant: &'static str, detail: String) {
        self.note(|| format!("VIOLATION {invariant}: {detail}"));
        self.violation.get_or_insert(Violation { invariant, detail });
    }

    fn strikes(&mut self, fault: Fault) -> bool {
        let strikes = self.faults.strikes(fault, &mut self.rng);
        if strikes {
            self.figures.count(fault);
        }
        strikes
    }
}
