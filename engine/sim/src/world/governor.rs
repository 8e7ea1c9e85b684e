//! The safety governor: limits that a seed may have, a person who looks at what was stopped and approves it
//! after a while, and the proof that no process destroys more than it may.
//!
//! Chance comes from a sequence of its own, so that seeds without limits live as they always did. What was
//! destroyed is counted from the calls themselves and not from plans, so that the governor does not judge
//! itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use evenkeel_apply::{Call, Plant};
use evenkeel_model::Timestamp;
use evenkeel_plan::Plan;
use evenkeel_plan::governor::{self, Acting, Limits, Verdict};
use evenkeel_state::{Entry, StepId, approval};

use super::work::PlanWork;
use super::{Item, World};
use crate::cloud::spec::Kind;
use crate::rng::Rng;

/// So many seeds of a thousand have limits.
const SEEDS: u32 = 500;
/// So many approvals of a thousand come too late to hold.
const LATE: u32 = 100;
/// How long an approval holds.
const HOLDS_MS: i64 = 120_000;

/// The governor of a seed.
pub(super) struct Governor {
    rng: Rng,
    limits: Option<Limits>,
}

/// What a process has destroyed in the run that it is in.
#[derive(Clone, Debug, Default)]
pub(super) struct Destroyed {
    /// Whether the plan was approved, or destroys everything on purpose.
    allowed: bool,
    steps: BTreeSet<StepId>,
}

impl Destroyed {
    pub(super) fn begin(allowed: bool) -> Self {
        Self { allowed, steps: BTreeSet::new() }
    }
}

impl Governor {
    pub(super) fn of(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x60_7e12a0);
        let deletions_max = usize::try_from(rng.between(0, 6)).unwrap_or(0);
        let limits = Limits { deletions_max, share_max_percent: 100 };
        let limits = rng.chance(SEEDS).then_some(limits);
        Self { rng, limits }
    }
}

impl World {
    /// Whether a plan needs an approval, and why it is stopped where it has none. Somebody will look at it.
    pub(super) fn governed(&mut self, work: &PlanWork, plan: &Plan) -> (bool, Option<Arc<str>>) {
        let (Some(limits), Ok(configuration)) = (self.governor.limits, &work.commit.loaded) else {
            return (false, None);
        };
        if self.plant == Some(Plant::IgnoreGovernor) {
            return (false, None);
        }
        let (state, catalog, acting) = (&work.state, &*self.catalog, &Acting::default());
        let verdict: Verdict =
            governor::judge(governor::Subject { plan, state, configuration, catalog, acting }, limits);
        if !verdict.stops() || self.is_approved(plan.digest()) {
            return (verdict.stops(), None);
        }
        let delay = self.governor.rng.between(100, 60_000);
        let holds = if self.governor.rng.chance(LATE) { 0 } else { HOLDS_MS };
        let until = Timestamp(self.now.saturating_add(delay).saturating_add(holds));
        let digest = plan.digest().clone();
        self.after(delay, Item::Approve { digest, until });
        (true, Some(verdict.reasons().into()))
    }

    fn is_approved(&self, digest: &str) -> bool {
        approval::holds(self.store.journal.iter().map(|(_, entry)| entry), digest, Timestamp(self.now))
    }

    /// A person approves a plan, with a process of their own that is not looked at here.
    pub(super) fn approve(&mut self, digest: Arc<str>, until: Timestamp) {
        self.note(|| format!("somebody approves {digest}"));
        self.store.approve(Entry::Approved { plan_digest: digest, until });
    }

    /// Uses the approval of a plan where there is one, as far as the store lets the process write.
    pub(super) fn use_approval(&mut self, fence: u64, digest: &Arc<str>) -> bool {
        let entry = Entry::ApprovalUsed { plan_digest: digest.clone() };
        self.is_approved(digest) && self.store.append(fence, &[entry], self.now).is_ok()
    }

    /// No process destroys more than it may without an approval, whatever was planned.
    pub(super) fn check_destroyed(&mut self, number: usize, call: &Call, step: StepId) {
        let (Some(limits), Call::Delete(request)) = (self.governor.limits, call) else { return };
        let mut pending = self.store.state.pending.iter();
        let intent = pending.find(|((_, other), intent)| *other == step && intent.address == request.address);
        // What was put aside was let through with its replacement.
        if intent.is_some_and(|(_, intent)| intent.deposed.is_some()) {
            return;
        }
        let destroyed = &mut self.processes[number].destroyed;
        destroyed.steps.insert(step);
        if destroyed.allowed {
            return;
        }
        let (count, allowed) = (destroyed.steps.len(), limits.deletions_max);
        if count > allowed {
            self.violate("governor", format!("{count} objects destroyed without approval, {allowed} may be"));
        } else if Kind::of(&request.kind) == Some(Kind::Net) {
            self.violate("governor", format!("{} is destroyed without approval", request.address));
        }
    }
}
