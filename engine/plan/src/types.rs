//! The plan: complete, so that apply has no decision left to take.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use evenkeel_lang::config::When;
use evenkeel_model::{
    InstanceAddress, InstanceKey, Path, ProviderAddress, ResourceAddress, Revision, SourceRange, Value,
};
use evenkeel_state::drift::DriftKind;
use evenkeel_state::{DeposedKey, Object, ProviderConfigAddress, Serial, StepId};

use crate::digest::DigestKey;
use crate::input::Mode;

/// An ordered plan for one revision against one state.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The configuration it brings about.
    pub revision: Revision,
    /// The state's history it belongs to.
    pub lineage: Arc<str>,
    /// The state it was made from; it is refused against any other.
    pub base_serial: Serial,
    /// What it was made for.
    pub mode: Mode,
    /// The versions of the providers that planned it.
    pub providers: BTreeMap<ProviderAddress, Arc<str>>,
    /// The root variables it was made with.
    pub variables: BTreeMap<Arc<str>, Value>,
    /// The time it was made for, as `plantimestamp()` sees it.
    pub plan_time: Option<String>,
    /// What happens to which object, by address; objects that stay as they are, are not listed.
    pub changes: Vec<Change>,
    /// What to do, in an order in which it may be done one after the other.
    pub steps: Vec<Step>,
    /// What happens to the root outputs that change.
    pub outputs: BTreeMap<Arc<str>, OutputChange>,
    /// Instances that get another address: written down before anything else is done.
    pub moves: Vec<Move>,
    /// The conditions of the configuration, and what is known of them.
    pub checks: Vec<Check>,
    /// Root outputs that a partial plan does not evaluate, as they were, if they were.
    pub kept_outputs: BTreeMap<Arc<str>, Option<Value>>,
    /// Instances that are not planned and stay as they are.
    pub left_alone: BTreeSet<InstanceAddress>,
    /// Whether a mistake was found on the way: then it tells what was planned besides, and has no steps.
    pub errored: bool,
    /// Whether only a part of the configuration was planned (`-target`, `-exclude`).
    pub partial: bool,
    /// What was changed outside.
    pub drift: Vec<Drift>,
    /// What was seen differs from what is remembered: written down when the plan is applied.
    pub refreshed: Vec<Refreshed>,
    /// Every resource as it will be after apply, for references.
    pub resources: BTreeMap<ResourceAddress, ResourceValues>,
    /// As [`Plan::digest`] gives it, once somebody asked.
    pub digest: OnceLock<Arc<str>>,
    /// What the digest is keyed with where the plan holds something sensitive. A plan that is made from
    /// stand-ins for sensitive values needs none.
    pub digest_key: OnceLock<DigestKey>,
}

impl Plan {
    /// SHA-256 over the normalised content, in hexadecimal, with the key that was given for it. Computed when it
    /// is first asked for: a plan that is only shown needs none.
    pub fn digest(&self) -> &Arc<str> {
        self.digest.get_or_init(|| crate::digest::of(self))
    }

    /// Whether its digest covers values that nobody may guess from it, and so needs a key.
    pub fn needs_digest_key(&self) -> bool {
        crate::digest::covers_sensitive(self)
    }
}

/// All instances of a resource, as values that expressions can refer to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceValues {
    /// Whether it has `count`, `for_each` or neither.
    pub repetition: Repetition,
    /// Value by instance key.
    pub instances: BTreeMap<Option<InstanceKey>, Value>,
}

/// How a resource or module call repeats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Repetition {
    /// It does not.
    #[default]
    Single,
    /// `count`
    Count,
    /// `for_each`
    ForEach,
}

/// What happens to one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The instance.
    pub address: InstanceAddress,
    /// The deposed object it is about, when not the current one.
    pub deposed: Option<DeposedKey>,
    /// The provider block in charge.
    pub provider: ProviderConfigAddress,
    /// What happens.
    pub action: ChangeAction,
    /// Why it must happen so, where that is not obvious.
    pub reason: Option<ActionReason>,
    /// The object as it was seen, with marks.
    pub before: Option<Value>,
    /// The object after apply, with marks; unknown where only apply will tell.
    pub after: Option<Value>,
    /// The attributes that force a replacement.
    pub replace_paths: Vec<Path>,
    /// The resources it is made from.
    pub dependencies: Vec<ResourceAddress>,
    /// Whether its replacement shall be created before it is destroyed.
    pub create_before_destroy: bool,
    /// The version of the schema the values follow.
    pub schema_version: u64,
    /// Where configuration declares it.
    pub range: Option<SourceRange>,
    /// The address that the object had until now, when it is moved.
    pub previous_address: Option<InstanceAddress>,
    /// What is imported, when it is.
    pub importing: Option<Importing>,
}

/// An object that exists and becomes an instance of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Importing {
    /// What the provider finds it by.
    pub id: Arc<str>,
    /// The block that was generated for it.
    pub configuration: Option<Arc<str>>,
}

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeAction {
    /// A data source is read during apply.
    Read,
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is destroyed and then made anew.
    DeleteThenCreate,
    /// It is made anew and the old one destroyed afterwards.
    CreateThenDelete,
    /// It is destroyed.
    Delete,
    /// It goes on to exist and is not managed any more.
    Forget,
    /// It stays as it is; listed because it is moved or imported.
    NoOp,
}

impl ChangeAction {
    /// Whether the object is replaced.
    pub fn is_replace(self) -> bool {
        matches!(self, Self::DeleteThenCreate | Self::CreateThenDelete)
    }

    /// The actions as Terraform's JSON plan representation lists them.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Read => &["read"],
            Self::Create => &["create"],
            Self::Update => &["update"],
            Self::DeleteThenCreate => &["delete", "create"],
            Self::CreateThenDelete => &["create", "delete"],
            Self::Delete => &["delete"],
            Self::Forget => &["forget"],
            Self::NoOp => &["no-op"],
        }
    }

    /// Whether it is carried out by calls to a provider, and not by writing something down.
    pub fn has_steps(self) -> bool {
        !matches!(self, Self::Forget | Self::NoOp)
    }
}

/// Why an action was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionReason {
    /// An attribute cannot be changed in place.
    ReplaceBecauseCannotUpdate,
    /// Its creation did not complete.
    ReplaceBecauseTainted,
    /// The user asked for it (`-replace`).
    ReplaceByRequest,
    /// Something that `replace_triggered_by` names changes.
    ReplaceByTriggers,
    /// It is not in configuration any more.
    DeleteBecauseNoResourceConfig,
    /// Its module is not in configuration any more, or has no such instance.
    DeleteBecauseNoModule,
    /// Its index is beyond `count`.
    DeleteBecauseCountIndex,
    /// Its key is not in `for_each`.
    DeleteBecauseEachKey,
    /// It was moved to an address that configuration does not have.
    DeleteBecauseNoMoveTarget,
    /// The resource gained or lost `count` or `for_each`.
    DeleteBecauseWrongRepetition,
    /// The data source's configuration is not known yet.
    ReadBecauseConfigUnknown,
    /// Something the data source depends on changes first.
    ReadBecauseDependencyPending,
    /// The data source belongs to a check, which looks when everything else is done.
    ReadBecauseCheckNested,
}

impl ActionReason {
    /// The name in Terraform's JSON plan representation.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReplaceBecauseCannotUpdate => "replace_because_cannot_update",
            Self::ReplaceBecauseTainted => "replace_because_tainted",
            Self::ReplaceByRequest => "replace_by_request",
            Self::ReplaceByTriggers => "replace_by_triggers",
            Self::DeleteBecauseNoResourceConfig => "delete_because_no_resource_config",
            Self::DeleteBecauseNoModule => "delete_because_no_module",
            Self::DeleteBecauseCountIndex => "delete_because_count_index",
            Self::DeleteBecauseEachKey => "delete_because_each_key",
            Self::DeleteBecauseNoMoveTarget => "delete_because_no_move_target",
            Self::DeleteBecauseWrongRepetition => "delete_because_wrong_repetition",
            Self::ReadBecauseConfigUnknown => "read_because_config_unknown",
            Self::ReadBecauseDependencyPending => "read_because_dependency_pending",
            Self::ReadBecauseCheckNested => "read_because_check_nested",
        }
    }
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its number: its place in [`Plan::steps`].
    pub id: StepId,
    /// What to do.
    pub kind: StepKind,
    /// The steps that must have succeeded before.
    pub needs: BTreeSet<StepId>,
}

/// What to do. The number is the place in [`Plan::changes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Make the object; the current one is put aside first where a key is given.
    Create {
        /// The change.
        change: usize,
        /// The key under which the current object is put aside.
        depose: Option<DeposedKey>,
    },
    /// Change the object in place.
    Update {
        /// The change.
        change: usize,
    },
    /// Destroy the object: the deposed one where a key is given, else the current one.
    Delete {
        /// The change.
        change: usize,
        /// The key of the deposed object.
        deposed: Option<DeposedKey>,
    },
    /// Read the data source.
    Read {
        /// The change.
        change: usize,
    },
    /// Run a provisioner's command: after the object was made, or before it is destroyed.
    Provision {
        /// The change.
        change: usize,
        /// Beside which call of the change.
        when: When,
        /// The provisioner's place among those of its resource.
        provisioner: usize,
    },
    /// Nothing: done when all it needs is done. Keeps the number of edges small.
    Join {
        /// The resource all of whose steps it stands for.
        resource: ResourceAddress,
    },
}

impl StepKind {
    /// The change it carries out.
    pub fn change(&self) -> Option<usize> {
        match self {
            Self::Create { change, .. }
            | Self::Update { change }
            | Self::Delete { change, .. }
            | Self::Read { change }
            | Self::Provision { change, .. } => Some(*change),
            Self::Join { .. } => None,
        }
    }
}

/// One instance that gets another address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The address until now.
    pub from: InstanceAddress,
    /// The address from now on.
    pub to: InstanceAddress,
}

/// The conditions of one object of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What has the conditions.
    pub kind: CheckKind,
    /// Its address without instance keys: `module.a.var.b`, `check.c`, `aws_vpc.main`.
    pub address: Arc<str>,
    /// Whether it was come to.
    pub reached: bool,
    /// Each instance of it, by its whole address.
    pub instances: BTreeMap<Arc<str>, Checked>,
}

impl Check {
    /// The worst that is known of any instance.
    pub fn status(&self) -> CheckStatus {
        let none = if self.reached { CheckStatus::Pass } else { CheckStatus::Unknown };
        self.instances.values().map(|checked| checked.status).max().unwrap_or(none)
    }
}

/// What has conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckKind {
    /// A resource or data source with preconditions or postconditions.
    Resource,
    /// An output with preconditions.
    Output,
    /// A `check` block.
    Check,
    /// A variable with validations.
    Variable,
}

impl CheckKind {
    /// The word in Terraform's JSON plan representation.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Output => "output_value",
            Self::Check => "check",
            Self::Variable => "var",
        }
    }
}

/// What is known of the conditions of one instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// All conditions together.
    pub status: CheckStatus,
    /// What those that are not met say. Never holds a sensitive value.
    pub problems: Vec<Arc<str>>,
}

/// Whether conditions are met; later ones outweigh earlier ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckStatus {
    /// They are.
    #[default]
    Pass,
    /// Apply will tell.
    Unknown,
    /// At least one is not.
    Fail,
    /// At least one cannot be told, because of a mistake in it.
    Error,
}

impl CheckStatus {
    /// The word in Terraform's JSON plan representation.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
            Self::Error => "error",
        }
    }
}

/// What happens to a root output.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputChange {
    /// What it was; nothing when it is new.
    pub before: Option<Value>,
    /// What it will be; nothing when it is removed.
    pub after: Option<Value>,
    /// Whether it must not be shown.
    pub sensitive: bool,
}

/// What was changed outside, about one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// The instance.
    pub address: InstanceAddress,
    /// Gone or changed.
    pub kind: DriftKind,
    /// As it is remembered, with marks.
    pub expected: Value,
    /// As it was seen, with marks.
    pub observed: Option<Value>,
    /// The attributes concerned; empty when it is gone.
    pub paths: Vec<Path>,
    /// Where configuration declares it.
    pub range: Option<SourceRange>,
}

/// What was seen of one object where it differs from what is remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct Refreshed {
    /// The instance.
    pub address: InstanceAddress,
    /// The deposed object it is about.
    pub deposed: Option<DeposedKey>,
    /// What was seen; nothing when it is gone.
    pub object: Option<Object>,
}

/// How many objects a plan creates, changes and destroys: replacements count twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// To import; what is also changed counts there too.
    pub import: usize,
    /// To add.
    pub add: usize,
    /// To change.
    pub change: usize,
    /// To destroy.
    pub destroy: usize,
}

impl Summary {
    /// The counts of some changes.
    pub fn of<'c>(changes: impl IntoIterator<Item = &'c Change>) -> Self {
        let mut summary = Self::default();
        for change in changes {
            summary.import += usize::from(change.importing.is_some());
            match change.action {
                ChangeAction::Read | ChangeAction::Forget | ChangeAction::NoOp => {}
                ChangeAction::Create => summary.add += 1,
                ChangeAction::Update => summary.change += 1,
                ChangeAction::Delete => summary.destroy += 1,
                ChangeAction::DeleteThenCreate | ChangeAction::CreateThenDelete => {
                    summary.add += 1;
                    summary.destroy += 1;
                }
            }
        }
        summary
    }
}

impl Plan {
    /// The counts for the summary line.
    pub fn summary(&self) -> Summary {
        Summary::of(&self.changes)
    }

    /// Whether applying it would change the cloud, what is managed, or the outputs.
    pub fn has_changes(&self) -> bool {
        let moved = self.mode != Mode::RefreshOnly && !self.moves.is_empty();
        // An output that is only gone, or not known yet, is no reason to write down what was seen.
        let is_seen = |change: &OutputChange| change.after.as_ref().is_some_and(Value::is_wholly_known);
        let output = |change: &OutputChange| self.mode != Mode::RefreshOnly || is_seen(change);
        self.changes.iter().any(|change| change.action != ChangeAction::Read)
            || self.outputs.values().any(output)
            || moved
    }

    /// Whether applying it would do anything at all, be it only write down what was seen.
    pub fn has_effects(&self) -> bool {
        self.has_changes() || !self.steps.is_empty() || !self.refreshed.is_empty() || !self.moves.is_empty()
    }

    /// Whether there is something in it to apply, as far as the user is concerned: changes, or in a
    /// refresh-only plan anything that was seen and would be written down. Moves alone are not seen.
    pub fn is_applicable(&self) -> bool {
        match self.mode {
            Mode::RefreshOnly => self.has_changes() || !self.refreshed.is_empty(),
            Mode::Normal | Mode::Destroy => self.has_changes(),
        }
    }

    /// The change a step carries out.
    pub fn change_of(&self, step: &Step) -> Option<&Change> {
        step.kind.change().and_then(|index| self.changes.get(index))
    }

    /// The step with a number.
    pub fn step(&self, id: StepId) -> Option<&Step> {
        self.steps.get(id.0 as usize)
    }
}
