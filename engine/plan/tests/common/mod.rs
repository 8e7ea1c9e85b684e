//! A world small enough for tests: one provider whose objects live in a map, and an apply that
//! carries a plan out step by step, without journal or failure.
#![allow(dead_code, reason = "each test target uses a part of it")]

pub mod builtin;
pub mod draw;

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_lang::config;
use evenkeel_model::schema::Schema;
use evenkeel_model::{InstanceAddress, ProviderAddress, Revision, Snapshot, Type, Value, json};
use evenkeel_plan::{
    Answers, ChangeAction, DataAnswer, Finisher, ImportAnswer, Input, Mode, OpenAnswer, Opening, Options,
    Plan, Planning, Question, StepKind, Unfinished, plan,
};
use evenkeel_provider::{Catalog, ErrorKind, ProviderError, ProviderSpec, ResourceSpec};
use evenkeel_state::{
    Action, Entry, Intent, Object, ObjectStatus, Outcome, OutcomeKind, RunId, State, StepId, Token,
};

pub struct Spec {
    address: ProviderAddress,
    config: Schema,
    thing: Thing,
    /// The same, and it holds data.
    disk: Thing,
    data: Schema,
    lease: Schema,
}

struct Thing(Schema);

impl ResourceSpec for Thing {
    fn schema(&self) -> &Schema {
        &self.0
    }
}

impl ProviderSpec for Spec {
    fn address(&self) -> &ProviderAddress {
        &self.address
    }

    fn version(&self) -> &str {
        "1.0.0"
    }

    fn config_schema(&self) -> &Schema {
        &self.config
    }

    fn resource(&self, kind: &str) -> Option<&dyn ResourceSpec> {
        match kind {
            "test_thing" => Some(&self.thing),
            "test_disk" => Some(&self.disk),
            _ => None,
        }
    }

    fn data_source(&self, kind: &str) -> Option<&Schema> {
        (kind == "test_info").then_some(&self.data)
    }

    fn ephemeral(&self, kind: &str) -> Option<&Schema> {
        (kind == "test_lease").then_some(&self.lease)
    }

    fn ephemeral_kinds(&self) -> Vec<&str> {
        vec!["test_lease"]
    }

    fn resource_kinds(&self) -> Vec<&str> {
        vec!["test_thing", "test_disk"]
    }

    fn data_kinds(&self) -> Vec<&str> {
        vec!["test_info"]
    }
}

impl Catalog for Spec {
    fn spec(&self, address: &ProviderAddress) -> Option<&dyn ProviderSpec> {
        (*address == self.address).then_some(self)
    }

    fn supported(&self) -> Vec<ProviderAddress> {
        vec![self.address.clone()]
    }
}

pub fn schema(text: &str) -> Schema {
    serde_json::from_str(text).expect("the test schema is valid")
}

pub fn catalog() -> Arc<dyn Catalog + Send + Sync> {
    Arc::new(Spec {
        address: ProviderAddress::implied("test"),
        config: schema(
            r#"{"type_name": "test", "block": {"attributes": {
                "region": {"type": "string", "optional": true},
                "default_tags": {"type": "string", "optional": true}
            }}}"#,
        ),
        thing: Thing(schema(
            r#"{"type_name": "test_thing", "block": {"attributes": {
                "id": {"type": "string", "computed": true},
                "name": {"type": "string", "required": true, "force_new": true},
                "size": {"type": "number", "optional": true, "default": 1},
                "tags": {"type": ["map", "string"], "optional": true},
                "refs": {"type": ["list", "string"], "optional": true},
                "secret": {"type": "string", "optional": true, "sensitive": true},
                "password": {"type": "string", "optional": true, "write_only": true},
                "code": {"type": "number", "computed": true, "sensitive": true},
                "stamp": {"type": "string", "computed": true, "recompute_on": ["size"]}
            }}}"#,
        )),
        disk: Thing(schema(
            r#"{"type_name": "test_disk", "stateful": true, "block": {"attributes": {
                "id": {"type": "string", "computed": true},
                "name": {"type": "string", "required": true, "force_new": true}
            }}}"#,
        )),
        data: schema(
            r#"{"type_name": "test_info", "block": {"attributes": {
                "query": {"type": "string", "required": true},
                "answer": {"type": "string", "computed": true}
            }}}"#,
        ),
        lease: schema(
            r#"{"type_name": "test_lease", "block": {"attributes": {
                "role": {"type": "string", "required": true},
                "token": {"type": "string", "computed": true}
            }}}"#,
        ),
    })
}

/// A stack of one configuration, its state, and the objects that really exist.
pub struct Stack {
    pub catalog: Arc<dyn Catalog + Send + Sync>,
    pub state: State,
    /// What the cloud has, where it is not what state remembers; `None` for gone.
    pub tampered: BTreeMap<InstanceAddress, Option<Value>>,
    pub options: Options,
    pub variables: BTreeMap<Arc<str>, Value>,
    pub rounds: usize,
    pub observed: usize,
    /// What the last plan said besides.
    pub diagnostics: evenkeel_model::Diagnostics,
    /// What the last plan that failed had planned besides.
    pub partial: Option<Box<Plan>>,
    /// How a planned value becomes an applied one; the number differs for each call.
    complete: fn(&Value, u64) -> Value,
    made: u64,
    run: u64,
    /// Steps in the order in which they were carried out: `create a`, `delete b`, ...
    pub log: Vec<String>,
    /// The commands that provisioners ran.
    pub commands: Vec<evenkeel_plan::LocalExec>,
    /// The values of write-only arguments that the provider got.
    pub handed_over: Vec<String>,
    /// The ephemeral resources that are open, with what they give.
    pub leases: BTreeMap<InstanceAddress, Value>,
    /// The ephemeral resources that were opened during an apply, with what they were opened with.
    pub opened_late: Vec<String>,
    /// The regions that providers were configured with when something was applied.
    pub regions: Vec<String>,
    /// New objects, as `self` of their provisioners sees them.
    seen_by_provisioners: BTreeMap<InstanceAddress, Value>,
}

/// Finishes a step, opening what it needs first.
fn opening<T>(
    log: &mut Vec<String>,
    finisher: &mut Finisher,
    mut finish: impl FnMut(&mut Finisher) -> Result<T, Unfinished>,
) -> Result<T, String> {
    loop {
        match finish(finisher) {
            Ok(finished) => return Ok(finished),
            Err(Unfinished::Wrong(diagnostics)) => return Err(text(&diagnostics)),
            Err(Unfinished::Closed(openings)) => open(log, finisher, openings),
        }
    }
}

fn open(log: &mut Vec<String>, finisher: &mut Finisher, openings: Vec<Opening>) {
    assert!(!openings.is_empty(), "something has to be opened");
    for opening in openings {
        let role = opening.config.get_str("role").unwrap_or_default().to_owned();
        log.push(format!("{} {role}", opening.address));
        let result = match role.as_str() {
            "refused" => Err(ProviderError::new(ErrorKind::Denied, "opening", "nobody answers")),
            _ => Ok(lease(&opening.config, "late")),
        };
        finisher.opened(&opening.address, result);
    }
}

impl Stack {
    pub fn new() -> Self {
        Self {
            catalog: catalog(),
            state: State { lineage: "test".into(), ..State::default() },
            tampered: BTreeMap::new(),
            options: options(),
            variables: BTreeMap::new(),
            rounds: 0,
            observed: 0,
            diagnostics: evenkeel_model::Diagnostics::new(),
            partial: None,
            complete,
            made: 0,
            run: 0,
            log: Vec::new(),
            commands: Vec::new(),
            handed_over: Vec::new(),
            leases: BTreeMap::new(),
            opened_late: Vec::new(),
            regions: Vec::new(),
            seen_by_provisioners: BTreeMap::new(),
        }
    }

    /// A stack of `terraform_data` alone.
    pub fn builtin() -> Self {
        Self { catalog: builtin::catalog(), complete: builtin::complete, ..Self::new() }
    }

    /// A stack of other providers, whose objects become what `complete` says.
    pub fn of(catalog: Arc<dyn Catalog + Send + Sync>, complete: fn(&Value, u64) -> Value) -> Self {
        Self { catalog, complete, ..Self::new() }
    }

    /// Plans; an error is the summaries and details of all diagnostics.
    pub fn plan(&mut self, files: &[(&str, &str)]) -> Result<(Plan, Loaded), String> {
        let snapshot =
            Arc::new(Snapshot::from_files(Revision::Commit("c0ffee".into()), files.iter().copied()));
        let (configuration, diagnostics) = config::load(&snapshot, "");
        if diagnostics.has_errors() {
            self.diagnostics = diagnostics;
            return Err(text(&self.diagnostics));
        }
        let loaded = Loaded { snapshot, configuration: Arc::new(configuration) };
        Ok((self.plan_loaded(&loaded)?, loaded))
    }

    /// Plans a configuration that is loaded already.
    pub fn plan_loaded(&mut self, loaded: &Loaded) -> Result<Plan, String> {
        self.plan_asked(loaded, &mut |questions| questions)
    }

    /// The same; `pick` says which questions are answered next, and in which order.
    pub fn plan_asked(
        &mut self,
        loaded: &Loaded,
        pick: &mut dyn FnMut(Vec<Question>) -> Vec<Question>,
    ) -> Result<Plan, String> {
        let mut answers = Answers::default();
        self.rounds = 0;
        for _ in 0..100 {
            self.rounds += 1;
            let input = Input {
                snapshot: &loaded.snapshot,
                configuration: &loaded.configuration,
                state: &self.state,
                catalog: &self.catalog,
                variables: &self.variables,
                options: &self.options,
                answers: &answers,
            };
            match plan(&input) {
                Planning::Done(plan, diagnostics) => {
                    self.diagnostics = diagnostics;
                    return Ok(*plan);
                }
                Planning::Failed(diagnostics, partial) => {
                    self.partial = partial;
                    self.diagnostics = diagnostics;
                    return Err(text(&self.diagnostics));
                }
                Planning::Ask(questions) => self.answer(pick(questions), &mut answers),
                Planning::Generated(blocks) => {
                    return Err(blocks.into_values().collect());
                }
            }
        }
        Err("the planner asks for ever".into())
    }

    fn answer(&mut self, questions: Vec<Question>, answers: &mut Answers) {
        for question in questions {
            match question {
                Question::Observe { address, deposed, prior, .. } => {
                    self.observed += 1;
                    let seen = self.tampered.get(&address).cloned().unwrap_or(Some(prior));
                    answers.observed.insert((address, deposed), Ok(seen));
                }
                Question::Import { address, id, prior, .. } => {
                    answers.imported.insert(address, ImportAnswer { id, result: Ok(Some(prior)) });
                }
                Question::Open { address, provider, provider_config, config } => {
                    let given = lease(&config, "planning");
                    self.leases.insert(address.clone(), given.clone());
                    let result = Ok(given);
                    answers.opened.insert(address, OpenAnswer { provider, provider_config, config, result });
                }
                Question::ReadData { address, config, .. } => {
                    let result = Ok(answer_of(&config));
                    answers.data.insert(address, DataAnswer { config, result });
                }
            }
        }
    }

    /// Carries a plan out.
    pub fn apply(&mut self, plan: Plan, loaded: &Loaded) -> Result<(), String> {
        self.run += 1;
        let plan = Arc::new(plan);
        for one in &plan.moves {
            self.state.fold(&Entry::Moved { from: one.from.clone(), to: one.to.clone() });
        }
        for refreshed in &plan.refreshed {
            self.state.fold(&Entry::Observed {
                address: refreshed.address.clone(),
                deposed: refreshed.deposed,
                object: refreshed.object.clone().map(Box::new),
            });
        }
        for change in plan.changes.iter().filter(|change| change.action == ChangeAction::Forget) {
            let (address, deposed) = (change.address.clone(), change.deposed);
            self.state.fold(&Entry::Forgotten { address, deposed });
        }
        let mut finisher = Finisher::new(
            plan.clone(),
            loaded.snapshot.clone(),
            loaded.configuration.clone(),
            self.catalog.clone(),
            &Options {
                apply_time: self
                    .options
                    .apply_time
                    .clone()
                    .or(Some(format!("2026-01-01T00:00:{:02}Z", self.run))),
                ..self.options.clone()
            },
        )
        .with_opened(
            self.leases.iter().map(|(address, given)| (address.clone(), lease(given, "applying"))).collect(),
        );
        for step in &plan.steps {
            self.step(&plan, &mut finisher, step.id)?;
        }
        loop {
            let openings = finisher.openings_to_settle(&Default::default());
            let openings = openings.map_err(|diagnostics| text(&diagnostics))?;
            if openings.is_empty() {
                break;
            }
            open(&mut self.opened_late, &mut finisher, openings);
        }
        let (outputs, diagnostics) = finisher.outputs(&Default::default());
        self.diagnostics = diagnostics.clone();
        if diagnostics.has_errors() {
            return Err(text(&diagnostics));
        }
        let outputs = outputs
            .into_iter()
            .map(|(name, value)| {
                let sensitive = value.is_sensitive();
                let value = Arc::new(json::encode_open(&value.unmark_deep().0));
                (name, evenkeel_state::OutputValue { value, sensitive })
            })
            .collect();
        self.state.fold(&Entry::Outputs { outputs });
        self.tampered.clear();
        Ok(())
    }

    fn step(&mut self, plan: &Plan, finisher: &mut Finisher, id: StepId) -> Result<(), String> {
        let step = plan.step(id).expect("steps are numbered by place");
        let Some(change) = plan.change_of(step) else { return Ok(()) };
        if let StepKind::Provision { .. } = step.kind {
            let made = self.seen_by_provisioners.get(&change.address);
            let run = opening(&mut self.opened_late, finisher, |finisher| finisher.provision(id, made))?;
            self.log.push(format!("run {}: {}", change.address, run.command));
            self.commands.push(run);
            return Ok(());
        }
        let finished = opening(&mut self.opened_late, finisher, |finisher| finisher.finish(id))?;
        self.regions.extend(finished.provider_config.get_str("region").map(str::to_owned));
        self.handed_over.extend(finished.config.get_str("password").map(str::to_owned));
        let (action, deposed, depose) = match step.kind {
            StepKind::Create { depose, .. } => (Action::Create, None, depose),
            StepKind::Update { .. } => (Action::Update, None, None),
            StepKind::Delete { deposed, .. } => (Action::Delete, deposed, None),
            StepKind::Read { .. } => {
                self.log.push(format!("read {}", change.address));
                finisher.record(&change.address, answer_of(&finished.config));
                return Ok(());
            }
            StepKind::Provision { .. } | StepKind::Join { .. } => return Ok(()),
        };
        self.log.push(format!("{} {}", action.as_str(), change.address));
        self.state.fold(&Entry::Intent(Box::new(Intent {
            run: RunId(self.run),
            step: id,
            address: change.address.clone(),
            deposed,
            action,
            depose_current_as: depose,
            token: Token::derive(plan.digest(), RunId(self.run), id),
            provider: change.provider.clone(),
            schema_version: change.schema_version,
            planned: Arc::new(serde_json::Value::Null),
            dependencies: change.dependencies.clone(),
            create_before_destroy: change.create_before_destroy,
            provisioned: false,
        })));
        let kind = match finished.planned {
            None => OutcomeKind::Absent,
            Some(planned) => {
                self.made += 1;
                let value = (self.complete)(&planned, self.made);
                let violations = evenkeel_provider::check::applied(&planned, &value);
                assert!(violations.is_empty(), "{violations:?}");
                finisher.record(&change.address, value.clone());
                self.seen_by_provisioners.insert(change.address.clone(), value.clone());
                OutcomeKind::Present(Box::new(Object {
                    status: ObjectStatus::Ready,
                    provider: change.provider.clone(),
                    schema_version: change.schema_version,
                    attributes: json::encode_as(&value, &finished.ty).into(),
                    dependencies: change.dependencies.clone(),
                    create_before_destroy: change.create_before_destroy,
                    token: None,
                    private: None,
                }))
            }
        };
        self.state.fold(&Entry::Outcome(Box::new(Outcome {
            run: RunId(self.run),
            step: id,
            address: change.address.clone(),
            deposed,
            kind,
            error: None,
        })));
        Ok(())
    }

    /// Plans and applies; gives the plan in short.
    pub fn converge(&mut self, files: &[(&str, &str)]) -> Result<String, String> {
        let (plan, loaded) = self.plan(files)?;
        let short = short(&plan);
        self.log.clear();
        self.apply(plan, &loaded)?;
        Ok(short)
    }

    /// Converges, then checks that a second plan has nothing to do.
    pub fn settles(&mut self, files: &[(&str, &str)]) -> String {
        let short = self.converge(files).unwrap_or_else(|error| panic!("{error}"));
        let (again, _) = self.plan(files).unwrap_or_else(|error| panic!("{error}"));
        assert!(!again.has_effects(), "second plan: {}", self::short(&again));
        short
    }

    pub fn destroy(&mut self, files: &[(&str, &str)]) -> Result<String, String> {
        self.options.mode = Mode::Destroy;
        let short = self.converge(files);
        self.options.mode = Mode::Normal;
        short
    }

    pub fn object(&self, address: &str) -> Value {
        let address: InstanceAddress = address.parse().unwrap();
        let object = self.state.instances[&address].current.clone().unwrap();
        let spec = self.catalog.spec(&ProviderAddress::implied("test")).unwrap();
        object.value(&spec.resource("test_thing").unwrap().schema().ty()).unwrap()
    }
}

pub fn options() -> Options {
    Options { plan_time: Some("2026-01-01T00:00:00Z".into()), ..Options::default() }
}

#[derive(Debug)]
pub struct Loaded {
    pub snapshot: Arc<Snapshot>,
    pub configuration: Arc<config::Configuration>,
}

/// What the data source says: the query, backwards.
fn answer_of(config: &Value) -> Value {
    let query = config.get_str("query").unwrap_or_default();
    config.clone().with_attribute("answer", Value::string(query.chars().rev().collect::<String>()))
}

fn complete(planned: &Value, number: u64) -> Value {
    planned.map_bottom_up(&mut |value| match value.is_unknown() {
        true => {
            let marks = value.marks();
            let known = match value.ty() {
                Type::String => Value::string(format!("made-{number}")),
                ty => Value::null(ty),
            };
            known.with_marks(marks)
        }
        false => value,
    })
}

pub fn text(diagnostics: &evenkeel_model::Diagnostics) -> String {
    let lines: Vec<String> = diagnostics
        .iter()
        .map(|d| {
            let place =
                d.range.as_ref().map(|r| format!("{}:{}: ", r.filename, r.start.line)).unwrap_or_default();
            format!("{place}{}: {}", d.summary, d.detail)
        })
        .collect();
    lines.join("\n")
}

/// A plan in short: `create a, update b`, by address; `(drift)` where it is a correction.
pub fn short(plan: &Plan) -> String {
    let changes: Vec<String> = plan
        .changes
        .iter()
        .map(|change| {
            let names = change.action.names().join("+");
            let drift = if plan.is_correction(change) { " (drift)" } else { "" };
            let deposed = change.deposed.map(|key| format!(" deposed {key}")).unwrap_or_default();
            format!("{names} {}{deposed}{drift}", change.address)
        })
        .collect();
    if changes.is_empty() { "nothing".into() } else { changes.join(", ") }
}

/// What an ephemeral resource gives: something else each time it is opened.
fn lease(config: &Value, when: &str) -> Value {
    let role = config.get_str("role").unwrap_or_default();
    Value::object([("role", Value::string(role)), ("token", Value::string(format!("{role}-{when}")))])
}
