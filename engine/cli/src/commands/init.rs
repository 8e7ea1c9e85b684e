//! `evenkeel init` and `evenkeel get`: the modules of a configuration are found, locked and fetched.

mod backend;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use evenkeel_lang::config::{Configuration, LOCK_FILE, Lock, Module, check_references, notes};
use evenkeel_model::ProviderAddress;
use evenkeel_provider::Providers;
use evenkeel_source::{Location, Origin, sweep_beside, write_whole};

use crate::args::{GetArgs, Global, InitArgs};
use crate::error::Failure;
use crate::flow::load::{Prepared, prepare};
use crate::flow::modules::{Locking, Step};
use crate::settings::Place;
use crate::ui::Ui;

pub async fn run(global: &Global, args: InitArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    refuse(&args)?;
    let place = Place::of(global, &args.location)?;
    let directory = directory_of(&place.location)?;
    if !has_configuration(&directory) {
        ui.init("output_init_empty_message", EMPTY);
        return Ok(0);
    }
    if args.backend.unwrap_or(true) {
        ui.init("initializing_backend_message", "Initializing the backend...");
        ui.note(BACKEND);
    }
    let locking = match (args.get, args.upgrade) {
        (false, _) => Locking::Follow,
        (true, false) => Locking::Complete,
        (true, true) => Locking::Renew,
    };
    let mut prepared = prepare(&place.location, None, locking).await?;
    leave_references(&mut prepared);
    if args.get && prepared.loading.configuration.modules.len() > 1 {
        let title = if args.upgrade { "Upgrading modules..." } else { "Initializing modules..." };
        ui.init("initializing_modules_message", title);
    }
    show(&prepared, ui);
    let written = keep(&prepared, &directory, args.lockfile.is_some())?;
    let prepared = prepared.without_mistakes()?;
    let mut warnings = prepared.loading.diagnostics;
    warnings.extend(notes(&prepared.loading.configuration));
    let root = prepared.loading.configuration.root();
    warnings.extend(backend::keep(&args.backend_config, root.backend.as_ref(), &directory)?);
    ui.diagnostics(&warnings, Some(&prepared.snapshot));
    ui.init("initializing_provider_plugin_message", "Initializing provider plugins...");
    for line in provider_lines(&prepared.loading.configuration, &providers) {
        ui.note(&line);
    }
    ui.init("empty_message", "");
    if written {
        ui.init("dependencies_lock_changes_info", LOCKED);
        ui.init("empty_message", "");
    }
    ui.init("output_init_success_message", "Evenkeel has been successfully initialized!");
    ui.init("output_init_success_cli_message", NEXT);
    Ok(0)
}

/// The same for modules alone.
pub async fn get(global: &Global, args: GetArgs, ui: &Ui) -> Result<u8, Failure> {
    let place = Place::of(global, &args.location)?;
    let directory = directory_of(&place.location)?;
    let locking = if args.update { Locking::Renew } else { Locking::Complete };
    let prepared = prepare(&place.location, None, locking).await?;
    show(&prepared, ui);
    keep(&prepared, &directory, false)?;
    prepared.without_mistakes()?;
    Ok(0)
}

/// Whether a directory has anything that a module consists of; what cannot be read is told later.
fn has_configuration(directory: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(directory) else { return true };
    let mut names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.any(|name| name.ends_with(".tf") || name.ends_with(".tf.json"))
}

/// What is only referred to wrongly stands in no way here; `validate` and `plan` tell.
fn leave_references(prepared: &mut Prepared) {
    let later = check_references(&prepared.loading.configuration);
    prepared.loading.diagnostics.0.retain(|found| !later.iter().any(|other| other == found));
}

const BACKEND: &str = "- State is kept in Evenkeel's own store (-store); the file of a local backend is written beside it, other backends \
     are not used.";

const EMPTY: &str = "Evenkeel initialized in an empty directory!\n\n\
                     The directory has no Terraform configuration files. You may begin working\n\
                     with Evenkeel immediately by creating Terraform configuration files.";

const LOCKED: &str = "Evenkeel has written down which modules this configuration uses, in .evenkeel.lock.hcl.\n\
                      Commit this file, so that every run of the same revision uses the same modules.";

const NEXT: &str = "\nYou may now begin working with Evenkeel. Try running \"evenkeel plan\" to see any\n\
                    changes that are required for your infrastructure. All Evenkeel commands\n\
                    should now work.\n\nIf you ever set or change modules, rerun this command. If you forget, other commands\n\
                    will notice and remind you to do so.";

/// What cannot be done here.
fn refuse(args: &InitArgs) -> Result<(), Failure> {
    if args.from_module.is_some() {
        return Err(Failure::plain(
            "-from-module is not supported",
            "Copy the module into the directory with the tools of its repository, and run `evenkeel init` there.",
        ));
    }
    match args.lockfile.as_deref() {
        None | Some("readonly") => Ok(()),
        Some(mode) => Err(Failure::plain(
            "Failed to parse dependency lock file mode",
            format!("-lockfile={mode} is not known; the only mode is readonly."),
        )),
    }
}

/// The directory of the root module, in which the lock file belongs.
fn directory_of(location: &Location) -> Result<PathBuf, Failure> {
    match &location.origin {
        Origin::Directory(directory) if location.reference.is_none() => {
            Ok(directory.join(&location.subdirectory))
        }
        Origin::Directory(_) | Origin::LocalRepository(_) | Origin::Remote(_) => Err(Failure::plain(
            "A directory is needed",
            "The lock file is written beside the configuration, which a revision has no place for. Run this in a work tree, \
             and commit the lock file.",
        )),
    }
}

/// Tells what was fetched, and where every module is, callers before what they call.
fn show(prepared: &Prepared, ui: &Ui) {
    for (path, module) in &prepared.loading.configuration.modules {
        let key = path.join(".");
        let Some(directory) = location(prepared, path, module) else { continue };
        for step in &prepared.steps {
            match step {
                Step::LookedUp { key: fetched, package, version } if *fetched == key => {
                    let version = version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
                    ui.note(&format!("Downloading {package}{version} for {key}..."));
                }
                Step::LookedUp { .. } | Step::Installed { .. } => {}
            }
        }
        ui.note(&format!("- {key} in {directory}"));
    }
}

/// Where a module is, seen from the root module. None for the root module itself, and for what was
/// locked and cached, which is no news.
fn location(prepared: &Prepared, path: &[Arc<str>], module: &Module) -> Option<String> {
    let installed = |key: &str| {
        prepared.steps.iter().find_map(|step| match step {
            Step::Installed { key: found, directory } if found == key => Some(directory.clone()),
            Step::Installed { .. } | Step::LookedUp { .. } => None,
        })
    };
    let fetched = (1..=path.len())
        .filter_map(|length| path.get(..length))
        .any(|above| installed(&above.join(".")).is_some());
    let is_news = prepared.steps.iter().any(|step| matches!(step, Step::LookedUp { .. }));
    if path.is_empty() || (fetched && !is_news) {
        return None;
    }
    Some(installed(&path.join(".")).unwrap_or_else(|| relative(&prepared.root, &module.directory)))
}

/// The way from one directory of a snapshot to another.
fn relative(from: &str, to: &str) -> String {
    let parts = |path: &'_ str| {
        path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let (from, to) = (parts(from), parts(to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from.iter().skip(common).map(|_| "..".to_owned());
    let way: Vec<String> = up.chain(to.into_iter().skip(common)).collect();
    if way.is_empty() { ".".to_owned() } else { way.join("/") }
}

/// Writes the lock file if it has to change; answers whether it did.
fn keep(prepared: &Prepared, directory: &Path, read_only: bool) -> Result<bool, Failure> {
    let path = directory.join(LOCK_FILE);
    sweep_beside(&path);
    let mut lock = prepared.lock.clone();
    if prepared.loading.diagnostics.has_errors() {
        // What a broken configuration does not use may be used again when it is mended.
        let before = prepared.before.modules.iter();
        let gone: Vec<_> = before.filter(|(key, _)| !lock.modules.contains_key(*key)).collect();
        lock.modules.extend(gone.into_iter().map(|(key, locked)| (key.clone(), locked.clone())));
    }
    if lock == prepared.before {
        return Ok(false);
    }
    if read_only {
        return Err(Failure::plain(
            "Module dependency changes detected",
            "The configuration uses modules that the lock file does not have, or no longer uses some, and the lock file is \
             read-only. Run `evenkeel init` without -lockfile=readonly to write them down.",
        ));
    }
    let written = match lock == Lock::default() {
        true => std::fs::remove_file(&path),
        false => write_whole(&path, lock.to_string().as_bytes()),
    };
    written.map_err(|error| {
        Failure::plain("Cannot write the lock file", format!("{}: {error}.", path.display()))
    })?;
    Ok(lock != Lock::default())
}

/// One line for each provider that the configuration uses.
fn provider_lines(configuration: &Configuration, providers: &Providers) -> Vec<String> {
    let mut used: BTreeSet<ProviderAddress> = BTreeSet::new();
    for module in configuration.modules.values() {
        used.extend(module.required_providers.values().map(|required| required.source.clone()));
        let resources = module.resources.values();
        used.extend(resources.map(|resource| module.provider_source(resource.provider_name())));
    }
    let lines = used.iter().map(|address| match providers.0.contains_key(address) {
        true => format!("- {address} is built in to Evenkeel"),
        false => format!("- {address} is not available: its resources cannot be planned"),
    });
    lines.collect()
}
