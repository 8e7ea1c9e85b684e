//! The safety governor: which plans nobody may carry out unattended without an approval, and why.
//!
//! It judges a finished plan against the state it was made from: what it destroys, how much of the stack that
//! is, whether something that holds data is among it, and whether the plan looks as if it had been made from
//! nothing, from another stack's configuration or with the credentials of another account. It stops nothing
//! by itself and knows no approvals: whoever carries plans out asks it first. A plan that destroys
//! everything on purpose ([`Mode::Destroy`]) is not judged, and what is moved, imported or forgotten goes on
//! to exist and is no deletion. Nor is the end of a deposed object: its replacement was let through before.

mod danger;

use evenkeel_lang::config::Configuration;
use evenkeel_model::InstanceAddress;
use evenkeel_provider::Catalog;
use evenkeel_state::{Identities, State};

use crate::input::Mode;
use crate::types::{Change, ChangeAction, Plan};

pub use danger::Danger;

/// The share of a stack counts from so many deletions on: one object of two is half of it.
const SHARE_FROM: usize = 3;

/// What may be destroyed without an approval. What holds data never may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// So many objects of one plan, replaced ones among them.
    pub deletions_max: usize,
    /// So many per cent of the objects that are managed, from three deletions on.
    pub share_max_percent: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { deletions_max: 10, share_max_percent: 30 }
    }
}

/// What is judged.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The state it was made from.
    pub state: &'a State,
    /// The configuration it brings about.
    pub configuration: &'a Configuration,
    /// The providers, whose schemas say what holds data.
    pub catalog: &'a dyn Catalog,
    /// Whom its provider blocks act for.
    pub acting: &'a Acting,
}

/// Whom the provider blocks of a stack act for, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acting {
    /// As it was written down when the stack was applied.
    pub before: Identities,
    /// As the providers say now.
    pub now: Identities,
}

/// An object that a plan destroys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// The instance.
    pub address: InstanceAddress,
    /// Whether another object takes its place.
    pub replaced: bool,
    /// Whether its type holds data that cannot be made again.
    pub stateful: bool,
}

/// What the governor thinks of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What the plan destroys, in the order of the plan.
    pub deletions: Vec<Deletion>,
    /// Why it needs an approval; it needs none where there is no reason.
    pub dangers: Vec<Danger>,
}

impl Verdict {
    /// Whether the plan needs an approval.
    pub fn stops(&self) -> bool {
        !self.dangers.is_empty()
    }

    /// The reasons in one sentence.
    pub fn reasons(&self) -> String {
        let reasons: Vec<String> = self.dangers.iter().map(ToString::to_string).collect();
        reasons.join("; ")
    }
}

/// Judges a plan. The same plan, state and limits always get the same verdict.
pub fn judge(subject: Subject<'_>, limits: Limits) -> Verdict {
    let plan = subject.plan;
    if plan.mode != Mode::Normal || plan.errored {
        return Verdict::default();
    }
    let changes: Vec<&Change> = plan.changes.iter().filter(|change| is_deletion(change)).collect();
    let deletions: Vec<Deletion> = changes.iter().map(|change| deletion(subject, change)).collect();
    let dangers = danger::all(subject, limits, &changes, &deletions);
    Verdict { deletions, dangers }
}

fn is_deletion(change: &Change) -> bool {
    let destroys = match change.action {
        ChangeAction::Delete | ChangeAction::DeleteThenCreate | ChangeAction::CreateThenDelete => true,
        ChangeAction::Read
        | ChangeAction::Create
        | ChangeAction::Update
        | ChangeAction::Forget
        | ChangeAction::NoOp => false,
    };
    destroys && change.deposed.is_none()
}

fn deletion(subject: Subject<'_>, change: &Change) -> Deletion {
    let spec = subject.catalog.spec(&change.provider.provider);
    let resource = spec.and_then(|spec| spec.resource(&change.address.resource.kind));
    Deletion {
        address: change.address.clone(),
        replaced: change.action.is_replace(),
        stateful: resource.is_some_and(|resource| resource.schema().stateful),
    }
}
