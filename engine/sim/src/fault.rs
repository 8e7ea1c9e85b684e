//! The faults there are, and how often a seed makes them happen.

use std::collections::BTreeMap;

use crate::rng::Rng;

/// Something that goes wrong, or that somebody else does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The process dies between two commands.
    Crash,
    /// The process stands still for longer than its lease lasts.
    Pause,
    /// The process is asked to stop.
    Interrupt,
    /// The cloud asks to come back later.
    Throttle,
    /// The cloud fails and has done nothing.
    Transient,
    /// The cloud does not allow the call.
    Denied,
    /// No answer comes, and nothing happened.
    LostBefore,
    /// No answer comes, and it happened.
    LostAfter,
    /// No answer comes, and it happens later.
    Late,
    /// The call fails half-way.
    Partial,
    /// A new object cannot be found for a while.
    Stale,
    /// The store cannot write.
    AppendFailed,
    /// The store has written and says that it could not.
    AppendLied,
    /// The store takes its time.
    AppendSlow,
    /// Somebody changes an object.
    Edit,
    /// Somebody deletes objects.
    Wipe,
    /// A commit comes while something is being done.
    Commit,
    /// The commit is not valid.
    BrokenCommit,
    /// History is rewritten.
    ForcePush,
    /// The repository cannot be read.
    FetchFailed,
    /// A second process works on the stack.
    Rival,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 21] = [
        Self::Crash,
        Self::Pause,
        Self::Interrupt,
        Self::Throttle,
        Self::Transient,
        Self::Denied,
        Self::LostBefore,
        Self::LostAfter,
        Self::Late,
        Self::Partial,
        Self::Stale,
        Self::AppendFailed,
        Self::AppendLied,
        Self::AppendSlow,
        Self::Edit,
        Self::Wipe,
        Self::Commit,
        Self::BrokenCommit,
        Self::ForcePush,
        Self::FetchFailed,
        Self::Rival,
    ];

    /// The word for it in logs and figures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Pause => "pause",
            Self::Interrupt => "interrupt",
            Self::Throttle => "throttle",
            Self::Transient => "transient",
            Self::Denied => "denied",
            Self::LostBefore => "lost-before",
            Self::LostAfter => "lost-after",
            Self::Late => "late",
            Self::Partial => "partial",
            Self::Stale => "stale",
            Self::AppendFailed => "append-failed",
            Self::AppendLied => "append-lied",
            Self::AppendSlow => "append-slow",
            Self::Edit => "edit",
            Self::Wipe => "wipe",
            Self::Commit => "commit",
            Self::BrokenCommit => "broken-commit",
            Self::ForcePush => "force-push",
            Self::FetchFailed => "fetch-failed",
            Self::Rival => "rival",
        }
    }

    /// How often it may happen at most, per thousand occasions. An occasion is a step of the
    /// simulation for what strikes at any time, a call for what befalls calls, and so on.
    fn per_mille_max(self) -> i64 {
        match self {
            Self::Crash => 30,
            Self::Pause | Self::Interrupt | Self::Wipe => 10,
            Self::Edit => 20,
            Self::Commit => 50,
            Self::BrokenCommit | Self::ForcePush => 60,
            Self::Throttle | Self::Transient | Self::AppendSlow | Self::FetchFailed => 150,
            Self::Denied | Self::AppendFailed | Self::AppendLied => 60,
            Self::LostBefore | Self::LostAfter | Self::Late | Self::Partial => 120,
            Self::Stale => 500,
            Self::Rival => 1000,
        }
    }
}

/// How often each fault happens.
#[derive(Clone, Debug)]
pub struct Faults {
    rates: BTreeMap<Fault, u32>,
    /// Whether any happen at all now.
    pub active: bool,
}

impl Faults {
    /// The rates of a seed. Most seeds leave many faults out: what hides behind a frequent fault is
    /// found where that one is absent.
    pub fn draw(rng: &mut Rng) -> Self {
        let share = u32::try_from(rng.between(100, 900)).unwrap_or(500);
        let mut rates = BTreeMap::new();
        for fault in Fault::ALL {
            let rate = rng.between(1, fault.per_mille_max());
            if rng.chance(share) {
                rates.insert(fault, u32::try_from(rate).unwrap_or(0));
            }
        }
        Self { rates, active: true }
    }

    /// Whether a fault happens on this occasion.
    pub fn strikes(&self, fault: Fault, rng: &mut Rng) -> bool {
        self.active && self.rates.get(&fault).is_some_and(|rate| rng.chance(*rate))
    }

    /// Whether a fault can happen with this seed.
    pub fn includes(&self, fault: Fault) -> bool {
        self.rates.contains_key(&fault)
    }
}
