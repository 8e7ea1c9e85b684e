//! Whether everything that is referred to is declared.
//!
//! This needs no evaluation and therefore finds mistakes in code that is not reached. Each
//! directory is checked once, however often it is called; the calls are checked where they stand.

use std::collections::BTreeSet;
use std::sync::Arc;

use evenkeel_model::{Diagnostic, Diagnostics, InstanceKey, ResourceMode};

use super::block::{nearest, unsupported_argument};
use super::passing::check_providers;
use super::reference::{Malformed, Next, Reached, all_of_body, all_of_expr, references};
use super::{
    CheckRule, Configuration, Connection, Import, Local, Module, ModuleCall, Provisioner, Reference,
    Referenced, Resource, ResourceKey,
};
use crate::ast::{Body, Expr};

/// How many problems of one module are reported.
const PROBLEMS_MAX: usize = 1_000;

/// Reports references to what is not declared, and module calls that do not fit their module. Where
/// syntax errors hide what a module declares, nothing is said about it.
pub fn check_references(configuration: &Configuration) -> Diagnostics {
    let mut checked: BTreeSet<&str> = BTreeSet::new();
    let mut diagnostics = match configuration.modules.values().any(|module| module.incomplete) {
        true => Diagnostics::new(),
        false => check_providers(configuration),
    };
    for (path, module) in &configuration.modules {
        if !module.incomplete && checked.insert(&module.directory) {
            let mut check = Check { configuration, module, path, diagnostics: Diagnostics::new() };
            check.module();
            diagnostics.extend(check.diagnostics);
        }
    }
    diagnostics
}

/// What may be used besides the names of a module.
#[derive(Clone, Copy, Default)]
struct Context<'a> {
    each: bool,
    count: bool,
    self_ref: bool,
    own: Option<&'a ResourceKey>,
    check: Option<&'a str>,
}

struct Check<'a> {
    configuration: &'a Configuration,
    module: &'a Module,
    path: &'a [Arc<str>],
    diagnostics: Diagnostics,
}

impl<'a> Check<'a> {
    fn module(&mut self) {
        let none = Context::default();
        for block in &self.module.providers {
            self.body(&block.body, none);
        }
        for variable in self.module.variables.values() {
            self.rules(&variable.validations, none);
        }
        for local in self.module.locals.values() {
            self.expr(&local.value, none);
            self.local_of_itself(local);
        }
        for output in self.module.outputs.values() {
            self.expr(&output.value, none);
            self.dependencies(&output.depends_on);
            self.rules(&output.preconditions, none);
        }
        for resource in self.module.resources.values() {
            self.resource(resource);
        }
        for call in self.module.calls.values() {
            self.call(call);
        }
        for import in &self.module.imports {
            self.import(import);
        }
        self.only_in_root();
        for check in self.module.checks.values() {
            self.rules(&check.asserts, Context { check: Some(&check.name), ..none });
        }
        for removed in &self.module.removed {
            let inside = Context { each: true, count: true, self_ref: true, ..none };
            self.provisioning(&removed.connection, &removed.provisioners, inside);
        }
    }

    fn local_of_itself(&mut self, local: &Local) {
        let own = Reference::Local(local.name.clone());
        for referenced in
            references(&local.value).into_iter().filter(|referenced| referenced.reference == own)
        {
            let detail = format!("The local value local.{} is computed from itself.", local.name);
            self.diagnostics.error("Self-referencing local value", detail, Some(referenced.range));
        }
    }

    /// What only the root module may say, or only it is asked about.
    fn only_in_root(&mut self) {
        if self.path.is_empty() {
            for output in self.module.outputs.values().filter(|output| output.ephemeral) {
                let detail = "The outputs of the root module are kept, and an ephemeral value is never kept.";
                self.diagnostics.error("Ephemeral output not allowed", detail, Some(output.range.clone()));
            }
            return;
        }
        if let Some(import) = self.module.imports.first() {
            self.diagnostics.error(
                "Invalid import configuration",
                format!("{} has an import block. Objects are imported by the root module only.", self.name()),
                Some(import.range.clone()),
            );
        }
        if let Some(backend) = &self.module.backend {
            let detail = "Where state is kept is said by the root module only; in a module that is called this has no effect.";
            let problem = Diagnostic::warning("Backend configuration ignored", detail);
            self.diagnostics.push(problem.at(backend.range.clone()));
        }
    }

    /// Where an object is imported to must be declared, with instances if it is one of several.
    fn import_target(&mut self, import: &Import) {
        if !self.path.is_empty() {
            return;
        }
        let path: Vec<Arc<str>> = import.to.modules.iter().map(|step| step.name.clone()).collect();
        let module = self.configuration.module(&path);
        if module.is_some_and(|module| module.incomplete) {
            return;
        }
        let problem = match module.and_then(|module| module.resources.get(&import.to.resource)) {
            None => (
                "Configuration for import target does not exist",
                format!(
                    "{} is not declared. Write the resource block that manages the object from now on.",
                    import.to
                ),
            ),
            Some(resource) => {
                let key = import.to.constant().map(|address| address.key);
                let why = match (key, resource.count.is_some(), resource.for_each.is_some()) {
                    (Some(Some(InstanceKey::Int(_))), false, _) => {
                        "does not use count, so no number may follow its address"
                    }
                    (Some(Some(InstanceKey::String(_))), _, false) => {
                        "does not use for_each, so no string may follow its address"
                    }
                    (Some(None), true, _) => {
                        "uses count, so the number of an instance must follow its address"
                    }
                    (Some(None), _, true) => {
                        "uses for_each, so the key of an instance must follow its address"
                    }
                    (None | Some(_), _, _) => return,
                };
                ("Invalid import 'to' expression", format!("{} {why}.", import.to))
            }
        };
        let (summary, detail) = problem;
        self.diagnostics.error(summary, detail, Some(import.to.range.clone()));
    }

    fn import(&mut self, import: &Import) {
        self.import_target(import);
        self.import_of_itself(import);
        self.repetition(&None, &import.for_each);
        let context = Context { each: import.for_each.is_some(), ..Context::default() };
        self.expr(&import.id, context);
        for key in import.to.keys() {
            self.expr(key, context);
        }
    }

    /// What an object is imported by is known before the object, and its key comes from `each`.
    fn import_of_itself(&mut self, import: &Import) {
        if references(&import.id)
            .iter()
            .any(|one| one.reference == Reference::Resource(import.to.resource.clone()))
        {
            let detail = format!(
                "The id cannot come from {} itself, which is not there before it is imported.",
                import.to
            );
            self.diagnostics.error("Invalid import id argument", detail, Some(import.id.range().clone()));
        }
        let keys = import.to.keys().filter(|_| import.for_each.is_some()).flat_map(references);
        for key in keys.filter(|one| !matches!(one.reference, Reference::EachKey | Reference::EachValue)) {
            let detail = "A key may refer to each.key and each.value only.";
            self.diagnostics.error("Invalid import 'to' expression", detail, Some(key.range));
        }
        let declared = self.path.is_empty() && self.module.resources.contains_key(&import.to.resource);
        if let Some(provider) = import.provider.as_ref().filter(|_| declared && import.to.modules.is_empty())
        {
            let detail = format!(
                "{} is declared, and its own block says which provider configuration it has.",
                import.to
            );
            self.diagnostics.error("Invalid import provider argument", detail, Some(provider.range.clone()));
        }
    }

    fn provisioning(
        &mut self,
        connection: &Option<Connection>,
        provisioners: &[Provisioner],
        context: Context<'_>,
    ) {
        for connection in
            connection.iter().chain(provisioners.iter().filter_map(|one| one.connection.as_ref()))
        {
            self.body(&connection.body, context);
        }
        for provisioner in provisioners {
            self.body(&provisioner.body, context);
        }
    }

    fn resource(&mut self, resource: &'a Resource) {
        let none = Context::default();
        self.repetition(&resource.count, &resource.for_each);
        self.dependencies(&resource.depends_on);
        let outside = Context { each: resource.for_each.is_some(), count: resource.count.is_some(), ..none };
        let inside = Context { own: Some(&resource.key), check: resource.check.as_deref(), ..outside };
        self.body(&resource.body, inside);
        for expr in &resource.lifecycle.replace_triggered_by {
            self.expr(expr, outside);
        }
        // Conditions that name their own resource have been refused already.
        let rules = Context { own: None, ..inside };
        self.rules(&resource.lifecycle.preconditions, rules);
        self.rules(&resource.lifecycle.postconditions, Context { self_ref: true, ..rules });
        let beside = Context { self_ref: true, ..rules };
        self.provisioning(&resource.connection, &resource.provisioners, beside);
    }

    fn repetition(&mut self, count: &Option<Expr>, for_each: &Option<Expr>) {
        for expr in count.iter().chain(for_each) {
            self.expr(expr, Context::default());
        }
    }

    fn rules(&mut self, rules: &[CheckRule], context: Context<'_>) {
        for rule in rules {
            self.expr(&rule.condition, context);
            self.expr(&rule.error_message, context);
        }
    }

    fn call(&mut self, call: &'a ModuleCall) {
        self.repetition(&call.count, &call.for_each);
        self.dependencies(&call.depends_on);
        let context =
            Context { each: call.for_each.is_some(), count: call.count.is_some(), ..Context::default() };
        for expr in call.inputs.values() {
            self.expr(expr, context);
        }
        let Some(called) = self.called(&call.name) else { return };
        for (name, expr) in &call.inputs {
            if !called.variables.contains_key(name) {
                let known = called.variables.keys().map(|name| &**name);
                self.diagnostics.push(unsupported_argument(name, known, false, expr.range()));
            }
        }
        for (name, variable) in &called.variables {
            if variable.default.is_none() && !call.inputs.contains_key(name) && !variable.has_default {
                self.diagnostics.error(
                    "Missing required argument",
                    format!("The argument \"{name}\" is required, but no definition was found."),
                    Some(call.range.clone()),
                );
            }
        }
    }

    fn called(&self, name: &Arc<str>) -> Option<&'a Module> {
        let mut path = self.path.to_vec();
        path.push(name.clone());
        self.configuration.module(&path).map(Arc::as_ref).filter(|called| !called.incomplete)
    }

    fn body(&mut self, body: &Body, context: Context<'_>) {
        let found = all_of_body(body);
        self.all(found, context);
    }

    fn expr(&mut self, expr: &Expr, context: Context<'_>) {
        let found = all_of_expr(expr);
        self.all(found, context);
    }

    fn all(&mut self, (found, malformed): (Vec<Referenced>, Vec<Malformed>), context: Context<'_>) {
        for Malformed { summary, detail, range, reached } in malformed {
            self.diagnostics.push(weighed(Diagnostic::error(summary, detail), reached).at(range));
        }
        for referenced in found {
            if self.diagnostics.0.len() >= PROBLEMS_MAX {
                return;
            }
            if let Some(problem) = self.wrong(&referenced, context) {
                self.diagnostics.push(problem.at(referenced.range));
            }
        }
    }

    fn wrong(&self, referenced: &Referenced, context: Context<'_>) -> Option<Diagnostic> {
        let Referenced { reference, next, reached, .. } = referenced;
        if let Some(problem) = self.of_itself(reference, context) {
            return Some(problem);
        }
        let problem = self.problem(reference, context).or_else(|| self.misused(reference, *next));
        let problem = problem.map(|problem| weighed(problem, *reached));
        // Whether a module has an output is asked of its value, so that `try` can catch the answer.
        problem.or_else(|| if *reached == Reached::Always { self.no_output(reference, *next) } else { None })
    }

    /// Instances are reached by their key, and what has none by no key.
    fn misused(&self, reference: &Reference, next: Next) -> Option<Diagnostic> {
        let key = match reference {
            Reference::Resource(key) => key,
            _ => return None,
        };
        let resource = self.module.resources.get(key)?;
        let repeated = match (&resource.count, &resource.for_each) {
            (Some(_), _) => Some(("count", "count.index")),
            (None, Some(_)) => Some(("for_each", "each.key")),
            (None, None) => None,
        };
        match (next, repeated) {
            (Next::Attribute, Some((argument, example))) => Some(Diagnostic::error(
                "Missing resource instance key",
                format!(
                    "{key} has {argument} set, so its attributes belong to its instances. Choose one of them, for example \
                     {key}[{example}]."
                ),
            )),
            (Next::Key, None) => Some(Diagnostic::error(
                "Unexpected resource instance key",
                format!("{key} has neither count nor for_each set, so no key may follow. Remove the key."),
            )),
            (Next::Attribute, None) | (Next::Key, Some(_)) | (Next::Nothing, _) => None,
        }
    }

    fn dependencies(&mut self, references: &[Referenced]) {
        for Referenced { reference, range, next, .. } in references {
            let key_only = if *next == Next::Attribute { Next::Nothing } else { *next };
            let problem = self.problem(reference, Context::default());
            if let Some(problem) = problem.or_else(|| self.misused(reference, key_only)) {
                self.diagnostics.push(problem.at(range.clone()));
            }
        }
    }

    fn of_itself(&self, reference: &Reference, context: Context<'_>) -> Option<Diagnostic> {
        let own = context.own.filter(|own| matches!(reference, Reference::Resource(key) if key == *own))?;
        let detail = format!("Configuration for {own} may not refer to itself.");
        Some(Diagnostic::error("Self-referential block", detail))
    }

    fn problem(&self, reference: &Reference, context: Context<'_>) -> Option<Diagnostic> {
        match reference {
            Reference::Variable(name) => self.undeclared_variable(name),
            Reference::Local(name) => self.undeclared_local(name),
            Reference::Resource(key) => {
                self.undeclared_resource(key).or_else(|| self.out_of_scope(key, context))
            }
            Reference::Module { name, .. } => self.undeclared_module(name),
            Reference::EachValue if !context.each => Some(Diagnostic::error(
                "each.value cannot be used in this context",
                "each.value is there only in \"module\", \"resource\" and \"data\" blocks with the \"for_each\" argument.",
            )),
            Reference::EachKey if !context.each => Some(Diagnostic::error(
                "Reference to \"each\" in context without for_each",
                "The \"each\" object can be used only in \"module\", \"resource\" and \"data\" blocks, and only when \
                 the \"for_each\" argument is set.",
            )),
            Reference::Count if !context.count => Some(Diagnostic::error(
                "Reference to \"count\" in non-counted context",
                "The \"count\" object can be used only in \"module\", \"resource\" and \"data\" blocks, and only when \
                 the \"count\" argument is set.",
            )),
            Reference::SelfRef if !context.self_ref => Some(Diagnostic::error(
                "Invalid \"self\" reference",
                "The \"self\" object stands for the resource itself and is there only when that exists: in \
                 postconditions, provisioners and connections.",
            )),
            Reference::EachKey
            | Reference::EachValue
            | Reference::Count
            | Reference::SelfRef
            | Reference::Path
            | Reference::Terraform => None,
        }
    }

    fn undeclared_variable(&self, name: &str) -> Option<Diagnostic> {
        let variables = &self.module.variables;
        (!variables.contains_key(name)).then(|| {
            let hint = match nearest(name, variables.keys().map(|name| &**name)) {
                Some(near) => format!("Did you mean \"{near}\"?"),
                None => format!("This variable can be declared with a variable \"{name}\" {{}} block."),
            };
            Diagnostic::error(
                "Reference to undeclared input variable",
                format!("An input variable with the name \"{name}\" has not been declared. {hint}"),
            )
        })
    }

    fn undeclared_local(&self, name: &str) -> Option<Diagnostic> {
        let locals = &self.module.locals;
        (!locals.contains_key(name)).then(|| {
            let hint = nearest(name, locals.keys().map(|name| &**name))
                .map_or_else(String::new, |near| format!(" Did you mean \"{near}\"?"));
            Diagnostic::error(
                "Reference to undeclared local value",
                format!("A local value with the name \"{name}\" has not been declared.{hint}"),
            )
        })
    }

    fn undeclared_resource(&self, key: &ResourceKey) -> Option<Diagnostic> {
        let resources = &self.module.resources;
        (!resources.contains_key(key)).then(|| {
            let (mode, other) = match key.mode {
                ResourceMode::Managed => ("A managed", ResourceMode::Data),
                ResourceMode::Data => ("A data", ResourceMode::Managed),
                ResourceMode::Ephemeral => ("An ephemeral", ResourceMode::Data),
            };
            let swapped = ResourceKey { mode: other, ..key.clone() };
            let hint = if resources.contains_key(&swapped) {
                format!(" Did you mean {swapped}?")
            } else {
                let names: Vec<String> = resources
                    .keys()
                    .filter(|other| other.mode == key.mode)
                    .map(ToString::to_string)
                    .collect();
                nearest(&key.to_string(), names.iter().map(String::as_str))
                    .map_or_else(String::new, |near| format!(" Did you mean {near}?"))
            };
            Diagnostic::error(
                "Reference to undeclared resource",
                format!(
                    "{mode} resource \"{}\" \"{}\" has not been declared in {}.{hint}",
                    key.kind,
                    key.name,
                    self.name()
                ),
            )
        })
    }

    fn out_of_scope(&self, key: &ResourceKey, context: Context<'_>) -> Option<Diagnostic> {
        let check = self.module.resources.get(key)?.check.as_deref()?;
        (context.check != Some(check)).then(|| {
            Diagnostic::error(
                "Reference to scoped resource",
                format!(
                    "{key} is declared inside of the check \"{check}\", and only that check may refer to it."
                ),
            )
        })
    }

    fn undeclared_module(&self, name: &Arc<str>) -> Option<Diagnostic> {
        let calls = &self.module.calls;
        (!calls.contains_key(name)).then(|| {
            let hint = nearest(name, calls.keys().map(|name| &**name))
                .map_or_else(String::new, |near| format!(" Did you mean \"{near}\"?"));
            Diagnostic::error(
                "Reference to undeclared module",
                format!("No module call named \"{name}\" is declared in {}.{hint}", self.name()),
            )
        })
    }

    fn no_output(&self, reference: &Reference, next: Next) -> Option<Diagnostic> {
        let Reference::Module { name, output: Some(output) } = reference else { return None };
        let call = self.module.calls.get(name)?;
        let whole = next == Next::Attribute;
        if whole && call.for_each.is_some() {
            // What looks like an output is a key.
            return None;
        }
        let why = if whole && call.count.is_some() {
            format!(
                "module.{name} has several instances, and the outputs belong to them. Choose one of them, for example \
                 module.{name}[count.index]."
            )
        } else {
            let called = self.called(name).filter(|called| !called.outputs.contains_key(output))?;
            let hint = nearest(output, called.outputs.keys().map(|name| &**name))
                .map_or_else(String::new, |near| format!(" Did you mean \"{near}\"?"));
            format!(
                "This object does not have an attribute named \"{output}\": the module \"{name}\" has no such \
                 output.{hint}"
            )
        };
        Some(Diagnostic::error("Unsupported attribute", why))
    }

    fn name(&self) -> String {
        if self.path.is_empty() {
            return "the root module".to_owned();
        }
        self.path.iter().map(|step| format!("module.{step}")).collect::<Vec<_>>().join(".")
    }
}

/// A mistake in the content of a `dynamic` block fails once the block has elements. Modules that are
/// used otherwise have such mistakes, and work.
fn weighed(problem: Diagnostic, reached: Reached) -> Diagnostic {
    match reached {
        Reached::Always | Reached::Sometimes => problem,
        Reached::Expanded => {
            let detail = format!("{} This dynamic block fails as soon as it has an element.", problem.detail);
            Diagnostic::warning(problem.summary, detail)
        }
    }
}
