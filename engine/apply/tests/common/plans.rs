//! Plans from lines of text, and a strict finisher for them.
//!
//! A line is `NUMBER ACTION NAME [needs NUMBER...]`; the actions are `create`, `replace` (create
//! with the old one put aside), `update`, `delete`, `delete-deposed`, `read`, `join`, and `run-after` and
//! `run-before` for provisioners beside the creation or destruction in an earlier or later line; `or-not` at
//! the end of a name says that their failure does not matter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_apply::Finish;
use evenkeel_model::{
    Diagnostic, Diagnostics, InstanceAddress, ModuleAddress, ResourceAddress, ResourceMode, Revision,
    SourceRange, Type, Value,
};
use evenkeel_plan::{
    Change, ChangeAction, Finished, LocalExec, Mode, OnFailure, Opening, OutputChange, Plan, Step, StepKind,
    Unfinished, When,
};
use evenkeel_provider::ProviderError;
use evenkeel_state::{DeposedKey, Object, ObjectStatus, Serial, State, StepId, Token};

use super::spec::{self, marked, object, provider};

pub const DEPOSED: DeposedKey = DeposedKey(0xdead_beef);

pub fn address(name: &str) -> InstanceAddress {
    ResourceAddress::managed(spec::KIND, name).instance(None)
}

fn data_address(name: &str) -> InstanceAddress {
    ResourceAddress {
        module: ModuleAddress::root(),
        mode: ResourceMode::Data,
        kind: spec::KIND.into(),
        name: name.into(),
    }
    .instance(None)
}

/// The plan of some lines; `output` gives it a root output.
pub fn plan(lines: &[&str]) -> Arc<Plan> {
    let mut changes = Vec::new();
    let mut steps = Vec::new();
    let mut outputs = BTreeMap::new();
    for line in lines {
        if *line == "output" {
            let after = Some(Value::unknown(Type::String));
            outputs.insert("names".into(), OutputChange { before: None, after, sensitive: false });
            continue;
        }
        steps.push(step(line, &mut changes));
    }
    Arc::new(Plan {
        revision: Revision::Directory("0123456789abcdef".into()),
        lineage: "lineage".into(),
        base_serial: Serial(0),
        mode: Mode::Normal,
        providers: BTreeMap::new(),
        variables: BTreeMap::new(),
        plan_time: None,
        changes,
        steps,
        outputs,
        moves: Vec::new(),
        checks: Vec::new(),
        kept_outputs: BTreeMap::new(),
        left_alone: Default::default(),
        errored: false,
        partial: false,
        drift: Vec::new(),
        refreshed: Vec::new(),
        resources: BTreeMap::new(),
        digest: Arc::<str>::from("digest").into(),
        digest_key: Default::default(),
    })
}

fn step(line: &str, changes: &mut Vec<Change>) -> Step {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (number, action, name) = (words[0], words[1], words[2]);
    let needs: BTreeSet<StepId> = words.iter().skip(4).map(|word| StepId(word.parse().unwrap())).collect();
    let change = changes.len();
    let old = || Some(marked(object(Some(&format!("id-{name}")), "old")));
    let new = |id: Option<&str>| Some(marked(object(id, name)));
    let add = |changes: &mut Vec<Change>, address: InstanceAddress, action, before, after| {
        changes.push(Change {
            address,
            deposed: None,
            provider: provider(),
            action,
            reason: None,
            before,
            after,
            replace_paths: Vec::new(),
            dependencies: Vec::new(),
            create_before_destroy: action == ChangeAction::CreateThenDelete,
            schema_version: 0,
            range: None,
            previous_address: None,
            importing: None,
        });
    };
    let kind = match action {
        "create" | "create-provisioned" => {
            add(changes, address(name), ChangeAction::Create, None, new(None));
            StepKind::Create { change, depose: None }
        }
        "replace" => {
            add(changes, address(name), ChangeAction::CreateThenDelete, old(), new(None));
            StepKind::Create { change, depose: Some(DEPOSED) }
        }
        "update" => {
            add(changes, address(name), ChangeAction::Update, old(), new(Some(&format!("id-{name}"))));
            StepKind::Update { change }
        }
        "delete" => {
            let known = changes.iter().position(|change| change.address == address(name));
            let change = known.unwrap_or_else(|| {
                add(changes, address(name), ChangeAction::Delete, old(), None);
                change
            });
            StepKind::Delete { change, deposed: None }
        }
        "delete-deposed" => {
            add(changes, address(name), ChangeAction::CreateThenDelete, old(), new(None));
            StepKind::Delete { change, deposed: Some(DEPOSED) }
        }
        "read" => {
            add(changes, data_address(name), ChangeAction::Read, None, new(None));
            StepKind::Read { change }
        }
        "run-after" | "run-before" => {
            let when = if action == "run-after" { When::Create } else { When::Destroy };
            let (name, or_not) = name.strip_suffix("-or-not").map_or((name, 0), |name| (name, 1));
            let change = changes.iter().position(|change| change.address == address(name));
            let change = change.unwrap_or_else(|| {
                let deleted = ChangeAction::Delete;
                add(changes, address(name), deleted, old(), None);
                changes.len() - 1
            });
            StepKind::Provision { change, when, provisioner: or_not }
        }
        "join" => StepKind::Join { resource: ResourceAddress::managed(spec::KIND, name) },
        other => panic!("no action {other}"),
    };
    Step { id: StepId(number.parse().unwrap()), kind, needs }
}

/// The state that a plan of [`plan`] is made against: every object that it changes or destroys.
pub fn base_state(plan: &Plan) -> State {
    let mut state = State::default();
    for step in &plan.steps {
        let Some(change) = plan.change_of(step) else { continue };
        let Some(before) = &change.before else { continue };
        let instance = state.instances.entry(change.address.clone()).or_default();
        instance.current = Some(Object {
            status: ObjectStatus::Ready,
            provider: provider(),
            schema_version: 0,
            attributes: evenkeel_model::json::encode(before).into(),
            dependencies: Vec::new(),
            create_before_destroy: false,
            token: Some(Token(format!("made-{}", change.address.resource.name).into())),
            private: None,
        });
    }
    state
}

/// A finisher that takes planned values as they are and is strict about the order of things.
pub struct FakeFinisher {
    plan: Arc<Plan>,
    recorded: BTreeMap<InstanceAddress, Value>,
    refuses: BTreeSet<StepId>,
    unmet: BTreeSet<String>,
    /// The ephemeral resources that steps need, and the outputs.
    opens: BTreeMap<StepId, Vec<InstanceAddress>>,
    settles_with: Vec<InstanceAddress>,
    open: BTreeMap<InstanceAddress, Result<Value, Unfinished>>,
    /// Sensitive texts that steps are configured with.
    given: BTreeMap<StepId, String>,
    strict: bool,
}

impl FakeFinisher {
    pub fn new(plan: Arc<Plan>) -> Self {
        Self {
            plan,
            recorded: BTreeMap::new(),
            refuses: BTreeSet::new(),
            unmet: BTreeSet::new(),
            opens: BTreeMap::new(),
            settles_with: Vec::new(),
            open: BTreeMap::new(),
            given: BTreeMap::new(),
            strict: true,
        }
    }

    /// Refuses a step, as when a value turns out to break the plan's promise.
    pub fn refusing(mut self, step: StepId) -> Self {
        self.refuses.insert(step);
        self
    }

    /// Finds a condition on an object not met.
    pub fn unmet(mut self, name: &str) -> Self {
        self.unmet.insert(name.into());
        self
    }

    /// Has a step need ephemeral resources, one after the other.
    pub fn opens(mut self, step: StepId, names: &[&str]) -> Self {
        self.opens.insert(step, names.iter().map(|name| lease(name)).collect());
        self
    }

    /// Has the outputs need an ephemeral resource.
    pub fn settles_with(mut self, name: &str) -> Self {
        self.settles_with.push(lease(name));
        self
    }

    /// Has a step configured with a sensitive text that is in no value of the plan.
    pub fn given(mut self, step: StepId, text: &str) -> Self {
        self.given.insert(step, text.into());
        self
    }

    /// Finishes steps whatever was recorded.
    pub fn lenient(mut self) -> Self {
        self.strict = false;
        self
    }
}

pub fn lease(name: &str) -> InstanceAddress {
    ResourceAddress {
        module: ModuleAddress::root(),
        mode: ResourceMode::Ephemeral,
        kind: "test_lease".into(),
        name: name.into(),
    }
    .instance(None)
}

fn opening(address: InstanceAddress) -> Opening {
    let nothing = Value::empty_object();
    Opening { address, provider: provider(), provider_config: nothing.clone(), config: nothing }
}

fn refused(summary: &str, detail: &str) -> Unfinished {
    Unfinished::Wrong(Diagnostic::error(summary, detail).into())
}

impl Finish for FakeFinisher {
    fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    fn provision(&mut self, step: StepId, made: Option<&Value>) -> Result<LocalExec, Unfinished> {
        if self.refuses.contains(&step) {
            return Err(refused("Unsupported attribute", "There is none."));
        }
        let step = self.plan.step(step).expect("the machine asks for steps of the plan");
        let StepKind::Provision { when, provisioner, .. } = step.kind else { panic!("no provisioner") };
        assert_eq!(made.is_some(), when == When::Create, "a new object is handed over, an old one is known");
        Ok(LocalExec {
            interpreter: Vec::new(),
            command: format!("command {}", step.id).into(),
            working_directory: None,
            environment: BTreeMap::new(),
            quiet: false,
            withheld: None,
            on_failure: if provisioner == 1 { OnFailure::Continue } else { OnFailure::Fail },
            range: SourceRange {
                filename: "main.tf".into(),
                start: Default::default(),
                end: Default::default(),
            },
        })
    }

    fn opened(&mut self, address: &InstanceAddress, result: Result<Value, ProviderError>) {
        let failed = |error: ProviderError| refused("Opening failed", &error.to_string());
        self.open.insert(address.clone(), result.map_err(failed));
    }

    fn openings_to_settle(
        &mut self,
        unfinished: &BTreeSet<ResourceAddress>,
    ) -> Result<Vec<Opening>, Diagnostics> {
        let wanted = self.settles_with.iter().filter(|_| unfinished.is_empty());
        let closed = wanted.filter(|address| !self.open.contains_key(address));
        Ok(closed.cloned().map(opening).collect())
    }

    fn finish(&mut self, step: StepId) -> Result<Finished, Unfinished> {
        if self.refuses.contains(&step) {
            return Err(refused("Provider produced inconsistent final plan", "It changed."));
        }
        for address in self.opens.get(&step).into_iter().flatten() {
            match self.open.get(address) {
                Some(Ok(_)) => {}
                Some(Err(why)) => return Err(why.clone()),
                None => return Err(Unfinished::Closed(vec![opening(address.clone())])),
            }
        }
        let step = self.plan.step(step).expect("the machine asks for steps of the plan");
        let change = self.plan.change_of(step).expect("the machine never asks for joins");
        for need in step.needs.iter().filter(|_| self.strict) {
            let need = self.plan.step(*need).expect("needs are steps");
            let is_value = matches!(
                need.kind,
                StepKind::Create { .. } | StepKind::Update { .. } | StepKind::Read { .. }
            );
            if let Some(change) = self.plan.change_of(need)
                && is_value
            {
                assert!(self.recorded.contains_key(&change.address), "finished before {}", change.address);
            }
        }
        let unmarked = |value: &Value| value.clone().unmark_deep().0;
        let (planned, prior) = match &step.kind {
            StepKind::Create { .. } => (change.after.clone(), None),
            StepKind::Update { .. } => (change.after.clone(), change.before.as_ref().map(unmarked)),
            StepKind::Delete { .. } => (None, change.before.as_ref().map(unmarked)),
            StepKind::Read { .. } | StepKind::Provision { .. } | StepKind::Join { .. } => (None, None),
        };
        let given = self.given.get(&step.id).map(|text| ("query", Value::string(&**text).sensitive()));
        let marked = Value::object(given);
        Ok(Finished {
            provider: change.provider.clone(),
            provider_config: Value::empty_object(),
            config: unmarked(&marked),
            marked,
            planned,
            prior,
            // As good as no schema: what is stored speaks for itself.
            ty: Value::empty_object().ty(),
        })
    }

    fn record(&mut self, address: &InstanceAddress, value: Value) -> Diagnostics {
        assert!(value.is_wholly_known(), "what is recorded is known");
        self.recorded.insert(address.clone(), value);
        if self.unmet.contains(&*address.resource.name) {
            return Diagnostic::error("Resource postcondition failed", "It is not as it should be.").into();
        }
        Diagnostics::new()
    }

    fn outputs(
        &mut self,
        _: &BTreeSet<evenkeel_model::ResourceAddress>,
    ) -> (BTreeMap<Arc<str>, Value>, Diagnostics) {
        let names: Vec<String> =
            self.recorded.keys().map(|address| address.resource.name.to_string()).collect();
        ([("names".into(), Value::string(names.join(" ")))].into(), Diagnostics::new())
    }
}
