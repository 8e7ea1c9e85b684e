//! `plan -generate-config-out`: configuration for objects that are imported and not declared.
//!
//! The resources are declared by stubs first, so that the planner asks for their objects; what it writes for
//! them then takes the place of the stubs, and the plan is made with it as if somebody had written it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use evenkeel_lang::config::{self, Import};
use evenkeel_model::{Diagnostic, Diagnostics, ModuleAddress, ResourceAddress, Snapshot};
use evenkeel_plan::Options;
use evenkeel_plan::generate;

use crate::error::Failure;
use crate::flow::Session;
use crate::flow::load::{Loaded, Prepared, prepare};
use crate::flow::modules::Locking;

/// A configuration with stubs for what is imported and not declared.
pub struct Stubbed {
    /// The configuration with the stubs.
    pub loaded: Loaded,
    /// The resources that are stubs.
    pub stubs: BTreeSet<ResourceAddress>,
    /// The file that is to be written.
    file: PathBuf,
}

/// Loads a revision for a plan that generates configuration.
pub async fn load(session: &Session, revision: Option<&str>, file: &Path) -> Result<Stubbed, Failure> {
    if file.exists() {
        return Err(Failure::plain(
            "Target generated file already exists",
            "Generated configuration is only written into a new file. Name another one, or move what is in the file \
             elsewhere, delete it and try again.",
        ));
    }
    let prepared = prepare(&session.place.location, revision, Locking::Follow).await?;
    let wanted = undeclared(&prepared)?;
    let stubs = wanted.keys().cloned().collect();
    let text: String = wanted.iter().map(|(address, one)| generate::stub(address, one.as_deref())).collect();
    let Prepared { snapshot, root, commit, resolved, loading, .. } = prepared;
    let unstubbed = Loaded {
        snapshot,
        root,
        configuration: Arc::new(loading.configuration),
        commit,
        resolved,
        warnings: Diagnostics::new(),
    };
    let loaded = with_file(unstubbed, file, &text)?;
    Ok(Stubbed { loaded, stubs, file: file.to_owned() })
}

impl Stubbed {
    /// Writes the file, and puts it in the place of the stubs.
    pub fn fill(self, blocks: &BTreeMap<ResourceAddress, String>) -> Result<Loaded, Failure> {
        if blocks.is_empty() {
            return with_file(self.loaded, &self.file, "");
        }
        let blocks: Vec<&str> = blocks.values().map(String::as_str).collect();
        let text = format!("{}\n{}", generate::HEAD, blocks.join("\n"));
        let failed = |error: std::io::Error| {
            Failure::plain(
                "Failed to write generated configuration",
                format!("{}: {error}.", self.file.display()),
            )
        };
        std::fs::write(&self.file, &text).map_err(failed)?;
        with_file(self.loaded, &self.file, &text)
    }

    /// How to plan while there are stubs.
    pub fn options(&self, options: &Options) -> Options {
        Options { stubs: self.stubs.clone(), ..options.clone() }
    }
}

/// The configuration with a file beside the others of the root module.
fn with_file(loaded: Loaded, file: &Path, text: &str) -> Result<Loaded, Failure> {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = if name.ends_with(".tf") { name } else { format!("{name}.tf") };
    let directory = loaded.root.trim_matches('/');
    let path = if directory.is_empty() { name } else { format!("{directory}/{name}") };
    let mut files = loaded.snapshot.files.clone();
    files.insert(path.into(), Arc::from(text.as_bytes()));
    let snapshot = Arc::new(Snapshot { revision: loaded.snapshot.revision.clone(), files });
    let loading = config::load_with(&snapshot, &loaded.root, &loaded.resolved);
    let mut warnings = loading.diagnostics;
    if warnings.has_errors() {
        return Err(Failure::in_files(warnings, &snapshot));
    }
    warnings.extend(config::notes(&loading.configuration));
    warnings.push(experimental());
    Ok(Loaded { snapshot, configuration: Arc::new(loading.configuration), warnings, ..loaded })
}

/// What is imported as a resource that is not declared, and with which provider. Only single resources of
/// the root module can be generated.
fn undeclared(prepared: &Prepared) -> Result<BTreeMap<ResourceAddress, Option<String>>, Failure> {
    let root = prepared.loading.configuration.root();
    let mut problems = Diagnostics::new();
    let mut wanted = BTreeMap::new();
    for import in &root.imports {
        let declared = import.to.modules.is_empty() && root.resources.contains_key(&import.to.resource);
        match (declared, unsuitable(import)) {
            (true, _) => {}
            (false, Some(why)) => {
                // A resource of a module may be declared there; loading says where it is not.
                if import.to.modules.is_empty() {
                    let summary = "Configuration for import target does not exist";
                    problems.push(Diagnostic::error(summary, why).at(import.to.range.clone()));
                }
            }
            (false, None) => {
                let key = &import.to.resource;
                let (mode, kind, name) = (key.mode, key.kind.clone(), key.name.clone());
                let address = ResourceAddress { module: ModuleAddress::root(), mode, kind, name };
                wanted.insert(address, import.provider.as_ref().map(ToString::to_string));
            }
        }
    }
    match problems.has_errors() {
        true => Err(Failure::in_files(problems, &prepared.snapshot)),
        false => Ok(wanted),
    }
}

fn experimental() -> Diagnostic {
    Diagnostic::warning(
        "Config generation is experimental",
        "Generating configuration during import is currently experimental, and the generated configuration format may \
         change in future versions.",
    )
}

/// A generated block as documents show it: without the remark before it.
pub fn without_remark(block: &str) -> Arc<str> {
    let without = block.split_once('\n').filter(|(first, _)| first.starts_with('#')).map(|(_, rest)| rest);
    without.unwrap_or(block).trim_end().into()
}

fn unsuitable(import: &Import) -> Option<&'static str> {
    if !import.to.modules.is_empty() {
        return Some("Only resources in the root module are eligible for config generation.");
    }
    let repeats = import.for_each.is_some() || import.to.key.is_some();
    repeats.then_some(
        "The given import block is not compatible with config generation: the -generate-config-out option cannot be \
         used with import blocks that use for_each, or for resources that use for_each or count.",
    )
}
