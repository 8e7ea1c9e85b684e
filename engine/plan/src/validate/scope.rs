//! Answers references while nothing is known but the configuration.

use std::sync::Arc;

use evenkeel_lang::config::{Module, ModuleCall, Output, ResourceKey};
use evenkeel_lang::eval::{PathKind, Scope};
use evenkeel_model::{Diagnostic, InstanceKey, ResourceMode, SourceRange, Type, Value};

use super::Walk;
use crate::graph::{Node, NodeKind, StaticPath};
use crate::scope::{files_below, read_file, relative, requires_built_in, undeclared};

/// How the block around an expression repeats.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Repeats {
    pub(super) each: bool,
    pub(super) count: bool,
}

/// The scope of expressions of one module, for any of its instances.
pub(super) struct StaticScope<'w> {
    walk: &'w Walk<'w>,
    path: StaticPath,
    repeats: Repeats,
    /// What `self` is.
    pub(super) own: Option<&'w ResourceKey>,
}

impl<'w> StaticScope<'w> {
    pub(super) fn new(walk: &'w Walk<'_>, path: StaticPath, repeats: Repeats) -> Self {
        Self { walk, path, repeats, own: None }
    }

    /// What was found for a thing of this module. What failed, or is declared nowhere, was reported.
    fn value(&self, kind: NodeKind) -> Value {
        let node = Node { path: self.path.clone(), kind };
        self.walk.values.get(&node).cloned().unwrap_or_else(open)
    }

    /// One instance of a resource: of its type, unknown.
    fn instance(&self, key: &ResourceKey) -> Value {
        let node = self.walk.graph.find(&self.path, NodeKind::Resource(key.clone()));
        let provider = node.and_then(|node| self.walk.graph.providers.get(&node));
        let spec = provider.and_then(|provider| self.walk.subject.catalog.spec(&provider.address.provider));
        let schema = spec.and_then(|spec| match key.mode {
            ResourceMode::Managed => spec.resource(&key.kind).map(|spec| spec.schema()),
            _ => spec.data_source(&key.kind),
        });
        schema.map_or_else(open, |schema| Value::unknown_not_null(schema.block.implied_type()))
    }

    fn module_here(&self) -> Option<&Module> {
        self.walk.subject.configuration.module(&self.path).map(Arc::as_ref)
    }

    /// A call of this module, and what it calls where that was found.
    fn called(&self, name: &str) -> Option<(&ModuleCall, Option<&Module>)> {
        let call = self.module_here()?.calls.get(name)?;
        let path: StaticPath = self.path.iter().cloned().chain([name.into()]).collect();
        let called = self.walk.subject.configuration.module(&path).map(Arc::as_ref);
        Some((call, called.filter(|module| !module.incomplete)))
    }

    fn is_repeated(&self, key: &ResourceKey) -> bool {
        let module = self.walk.subject.configuration.module(&self.path);
        let resource = module.and_then(|module| module.resources.get(key));
        resource.is_none_or(|resource| resource.count.is_some() || resource.for_each.is_some())
    }
}

/// An output of a module, which may have any value.
fn unknown_output(output: &Output) -> Value {
    if output.sensitive { open().sensitive() } else { open() }
}

fn open() -> Value {
    Value::unknown(Type::Dynamic)
}

impl Scope for StaticScope<'_> {
    fn variable(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        let declared = self.module_here().is_some_and(|module| module.variables.contains_key(name));
        match declared {
            true => Ok(self.value(NodeKind::Variable(name.into()))),
            false => Err(undeclared("input variable", name, range)),
        }
    }

    fn local(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        let declared = self.module_here().is_some_and(|module| module.locals.contains_key(name));
        match declared {
            true => Ok(self.value(NodeKind::Local(name.into()))),
            false => Err(undeclared("local value", name, range)),
        }
    }

    fn resource(
        &self,
        mode: ResourceMode,
        kind: &str,
        name: &str,
        range: &SourceRange,
    ) -> Result<Value, Diagnostic> {
        let key = ResourceKey { mode, kind: kind.into(), name: name.into() };
        if !self.module_here().is_some_and(|module| module.resources.contains_key(&key)) {
            return Err(undeclared("resource", &key.to_string(), range));
        }
        Ok(if self.is_repeated(&key) { open() } else { self.instance(&key) })
    }

    fn resource_instance(
        &self,
        mode: ResourceMode,
        kind: &str,
        name: &str,
        _: &InstanceKey,
        _: &SourceRange,
    ) -> Result<Option<Value>, Diagnostic> {
        let key = ResourceKey { mode, kind: kind.into(), name: name.into() };
        Ok(self.is_repeated(&key).then(|| self.instance(&key)))
    }

    fn module(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        let (call, module) = self.called(name).ok_or_else(|| undeclared("module", name, range))?;
        let Some(module) = module else { return Ok(open()) };
        let outputs = module.outputs.values();
        let one = || Type::object(outputs.clone().map(|output| (output.name.clone(), Type::Dynamic)));
        Ok(match (&call.count, &call.for_each) {
            (Some(_), _) => Value::unknown_not_null(Type::list(one())),
            (None, Some(_)) => Value::unknown_not_null(Type::map(one())),
            (None, None) => {
                Value::object(outputs.map(|output| (output.name.clone(), unknown_output(output))))
            }
        })
    }

    fn module_output(
        &self,
        name: &str,
        key: Option<&InstanceKey>,
        output: &str,
        range: &SourceRange,
    ) -> Result<Option<Value>, Diagnostic> {
        let (call, module) = self.called(name).ok_or_else(|| undeclared("module", name, range))?;
        let Some(module) = module else { return Ok(Some(open())) };
        let fits = match key {
            None => call.count.is_none() && call.for_each.is_none(),
            Some(InstanceKey::Int(_)) => call.count.is_some(),
            Some(InstanceKey::String(_)) => call.for_each.is_some(),
        };
        Ok(module.outputs.get(output).filter(|_| fits).map(unknown_output))
    }

    fn each_key(&self, range: &SourceRange) -> Result<Value, Diagnostic> {
        let key = Value::unknown_not_null(Type::String);
        if self.repeats.each { Ok(key) } else { Err(not_repeated("each", "for_each", range)) }
    }

    fn each_value(&self, range: &SourceRange) -> Result<Value, Diagnostic> {
        if self.repeats.each { Ok(open()) } else { Err(not_repeated("each", "for_each", range)) }
    }

    fn count_index(&self, range: &SourceRange) -> Result<Value, Diagnostic> {
        let index = Value::unknown_not_null(Type::Number);
        if self.repeats.count { Ok(index) } else { Err(not_repeated("count", "count", range)) }
    }

    fn path(&self, kind: PathKind, _: &SourceRange) -> Result<Value, Diagnostic> {
        let configuration = self.walk.subject.configuration;
        let root = &configuration.root().directory;
        Ok(Value::string(match kind {
            PathKind::Module => {
                let own = configuration.module(&self.path).map_or(root, |module| &module.directory);
                relative(root, own)
            }
            PathKind::Root => ".".to_owned(),
            PathKind::Cwd => self.walk.subject.options.working_directory.to_string(),
        }))
    }

    fn terraform(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        match name {
            "workspace" => Ok(Value::string(&*self.walk.subject.options.workspace)),
            "applying" => Ok(Value::unknown_not_null(Type::Bool)),
            _ => Err(Diagnostic::error(
                "Invalid \"terraform\" attribute",
                format!(
                    "The \"terraform\" object does not have an attribute named \"{name}\". There is \
                     terraform.workspace."
                ),
            )
            .at(range.clone())),
        }
    }

    fn self_value(&self, _: &SourceRange) -> Result<Value, Diagnostic> {
        Ok(self.own.map_or_else(open, |key| self.instance(key)))
    }

    fn file(&self, path: &str) -> Result<Arc<[u8]>, String> {
        read_file(self.walk.subject.snapshot, &self.walk.subject.configuration.root().directory, path)
    }

    fn files_below(&self, directory: &str) -> Result<Vec<String>, String> {
        files_below(self.walk.subject.snapshot, &self.walk.subject.configuration.root().directory, directory)
    }

    /// The time of the plan is not known before there is one.
    fn plan_time(&self) -> Option<String> {
        None
    }

    fn home(&self) -> Option<String> {
        self.walk.subject.options.home.as_deref().map(str::to_owned)
    }

    fn is_built_in_provider(&self, local_name: &str) -> bool {
        self.module_here().is_some_and(|module| requires_built_in(module, local_name))
    }
}

fn not_repeated(object: &str, argument: &str, range: &SourceRange) -> Diagnostic {
    let summary = match object {
        "each" => "Reference to \"each\" in context without for_each",
        _ => "Reference to \"count\" in non-counted context",
    };
    let detail = format!(
        "The \"{object}\" object can be used only in \"module\", \"resource\" and \"data\" blocks, and only when the \
         \"{argument}\" argument is set."
    );
    Diagnostic::error(summary, detail).at(range.clone())
}
