//! The module instances of a configuration and the values found so far: what the walk fills, node
//! by node, and what references are answered from.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use evenkeel_lang::config::{Configuration, Module, ResourceKey};
use evenkeel_lang::eval::{Effort, decode_body, evaluate};
use evenkeel_model::{
    Diagnostic, Diagnostics, InstanceKey, Marks, ModuleAddress, ResourceAddress, Snapshot, SourceRange, Type,
    Value, convert,
};
use evenkeel_provider::{Catalog, validate};
use petgraph::graph::NodeIndex;

use crate::conditions::{Conditions, check_rules};
use crate::ephemeral;
use crate::expand::{Expansion, INSTANCES_MAX, InstanceData, expand};
use crate::graph::{Graph, NodeKind, ProviderUse, StaticPath};
use crate::input::Options;
use crate::scope::InstanceScope;
use crate::types::{CheckKind, Repetition, ResourceValues};

/// One instance of a module.
pub struct ModuleInstance {
    /// Its address.
    pub address: ModuleAddress,
    /// Its static path.
    pub path: StaticPath,
    /// The module instance that calls it.
    pub parent: Option<usize>,
    /// What `each` and `count` are for the call.
    pub data: InstanceData,
    /// What it declares.
    pub module: Arc<Module>,
    /// Input variables.
    pub variables: BTreeMap<Arc<str>, Value>,
    /// Local values.
    pub locals: BTreeMap<Arc<str>, Value>,
    /// Outputs.
    pub outputs: BTreeMap<Arc<str>, Value>,
    /// The instances of the modules it calls.
    pub children: BTreeMap<Arc<str>, Children>,
    /// Resources and data sources.
    pub resources: BTreeMap<ResourceKey, Resolved>,
    /// Decoded provider blocks, by their place in the module.
    pub providers: BTreeMap<usize, Value>,
}

/// The instances of one module call.
#[derive(Default)]
pub struct Children {
    /// Whether the call repeats.
    pub repetition: Repetition,
    /// Place in [`World::modules`] by key.
    pub instances: BTreeMap<Option<InstanceKey>, usize>,
    /// All their outputs, once somebody asked for that; forgotten when an output gets a value.
    pub whole: OnceLock<Value>,
}

/// The values of one resource, and all of them together once somebody asked for that.
pub struct Resolved {
    /// Value by instance.
    pub values: ResourceValues,
    whole: OnceLock<Value>,
}

impl Resolved {
    /// The given values.
    pub fn new(values: ResourceValues) -> Self {
        Self { values, whole: OnceLock::new() }
    }

    /// The resource as an expression sees it. Built once, however often it is referred to.
    pub fn whole(&self) -> Value {
        self.whole.get_or_init(|| whole(self.values.repetition, self.values.instances.iter())).clone()
    }
}

/// All instances of something that repeats, as one value.
pub fn whole<'v>(
    repetition: Repetition,
    instances: impl Iterator<Item = (&'v Option<InstanceKey>, &'v Value)>,
) -> Value {
    match repetition {
        Repetition::Single => {
            instances.map(|(_, value)| value.clone()).next().unwrap_or_else(|| Value::unknown(Type::Dynamic))
        }
        Repetition::Count => Value::tuple(counted(instances)),
        Repetition::ForEach => Value::object(instances.filter_map(|(key, value)| match key {
            Some(InstanceKey::String(key)) => Some((key.clone(), value.clone())),
            Some(InstanceKey::Int(_)) | None => None,
        })),
    }
}

/// The instances by their index. Of one that a partial plan leaves out and nobody made, nothing is known.
fn counted<'v>(instances: impl Iterator<Item = (&'v Option<InstanceKey>, &'v Value)>) -> Vec<Value> {
    let mut found = Vec::new();
    for (key, value) in instances {
        if let Some(InstanceKey::Int(index)) = key {
            let gap = usize::try_from(*index).ok().filter(|_| *index <= INSTANCES_MAX);
            found.resize(gap.unwrap_or_default().max(found.len()), Value::unknown(Type::Dynamic));
            found.push(value.clone());
        }
    }
    found
}

/// A node in one instance of its module.
pub type NodeAt = (NodeIndex, usize);

/// The values found so far.
pub struct World {
    /// The files of the revision.
    pub snapshot: Arc<Snapshot>,
    /// The configuration.
    pub configuration: Arc<Configuration>,
    /// The providers there are.
    pub catalog: Arc<dyn Catalog + Send + Sync>,
    /// Its graph.
    pub graph: Arc<Graph>,
    /// How to plan.
    pub options: Options,
    /// Values given for root variables.
    pub inputs: BTreeMap<Arc<str>, Value>,
    /// All module instances; the first is the root.
    pub modules: Vec<ModuleInstance>,
    /// What is known of conditions.
    pub conditions: Conditions,
    /// Whether everything is applied: what is unknown now stays so.
    pub settling: bool,
    /// What evaluating has taken so far.
    pub effort: Effort,
    /// How many instances there are of resources and modules that repeat.
    repeated: u64,
    by_path: BTreeMap<StaticPath, Vec<usize>>,
}

impl World {
    /// A world in which nothing is known but the root variables given.
    pub fn new(
        snapshot: Arc<Snapshot>,
        configuration: Arc<Configuration>,
        catalog: Arc<dyn Catalog + Send + Sync>,
        options: Options,
        inputs: BTreeMap<Arc<str>, Value>,
    ) -> (Self, Diagnostics) {
        let (graph, diagnostics) = Graph::of(&configuration);
        let steps_max = options.steps_max;
        let root = configuration.root().clone();
        let mut world = Self {
            snapshot,
            configuration,
            catalog,
            graph,
            options,
            inputs,
            modules: Vec::new(),
            conditions: Conditions::default(),
            settling: false,
            effort: Effort::of(steps_max),
            repeated: 0,
            by_path: BTreeMap::new(),
        };
        world.add_module(ModuleAddress::root(), Arc::new([]), None, InstanceData::default(), root);
        (world, diagnostics)
    }

    fn add_module(
        &mut self,
        address: ModuleAddress,
        path: StaticPath,
        parent: Option<usize>,
        data: InstanceData,
        module: Arc<Module>,
    ) -> usize {
        let place = self.modules.len();
        self.by_path.entry(path.clone()).or_default().push(place);
        self.modules.push(ModuleInstance {
            address,
            path,
            parent,
            data,
            module,
            variables: BTreeMap::new(),
            locals: BTreeMap::new(),
            outputs: BTreeMap::new(),
            children: BTreeMap::new(),
            resources: BTreeMap::new(),
            providers: BTreeMap::new(),
        });
        place
    }

    /// Counts the instances of a block among all; too many are refused.
    pub fn count(&mut self, expansion: &Expansion) -> Result<(), Diagnostic> {
        let max = self.options.instances_max;
        self.repeated = self.repeated.saturating_add(expansion.instances.len() as u64);
        match self.repeated <= max {
            true => Ok(()),
            false => Err(Diagnostic::error(
                "Too many instances",
                format!(
                    "The resources and modules of this configuration have more than {max} instances together. Divide \
                     it into stacks of their own."
                ),
            )),
        }
    }

    /// The instances of the module at a static path.
    pub fn instances_of(&self, path: &StaticPath) -> Vec<usize> {
        self.by_path.get(path).cloned().unwrap_or_default()
    }

    /// The module instance with an address.
    pub fn module_at(&self, address: &ModuleAddress) -> Option<usize> {
        address.0.iter().try_fold(0, |place, step| {
            self.modules[place].children.get(&step.name).and_then(|c| c.instances.get(&step.key)).copied()
        })
    }

    /// The scope of expressions of a module instance outside of any repeated block.
    pub fn scope(&self, module: usize) -> InstanceScope<'_> {
        self.scope_of(module, &InstanceData::default())
    }

    /// The scope of expressions inside one instance of a block.
    pub fn scope_of(&self, module: usize, data: &InstanceData) -> InstanceScope<'_> {
        InstanceScope { world: self, module, data: data.clone(), self_value: None, directory: None }
    }

    /// The module instances in which something that an expression at `place` refers to stands, when
    /// it is declared at `target`: up to where the paths part, then down into every instance.
    fn related(&self, place: usize, target: &StaticPath) -> Vec<usize> {
        let own = &self.modules[place].path;
        let common = own.iter().zip(target.iter()).take_while(|(a, b)| a == b).count();
        let up = (common..own.len()).try_fold(place, |place, _| self.modules[place].parent);
        let mut places: Vec<usize> = up.into_iter().collect();
        for name in &target[common..] {
            let below = places.iter().filter_map(|&place| self.modules[place].children.get(name));
            places = below.flat_map(|children| children.instances.values().copied()).collect();
        }
        places
    }

    /// What a node in one module instance needs directly, in which module instances.
    pub fn needs_at(&self, node: NodeIndex, place: usize) -> Vec<NodeAt> {
        // The value of a variable is an expression of the calling module.
        let from = match self.graph.graph[node].kind {
            NodeKind::Variable(_) => self.modules[place].parent.unwrap_or(place),
            _ => place,
        };
        let needs = self.graph.needs(node);
        needs
            .flat_map(|needed| {
                let places = self.related(from, &self.graph.graph[needed].path);
                places.into_iter().map(move |place| (needed, place))
            })
            .collect()
    }

    /// Evaluates a node that is no resource, in every instance of its module.
    pub fn evaluate(&mut self, node: NodeIndex) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for place in self.instances_of(&self.graph.graph[node].path.clone()) {
            diagnostics.extend(self.evaluate_at(node, place));
        }
        diagnostics
    }

    /// Evaluates a node that is no resource, in one instance of its module.
    pub fn evaluate_at(&mut self, node: NodeIndex, place: usize) -> Diagnostics {
        match self.graph.graph[node].kind.clone() {
            NodeKind::Variable(name) => self.evaluate_variable(place, &name),
            NodeKind::Validation(name) => self.validate_variable(place, &name),
            NodeKind::Local(name) => self.evaluate_local(place, &name),
            NodeKind::Output(name) => self.evaluate_output(place, &name),
            NodeKind::Call(name) => self.expand_call(place, &name),
            NodeKind::Provider(index) => self.evaluate_provider(place, index),
            NodeKind::Check(name) => self.evaluate_check(place, &name),
            NodeKind::Resource(_) => Diagnostics::new(),
        }
    }

    fn evaluate_variable(&mut self, place: usize, name: &Arc<str>) -> Diagnostics {
        let instance = &self.modules[place];
        let Some(variable) = instance.module.variables.get(name) else { return Diagnostics::new() };
        let mut diagnostics = Diagnostics::new();
        if let (None, Some(problem)) = (instance.parent, self.options.unsuitable.get(name)) {
            return problem.clone().into();
        }
        let mut range = variable.range.clone();
        let given = match instance.parent {
            None => self.inputs.get(name).cloned(),
            Some(parent) => {
                let call = instance.path.last().and_then(|call| self.modules[parent].module.calls.get(call));
                call.and_then(|call| call.inputs.get(name)).map(|input| {
                    range = input.range().clone();
                    let (value, found) = evaluate(input, &self.scope_of(parent, &instance.data));
                    diagnostics.extend(found);
                    value
                })
            }
        };
        let value = match given {
            Some(value) => match variable.convert(&value) {
                Ok(value) => value,
                Err(error) => {
                    let detail = format!(
                        "The given value is not suitable for {}var.{name} declared at {}: {error}.",
                        module_prefix(&instance.address),
                        place_of(&variable.range),
                    );
                    diagnostics.error("Invalid value for input variable", detail, Some(range.clone()));
                    Value::unknown(convert::concrete(&variable.ty))
                }
            },
            None => match &variable.default {
                Some(default) => default.clone(),
                None => {
                    let detail = format!(
                        "The input variable \"{name}\" is not set and has no default value. Set it with -var, a \
                         -var-file, a terraform.tfvars file or the environment variable TF_VAR_{name}."
                    );
                    diagnostics.error("No value for required variable", detail, Some(range.clone()));
                    Value::unknown(convert::concrete(&variable.ty))
                }
            },
        };
        let value = match (value.is_null() && !variable.nullable, &variable.default) {
            (true, Some(default)) => default.clone().with_marks(value.marks()),
            (true, None) => {
                let detail = format!(
                    "The variable \"{name}\" is declared with nullable = false, so null is no value for it."
                );
                diagnostics.error("Required variable not set", detail, Some(range.clone()));
                Value::unknown(convert::concrete(&variable.ty))
            }
            (false, _) => value,
        };
        if instance.parent.is_some() && !variable.ephemeral && ephemeral::is_in(&value) {
            diagnostics.push(ephemeral::not_for_variable(name, range));
        }
        let value = match (variable.sensitive, variable.ephemeral) {
            (true, true) => value.with_marks(Marks::SENSITIVE.union(Marks::EPHEMERAL)),
            (true, false) => value.sensitive(),
            (false, true) => value.with_marks(Marks::EPHEMERAL),
            (false, false) => value,
        };
        self.modules[place].variables.insert(name.clone(), value);
        diagnostics
    }

    fn validate_variable(&mut self, place: usize, name: &Arc<str>) -> Diagnostics {
        let module = self.modules[place].module.clone();
        let Some(variable) = module.variables.get(name) else { return Diagnostics::new() };
        if variable.validations.is_empty() {
            return Diagnostics::new();
        }
        let address = format!("{}var.{name}", module_prefix(&self.modules[place].address));
        let scope = self.scope(place);
        let (diagnostics, checked) =
            check_rules(&variable.validations, &scope, "Invalid value for variable", &address);
        self.note_conditions(place, CheckKind::Variable, &format!("var.{name}"), checked);
        diagnostics
    }

    fn evaluate_local(&mut self, place: usize, name: &Arc<str>) -> Diagnostics {
        let Some(local) = self.modules[place].module.locals.get(name) else { return Diagnostics::new() };
        let (value, diagnostics) = evaluate(&local.value, &self.scope(place));
        self.modules[place].locals.insert(name.clone(), value);
        diagnostics
    }

    fn evaluate_output(&mut self, place: usize, name: &Arc<str>) -> Diagnostics {
        let instance = &self.modules[place];
        let Some(output) = instance.module.outputs.get(name) else { return Diagnostics::new() };
        let address = format!("{}output.{name}", module_prefix(&instance.address));
        let (mut diagnostics, checked) = check_rules(
            &output.preconditions,
            &self.scope(place),
            "Module output value precondition failed",
            &address,
        );
        let (value, found) = evaluate(&output.value, &self.scope(place));
        diagnostics.extend(found);
        if instance.parent.is_none() {
            let marks = value.all_marks();
            if marks.contains(Marks::SENSITIVE) && !output.sensitive {
                diagnostics.error(
                    "Output refers to sensitive values",
                    "To reduce the risk of accidentally exporting sensitive data that was intended to be only \
                     internal, a root module output that holds sensitive data must say so. Add sensitive = true \
                     to the output block.",
                    Some(output.range.clone()),
                );
            }
            if marks.contains(Marks::EPHEMERAL) {
                diagnostics.error(
                    "Ephemeral output not allowed",
                    "The output refers to an ephemeral value, which must not be stored. Root module outputs are \
                     stored, so they cannot hold one.",
                    Some(output.range.clone()),
                );
            }
        }
        if instance.parent.is_some() && !output.ephemeral && ephemeral::is_in(&value) {
            diagnostics.push(ephemeral::not_for_output(name, output.value.range().clone()));
        }
        let checks = !output.preconditions.is_empty();
        let value = if output.sensitive { value.with_marks(output_mark(instance.parent)) } else { value };
        let value = if output.ephemeral { value.with_marks(Marks::EPHEMERAL) } else { value };
        if checks {
            self.note_conditions(place, CheckKind::Output, &format!("output.{name}"), checked);
        }
        if !diagnostics.has_errors() {
            self.modules[place].outputs.insert(name.clone(), value);
            self.forget_outputs(place);
        }
        diagnostics
    }

    /// What the calling module saw of all outputs together is not so any more.
    fn forget_outputs(&mut self, place: usize) {
        let instance = &self.modules[place];
        let (Some(parent), Some(name)) = (instance.parent, instance.path.last().cloned()) else { return };
        if let Some(children) = self.modules[parent].children.get_mut(&name) {
            children.whole = OnceLock::new();
        }
    }

    fn expand_call(&mut self, place: usize, name: &Arc<str>) -> Diagnostics {
        let Some(call) = self.modules[place].module.calls.get(name).cloned() else {
            return Diagnostics::new();
        };
        let path: StaticPath = self.modules[place].path.iter().cloned().chain([name.clone()]).collect();
        let Some(module) = self.configuration.module(&path).cloned() else { return Diagnostics::new() };
        if self.modules[place].children.contains_key(name) {
            return Diagnostics::new();
        }
        let expansion = expand(call.count.as_ref(), call.for_each.as_ref(), &self.scope(place));
        let counted = expansion.and_then(|expansion| match self.count(&expansion) {
            Ok(()) => Ok(expansion),
            Err(refusal) => Err(refusal.at(call.range.clone()).into()),
        });
        let (expansion, diagnostics) = match counted {
            Ok(expansion) => (expansion, Diagnostics::new()),
            Err(diagnostics) => (Expansion::default(), diagnostics),
        };
        let mut children = Children { repetition: expansion.repetition, ..Children::default() };
        for (key, data) in expansion.instances {
            let address = self.modules[place].address.child(name.clone(), key.clone());
            let child = self.add_module(address, path.clone(), Some(place), data, module.clone());
            children.instances.insert(key, child);
        }
        self.modules[place].children.insert(name.clone(), children);
        diagnostics
    }

    fn evaluate_provider(&mut self, place: usize, index: usize) -> Diagnostics {
        let module = self.modules[place].module.clone();
        let Some(block) = module.providers.get(index) else { return Diagnostics::new() };
        let address = module.provider_source(&block.name);
        // A provider that is not there is an error only where something would use it.
        let Some(spec) = self.catalog.spec(&address) else { return Diagnostics::new() };
        let schema = &spec.config_schema().block;
        let (value, mut diagnostics) = decode_body(&block.body, schema, &self.scope(place), &block.range);
        if !diagnostics.has_errors() {
            let (plain, _) = value.clone().unmark_deep();
            let mut all = validate::block(schema, &plain);
            all.extend(spec.validate_config(&plain));
            for found in all.redacted([&value]) {
                diagnostics.push(found.at(block.range.clone()));
            }
        }
        self.modules[place].providers.insert(index, value);
        diagnostics
    }

    /// The decoded configuration of the provider block that a resource uses; an empty block where
    /// none is written. `None` where the provider does not exist or the block was not evaluated.
    pub fn provider_config(&self, provider: &ProviderUse) -> Option<Value> {
        match &provider.block {
            Some((path, index)) => {
                let place = *self.by_path.get(path)?.first()?;
                self.modules[place].providers.get(index).cloned()
            }
            None => {
                let schema = self.catalog.spec(&provider.address.provider)?.config_schema();
                let range =
                    SourceRange { filename: "".into(), start: Default::default(), end: Default::default() };
                let (value, diagnostics) =
                    decode_body(&Default::default(), &schema.block, &self.scope(0), &range);
                (!diagnostics.has_errors()).then_some(value)
            }
        }
    }

    /// Sets the values of a resource.
    pub fn set_resource(&mut self, place: usize, key: ResourceKey, values: ResourceValues) {
        self.modules[place].resources.insert(key, Resolved::new(values));
    }

    /// Sets the value of one instance of a resource that is there already.
    pub fn set_instance(&mut self, address: &ResourceAddress, key: &Option<InstanceKey>, value: Value) {
        let Some(place) = self.module_at(&address.module) else { return };
        let found =
            ResourceKey { mode: address.mode, kind: address.kind.clone(), name: address.name.clone() };
        if let Some(resolved) = self.modules[place].resources.get_mut(&found) {
            resolved.values.instances.insert(key.clone(), value);
            resolved.whole = OnceLock::new();
        }
    }
}

/// `module.a.` for messages; empty for the root.
pub fn module_prefix(address: &ModuleAddress) -> String {
    if address.is_root() { String::new() } else { format!("{address}.") }
}

/// What `sensitive` of an output means: at the root that it is sensitive. In a called module the value is
/// not shown, and the caller is free to use it, as in Terraform 1.11.
fn output_mark(parent: Option<usize>) -> Marks {
    if parent.is_none() { Marks::SENSITIVE } else { Marks::ECHO }
}

fn place_of(range: &SourceRange) -> String {
    format!("{}:{},{}", range.filename, range.start.line, range.start.column)
}
