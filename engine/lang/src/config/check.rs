//! Whether everything that is referred to is declared.
//!
//! This needs no evaluation and therefore finds mistakes in code that is not reached. Each
//! directory is checked once, however often it is called; the calls are checked where they stand.

use std::collections::BTreeSet;
use std::sync::Arc;

use evenkeel_model::{Diagnostic, Diagnostics, ResourceMode, SourceRange};

use super::block::{nearest, unsupported_argument};
use super::reference::{Malformed, all_of_body, all_of_expr};
use super::{
    CheckRule, Configuration, Connection, Import, Module, ModuleCall, Provisioner, Reference, Referenced,
    Resource, ResourceKey,
};
use crate::ast::{Body, Expr};

/// How many problems of one module are reported.
const PROBLEMS_MAX: usize = 1_000;

/// Reports references to what is not declared, and module calls that do not fit their module.
pub fn check_references(configuration: &Configuration) -> Diagnostics {
    let mut checked: BTreeSet<&str> = BTreeSet::new();
    let mut diagnostics = Diagnostics::new();
    for (path, module) in &configuration.modules {
        if checked.insert(&module.directory) {
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
        }
        for output in self.module.outputs.values() {
            self.expr(&output.value, none);
            self.dependencies(&output.depends_on, &output.range);
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
        for check in self.module.checks.values() {
            self.rules(&check.asserts, Context { check: Some(&check.name), ..none });
        }
        for removed in &self.module.removed {
            let inside = Context { each: true, count: true, self_ref: true, ..none };
            self.provisioning(&removed.connection, &removed.provisioners, inside);
        }
    }

    fn import(&mut self, import: &Import) {
        self.repetition(&None, &import.for_each);
        let context = Context { each: import.for_each.is_some(), ..Context::default() };
        self.expr(&import.id, context);
        for key in import.to.keys() {
            self.expr(key, context);
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
        self.dependencies(&resource.depends_on, &resource.range);
        let outside = Context { each: resource.for_each.is_some(), count: resource.count.is_some(), ..none };
        let inside = Context { own: Some(&resource.key), check: resource.check.as_deref(), ..outside };
        self.body(&resource.body, inside);
        for expr in &resource.lifecycle.replace_triggered_by {
            self.expr(expr, outside);
        }
        self.rules(&resource.lifecycle.preconditions, inside);
        self.rules(&resource.lifecycle.postconditions, Context { self_ref: true, ..inside });
        let beside = Context { self_ref: true, ..inside };
        self.provisioning(&resource.connection, &resource.provisioners, beside);
        if let Some(provider) = &resource.provider {
            self.provider(provider);
        }
    }

    fn provider(&mut self, provider: &super::ProviderRef) {
        let declared =
            |block: &&super::ProviderBlock| block.name == provider.name && block.alias == provider.alias;
        // A child module may be handed configurations that it does not declare.
        if provider.alias.is_none()
            || !self.path.is_empty()
            || self.module.providers.iter().any(|b| declared(&b))
        {
            return;
        }
        self.diagnostics.error(
            "Provider configuration not present",
            format!(
                "There is no provider block for {provider}. Add one: provider \"{}\" with alias = \"{}\".",
                provider.name,
                provider.alias.as_deref().unwrap_or_default()
            ),
            Some(provider.range.clone()),
        );
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
        self.dependencies(&call.depends_on, &call.range);
        let context =
            Context { each: call.for_each.is_some(), count: call.count.is_some(), ..Context::default() };
        for expr in call.inputs.values() {
            self.expr(expr, context);
        }
        for provider in call.providers.values() {
            self.provider(provider);
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
        self.configuration.module(&path).map(Arc::as_ref)
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
        for Malformed { summary, detail, range } in malformed {
            self.diagnostics.error(summary, detail, Some(range));
        }
        for Referenced { reference, range } in found {
            if self.diagnostics.0.len() >= PROBLEMS_MAX {
                return;
            }
            if let Some(problem) = self.problem(&reference, context) {
                self.diagnostics.push(problem.at(range));
            }
        }
    }

    fn dependencies(&mut self, references: &[Reference], range: &SourceRange) {
        for reference in references {
            if let Some(problem) = self.problem(reference, Context::default()) {
                self.diagnostics.push(problem.at(range.clone()));
            }
        }
    }

    fn problem(&self, reference: &Reference, context: Context<'_>) -> Option<Diagnostic> {
        match reference {
            Reference::Variable(name) => self.undeclared_variable(name),
            Reference::Local(name) => self.undeclared_local(name),
            Reference::Resource(key) if context.own == Some(key) => Some(Diagnostic::error(
                "Self-referential block",
                format!("Configuration for {key} may not refer to itself."),
            )),
            Reference::Resource(key) => {
                self.undeclared_resource(key).or_else(|| self.out_of_scope(key, context))
            }
            Reference::Module { name, output } => self.undeclared_module(name, output.as_deref()),
            Reference::EachKey | Reference::EachValue if !context.each => Some(Diagnostic::error(
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

    fn undeclared_module(&self, name: &Arc<str>, output: Option<&str>) -> Option<Diagnostic> {
        let calls = &self.module.calls;
        if !calls.contains_key(name) {
            let hint = nearest(name, calls.keys().map(|name| &**name))
                .map_or_else(String::new, |near| format!(" Did you mean \"{near}\"?"));
            return Some(Diagnostic::error(
                "Reference to undeclared module",
                format!("No module call named \"{name}\" is declared in {}.{hint}", self.name()),
            ));
        }
        let (output, called) = (output?, self.called(name)?);
        (!called.outputs.contains_key(output)).then(|| {
            let hint = nearest(output, called.outputs.keys().map(|name| &**name))
                .map_or_else(String::new, |near| format!(" Did you mean \"{near}\"?"));
            Diagnostic::error(
                "Unsupported attribute",
                format!(
                    "This object does not have an attribute named \"{output}\": the module \"{name}\" has no such \
                     output.{hint}"
                ),
            )
        })
    }

    fn name(&self) -> String {
        if self.path.is_empty() {
            return "the root module".to_owned();
        }
        self.path.iter().map(|step| format!("module.{step}")).collect::<Vec<_>>().join(".")
    }
}
