//! What a provisioner runs, evaluated when its turn comes.
//!
//! A provisioner of a new object sees everything that the object was made from. One of an object that
//! is destroyed sees the object alone: its module instance may be gone from the configuration.

use std::sync::LazyLock;

use evenkeel_lang::config::{OnFailure, Provisioner, When};
use evenkeel_model::schema::{Attribute, Block};
use evenkeel_model::value::Kind;
use evenkeel_model::{InstanceAddress, Marks, SourceRange};

use super::*;
use crate::scope::InstanceScope;

/// A command to run on this machine.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalExec {
    /// The program and its first arguments; the system's shell where there are none.
    pub interpreter: Vec<Arc<str>>,
    /// What the interpreter gets as its last argument.
    pub command: Arc<str>,
    /// Where it runs, relative to the root module.
    pub working_directory: Option<Arc<str>>,
    /// What is added to the environment.
    pub environment: BTreeMap<Arc<str>, Arc<str>>,
    /// Whether the command itself is not told.
    pub quiet: bool,
    /// Why neither the command nor what it says may be shown.
    pub withheld: Option<Withheld>,
    /// What follows from its failure.
    pub on_failure: OnFailure,
    /// Where it is declared.
    pub range: SourceRange,
}

/// Why output is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// It may repeat a sensitive value.
    Sensitive,
    /// It may repeat an ephemeral value.
    Ephemeral,
}

impl Withheld {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sensitive => "sensitive",
            Self::Ephemeral => "ephemeral",
        }
    }

    fn of(config: &Value) -> Option<Self> {
        let marks = config.all_marks();
        // What repeats something sensitive shows it as well.
        let hidden = marks.contains(Marks::SENSITIVE) || marks.contains(Marks::ECHO);
        let sensitive = hidden.then_some(Self::Sensitive);
        sensitive.or(marks.contains(Marks::EPHEMERAL).then_some(Self::Ephemeral))
    }
}

impl Finisher {
    /// What a step with a provisioner runs. `made` is the new object that `self` stands for; an object
    /// that is destroyed is in the plan.
    pub fn provision(&mut self, step: StepId, made: Option<&Value>) -> Result<LocalExec, Unfinished> {
        let plan = self.plan.clone();
        let step = plan.step(step).ok_or_else(|| no_such_step(step))?;
        let change = plan.change_of(step).ok_or_else(|| no_such_step(step.id))?;
        let StepKind::Provision { when, provisioner, .. } = step.kind else {
            return Err(no_such_step(step.id).into());
        };
        let found = match when {
            When::Create => self.after_create(change, provisioner, made),
            When::Destroy => self.before_destroy(change, provisioner),
        };
        self.unless_closed(found.map_err(|diagnostics| about(change, diagnostics)))
    }

    fn after_create(
        &mut self,
        change: &Change,
        provisioner: usize,
        made: Option<&Value>,
    ) -> Result<LocalExec, Diagnostics> {
        let (resource, node, place) = self.locate(&change.address)?;
        self.ensure_needs(node, place)?;
        let data = self.instance_data(&resource, node, place, &change.address.key)?;
        let provisioner = resource.provisioners.get(provisioner).ok_or_else(|| unsupported(change))?;
        let scope = InstanceScope { self_value: made.cloned(), ..self.world.scope_of(place, &data) };
        evaluated(provisioner, &scope)
    }

    fn before_destroy(&self, change: &Change, provisioner: usize) -> Result<LocalExec, Diagnostics> {
        let path = change.address.resource.module.without_keys();
        let module = self.world.configuration.module(&path).ok_or_else(|| unsupported(change))?;
        let resource = module.resources.get(&key_of(&change.address.resource));
        let provisioner = resource.and_then(|resource| resource.provisioners.get(provisioner));
        let scope = InstanceScope {
            self_value: change.before.clone(),
            directory: Some(module.directory.clone()),
            ..self.world.scope_of(0, &data_of(&change.address))
        };
        evaluated(provisioner.ok_or_else(|| unsupported(change))?, &scope)
    }
}

/// What `each` and `count` are for an instance that may not be in the configuration any more.
fn data_of(address: &InstanceAddress) -> InstanceData {
    match &address.key {
        None => InstanceData::default(),
        Some(InstanceKey::Int(index)) => InstanceData { each: None, count_index: Some(*index) },
        Some(InstanceKey::String(key)) => {
            let each = (Value::string(&**key), Value::unknown(Type::Dynamic));
            InstanceData { each: Some(each), count_index: None }
        }
    }
}

fn evaluated(provisioner: &Provisioner, scope: &InstanceScope<'_>) -> Result<LocalExec, Diagnostics> {
    let (config, diagnostics) = decode_body(&provisioner.body, &ARGUMENTS, scope, &provisioner.range);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let withheld = Withheld::of(&config);
    let config = wholly_known(config.unmark_deep().0, "configuration of the provisioner")?;
    let text = |name: &str| config.get(name).and_then(Value::as_str).map(Arc::from);
    let command = text("command").filter(|command: &Arc<str>| !command.is_empty());
    let command = command.ok_or_else(|| {
        let detail = "The command must be a non-empty string.";
        Diagnostic::error("Invalid local-exec provisioner command", detail).at(provisioner.range.clone())
    })?;
    Ok(LocalExec {
        interpreter: texts(config.get("interpreter"), provisioner)?,
        command,
        working_directory: text("working_dir").filter(|directory: &Arc<str>| !directory.is_empty()),
        environment: environment(config.get("environment")),
        quiet: config.get("quiet").and_then(Value::as_bool).unwrap_or(false),
        withheld,
        on_failure: provisioner.on_failure,
        range: provisioner.range.clone(),
    })
}

fn texts(value: Option<&Value>, provisioner: &Provisioner) -> Result<Vec<Arc<str>>, Diagnostics> {
    let Some(Kind::List(_, elements)) = value.map(Value::kind) else { return Ok(Vec::new()) };
    let text = |element: &Value| element.as_str().map(Arc::from);
    elements.iter().map(text).collect::<Option<_>>().ok_or_else(|| {
        let detail = "An element of the interpreter is null. Give a program and its arguments.";
        let diagnostic = Diagnostic::error("Invalid local-exec provisioner interpreter", detail);
        diagnostic.at(provisioner.range.clone()).into()
    })
}

/// Variables that are null are not set.
fn environment(value: Option<&Value>) -> BTreeMap<Arc<str>, Arc<str>> {
    let entries = value.and_then(Value::as_entries);
    let set = entries.into_iter().flatten();
    set.filter_map(|(name, value)| Some((name.clone(), Arc::from(value.as_str()?)))).collect()
}

/// The arguments of `local-exec`.
static ARGUMENTS: LazyLock<Block> = LazyLock::new(|| {
    let attribute = |ty, required| Attribute { required, optional: !required, ..Attribute::new(ty) };
    let attributes = [
        ("command", attribute(Type::String, true)),
        ("interpreter", attribute(Type::list(Type::String), false)),
        ("working_dir", attribute(Type::String, false)),
        ("environment", attribute(Type::map(Type::String), false)),
        ("quiet", attribute(Type::Bool, false)),
    ];
    let attributes = attributes.into_iter().map(|(name, attribute)| (Arc::from(name), attribute));
    Block { attributes: attributes.collect(), ..Block::default() }
});
