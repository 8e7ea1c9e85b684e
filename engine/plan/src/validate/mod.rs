//! What can be wrong with a configuration whatever the values of its variables are.
//!
//! The walk goes over the same graph as planning, once per declared thing: root variables and the
//! attributes of resources are unknown, `each` and `count` stand for any instance. It asks nobody
//! and needs no state; whatever planning would find in the values is left to planning.

mod scope;

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_lang::ast::Expr;
use evenkeel_lang::config::{CheckRule, Configuration, Module, Output, Resource, Variable};
use evenkeel_lang::eval::{decode_body, did_you_mean, evaluate, evidence};
use evenkeel_model::convert::{concrete, convert};
use evenkeel_model::schema::Block;
use evenkeel_model::{
    Diagnostic, Diagnostics, Marks, ModuleAddress, ModuleStep, ResourceAddress, ResourceMode, Snapshot, Type,
    Value,
};
use evenkeel_provider::{Catalog, ProviderSpec, validate};

use self::scope::{Repeats, StaticScope};
use crate::ephemeral;
use crate::expand::expand;

use crate::graph::{Graph, Node, NodeKind, ProviderUse, StaticPath};
use crate::ignored;
use crate::input::Options;
use crate::planner::identifier;

/// What is validated.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The files.
    pub snapshot: &'a Snapshot,
    /// What they declare.
    pub configuration: &'a Configuration,
    /// The schemas.
    pub catalog: &'a dyn Catalog,
    /// The working directory and the workspace.
    pub options: &'a Options,
}

/// Everything that is wrong with a configuration that was loaded without errors.
pub fn validate_configuration(subject: Subject<'_>) -> Diagnostics {
    let (graph, diagnostics) = Graph::of(subject.configuration);
    let mut walk = Walk { subject, graph: &graph, values: BTreeMap::new(), diagnostics };
    for node in &graph.order {
        if let Some(found) = graph.graph.node_weight(*node) {
            walk.visit(found, graph.providers.get(node));
        }
    }
    walk.imports();
    walk.diagnostics
}

/// Whether a problem is that Evenkeel does not have a provider, type or argument, which is of no
/// importance where there are no instances.
pub(crate) fn is_unsupported(problem: &Diagnostic) -> bool {
    problem.detail.contains(evenkeel_lang::eval::NOT_IMPLEMENTED)
        || [NO_PROVIDER, NO_RESOURCE, NO_DATA, NO_EPHEMERAL].contains(&&*problem.summary)
}

const NO_PROVIDER: &str = "Provider not supported";
const NO_RESOURCE: &str = "Invalid resource type";
const NO_DATA: &str = "Invalid data source";
const NO_EPHEMERAL: &str = "Invalid ephemeral resource";

struct Walk<'a> {
    subject: Subject<'a>,
    graph: &'a Graph,
    /// Variables, locals and outputs.
    values: BTreeMap<Node, Value>,
    diagnostics: Diagnostics,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, node: &Node, provider: Option<&ProviderUse>) {
        let configuration = self.subject.configuration;
        let Some(module) = configuration.module(&node.path).map(Arc::as_ref) else { return };
        match &node.kind {
            NodeKind::Variable(name) => {
                if let Some(variable) = module.variables.get(name) {
                    self.variable(node, variable);
                }
            }
            NodeKind::Validation(name) => {
                if let Some(variable) = module.variables.get(name) {
                    let address = address(&node.path, &format!("var.{name}"));
                    self.rules(&node.path, &variable.validations, Repeats::default(), &address);
                }
            }
            NodeKind::Local(name) => {
                if let Some(local) = module.locals.get(name) {
                    let value = self.evaluate(&node.path, &local.value, Repeats::default());
                    self.values.insert(node.clone(), value);
                }
            }
            NodeKind::Output(name) => {
                if let Some(output) = module.outputs.get(name) {
                    self.output(node, output);
                }
            }
            NodeKind::Call(name) => {
                if let Some(call) = module.calls.get(name) {
                    self.repetition(&node.path, call.count.as_ref(), call.for_each.as_ref());
                }
            }
            NodeKind::Check(name) => {
                if let Some(check) = module.checks.get(name) {
                    let address = address(&node.path, &format!("check.{name}"));
                    self.rules(&node.path, &check.asserts, Repeats::default(), &address);
                }
            }
            NodeKind::Provider(index) => self.provider(node, module, *index),
            NodeKind::Resource(key) => {
                if let Some(resource) = module.resources.get(key) {
                    self.resource(node, resource, provider);
                }
            }
        }
    }

    fn scope(&self, path: &StaticPath, repeats: Repeats) -> StaticScope<'_> {
        StaticScope::new(self, path.clone(), repeats)
    }

    fn evaluate(&mut self, path: &StaticPath, expr: &Expr, repeats: Repeats) -> Value {
        let (value, found) = evaluate(expr, &self.scope(path, repeats));
        self.diagnostics.extend(found);
        value
    }

    /// Any value of the type may come. What a call gives is checked, and then no more known than at the
    /// root: modules declare much that a `count` of zero keeps from being evaluated with such values.
    fn variable(&mut self, node: &Node, variable: &Variable) {
        let given =
            node.path.split_last().and_then(|(call, parent)| self.given(&parent.into(), call, variable));
        let value = Value::unknown(concrete(&variable.ty));
        if !variable.ephemeral
            && given.as_ref().is_some_and(ephemeral::is_in)
            && let Some((call, parent)) = node.path.split_last()
        {
            let module = self.subject.configuration.module(&StaticPath::from(parent));
            let input = module.and_then(|module| module.calls.get(call)?.inputs.get(&variable.name));
            let range = input.map_or(&variable.range, |input| input.range()).clone();
            self.diagnostics.push(ephemeral::not_for_variable(&variable.name, range));
        }
        let value = match (variable.sensitive, variable.ephemeral) {
            (true, true) => value.with_marks(Marks::SENSITIVE.union(Marks::EPHEMERAL)),
            (true, false) => value.sensitive(),
            (false, true) => value.with_marks(Marks::EPHEMERAL),
            (false, false) => value,
        };
        self.values.insert(node.clone(), value);
    }

    fn given(&mut self, parent: &StaticPath, call: &Arc<str>, variable: &Variable) -> Option<Value> {
        let call = self.subject.configuration.module(parent)?.calls.get(call)?;
        let Some(expr) = call.inputs.get(&variable.name) else { return variable.default.clone() };
        let repeats = Repeats { each: call.for_each.is_some(), count: call.count.is_some() };
        let value = self.evaluate(parent, expr, repeats);
        if value.is_null() && !variable.nullable && !variable.has_default {
            let detail = format!(
                "The given value is not suitable for the module's variable \"{}\": required variable may not be set \
                 to null.",
                variable.name
            );
            let diagnostic = Diagnostic::error("Required variable not set", detail);
            self.diagnostics.push(diagnostic.at(expr.range().clone()));
            return None;
        }
        match variable.convert(&value) {
            Ok(value) => Some(value),
            Err(error) => {
                let place = &variable.range;
                let detail = format!(
                    "The given value is not suitable for child module variable \"{}\" defined at {}:{},{}: {error}.",
                    variable.name, place.filename, place.start.line, place.start.column
                );
                let diagnostic = Diagnostic::error("Invalid value for input variable", detail);
                let mut diagnostic = diagnostic.at(expr.range().clone());
                diagnostic.evidence = Some(evidence(expr, &self.scope(parent, repeats)));
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    fn output(&mut self, node: &Node, output: &Output) {
        let none = Repeats::default();
        let address = address(&node.path, &format!("output.{}", output.name));
        self.rules(&node.path, &output.preconditions, none, &address);
        let value = self.evaluate(&node.path, &output.value, none);
        let marks = value.all_marks();
        if node.path.is_empty() && marks.contains(Marks::SENSITIVE) && !output.sensitive {
            self.diagnostics.error(
                "Output refers to sensitive values",
                "To reduce the risk of accidentally exporting sensitive data that was intended to be only internal, \
                 a root module output that holds sensitive data must say so. Add sensitive = true to the output \
                 block.",
                Some(output.range.clone()),
            );
        }
        if marks.contains(Marks::EPHEMERAL) && (node.path.is_empty() || !output.ephemeral) {
            self.diagnostics.error(
                "Ephemeral value not allowed",
                "The output refers to an ephemeral value, which must not be stored.",
                Some(output.value.range().clone()),
            );
        }
        // What is unknown as a whole may come from somewhere that validation does not look at.
        if output.ephemeral && !marks.contains(Marks::EPHEMERAL) && value.is_wholly_known() {
            self.diagnostics.error(
                "Value not allowed in ephemeral output",
                "The output says that it is ephemeral, and its value is not. Remove ephemeral = true, so that the \
                 value can be used anywhere.",
                Some(output.value.range().clone()),
            );
        }
        let value = if output.sensitive && node.path.is_empty() { value.sensitive() } else { value };
        self.values.insert(node.clone(), value);
    }

    /// `count` and `for_each`: what is known must be usable, what is unknown may be.
    fn repetition(&mut self, path: &StaticPath, count: Option<&Expr>, for_each: Option<&Expr>) {
        let Some(expr) = count.or(for_each) else { return };
        let scope = self.scope(path, Repeats::default());
        let (value, found) = evaluate(expr, &scope);
        let wrong = match found.has_errors() || !value.is_wholly_known() {
            true => found,
            false => {
                let mut wrong = expand(count, for_each, &scope).err().unwrap_or_default();
                for diagnostic in &mut wrong.0 {
                    diagnostic.evidence.get_or_insert_with(|| evidence(expr, &scope));
                }
                wrong
            }
        };
        self.diagnostics.extend(wrong);
    }

    /// Conditions must be true or false, and messages text; which they are is not known here.
    fn rules(&mut self, path: &StaticPath, rules: &[CheckRule], repeats: Repeats, address: &str) {
        for rule in rules {
            let condition = self.evaluate(path, &rule.condition, repeats);
            if convert(&condition, &Type::Bool).is_err() {
                let detail = "The condition expression must return either true or false.";
                let diagnostic = Diagnostic::error("Invalid condition result", detail);
                self.diagnostics.push(diagnostic.at(rule.condition.range().clone()).about(address));
            }
            let message = self.evaluate(path, &rule.error_message, repeats);
            if convert(&message, &Type::String).is_err() {
                let detail =
                    "The error message must be text: it is what is shown when the condition is false.";
                let diagnostic = Diagnostic::error("Invalid error message", detail);
                self.diagnostics.push(diagnostic.at(rule.error_message.range().clone()).about(address));
            }
        }
    }

    /// The identifiers of `import` blocks, as far as they are known.
    fn imports(&mut self) {
        let root = StaticPath::from([]);
        for import in &self.subject.configuration.root().imports {
            let repeats = Repeats { each: import.for_each.is_some(), ..Repeats::default() };
            let (value, found) = evaluate(&import.id, &self.scope(&root, repeats));
            let wrong = match found.has_errors() || value.is_unknown() {
                true => found,
                false => identifier(&value, import.id.range()).err().unwrap_or_default(),
            };
            self.diagnostics.extend(wrong);
        }
    }

    fn provider(&mut self, node: &Node, module: &Module, index: usize) {
        let Some(block) = module.providers.get(index) else { return };
        let catalog = self.subject.catalog;
        let Some(spec) = catalog.spec(&module.provider_source(&block.name)) else { return };
        let schema = &spec.config_schema().block;
        let scope = self.scope(&node.path, Repeats::default());
        let (value, mut found) = decode_body(&block.body, schema, &scope, &block.range);
        if !found.has_errors() {
            let (plain, _) = value.clone().unmark_deep();
            let mut all = validate::block(schema, &plain);
            all.extend(spec.validate_config(&plain));
            all.redacted([&value])
                .into_iter()
                .for_each(|diagnostic| found.push(diagnostic.at(block.range.clone())));
        }
        self.diagnostics.extend(found);
    }

    fn resource(&mut self, node: &Node, resource: &Resource, provider: Option<&ProviderUse>) {
        let path = &node.path;
        let address = ResourceAddress {
            module: module_address(path),
            mode: resource.key.mode,
            kind: resource.key.kind.clone(),
            name: resource.key.name.clone(),
        };
        self.repetition(path, resource.count.as_ref(), resource.for_each.as_ref());
        let repeats = Repeats { each: resource.for_each.is_some(), count: resource.count.is_some() };
        if let Some(spec) = self.spec(resource, provider, &address) {
            self.body(path, resource, spec, repeats, &address);
        }
        let text = address.to_string();
        self.rules(path, &resource.lifecycle.preconditions, repeats, &text);
        let mut scope = self.scope(path, repeats);
        scope.own = Some(&resource.key);
        let found = postconditions(&resource.lifecycle.postconditions, &scope);
        found.into_iter().for_each(|diagnostic| self.diagnostics.push(diagnostic.about(&text)));
    }

    fn spec(
        &mut self,
        resource: &Resource,
        provider: Option<&ProviderUse>,
        address: &ResourceAddress,
    ) -> Option<&'a dyn ProviderSpec> {
        let provider = &provider?.address.provider;
        let catalog = self.subject.catalog;
        if let Some(spec) = catalog.spec(provider) {
            return Some(spec);
        }
        let supported: Vec<String> = catalog.supported().iter().map(ToString::to_string).collect();
        let supported = if supported.is_empty() { "none".to_owned() } else { supported.join(", ") };
        let detail = format!(
            "{address} needs the provider {provider}, which Evenkeel does not have. It has: {supported}."
        );
        let diagnostic = Diagnostic::error(NO_PROVIDER, detail);
        self.diagnostics.push(diagnostic.at(resource.range.clone()).about(address));
        None
    }

    fn body(
        &mut self,
        path: &StaticPath,
        resource: &Resource,
        spec: &dyn ProviderSpec,
        repeats: Repeats,
        address: &ResourceAddress,
    ) {
        let kind = &resource.key.kind;
        let managed = spec.resource(kind).filter(|_| resource.key.mode == ResourceMode::Managed);
        let schema = match resource.key.mode {
            ResourceMode::Managed => managed.map(|spec| spec.schema()),
            ResourceMode::Data => spec.data_source(kind),
            ResourceMode::Ephemeral => spec.ephemeral(kind),
        };
        let Some(schema) = schema else {
            let diagnostic = unknown_type(resource, spec);
            return self.diagnostics.push(diagnostic.at(resource.range.clone()).about(address));
        };
        let block: &Block = &schema.block;
        let (value, mut found) =
            decode_body(&resource.body, block, &self.scope(path, repeats), &resource.range);
        if !found.has_errors() {
            if resource.key.mode != ResourceMode::Ephemeral {
                found.extend(ephemeral::refuse_in(block, &value));
            }
            found.extend(validate::block(block, &value).redacted([&value]));
            if let Some(managed) = managed {
                found.extend(managed.validate(&value.clone().unmark_deep().0).redacted([&value]));
            }
        }
        found.extend(ignored::check(block, resource));
        for diagnostic in found {
            self.diagnostics.push(diagnostic.at(resource.range.clone()).about(address));
        }
    }
}

fn postconditions(rules: &[CheckRule], scope: &StaticScope<'_>) -> Diagnostics {
    let mut all = Diagnostics::new();
    for rule in rules {
        for expr in [&rule.condition, &rule.error_message] {
            all.extend(evaluate(expr, scope).1);
        }
    }
    all
}

fn unknown_type(resource: &Resource, spec: &dyn ProviderSpec) -> Diagnostic {
    let kind = &*resource.key.kind;
    let (summary, what, kinds) = match resource.key.mode {
        ResourceMode::Managed => (NO_RESOURCE, "resource type", spec.resource_kinds()),
        ResourceMode::Data => (NO_DATA, "data source", spec.data_kinds()),
        ResourceMode::Ephemeral => (NO_EPHEMERAL, "ephemeral resource", spec.ephemeral_kinds()),
    };
    let near = did_you_mean(kind, kinds.iter().copied());
    let hint = near.map(|name| format!(" Did you mean \"{name}\"?")).unwrap_or_default();
    let detail = format!("The provider {} does not support {what} \"{kind}\".{hint}", spec.address());
    Diagnostic::error(summary, detail)
}

fn module_address(path: &StaticPath) -> ModuleAddress {
    ModuleAddress(path.iter().map(|name| ModuleStep { name: name.clone(), key: None }).collect())
}

fn address(path: &StaticPath, name: &str) -> String {
    path.iter().map(|step| format!("module.{step}.")).chain([name.to_owned()]).collect()
}
