//! What a plan was made from, as format 1 keeps it.
//!
//! These types are the format; the engine's own are turned into them and back here and nowhere else.
//! They are taken apart field by field, so that a new field cannot be forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evenkeel_lang::config::{Mount, ResolvedModules};
use evenkeel_model::{InstanceAddress, ResourceAddress, Revision, Snapshot, Timestamp, Type, Value, json};
use evenkeel_plan::{Answers, DataAnswer, ImportAnswer, Mode, Options, Provisioners, Target};
use evenkeel_provider::{ErrorKind, ProviderError};
use evenkeel_source::CommitInfo;
use evenkeel_state::{DeposedKey, Entry, Serial, State};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::error::Failure;
use crate::flow::load::Loaded;
use crate::flow::why::Sources;
use crate::planfile::is_plan;
use crate::planfile::sources::StoredSources;

/// Everything in a plan file but its header.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Contents {
    revision: Revision,
    commit: Option<Commit>,
    root: Arc<str>,
    files: BTreeMap<Arc<str>, String>,
    /// By the key of a module call, the directory of its package and the directory in it.
    packages: BTreeMap<Arc<str>, (Arc<str>, Arc<str>)>,
    options: PlanOptions,
    variables: BTreeMap<Arc<str>, Json>,
    /// The ephemeral variables that were set; their values are nowhere.
    #[serde(default)]
    ephemeral: Vec<Arc<str>>,
    lineage: Arc<str>,
    serial: Serial,
    state: Vec<Entry>,
    observed: Vec<Observed>,
    #[serde(default)]
    imported: Vec<Imported>,
    data: Vec<Read>,
    #[serde(default)]
    sources: StoredSources,
}

/// What contents stand for.
pub struct Restored {
    /// The configuration's files.
    pub snapshot: Snapshot,
    /// The directory of the root module.
    pub root: Arc<str>,
    /// Where the packages of modules stand among the files.
    pub resolved: ResolvedModules,
    /// The commit.
    pub commit: Option<CommitInfo>,
    /// How it was planned.
    pub options: Options,
    /// The values of root variables that may be stored.
    pub variables: BTreeMap<Arc<str>, Value>,
    /// The ephemeral variables that were set.
    pub ephemeral: BTreeSet<Arc<str>>,
    /// The state it was made from.
    pub state: State,
    /// What the providers said.
    pub answers: Answers,
    /// Where the reasons come from.
    pub sources: Sources,
}

/// A commit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Commit {
    id: String,
    author: String,
    time: Timestamp,
    subject: String,
    asked_for: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct PlanOptions {
    mode: String,
    refresh: bool,
    workspace: Arc<str>,
    plan_time: Option<String>,
    replace: Vec<InstanceAddress>,
    #[serde(default)]
    targets: Vec<String>,
    #[serde(default)]
    excludes: Vec<String>,
    #[serde(default)]
    without_provisioners: bool,
    #[serde(default)]
    local_exec: bool,
    working_directory: Arc<str>,
    home: Option<Arc<str>>,
    #[serde(default)]
    generated: BTreeMap<ResourceAddress, Arc<str>>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Observed {
    address: InstanceAddress,
    deposed: Option<DeposedKey>,
    answer: Answer,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Imported {
    address: InstanceAddress,
    id: Arc<str>,
    answer: Answer,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Read {
    address: InstanceAddress,
    config: Json,
    answer: Answer,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Value(Json),
    Gone,
    Failed { operation: String, detail: String, remedy: String },
}

impl Contents {
    /// What a plan was made from.
    pub fn of(
        loaded: &Loaded,
        options: &Options,
        variables: &BTreeMap<Arc<str>, Value>,
        state: &State,
        answers: &Answers,
    ) -> Self {
        let declared = &loaded.configuration.root().variables;
        let is_kept = |name: &Arc<str>| declared.get(name).is_none_or(|variable| !variable.ephemeral);
        let kept = variables.iter().filter(|(name, _)| is_kept(name));
        Self {
            revision: loaded.snapshot.revision.clone(),
            commit: loaded.commit.as_ref().map(Commit::of),
            root: loaded.root.clone(),
            files: files(&loaded.snapshot),
            packages: packages(&loaded.resolved),
            options: plan_options(options),
            variables: kept.map(|(name, value)| (name.clone(), json::encode_open(value))).collect(),
            ephemeral: variables.keys().filter(|name| !is_kept(name)).cloned().collect(),
            lineage: state.lineage.clone(),
            serial: state.serial,
            state: entries(state),
            observed: observed(answers),
            imported: imported(answers),
            data: data(answers),
            sources: StoredSources::default(),
        }
    }

    /// The same, with where the reasons of the plan come from.
    pub fn with_sources(self, sources: &Sources) -> Self {
        Self { sources: StoredSources::of(sources), ..self }
    }

    /// What it was made from, as the engine has it.
    pub fn restore(self) -> Result<Restored, Failure> {
        let broken =
            |why: String| Failure::plain("Failed to read plan file", format!("It is damaged: {why}."));
        let files = self.files.into_iter().map(|(path, text)| {
            let bytes = STANDARD.decode(text).map_err(|error| broken(error.to_string()))?;
            Ok((path, Arc::from(bytes)))
        });
        let variables = self.variables.into_iter().map(|(name, value)| Ok((name, decoded(&value)?)));
        let mounts = self
            .packages
            .into_iter()
            .map(|(key, (directory, subdirectory))| (key, Mount { directory, subdirectory }));
        let mut state = State { lineage: self.lineage, ..State::default() };
        self.state.iter().for_each(|entry| state.fold(entry));
        state.serial = self.serial;
        let mut answers = Answers::default();
        for Observed { address, deposed, answer } in self.observed {
            answers.observed.insert((address, deposed), answer.restore().map_err(&broken)?);
        }
        for Imported { address, id, answer } in self.imported {
            let result = answer.restore().map_err(&broken)?;
            answers.imported.insert(address, ImportAnswer { id, result });
        }
        for Read { address, config, answer } in self.data {
            let config = decoded(&config).map_err(&broken)?;
            let result = answer.restore().map_err(&broken)?;
            let result = result.map(|value| value.unwrap_or_else(|| Value::null(Type::Dynamic)));
            answers.data.insert(address, DataAnswer { config, result });
        }
        Ok(Restored {
            snapshot: Snapshot { revision: self.revision, files: files.collect::<Result<_, Failure>>()? },
            root: self.root,
            resolved: ResolvedModules { mounts: mounts.collect() },
            commit: self.commit.map(Commit::restore),
            options: self.options.restore().map_err(&broken)?,
            variables: variables.collect::<Result<_, String>>().map_err(&broken)?,
            ephemeral: self.ephemeral.into_iter().collect(),
            state,
            answers,
            sources: self.sources.restore(),
        })
    }
}

/// The files that configuration may read: all but other plan files.
fn files(snapshot: &Snapshot) -> BTreeMap<Arc<str>, String> {
    let kept = snapshot.files.iter().filter(|(_, bytes)| !is_plan(bytes));
    kept.map(|(path, bytes)| (path.clone(), STANDARD.encode(bytes))).collect()
}

fn packages(resolved: &ResolvedModules) -> BTreeMap<Arc<str>, (Arc<str>, Arc<str>)> {
    let ResolvedModules { mounts } = resolved;
    let all = mounts.iter().map(|(key, Mount { directory, subdirectory })| {
        (key.clone(), (directory.clone(), subdirectory.clone()))
    });
    all.collect()
}

impl Commit {
    pub(super) fn of(commit: &CommitInfo) -> Self {
        let CommitInfo { id, author, time, subject, asked_for } = commit.clone();
        Self { id, author, time, subject, asked_for }
    }

    pub(super) fn restore(self) -> CommitInfo {
        let Self { id, author, time, subject, asked_for } = self;
        CommitInfo { id, author, time, subject, asked_for }
    }
}

fn plan_options(options: &Options) -> PlanOptions {
    // Time and chance of the apply come with the apply.
    let Options {
        mode,
        refresh,
        workspace,
        plan_time,
        apply_time: _,
        replace,
        targets,
        excludes,
        provisioners,
        local_exec,
        working_directory,
        home,
        entropy: _,
        stubs: _,
        generated,
        unsuitable: _,
        instances_max: _,
        steps_max: _,
    } = options;
    PlanOptions {
        mode: mode.as_str().to_owned(),
        refresh: *refresh,
        workspace: workspace.clone(),
        plan_time: plan_time.clone(),
        replace: replace.iter().cloned().collect(),
        targets: targets.iter().map(ToString::to_string).collect(),
        excludes: excludes.iter().map(ToString::to_string).collect(),
        without_provisioners: *provisioners == Provisioners::Warn,
        local_exec: *local_exec,
        working_directory: working_directory.clone(),
        home: home.clone(),
        generated: generated.clone(),
    }
}

impl PlanOptions {
    fn restore(self) -> Result<Options, String> {
        let modes = [Mode::Normal, Mode::Destroy, Mode::RefreshOnly];
        let mode = modes.into_iter().find(|mode| mode.as_str() == self.mode);
        let targets = |texts: Vec<String>| -> Result<Vec<Target>, String> {
            let parsed =
                texts.into_iter().map(|text| text.parse::<Target>().map_err(|error| error.to_string()));
            parsed.collect()
        };
        Ok(Options {
            mode: mode.ok_or_else(|| format!("\"{}\" is no mode of planning", self.mode))?,
            refresh: self.refresh,
            workspace: self.workspace,
            plan_time: self.plan_time,
            apply_time: None,
            replace: self.replace.into_iter().collect(),
            targets: targets(self.targets)?,
            excludes: targets(self.excludes)?,
            provisioners: match self.without_provisioners {
                true => Provisioners::Warn,
                false => Provisioners::Refuse,
            },
            local_exec: self.local_exec,
            working_directory: self.working_directory,
            home: self.home,
            entropy: None,
            stubs: Default::default(),
            generated: self.generated,
            unsuitable: BTreeMap::new(),
            ..Options::default()
        })
    }
}

/// The state as the journal entries that make it.
fn entries(state: &State) -> Vec<Entry> {
    let objects = state.instances.iter().flat_map(|(address, instance)| {
        let current = instance.current.iter().map(|object| (None, object));
        let deposed = instance.deposed.iter().map(|(key, object)| (Some(*key), object));
        current.chain(deposed).map(|(deposed, object)| Entry::Observed {
            address: address.clone(),
            deposed,
            object: Some(Box::new(object.clone())),
        })
    });
    objects.chain([Entry::Outputs { outputs: state.outputs.clone() }]).collect()
}

fn observed(answers: &Answers) -> Vec<Observed> {
    let all = answers.observed.iter().map(|((address, deposed), answer)| Observed {
        address: address.clone(),
        deposed: *deposed,
        answer: Answer::of(answer.as_ref().map(Option::as_ref)),
    });
    all.collect()
}

fn imported(answers: &Answers) -> Vec<Imported> {
    let all = answers.imported.iter().map(|(address, answer)| Imported {
        address: address.clone(),
        id: answer.id.clone(),
        answer: Answer::of(answer.result.as_ref().map(Option::as_ref)),
    });
    all.collect()
}

fn data(answers: &Answers) -> Vec<Read> {
    let all = answers.data.iter().map(|(address, answer)| Read {
        address: address.clone(),
        config: json::encode_open(&answer.config),
        answer: Answer::of(answer.result.as_ref().map(Some)),
    });
    all.collect()
}

impl Answer {
    fn of(answer: Result<Option<&Value>, &ProviderError>) -> Self {
        match answer {
            Ok(Some(value)) => Self::Value(json::encode_open(value)),
            Ok(None) => Self::Gone,
            Err(error) => Self::Failed {
                operation: error.operation.clone(),
                detail: error.detail.clone(),
                remedy: error.remedy.clone(),
            },
        }
    }

    fn restore(self) -> Result<Result<Option<Value>, ProviderError>, String> {
        Ok(match self {
            Self::Value(value) => Ok(Some(decoded(&value)?)),
            Self::Gone => Ok(None),
            Self::Failed { operation, detail, remedy } => {
                Err(ProviderError { kind: ErrorKind::Other, operation, detail, remedy })
            }
        })
    }
}

fn decoded(encoded: &Json) -> Result<Value, String> {
    json::decode(encoded, &Type::Dynamic).map_err(|error| error.to_string())
}
