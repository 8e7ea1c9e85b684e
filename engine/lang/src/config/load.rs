//! From the files of a snapshot to a configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::{Diagnostic, Diagnostics, Snapshot, SourceRange};

use super::check::check_references;
use super::module::{add_file, drop_duplicate_providers};
use super::{Configuration, Module};
use crate::parse::parse_file;

/// How many modules a configuration may have, counting each call.
const MODULES_MAX: usize = 10_000;

/// How deep module calls may nest.
const MODULE_DEPTH_MAX: usize = 64;

/// Loads the root module in a directory of the snapshot (`""` is its root) and everything that it
/// calls. All problems are collected; with errors among them the configuration is what could be
/// understood.
pub fn load(snapshot: &Snapshot, directory: &str) -> (Configuration, Diagnostics) {
    let directory = directory.trim_matches('/');
    let mut loader = Loader {
        snapshot,
        directories: directories(snapshot),
        loaded: BTreeMap::new(),
        modules: BTreeMap::new(),
        diagnostics: Diagnostics::new(),
        full: false,
    };
    let root = loader.directory(directory);
    loader.calls(&root, &mut Vec::new(), &mut vec![root.directory.clone()]);
    let Loader { modules, mut diagnostics, .. } = loader;
    let configuration = Configuration::new(root, modules);
    diagnostics.extend(check_references(&configuration));
    (configuration, diagnostics)
}

struct Loader<'a> {
    snapshot: &'a Snapshot,
    directories: BTreeMap<&'a str, Vec<Arc<str>>>,
    loaded: BTreeMap<Arc<str>, Arc<Module>>,
    modules: BTreeMap<Vec<Arc<str>>, Arc<Module>>,
    diagnostics: Diagnostics,
    full: bool,
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
        let files = self.files(directory);
        for path in &files {
            let Some(text) = self.snapshot.file(path) else { continue };
            let (body, diagnostics) = parse_file(path, text);
            self.diagnostics.extend(diagnostics);
            add_file(&body, &mut module, &mut self.diagnostics);
        }
        drop_duplicate_providers(&mut module, &mut self.diagnostics);
        let module = Arc::new(module);
        self.loaded.insert(directory.into(), module.clone());
        module
    }

    /// The configuration files of a directory. What is one and cannot be read yet is an error, for
    /// leaving it out would mean deleting what it declares.
    fn files(&mut self, directory: &str) -> Vec<Arc<str>> {
        let mut files = Vec::new();
        let mut refused = false;
        for path in self.directories.get(directory).into_iter().flatten() {
            let name = path.rsplit_once('/').map_or(&**path, |(_, name)| name);
            match file_kind(name) {
                FileKind::Other => {}
                FileKind::Native => files.push(path.clone()),
                FileKind::Json | FileKind::Override => {
                    refused = true;
                    let (summary, detail) = if file_kind(name) == FileKind::Json {
                        (
                            "JSON configuration is not supported yet",
                            format!(
                                "{path} is in JSON syntax. Write it in the native syntax, as a .tf file."
                            ),
                        )
                    } else {
                        (
                            "Override files are not supported yet",
                            format!(
                                "{path} overrides other files. Merge what it says into them, or rename it."
                            ),
                        )
                    };
                    self.diagnostics.push(Diagnostic::error(summary, detail));
                }
            }
        }
        if files.is_empty() && !refused {
            let place = if directory.is_empty() { "The root directory" } else { directory };
            self.diagnostics.push(Diagnostic::error(
                "No configuration files",
                format!("{place} contains no configuration files: there is no file whose name ends in .tf."),
            ));
        }
        files
    }

    /// Loads what a module calls. `path` is its static path, `directories` those of the modules
    /// around it and its own.
    fn calls(&mut self, module: &Arc<Module>, path: &mut Vec<Arc<str>>, directories: &mut Vec<Arc<str>>) {
        for call in module.calls.values() {
            let Some(directory) = &call.directory else { continue };
            if directories.contains(directory) {
                self.problem(
                    "Module call cycle",
                    format!(
                        "The module \"{}\" is in the directory \"{directory}\", from which this module is called \
                         itself. A module cannot contain itself.",
                        call.name
                    ),
                    &call.range,
                );
                continue;
            }
            if path.len() >= MODULE_DEPTH_MAX || self.modules.len() >= MODULES_MAX {
                if !self.full {
                    self.full = true;
                    let detail = format!(
                        "A configuration may have {MODULES_MAX} modules, nested in {MODULE_DEPTH_MAX} levels."
                    );
                    self.problem("Too many modules", detail, &call.range);
                }
                continue;
            }
            if !self.exists(directory) {
                let detail = format!("There is no directory \"{directory}\" in this revision.");
                self.problem("Unreadable module directory", detail, &call.range);
                continue;
            }
            let called = self.directory(directory);
            path.push(call.name.clone());
            directories.push(directory.clone());
            self.modules.insert(path.clone(), called.clone());
            self.calls(&called, path, directories);
            directories.pop();
            path.pop();
        }
    }

    fn exists(&self, directory: &str) -> bool {
        let prefix = format!("{directory}/");
        directory.is_empty()
            || self
                .snapshot
                .files
                .range::<str, _>((std::ops::Bound::Included(&*prefix), std::ops::Bound::Unbounded))
                .next()
                .is_some_and(|(path, _)| path.starts_with(&prefix))
    }

    fn problem(&mut self, summary: &str, detail: impl Into<String>, range: &SourceRange) {
        self.diagnostics.error(summary, detail, Some(range.clone()));
    }
}

#[derive(PartialEq, Eq)]
enum FileKind {
    Native,
    Json,
    Override,
    Other,
}

fn file_kind(name: &str) -> FileKind {
    // What editors leave behind.
    if name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#')) {
        return FileKind::Other;
    }
    let (stem, json) = match (name.strip_suffix(".tf"), name.strip_suffix(".tf.json")) {
        (Some(stem), _) => (stem, false),
        (None, Some(stem)) => (stem, true),
        (None, None) => return FileKind::Other,
    };
    match (stem == "override" || stem.ends_with("_override"), json) {
        (true, _) => FileKind::Override,
        (false, true) => FileKind::Json,
        (false, false) => FileKind::Native,
    }
}
