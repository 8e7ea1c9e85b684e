//! Answers references of expressions from the world.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_lang::config::{Module, ResourceKey};
use evenkeel_lang::eval::{Effort, PathKind, Scope};
use evenkeel_model::{Diagnostic, InstanceKey, ResourceMode, Snapshot, SourceRange, Type, Value};
use sha2::{Digest, Sha256};

use crate::expand::InstanceData;
use crate::types::Repetition;
use crate::world::{World, whole};

/// The scope of one instance of a block in one instance of a module.
pub struct InstanceScope<'w> {
    /// The values found so far.
    pub world: &'w World,
    /// The module instance.
    pub module: usize,
    /// What `each` and `count` are.
    pub data: InstanceData,
    /// What `self` is.
    pub self_value: Option<Value>,
    /// The directory that `path.module` gives, where it is not that of the module instance: the one
    /// that an expression belongs to may not be there any more.
    pub directory: Option<Arc<str>>,
}

impl InstanceScope<'_> {
    fn resolved(
        &self,
        mode: ResourceMode,
        kind: &str,
        name: &str,
        range: &SourceRange,
    ) -> Result<&crate::world::Resolved, Diagnostic> {
        let key = ResourceKey { mode, kind: kind.into(), name: name.into() };
        self.world.modules[self.module].resources.get(&key).ok_or_else(|| {
            Diagnostic::error(
                "Reference to undeclared resource",
                format!("The resource {key} has not been declared in this module, or cannot be referred to from here."),
            )
            .at(range.clone())
        })
    }

    fn outputs(&self, place: usize) -> &BTreeMap<Arc<str>, Value> {
        &self.world.modules[place].outputs
    }
}

impl Scope for InstanceScope<'_> {
    fn effort(&self) -> Option<&Effort> {
        Some(&self.world.effort)
    }

    fn variable(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        let found = self.world.modules[self.module].variables.get(name);
        found.cloned().ok_or_else(|| undeclared("input variable", name, range))
    }

    fn local(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        let found = self.world.modules[self.module].locals.get(name);
        found.cloned().ok_or_else(|| undeclared("local value", name, range))
    }

    fn resource(
        &self,
        mode: ResourceMode,
        kind: &str,
        name: &str,
        range: &SourceRange,
    ) -> Result<Value, Diagnostic> {
        self.resolved(mode, kind, name, range).map(crate::world::Resolved::whole)
    }

    fn resource_instance(
        &self,
        mode: ResourceMode,
        kind: &str,
        name: &str,
        key: &InstanceKey,
        range: &SourceRange,
    ) -> Result<Option<Value>, Diagnostic> {
        let resolved = self.resolved(mode, kind, name, range)?;
        let fits = match (resolved.values.repetition, key) {
            (Repetition::Count, InstanceKey::Int(_)) | (Repetition::ForEach, InstanceKey::String(_)) => true,
            (Repetition::Single | Repetition::Count | Repetition::ForEach, _) => false,
        };
        let instances = &resolved.values.instances;
        let key = Some(key.clone());
        if let Some(found) = instances.get(&key).filter(|_| fits) {
            return Ok(Some(found.clone()));
        }
        // Before the last one that there is, one that is missing is only left out of a partial plan.
        let gap = matches!(key, Some(InstanceKey::Int(_))) && instances.range(key..).next().is_some();
        Ok((fits && gap).then(|| Value::unknown(Type::Dynamic)))
    }

    fn module(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        let children = self.world.modules[self.module].children.get(name);
        let children = children.ok_or_else(|| undeclared("module", name, range))?;
        let gather = || {
            let all = children.instances.iter().map(|(key, place)| {
                let outputs = self.outputs(*place).iter().map(|(name, value)| (name.clone(), value.clone()));
                (key.clone(), Value::object(outputs))
            });
            let values: BTreeMap<Option<InstanceKey>, Value> = all.collect();
            whole(children.repetition, values.iter())
        };
        Ok(children.whole.get_or_init(gather).clone())
    }

    fn module_output(
        &self,
        name: &str,
        key: Option<&InstanceKey>,
        output: &str,
        range: &SourceRange,
    ) -> Result<Option<Value>, Diagnostic> {
        let children = self.world.modules[self.module].children.get(name);
        let children = children.ok_or_else(|| undeclared("module", name, range))?;
        let place = children.instances.get(&key.cloned());
        Ok(place.and_then(|place| self.outputs(*place).get(output)).cloned())
    }

    fn each_key(&self, range: &SourceRange) -> Result<Value, Diagnostic> {
        self.data.each.as_ref().map(|(key, _)| key.clone()).ok_or_else(|| no_each("key", range))
    }

    fn each_value(&self, range: &SourceRange) -> Result<Value, Diagnostic> {
        self.data.each.as_ref().map(|(_, value)| value.clone()).ok_or_else(|| no_each("value", range))
    }

    fn count_index(&self, range: &SourceRange) -> Result<Value, Diagnostic> {
        self.data.count_index.map(Value::number).ok_or_else(|| {
            Diagnostic::error(
                "Reference to \"count\" in non-counted context",
                "The \"count\" object can only be used in \"module\", \"resource\", and \"data\" blocks, and only \
                 when the \"count\" argument is set.",
            )
            .at(range.clone())
        })
    }

    fn path(&self, kind: PathKind, _range: &SourceRange) -> Result<Value, Diagnostic> {
        let directory = |place: usize| &*self.world.modules[place].module.directory;
        let root = directory(0);
        Ok(Value::string(match kind {
            PathKind::Module => relative(root, self.directory.as_deref().unwrap_or(directory(self.module))),
            PathKind::Root => ".".to_owned(),
            PathKind::Cwd => self.world.options.working_directory.to_string(),
        }))
    }

    fn terraform(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        match name {
            "workspace" => Ok(Value::string(&*self.world.options.workspace)),
            "applying" => Ok(Value::unknown_not_null(Type::Bool)),
            _ => Err(Diagnostic::error(
                "Invalid \"terraform\" attribute",
                format!("The \"terraform\" object does not have an attribute named \"{name}\". There is terraform.workspace."),
            )
            .at(range.clone())),
        }
    }

    fn self_value(&self, range: &SourceRange) -> Result<Value, Diagnostic> {
        self.self_value.clone().ok_or_else(|| {
            Diagnostic::error(
                "Invalid \"self\" reference",
                "The \"self\" object is not available in this context. It can be used in postconditions, \
                 provisioners and connections of a resource.",
            )
            .at(range.clone())
        })
    }

    fn file(&self, path: &str) -> Result<Arc<[u8]>, String> {
        read_file(&self.world.snapshot, &self.world.modules[0].module.directory, path)
    }

    fn files_below(&self, directory: &str) -> Result<Vec<String>, String> {
        files_below(&self.world.snapshot, &self.world.modules[0].module.directory, directory)
    }

    fn plan_time(&self) -> Option<String> {
        self.world.options.plan_time.clone()
    }

    fn apply_time(&self) -> Option<String> {
        self.world.options.apply_time.clone()
    }

    fn home(&self) -> Option<String> {
        self.world.options.home.as_deref().map(str::to_owned)
    }

    fn entropy(&self) -> Option<[u8; 32]> {
        let seed = self.world.options.entropy?;
        let module = self.world.modules[self.module].address.to_string();
        let each = self.data.each.as_ref().and_then(|(key, _)| key.as_str());
        let hash = Sha256::new()
            .chain_update(seed)
            .chain_update(module)
            .chain_update(format!("/{:?}/{each:?}", self.data.count_index));
        Some(hash.finalize().into())
    }

    fn is_built_in_provider(&self, local_name: &str) -> bool {
        requires_built_in(&self.world.modules[self.module].module, local_name)
    }
}

/// Whether a module requires the provider that is built in under this local name.
pub(crate) fn requires_built_in(module: &Module, local_name: &str) -> bool {
    module.required_providers.get(local_name).is_some_and(|required| {
        (&*required.source.host, &*required.source.namespace, &*required.source.kind)
            == ("terraform.io", "builtin", "terraform")
    })
}

/// The contents of a file of the snapshot, named as an expression in the root module names it.
pub(crate) fn read_file(snapshot: &Snapshot, root: &str, path: &str) -> Result<Arc<[u8]>, String> {
    let found = snapshot.file(&snapshot_path(root, path)?);
    found.cloned().ok_or_else(|| format!("no file exists at \"{path}\" in this revision"))
}

/// The files of the snapshot below a directory, relative to it.
pub(crate) fn files_below(snapshot: &Snapshot, root: &str, directory: &str) -> Result<Vec<String>, String> {
    let full = snapshot_path(root, directory)?;
    let prefix = if full.is_empty() { String::new() } else { format!("{full}/") };
    let files = snapshot.files.range(Arc::<str>::from(prefix.as_str())..);
    Ok(files.map_while(|(path, _)| path.strip_prefix(prefix.as_str()).map(str::to_owned)).collect())
}

/// A path as an expression gives it, from the root of the snapshot. Absolute paths and ones that
/// leave the snapshot are refused: evaluation never sees the host's files.
fn snapshot_path(root: &str, path: &str) -> Result<String, String> {
    if path.starts_with('/') || path.starts_with('~') {
        return Err(format!(
            "\"{path}\" is outside of the revision: only files that are part of it can be read"
        ));
    }
    let mut parts: Vec<&str> = root.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or_else(|| format!("\"{path}\" leads out of the revision"))?;
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// What only the content of a `dynamic` block can name: everything else was looked up before.
pub(crate) fn undeclared(what: &str, name: &str, range: &SourceRange) -> Diagnostic {
    Diagnostic::error(
        format!("Reference to undeclared {what}"),
        format!("The {what} \"{name}\" has not been declared in this module."),
    )
    .at(range.clone())
}

fn no_each(name: &str, range: &SourceRange) -> Diagnostic {
    Diagnostic::error(
        "Reference to \"each\" in context without for_each",
        format!(
            "The \"each\" object can be used only in \"module\", \"resource\" or \"data\" blocks with \"for_each\" \
             set, so each.{name} has no meaning here."
        ),
    )
    .at(range.clone())
}

/// `to` as seen from `from`, both directories of the snapshot.
pub(crate) fn relative(from: &str, to: &str) -> String {
    let split = |text: &str| -> Vec<String> {
        text.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let (from, to) = (split(from), split(to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), from.len() - common);
    let parts: Vec<String> = up.chain(to[common..].iter().cloned()).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}
