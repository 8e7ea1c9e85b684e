//! What an expression can refer to. The caller (planner, finisher, console) answers; the evaluator
//! never keeps a collection of instances that nobody asked for.

use evenkeel_model::{Diagnostic, InstanceKey, ResourceMode, SourceRange, Value};

use super::budget::Effort;

/// The `path.*` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    /// `path.module`
    Module,
    /// `path.root`
    Root,
    /// `path.cwd`
    Cwd,
}

/// Answers references. Every method gets the range of the reference for its diagnostic.
///
/// A method that returns an error is reported once; the evaluator then goes on with an unknown
/// value, so that one run finds all problems.
pub trait Scope {
    /// `var.NAME`
    fn variable(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic>;

    /// `local.NAME`
    fn local(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic>;

    /// A whole resource: an object, or a tuple (`count`) or object (`for_each`) of its instances.
    fn resource(
        &self,
        mode: ResourceMode,
        kind: &str,
        name: &str,
        range: &SourceRange,
    ) -> Result<Value, Diagnostic>;

    /// One instance of a resource, for `x[key]`, so that the whole collection need not be built.
    /// `None` where there is no such instance or the answer needs the whole collection; the
    /// evaluator then asks [`Scope::resource`] and indexes into that for the usual diagnostics.
    fn resource_instance(
        &self,
        mode: ResourceMode,
        kind: &str,
        name: &str,
        key: &InstanceKey,
        range: &SourceRange,
    ) -> Result<Option<Value>, Diagnostic>;

    /// A whole module call: an object of its outputs, or a tuple or object of such objects.
    fn module(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic>;

    /// One output of one module instance, so that the others need not be looked at. `None` as for
    /// [`Scope::resource_instance`].
    fn module_output(
        &self,
        name: &str,
        key: Option<&InstanceKey>,
        output: &str,
        range: &SourceRange,
    ) -> Result<Option<Value>, Diagnostic>;

    /// `each.key`
    fn each_key(&self, range: &SourceRange) -> Result<Value, Diagnostic>;

    /// `each.value`
    fn each_value(&self, range: &SourceRange) -> Result<Value, Diagnostic>;

    /// `count.index`
    fn count_index(&self, range: &SourceRange) -> Result<Value, Diagnostic>;

    /// `path.module`, `path.root`, `path.cwd`
    fn path(&self, kind: PathKind, range: &SourceRange) -> Result<Value, Diagnostic>;

    /// `terraform.NAME`
    fn terraform(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic>;

    /// `self`
    fn self_value(&self, range: &SourceRange) -> Result<Value, Diagnostic>;

    /// The contents of a file of the snapshot, for `file()` and its kin. `path` is as the
    /// expression gave it (relative to the root directory of the configuration, as Terraform
    /// resolves it); the error is a sentence for the function's diagnostic.
    fn file(&self, path: &str) -> Result<std::sync::Arc<[u8]>, String>;

    /// All files whose path starts with `directory`, relative to it, for `fileset()`.
    fn files_below(&self, directory: &str) -> Result<Vec<String>, String>;

    /// The time of the plan as RFC 3339 in UTC for `plantimestamp()`; `None` where time is not
    /// known.
    fn plan_time(&self) -> Option<String>;

    /// The time of the apply as RFC 3339 in UTC for `timestamp()`; `None` while planning.
    fn apply_time(&self) -> Option<String> {
        None
    }

    /// The home directory for `pathexpand()`; `None` where nobody in particular runs this.
    fn home(&self) -> Option<String> {
        None
    }

    /// What `uuid()` and `bcrypt()` are made from during apply: differs from run to run and from scope
    /// to scope. `None` while planning, where they are unknown.
    fn entropy(&self) -> Option<[u8; 32]> {
        None
    }

    /// What all evaluations with this scope may take together; `None` where each stands for itself.
    fn effort(&self) -> Option<&Effort> {
        None
    }

    /// Whether the module requires the provider that is built in under this local name, so that
    /// `provider::NAME::encode_tfvars()` and its kin can be called.
    fn is_built_in_provider(&self, _local_name: &str) -> bool {
        false
    }
}
