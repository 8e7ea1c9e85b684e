//! What the planner is given, what it asks, and what it answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_lang::config::Configuration;
use evenkeel_lang::eval::STEPS_IN_ALL_MAX;
use evenkeel_model::{Diagnostic, Diagnostics, InstanceAddress, ResourceAddress, Snapshot, Value};
use evenkeel_provider::{Catalog, ProviderError, Written};
use evenkeel_state::{DeposedKey, ProviderConfigAddress, State};

use crate::expand::INSTANCES_MAX;
use crate::target::Target;
use crate::types::Plan;

/// What a plan is made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Bring the cloud to what configuration says.
    #[default]
    Normal,
    /// Destroy everything that is managed.
    Destroy,
    /// Only write down what was seen.
    RefreshOnly,
}

impl Mode {
    /// The word for it in stored plans and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Destroy => "destroy",
            Self::RefreshOnly => "refresh-only",
        }
    }
}

/// What becomes of a plan with a provisioner that does not run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Provisioners {
    /// It is made, and says that the provisioner will not run.
    #[default]
    Warn,
    /// It is refused.
    Refuse,
}

/// How to plan.
#[derive(Clone, Debug)]
pub struct Options {
    /// What for.
    pub mode: Mode,
    /// Whether to look at objects, or to trust what is remembered.
    pub refresh: bool,
    /// `terraform.workspace`
    pub workspace: Arc<str>,
    /// The time of the plan as RFC 3339 in UTC; the same for every re-run.
    pub plan_time: Option<String>,
    /// The time of the apply, which `timestamp()` gives; unknown while planning.
    pub apply_time: Option<String>,
    /// What `pathexpand("~")` gives: the home of the person who runs this, if it is one.
    pub home: Option<Arc<str>>,
    /// What `uuid()` and `bcrypt()` are made from during apply; they are unknown without.
    pub entropy: Option<[u8; 32]>,
    /// Instances to replace though nothing forces it.
    pub replace: BTreeSet<InstanceAddress>,
    /// What to plan for alone, with everything it needs; all when there is none.
    pub targets: Vec<Target>,
    /// What to leave alone, with everything that needs it.
    pub excludes: Vec<Target>,
    /// What becomes of a plan with a provisioner that does not run.
    pub provisioners: Provisioners,
    /// Whether `local-exec` provisioners run: only the operator's own settings say so.
    pub local_exec: bool,
    /// What `path.cwd` is.
    pub working_directory: Arc<str>,
    /// Resources whose blocks are only stubs: what to write into them is generated from the objects that
    /// are imported as them.
    pub stubs: BTreeSet<ResourceAddress>,
    /// Resources whose blocks were generated, with those blocks.
    pub generated: BTreeMap<ResourceAddress, Arc<str>>,
    /// Root variables that got a value which does not suit them: told when they are evaluated.
    pub unsuitable: BTreeMap<Arc<str>, Diagnostic>,
    /// So many instances resources and modules may have together.
    pub instances_max: u64,
    /// So many steps all evaluations may take together.
    pub steps_max: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mode: Mode::Normal,
            refresh: true,
            workspace: "default".into(),
            plan_time: None,
            apply_time: None,
            home: None,
            entropy: None,
            replace: BTreeSet::new(),
            targets: Vec::new(),
            excludes: Vec::new(),
            provisioners: Provisioners::default(),
            local_exec: false,
            working_directory: ".".into(),
            stubs: BTreeSet::new(),
            generated: BTreeMap::new(),
            unsuitable: BTreeMap::new(),
            instances_max: INSTANCES_MAX,
            steps_max: STEPS_IN_ALL_MAX,
        }
    }
}

/// Everything the planner sees.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The files of the revision.
    pub snapshot: &'a Arc<Snapshot>,
    /// The configuration loaded from them.
    pub configuration: &'a Arc<Configuration>,
    /// What is remembered.
    pub state: &'a State,
    /// The providers there are.
    pub catalog: &'a Arc<dyn Catalog + Send + Sync>,
    /// Values for root variables, already converted to their types.
    pub variables: &'a BTreeMap<Arc<str>, Value>,
    /// How to plan.
    pub options: &'a Options,
    /// What has been answered so far.
    pub answers: &'a Answers,
}

/// What came of a planning round.
pub enum Planning {
    /// These have to be answered first; they are independent of each other.
    Ask(Vec<Question>),
    /// Blocks for the resources that are only stubs, as the objects that they import are.
    Generated(BTreeMap<ResourceAddress, String>),
    /// The plan, and warnings.
    Done(Box<Plan>, Diagnostics),
    /// There is no plan; where the mistake shows only with values, what was planned besides it, to be
    /// shown and never to be applied.
    Failed(Diagnostics, Option<Box<Plan>>),
}

/// Something only the world can answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// What is this object like now?
    Observe {
        /// The instance.
        address: InstanceAddress,
        /// The deposed object it is about.
        deposed: Option<DeposedKey>,
        /// Its `id`, where that may be shown.
        id: Option<Arc<str>>,
        /// The provider block to ask.
        provider: ProviderConfigAddress,
        /// Its configuration, wholly known and without marks.
        provider_config: Value,
        /// The object as it is remembered, without marks.
        prior: Value,
        /// The arguments that configuration writes for it.
        written: Written,
    },
    /// Is there this object, which is to be managed from now on?
    Import {
        /// The instance that it becomes.
        address: InstanceAddress,
        /// The provider block to ask.
        provider: ProviderConfigAddress,
        /// Its configuration, wholly known and without marks.
        provider_config: Value,
        /// The id that the user gives.
        id: Arc<str>,
        /// An object of the type of which nothing is known but that `id`.
        prior: Value,
    },
    /// What does this ephemeral resource give?
    Open {
        /// The instance.
        address: InstanceAddress,
        /// The provider block to ask.
        provider: ProviderConfigAddress,
        /// Its configuration, wholly known and without marks.
        provider_config: Value,
        /// The ephemeral resource's configuration, wholly known and without marks.
        config: Value,
    },
    /// What does this data source say?
    ReadData {
        /// The instance.
        address: InstanceAddress,
        /// The provider block to ask.
        provider: ProviderConfigAddress,
        /// Its configuration, wholly known and without marks.
        provider_config: Value,
        /// The data source's configuration, wholly known and without marks.
        config: Value,
    },
}

/// What came of looking at an object: `None` when it is gone.
pub type Observed = Result<Option<Value>, ProviderError>;

/// What the world said. Given again, with more in it, on every re-run.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// Objects as they were seen; `None` for one that is gone.
    pub observed: BTreeMap<(InstanceAddress, Option<DeposedKey>), Observed>,
    /// Objects that were looked for to be imported.
    pub imported: BTreeMap<InstanceAddress, ImportAnswer>,
    /// Data sources as they were read.
    pub data: BTreeMap<InstanceAddress, DataAnswer>,
    /// Ephemeral resources as they were opened. Never stored.
    pub opened: BTreeMap<InstanceAddress, OpenAnswer>,
    /// Whether ephemeral resources stay closed, and what they give unknown: to show a plan again.
    pub leave_closed: bool,
}

/// What came of looking for an object to import.
#[derive(Clone, Debug)]
pub struct ImportAnswer {
    /// The id it was looked for by; with another one it is looked for again.
    pub id: Arc<str>,
    /// The object; `None` when there is none.
    pub result: Result<Option<Value>, ProviderError>,
}

/// What an ephemeral resource gave.
#[derive(Clone, Debug)]
pub struct OpenAnswer {
    /// The provider block that opened it.
    pub provider: ProviderConfigAddress,
    /// What that was configured with.
    pub provider_config: Value,
    /// The configuration it was opened with; with another one it is opened again.
    pub config: Value,
    /// What it gave.
    pub result: Result<Value, ProviderError>,
}

/// What a data source said.
#[derive(Clone, Debug)]
pub struct DataAnswer {
    /// The configuration it was asked with; with another one it is asked again.
    pub config: Value,
    /// What it said.
    pub result: Result<Value, ProviderError>,
}
