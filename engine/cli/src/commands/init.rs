//! `evenkeel init` and `evenkeel get`: the modules of a configuration are found, locked and fetched.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use evenkeel_lang::config::{Configuration, LOCK_FILE, Lock, check_references, notes};
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
    if args.get {
        let title = if args.upgrade { "Upgrading modules..." } else { "Initializing modules..." };
        ui.init("initializing_modules_message", title);
    }
    let locking = match (args.get, args.upgrade) {
        (false, _) => Locking::Follow,
        (true, false) => Locking::Complete,
        (true, true) => Locking::Renew,
    };
    let mut prepared = prepare(&place.location, None, locking).await?;
    if is_empty(&prepared) {
        ui.init("output_init_empty_message", EMPTY);
        return Ok(0);
    }
    leave_references(&mut prepared);
    show(&prepared.steps, ui);
    let written = keep(&prepared, &directory, args.lockfile.is_some())?;
    let prepared = prepared.without_mistakes()?;
    let mut warnings = prepared.loading.diagnostics;
    warnings.extend(notes(&prepared.loading.configuration));
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
    show(&prepared.steps, ui);
    keep(&prepared, &directory, false)?;
    prepared.without_mistakes()?;
    Ok(0)
}

/// What the loader says of a directory without configuration.
const NOTHING: &str = "No configuration files";

fn is_empty(prepared: &Prepared) -> bool {
    prepared.loading.diagnostics.iter().any(|found| found.summary == NOTHING)
}

/// What is only referred to wrongly stands in no way here; `validate` and `plan` tell.
fn leave_references(prepared: &mut Prepared) {
    let later = check_references(&prepared.loading.configuration);
    prepared.loading.diagnostics.0.retain(|found| !later.iter().any(|other| other == found));
}

const EMPTY: &str = "Evenkeel initialized in an empty directory!\n\n\
                     The directory has no Terraform configuration files. You may begin working\n\
                     with Evenkeel immediately by creating Terraform configuration files.";

const LOCKED: &str = "Evenkeel has written down which modules this configuration uses, in .evenkeel.lock.hcl.\n\
                      Commit this file, so that every run of the same revision uses the same modules.";

const NEXT: &str = "\nYou may now begin working with Evenkeel. Try running \"evenkeel plan\" to see any\n\
                    changes that are required for your infrastructure.\n\n\
                    If you ever set or change modules, rerun this command. If you forget, other commands\n\
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

fn show(steps: &[Step], ui: &Ui) {
    for (at, step) in steps.iter().enumerate() {
        match step {
            Step::LookedUp { key, package, version } => {
                let version = version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
                ui.note(&format!("Downloading {package}{version} for {key}..."));
            }
            // What was locked and cached is no news.
            Step::Installed { key, directory } if is_news(&steps[..at]) => {
                ui.note(&format!("- {key} in {directory}"));
            }
            Step::Installed { .. } => {}
        }
    }
}

fn is_news(before: &[Step]) -> bool {
    before.iter().any(|step| matches!(step, Step::LookedUp { .. }))
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
