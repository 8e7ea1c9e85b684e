//! From the files of a snapshot to a configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::{Diagnostic, Diagnostics, Severity, Snapshot, SourceRange};

use super::block::is_identifier;
use super::check::check_references;
use super::module::add_body;
use super::overrides::merged;
use super::provider::drop_duplicate_providers;
use super::{Configuration, LockKey, Module, ModuleCall, ModuleSource, VersionConstraint};
use crate::ast::Body;
use crate::parse::{UNCLOSED, parse_file, parse_json_file};

#[cfg(test)]
mod tests;

/// The title of the problem that the root module has no files, which to some commands is none.
pub const NO_FILES: &str = "No configuration files";

/// How many modules a configuration may have, counting each call.
const MODULES_MAX: usize = 10_000;

/// How deep module calls may nest.
const MODULE_DEPTH_MAX: usize = 64;

/// Where the files of the packages are that are not part of the revision.
#[derive(Clone, Debug, Default)]
pub struct ResolvedModules {
    /// By the key of the call, as [`ModuleRequest`] has it.
    pub mounts: BTreeMap<Arc<str>, Mount>,
}

/// A package in the snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The directory of the package's root.
    pub directory: Arc<str>,
    /// The directory inside it that a registry names; empty for the root.
    pub subdirectory: Arc<str>,
}

/// A module that is called and whose package is not there.
#[derive(Clone, Debug)]
pub struct ModuleRequest {
    /// The names of the calls that lead there, joined with dots.
    pub key: Arc<str>,
    /// Where it comes from; never local.
    pub source: ModuleSource,
    /// Which versions of it may be used.
    pub version: Option<VersionConstraint>,
    /// The call.
    pub range: SourceRange,
}

impl ModuleRequest {
    /// What the lock file calls its package.
    pub fn lock_key(&self) -> LockKey {
        LockKey::new(&self.source, self.version.as_ref())
    }

    /// The error where nobody is going to fetch it.
    pub fn not_installed(&self) -> Diagnostic {
        let detail = format!(
            "The module {} is not in the lock file of this configuration. Run `evenkeel init` to find out which version is \
             meant, and commit the lock file.",
            self.source
        );
        Diagnostic::error("Module not installed", detail).at(self.range.clone())
    }
}

/// A configuration as far as its packages are there.
#[derive(Clone, Debug)]
pub struct Loading {
    /// The configuration.
    pub configuration: Configuration,
    /// All problems that were found.
    pub diagnostics: Diagnostics,
    /// What must be resolved before more can be loaded.
    pub missing: Vec<ModuleRequest>,
}

/// Loads the root module in a directory of the snapshot (`""` is its root) and everything that it
/// calls. All problems are collected; with errors among them the configuration is what could be
/// understood. Modules of other packages are errors.
pub fn load(snapshot: &Snapshot, directory: &str) -> (Configuration, Diagnostics) {
    let Loading { configuration, mut diagnostics, missing } =
        load_with(snapshot, directory, &ResolvedModules::default());
    for request in missing {
        diagnostics.push(request.not_installed());
    }
    (configuration, diagnostics)
}

/// The same with the packages that are resolved. Those that are not are asked for: the caller puts
/// their files into the snapshot and calls again, until nothing is missing.
pub fn load_with(snapshot: &Snapshot, directory: &str, resolved: &ResolvedModules) -> Loading {
    let directory = directory.trim_matches('/');
    let mut loader = Loader {
        snapshot,
        resolved,
        directories: directories(snapshot),
        loaded: BTreeMap::new(),
        modules: BTreeMap::new(),
        missing: Vec::new(),
        diagnostics: Diagnostics::new(),
        full: false,
    };
    let root = loader.directory(directory);
    let mut place = Place { path: Vec::new(), package: "".into(), trail: vec![root.directory.to_string()] };
    loader.calls(&root, &mut place);
    let Loader { modules, missing, mut diagnostics, .. } = loader;
    let configuration = Configuration::new(root, modules);
    diagnostics.extend(check_references(&configuration));
    Loading { configuration, diagnostics, missing }
}

struct Loader<'a> {
    snapshot: &'a Snapshot,
    resolved: &'a ResolvedModules,
    directories: BTreeMap<&'a str, Vec<Arc<str>>>,
    loaded: BTreeMap<Arc<str>, Arc<Module>>,
    modules: BTreeMap<Vec<Arc<str>>, Arc<Module>>,
    missing: Vec<ModuleRequest>,
    diagnostics: Diagnostics,
    full: bool,
}

/// Where in the tree of modules the loader is.
struct Place {
    /// The names of the calls.
    path: Vec<Arc<str>>,
    /// The root of the package, which local sources do not leave; empty for that of the revision.
    package: Arc<str>,
    /// What the modules around it and it itself are.
    trail: Vec<String>,
}

/// The module that a call means.
struct Called {
    directory: Arc<str>,
    package: Arc<str>,
    /// The same for the same module, however it is called.
    identity: String,
}

/// The files directly in each directory.
fn directories(snapshot: &Snapshot) -> BTreeMap<&str, Vec<Arc<str>>> {
    let mut directories: BTreeMap<&str, Vec<Arc<str>>> = BTreeMap::new();
    for path in snapshot.files.keys() {
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        directories.entry(directory).or_default().push(path.clone());
    }
    directories
}

impl Loader<'_> {
    /// The module in a directory; each directory is read once.
    fn directory(&mut self, directory: &str) -> Arc<Module> {
        if let Some(module) = self.loaded.get(directory) {
            return module.clone();
        }
        let mut module = Module { directory: directory.into(), ..Module::default() };
        let Files { primary, overrides } = self.files(directory);
        let (primary, overrides) = (self.parsed(&primary, &mut module), self.parsed(&overrides, &mut module));
        let body = merged(&primary, &overrides, &mut self.diagnostics);
        let mut found = Diagnostics::new();
        add_body(&body, &mut module, &mut found);
        if module.incomplete {
            found.0.retain(|one| !self.follows_from_syntax(one));
        }
        self.diagnostics.extend(found);
        drop_duplicate_providers(&mut module, &mut self.diagnostics);
        let module = Arc::new(module);
        self.loaded.insert(directory.into(), module.clone());
        module
    }

    /// Whether a problem is there only because its file could not be read as it was meant: what is missing
    /// may be what was not understood, and what is in a block without an end belongs elsewhere.
    fn follows_from_syntax(&self, problem: &Diagnostic) -> bool {
        let Some(range) = &problem.range else { return false };
        let here = |one: &&Diagnostic| one.range.as_ref().is_some_and(|r| r.filename == range.filename);
        let mut broken = self.diagnostics.iter().filter(here);
        match &*problem.summary {
            "Missing required argument" => broken.any(|one| one.severity == Severity::Error),
            "Unsupported block type" => broken.any(|one| one.summary == UNCLOSED),
            _ => false,
        }
    }

    fn parsed(&mut self, files: &[Arc<str>], module: &mut Module) -> Vec<Body> {
        let mut bodies = Vec::new();
        for path in files {
            let Some(text) = self.snapshot.file(path) else { continue };
            let parse = if path.ends_with(".json") { parse_json_file } else { parse_file };
            let (body, diagnostics) = parse(path, text);
            module.incomplete |= diagnostics.has_errors();
            self.diagnostics.extend(diagnostics);
            bodies.push(body);
        }
        bodies
    }

    /// The configuration files of a directory.
    fn files(&mut self, directory: &str) -> Files {
        let mut files = Files::default();
        for path in self.directories.get(directory).into_iter().flatten() {
            let name = path.rsplit_once('/').map_or(&**path, |(_, name)| name);
            match file_kind(name) {
                FileKind::Other => {}
                FileKind::Primary => files.primary.push(path.clone()),
                FileKind::Override => files.overrides.push(path.clone()),
            }
        }
        // A module that is called may well be empty.
        let empty = files.primary.is_empty() && files.overrides.is_empty();
        if empty && self.loaded.is_empty() {
            let place = if directory.is_empty() { "The root directory" } else { directory };
            self.diagnostics.push(Diagnostic::error(
                NO_FILES,
                format!(
                    "{place} contains no configuration files: no name of a file ends in .tf or .tf.json."
                ),
            ));
        }
        files
    }

    /// Loads what a module calls.
    fn calls(&mut self, module: &Arc<Module>, place: &mut Place) {
        for call in module.calls.values() {
            let Some(called) = self.called(module, call, place) else { continue };
            if place.trail.contains(&called.identity) {
                self.problem(
                    "Module call cycle",
                    format!(
                        "The module \"{}\" is in the directory \"{}\", from which this module is called itself. A module \
                         cannot contain itself.",
                        call.name, called.directory
                    ),
                    &call.range,
                );
                continue;
            }
            let module = self.directory(&called.directory);
            let package = std::mem::replace(&mut place.package, called.package);
            place.path.push(call.name.clone());
            place.trail.push(called.identity);
            self.modules.insert(place.path.clone(), module.clone());
            self.calls(&module, place);
            place.trail.pop();
            place.path.pop();
            place.package = package;
        }
    }

    /// What a call means; none if that cannot be said, or not yet.
    fn called(&mut self, module: &Module, call: &ModuleCall, place: &Place) -> Option<Called> {
        let source = call.source.as_ref()?;
        // What is no name has been reported, and must not become a part of a path.
        if !is_identifier(&call.name) || !self.has_room(call, place) {
            return None;
        }
        match source {
            ModuleSource::Local(path) => self.local(module, call, path, place),
            ModuleSource::Registry(_) | ModuleSource::Remote(_) => self.fetched(call, source, place),
        }
    }

    fn has_room(&mut self, call: &ModuleCall, place: &Place) -> bool {
        let room = place.path.len() < MODULE_DEPTH_MAX
            && self.modules.len().saturating_add(self.missing.len()) < MODULES_MAX;
        if !room && !self.full {
            self.full = true;
            let detail = format!(
                "A configuration may have {MODULES_MAX} modules, nested in {MODULE_DEPTH_MAX} levels."
            );
            self.problem("Too many modules", detail, &call.range);
        }
        room
    }

    /// A module of the same package.
    fn local(&mut self, module: &Module, call: &ModuleCall, source: &str, place: &Place) -> Option<Called> {
        let inside = module.directory.strip_prefix(&*place.package).unwrap_or(&module.directory);
        let Some(inside) = resolve(inside, source) else {
            self.escapes(call, source, place);
            return None;
        };
        let directory: Arc<str> = join(&place.package, &inside).into();
        if !self.exists(&directory) {
            let detail = format!("There is no directory \"{directory}\" in this revision.");
            self.problem("Unreadable module directory", detail, &call.range);
            return None;
        }
        Some(Called { package: place.package.clone(), identity: directory.to_string(), directory })
    }

    fn escapes(&mut self, call: &ModuleCall, source: &str, place: &Place) {
        match &*place.package {
            "" => self.problem(
                "Invalid module source address",
                format!("The module source \"{source}\" leads out of the repository."),
                &call.range,
            ),
            package => self.problem(
                "Local module path escapes module package",
                format!(
                    "The module source \"{source}\" leads out of the package in \"{package}\" that it belongs to. Local \
                     sources stay within the package of the module that calls."
                ),
                &call.range,
            ),
        }
    }

    /// A module of another package.
    fn fetched(&mut self, call: &ModuleCall, source: &ModuleSource, place: &Place) -> Option<Called> {
        let names: Vec<&str> = place.path.iter().chain([&call.name]).map(|name| &**name).collect();
        let key: Arc<str> = names.join(".").into();
        let identity = format!("{}//{}", LockKey::new(source, call.version.as_ref()), source.subdirectory());
        if place.trail.contains(&identity) {
            return Some(Called { directory: source.to_string().into(), package: "".into(), identity });
        }
        let Some(mount) = self.resolved.mounts.get(&key) else {
            let (source, version) = (source.clone(), call.version.clone());
            self.missing.push(ModuleRequest { key, source, version, range: call.range.clone() });
            return None;
        };
        let wanted = join(&mount.subdirectory, source.subdirectory());
        let Some(directory) = self.expand(&mount.directory, &wanted) else {
            let detail = format!(
                "The package of {source} has no directory \"{wanted}\", or more than one that fits. The names of the \
                 directories in a package are after // in the source."
            );
            self.problem("Unreadable module subdirectory", detail, &call.range);
            return None;
        };
        Some(Called { directory: directory.into(), package: mount.directory.clone(), identity })
    }

    /// The one directory below another that a path with patterns fits.
    fn expand(&self, base: &str, pattern: &str) -> Option<String> {
        let mut fitting = vec![base.to_owned()];
        for part in pattern.split('/').filter(|part| !part.is_empty()) {
            fitting = match part.contains(['*', '?']) {
                false => fitting.iter().map(|directory| join(directory, part)).collect(),
                true => fitting.iter().flat_map(|directory| self.children(directory, part)).collect(),
            };
        }
        fitting.retain(|directory| self.exists(directory));
        let only = fitting.pop()?;
        fitting.is_empty().then_some(only)
    }

    fn children(&self, directory: &str, pattern: &str) -> Vec<String> {
        let below = self.below(directory);
        let names = below.filter_map(|path| path.split_once('/').map(|(name, _)| name));
        let mut names: Vec<&str> = names.filter(|name| fits(name, pattern)).collect();
        names.dedup();
        names.into_iter().map(|name| join(directory, name)).collect()
    }

    /// The paths of all files below a directory, from there.
    fn below(&self, directory: &str) -> impl Iterator<Item = &str> {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let from = (std::ops::Bound::Included(&*prefix), std::ops::Bound::Unbounded);
        let paths = self.snapshot.files.range::<str, _>(from);
        paths.map_while(move |(path, _)| path.strip_prefix(&prefix))
    }

    fn exists(&self, directory: &str) -> bool {
        directory.is_empty() || self.below(directory).next().is_some()
    }

    fn problem(&mut self, summary: &str, detail: impl Into<String>, range: &SourceRange) {
        self.diagnostics.error(summary, detail, Some(range.clone()));
    }
}

/// `inner` below `directory`; either may be empty.
fn join(directory: &str, inner: &str) -> String {
    match (directory, inner) {
        ("", inner) => inner.to_owned(),
        (directory, "") => directory.to_owned(),
        (directory, inner) => format!("{directory}/{inner}"),
    }
}

/// Where a relative path leads from a directory; none if it leaves the root.
fn resolve(directory: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether a name fits a pattern of `*` (any text) and `?` (any character).
fn fits(name: &str, pattern: &str) -> bool {
    let mut reached = vec![true];
    reached.extend(name.chars().map(|_| false));
    for sign in pattern.chars() {
        let mut before = false;
        let mut any = false;
        let characters = std::iter::once(None).chain(name.chars().map(Some));
        for (place, character) in reached.iter_mut().zip(characters) {
            any |= *place;
            let one = before && character.is_some_and(|c| sign == '?' || c == sign);
            before = std::mem::replace(place, if sign == '*' { any } else { one });
        }
    }
    reached.last().copied().unwrap_or_default()
}

/// The configuration files of a directory, in order of their names.
#[derive(Default)]
struct Files {
    primary: Vec<Arc<str>>,
    overrides: Vec<Arc<str>>,
}

#[derive(PartialEq, Eq)]
enum FileKind {
    Primary,
    Override,
    Other,
}

fn file_kind(name: &str) -> FileKind {
    // What editors leave behind.
    if name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#')) {
        return FileKind::Other;
    }
    let Some(stem) = name.strip_suffix(".tf").or_else(|| name.strip_suffix(".tf.json")) else {
        return FileKind::Other;
    };
    match stem == "override" || stem.ends_with("_override") {
        true => FileKind::Override,
        false => FileKind::Primary,
    }
}
