//! The meaning of a syntax tree: which variables, resources, outputs and modules a configuration
//! declares.
//!
//! [`load`] reads one directory of a snapshot and every local module that it calls, and reports all
//! problems that can be seen without evaluating anything: what is declared twice, not declared, not
//! known or not supported. It neither knows provider schemas nor evaluates expressions, apart from
//! the constants that the language wants to be constant (defaults, versions, flags).

mod address;
mod block;
mod check;
mod check_block;
mod constant;
mod import;
mod inputs;
mod load;
mod lock;
mod module;
mod moved;
mod notes;
mod operator;
mod overrides;
mod passing;
mod provider;
mod provisioner;
mod reference;
mod removed;
mod required;
mod resource;
mod source;
mod terraform;
mod tfvars;
mod typexpr;
mod variable;
mod version;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use evenkeel_model::{Path, ProviderAddress, ResourceMode, SourceRange, Type, Value};

use crate::ast::{Body, Expr};

pub use address::{AddressStep, instance_key};
pub use check::check_references;
pub use check_block::Check;
pub use constant::constant_value;
pub use import::{Import, ImportTarget};
pub use inputs::{Given, Inputs};
pub use load::{Loading, ModuleRequest, Mount, NO_FILES, ResolvedModules, load, load_with};
pub use lock::{LOCK_FILE, Lock, LockKey, Locked, parse_lock};
pub use moved::{MoveEndpoint, Moved};
pub use notes::notes;
pub use operator::{
    AllowedHosts, Mirror, MirrorPlace, ModuleSettings, Token, parse_module_settings, parse_terraform_settings,
};
pub use provider::{ProviderBlock, ProviderRef};
pub use provisioner::{Connection, OnFailure, Provisioner, When};
pub use reference::{
    Next, Reference, Referenced, Traversal, TraversalStep, body_references, body_traversals, references,
    traversals,
};
pub use removed::{Removed, RemovedTarget};
pub use required::RequiredProvider;
pub use source::{
    DEFAULT_REGISTRY, Getter, ModuleSource, ModuleSourceError, RegistrySource, RemoteSource,
    parse_module_source, percent_decoded, without_credentials,
};
pub use tfvars::parse_tfvars;
pub use typexpr::TypeDefaults;
pub(crate) use typexpr::type_of_constraint;
pub use variable::parse_variable_value;
pub use version::{FOLLOWED_VERSION, Version, VersionConstraint};

/// A root module and all modules it calls, at any depth.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// Modules by static path: the names of the calls that lead there; `[]` is the root.
    pub modules: BTreeMap<Vec<Arc<str>>, Arc<Module>>,
    root: Arc<Module>,
    derived: Derived,
}

impl Configuration {
    /// A configuration of the given root and the modules below it.
    pub(crate) fn new(root: Arc<Module>, mut modules: BTreeMap<Vec<Arc<str>>, Arc<Module>>) -> Self {
        modules.insert(Vec::new(), root.clone());
        Self { modules, root, derived: Derived::default() }
    }

    /// The root module.
    pub fn root(&self) -> &Arc<Module> {
        &self.root
    }

    /// The module that is called at a static path.
    pub fn module(&self, path: &[Arc<str>]) -> Option<&Arc<Module>> {
        self.modules.get(path)
    }

    /// What follows from the configuration alone: made when it is first asked for, and kept. There is room
    /// for one type; what another one asks for is made each time.
    pub fn derived<T: Any + Send + Sync>(&self, make: impl Fn(&Self) -> T) -> Arc<T> {
        let kept = self.derived.0.get_or_init(|| Arc::new(make(self)));
        kept.clone().downcast().unwrap_or_else(|_| Arc::new(make(self)))
    }
}

/// What was worked out from a configuration. A copy, which may be changed, begins with nothing.
#[derive(Default)]
struct Derived(OnceLock<Arc<dyn Any + Send + Sync>>);

impl Clone for Derived {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl fmt::Debug for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

/// What the files of one directory declare.
#[derive(Clone, Debug, Default)]
pub struct Module {
    /// Its directory in the snapshot; `""` is the snapshot's root.
    pub directory: Arc<str>,
    /// Whether syntax errors hide a part of it, so that what seems to be missing may be there.
    pub incomplete: bool,
    /// The `required_version` constraints.
    pub required_version: Vec<VersionConstraint>,
    /// Providers by local name, as `required_providers` declares them.
    pub required_providers: BTreeMap<Arc<str>, RequiredProvider>,
    /// The `required_providers` block.
    pub requirements: Option<SourceRange>,
    /// `provider_meta` blocks by provider, which are checked and not used.
    pub provider_metas: BTreeMap<Arc<str>, SourceRange>,
    /// `provider` blocks, in source order.
    pub providers: Vec<ProviderBlock>,
    /// `variable` blocks by name.
    pub variables: BTreeMap<Arc<str>, Variable>,
    /// Local values by name.
    pub locals: BTreeMap<Arc<str>, Local>,
    /// `output` blocks by name.
    pub outputs: BTreeMap<Arc<str>, Output>,
    /// `resource`, `data` and `ephemeral` blocks, and the data blocks inside of checks.
    pub resources: BTreeMap<ResourceKey, Resource>,
    /// `module` blocks by name.
    pub calls: BTreeMap<Arc<str>, ModuleCall>,
    /// `moved` blocks, in source order.
    pub moved: Vec<Moved>,
    /// `import` blocks, in source order.
    pub imports: Vec<Import>,
    /// `removed` blocks, in source order.
    pub removed: Vec<Removed>,
    /// `check` blocks by name.
    pub checks: BTreeMap<Arc<str>, Check>,
    /// The `backend` or `cloud` block, which is recognised and not used.
    pub backend: Option<Backend>,
}

impl Module {
    /// The source of the provider with a local name: as declared, or implied by the name.
    pub fn provider_source(&self, local_name: &str) -> ProviderAddress {
        self.required_providers
            .get(local_name)
            .map_or_else(|| ProviderAddress::implied(local_name), |required| required.source.clone())
    }
}

/// A `backend` or `cloud` block.
#[derive(Clone, Debug)]
pub struct Backend {
    /// The backend's type; `cloud` for a `cloud` block.
    pub kind: Arc<str>,
    /// The `path` of a `local` backend.
    pub path: Option<Arc<str>>,
    /// The `workspace_dir` of a `local` backend.
    pub workspace_dir: Option<Arc<str>>,
    /// Where it stands.
    pub range: SourceRange,
}

/// What identifies a resource inside its module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceKey {
    /// `resource`, `data` or `ephemeral`.
    pub mode: ResourceMode,
    /// The resource type, the block's first label.
    pub kind: Arc<str>,
    /// The name, the block's second label.
    pub name: Arc<str>,
}

impl std::fmt::Display for ResourceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.mode {
            ResourceMode::Managed => write!(f, "{}.{}", self.kind, self.name),
            ResourceMode::Data => write!(f, "data.{}.{}", self.kind, self.name),
            ResourceMode::Ephemeral => write!(f, "ephemeral.{}.{}", self.kind, self.name),
        }
    }
}

/// A `variable` block.
#[derive(Clone, Debug)]
pub struct Variable {
    /// The name.
    pub name: Arc<str>,
    /// The type constraint; `Dynamic` where there is none.
    pub ty: Type,
    /// How a value that is given as text is read.
    pub parsing_mode: ParsingMode,
    /// Values for attributes that `optional(TYPE, DEFAULT)` fills.
    pub defaults: TypeDefaults,
    /// The default, already of the variable's type.
    pub default: Option<Value>,
    /// Whether there is a default at all, even one that was refused.
    pub has_default: bool,
    /// Where the default stands.
    pub default_range: Option<SourceRange>,
    /// Whether null is a value; otherwise null means the default.
    pub nullable: bool,
    /// Whether its value must not be shown.
    pub sensitive: bool,
    /// Whether its value must not be stored.
    pub ephemeral: bool,
    /// What it is for.
    pub description: Option<Arc<str>>,
    /// `validation` blocks.
    pub validations: Vec<CheckRule>,
    /// The header.
    pub range: SourceRange,
}

/// How text from the command line or the environment becomes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParsingMode {
    /// The text is the value.
    Literal,
    /// The text is an expression of constants.
    Expression,
}

/// One local value.
#[derive(Clone, Debug)]
pub struct Local {
    /// The name.
    pub name: Arc<str>,
    /// Its expression.
    pub value: Expr,
    /// Where the name stands.
    pub range: SourceRange,
}

/// An `output` block.
#[derive(Clone, Debug)]
pub struct Output {
    /// The name.
    pub name: Arc<str>,
    /// Its expression.
    pub value: Expr,
    /// What it is for.
    pub description: Option<Arc<str>>,
    /// Whether its value must not be shown.
    pub sensitive: bool,
    /// Whether its value must not be stored.
    pub ephemeral: bool,
    /// Dependencies that its expression does not show.
    pub depends_on: Vec<Referenced>,
    /// `precondition` blocks.
    pub preconditions: Vec<CheckRule>,
    /// The header.
    pub range: SourceRange,
}

/// A `validation`, `precondition` or `postcondition` block.
#[derive(Clone, Debug)]
pub struct CheckRule {
    /// What must be true.
    pub condition: Expr,
    /// What to say when it is not.
    pub error_message: Expr,
    /// Where the block stands.
    pub range: SourceRange,
}

/// A `resource`, `data` or `ephemeral` block.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Mode, type and name.
    pub key: ResourceKey,
    /// How many instances there are.
    pub count: Option<Expr>,
    /// One instance for each element.
    pub for_each: Option<Expr>,
    /// Dependencies that its expressions do not show.
    pub depends_on: Vec<Referenced>,
    /// The provider configuration, where one is chosen.
    pub provider: Option<ProviderRef>,
    /// The `lifecycle` block.
    pub lifecycle: Lifecycle,
    /// How provisioners reach the object.
    pub connection: Option<Connection>,
    /// Commands to run beside its changes.
    pub provisioners: Vec<Provisioner>,
    /// The check that it stands in, outside of which nothing may refer to it.
    pub check: Option<Arc<str>>,
    /// The resource's own arguments: without meta arguments and meta blocks.
    pub body: Body,
    /// The header.
    pub range: SourceRange,
}

impl Resource {
    /// The local name of the provider that manages it.
    pub fn provider_name(&self) -> &str {
        match &self.provider {
            Some(provider) => &provider.name,
            None => self.key.kind.split('_').next().unwrap_or(&self.key.kind),
        }
    }
}

/// The `lifecycle` block of a resource.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// Whether a replacement is made before the old object is deleted.
    pub create_before_destroy: bool,
    /// Whether a plan that would delete the object is refused.
    pub prevent_destroy: bool,
    /// Which differences are left alone.
    pub ignore_changes: IgnoreChanges,
    /// References whose change replaces the object.
    pub replace_triggered_by: Vec<Expr>,
    /// `precondition` blocks.
    pub preconditions: Vec<CheckRule>,
    /// `postcondition` blocks.
    pub postconditions: Vec<CheckRule>,
}

/// Which attributes keep their prior value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum IgnoreChanges {
    /// No attribute.
    #[default]
    None,
    /// `ignore_changes = all`
    All,
    /// The attributes at these paths.
    Paths(Vec<IgnoredPath>),
}

/// One element of `ignore_changes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoredPath {
    /// Which attribute, from the resource itself.
    pub path: Path,
    /// Where it stands.
    pub range: SourceRange,
}

/// A `module` block.
#[derive(Clone, Debug)]
pub struct ModuleCall {
    /// The name.
    pub name: Arc<str>,
    /// Where the called module comes from; `None` when the source could not be used, which a
    /// diagnostic has said. The module itself is in [`Configuration::module`].
    pub source: Option<ModuleSource>,
    /// Which versions of a registry's module may be used.
    pub version: Option<VersionConstraint>,
    /// Values for its variables.
    pub inputs: BTreeMap<Arc<str>, Expr>,
    /// How many instances there are.
    pub count: Option<Expr>,
    /// One instance for each element.
    pub for_each: Option<Expr>,
    /// Dependencies that its expressions do not show.
    pub depends_on: Vec<Referenced>,
    /// Provider configurations to hand over, by name inside the module (`aws`, `aws.west`).
    pub providers: BTreeMap<Arc<str>, ProviderRef>,
    /// The header.
    pub range: SourceRange,
}
