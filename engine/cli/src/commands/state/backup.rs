//! `evenkeel state backup`, `restore` and `verify`: the store as a whole, and a stack taken back to a moment.

use std::path::{Path, PathBuf};
use std::time::Duration;

use evenkeel_model::{Diagnostic, InstanceAddress};
use evenkeel_state::{Entry, Object, State};
use evenkeel_store::{
    Before, Clock, Restored, StackId, StoreError, SystemClock, audit, back_up, verify as verify_store,
};
use tokio::task::block_in_place;

use super::{has_state, objects, rewrite};
use crate::args::Global;
use crate::error::Failure;
use crate::flow::{Session, past};
use crate::render;
use crate::settings::{Place, store_options};
use crate::ui::Ui;

/// So many objects and runs are named.
const NAMED_MAX: usize = 20;

/// Writes a copy of the store.
pub fn backup(global: &Global, file: &Path, force: bool, location: &str, ui: &Ui) -> Result<(), Failure> {
    has_state(global, location)?;
    let store = Place::of(global, location)?.store;
    let bytes = block_in_place(|| back_up(&store, file, force)).map_err(|error| in_the_way(error, &store))?;
    ui.line(&format!("Wrote a copy of the store {} to {} ({bytes} bytes).", store.display(), file.display()));
    let key = key_file(&store);
    if key.exists() {
        ui.paragraph(
            "",
            &format!(
                "Sensitive values are sealed in it, and their key is not in the copy: keep {} as well, and elsewhere.",
                key.display()
            ),
        );
    }
    Ok(())
}

fn key_file(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".key");
    name.into()
}

fn in_the_way(error: StoreError, store: &Path) -> Failure {
    match error {
        StoreError::Exists { path } if path != store => Failure::plain(
            "The file exists already",
            format!("{} was left as it is. Give another name, or -force to replace it.", path.display()),
        ),
        error => error.into(),
    }
}

/// Puts a copy in the place of the store.
pub fn restore(global: &Global, file: &Path, location: &str, ui: &Ui) -> Result<(), Failure> {
    let place = Place::of(global, location)?;
    place.prepare(global)?;
    let options = store_options()?;
    let now = SystemClock.now();
    let restored = block_in_place(|| evenkeel_store::restore(&place.store, file, now, &options))?;
    ui.line(&format!("Restored {} from {}:", place.store.display(), file.display()));
    for stack in &restored.stacks {
        ui.line(&format!("  {}: serial {}, {} lines of the journal", stack.stack, stack.serial, stack.lines));
    }
    tell_what_was_replaced(&restored, ui);
    ui.paragraph(
        "\n",
        "The next `evenkeel plan` looks at every object that is remembered. `evenkeel recover` looks for those that the \
         copy does not know.",
    );
    Ok(())
}

fn tell_what_was_replaced(restored: &Restored, ui: &Ui) {
    if let Some(kept) = &restored.kept {
        let why = match &restored.damage {
            Some(damage) => format!(", which could not be read: {damage}"),
            None => String::new(),
        };
        ui.line(&format!("The replaced store is kept as {}{why}.", kept.display()));
    }
    for before in &restored.before {
        if let Some(warning) = newer(before) {
            ui.diagnostics(&warning.into(), None);
        }
    }
}

/// What the replaced store knew of a stack that the copy does not.
fn newer(before: &Before) -> Option<Diagnostic> {
    let (then, now) = (before.copy.serial, before.state.serial);
    if before.state.instances == before.copy.instances && now <= then {
        return None;
    }
    let mut detail = match before.copy.lineage.is_empty() || before.copy.lineage != before.state.lineage {
        true => format!("The copy has another history of the stack \"{}\", or none.", before.stack),
        false => format!("The stack \"{}\" goes back from serial {now} to {then}.", before.stack),
    };
    detail.push('\n');
    let made = only_in(&before.state, &before.copy);
    let gone = only_in(&before.copy, &before.state);
    list(&mut detail, "Objects that were made since; they go on to exist, and no state has them now:", &made);
    list(&mut detail, "Objects that were destroyed or forgotten since, and are remembered again:", &gone);
    let runs: Vec<String> = before
        .runs
        .iter()
        .map(|run| format!("run {} ({}, {} UTC)", run.id, run.kind.as_str(), render::moment(run.started)))
        .collect();
    list(&mut detail, "Runs that are not in the copy, newest first:", &runs);
    if !made.is_empty() {
        detail.push_str(
            "\n`evenkeel import ADDRESS ID` takes an object back, and `evenkeel recover` finds them.",
        );
    }
    Some(Diagnostic::warning("The copy is not what the store had last", detail.trim_end()))
}

fn list(detail: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    detail.push_str(&format!("\n{title}\n"));
    lines.iter().take(NAMED_MAX).for_each(|line| detail.push_str(&format!("  - {line}\n")));
    if let Some(more) = lines.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
        detail.push_str(&format!("  - and {more} more\n"));
    }
}

/// The objects that only the first state has, with the identifiers they are known by.
fn only_in(one: &State, other: &State) -> Vec<String> {
    let ids: std::collections::BTreeSet<_> = other
        .instances
        .keys()
        .flat_map(|address| objects(other, address).map(move |(_, object)| identity(address, object)))
        .collect();
    let all = one
        .instances
        .keys()
        .flat_map(|address| objects(one, address).map(move |(key, object)| (address, key, object)));
    let missing = all.filter(|(address, _, object)| !ids.contains(&identity(address, object)));
    missing
        .map(|(address, key, object)| {
            let deposed = key.map(|key| format!(" (deposed {key})")).unwrap_or_default();
            let id = object.id().map(|id| format!(" [id={id}]")).unwrap_or_default();
            format!("{address}{deposed}{id}")
        })
        .collect()
}

/// What tells objects apart, wherever they were moved.
fn identity(address: &InstanceAddress, object: &Object) -> (String, String) {
    let id = object.id().map_or_else(|| address.to_string(), str::to_owned);
    (address.resource.kind.to_string(), id)
}

/// Takes the state of a stack back to a moment of its history, by lines at the end of its journal.
pub async fn restore_at(session: &Session, moment: &str, patience: Duration) -> Result<(), Failure> {
    let then = past::at(session, Some(moment)).await?;
    let before = session.state().await?;
    rewrite(session, patience, |now| going_back(now, &then.past.state)).await?;
    let side = (&then.past, then.run.as_ref());
    session.ui.paragraph(
        "",
        &format!("The stack \"{}\" remembers what it did at {}.", session.stack, render::side(side)),
    );
    let made = only_in(&before, &then.past.state);
    if !made.is_empty() {
        let mut detail = String::new();
        list(&mut detail, "They go on to exist, and no state has them now:", &made);
        detail.push_str("\n`evenkeel import ADDRESS ID` takes an object back.");
        let warning =
            Diagnostic::warning("Objects that were made since are not managed", detail.trim_start());
        session.ui.diagnostics(&warning.into(), None);
    }
    session
        .ui
        .paragraph("\n", "Nothing was changed in any cloud. The next `evenkeel plan` looks at every object.");
    Ok(())
}

fn going_back(now: &State, then: &State) -> Vec<Entry> {
    let mut entries = Vec::new();
    for address in now.instances.keys() {
        let kept: Vec<_> = objects(then, address).map(|(key, _)| key).collect();
        entries.extend(
            objects(now, address)
                .filter(|(key, _)| !kept.contains(key))
                .map(|(deposed, _)| Entry::Forgotten { address: address.clone(), deposed }),
        );
    }
    for address in then.instances.keys() {
        let known: Vec<_> = objects(now, address).collect();
        let wanted = objects(then, address).filter(|object| !known.contains(object));
        entries.extend(wanted.map(|(deposed, object)| {
            let object = Some(Box::new(object.clone()));
            Entry::Observed { address: address.clone(), deposed, object }
        }));
    }
    if now.outputs != then.outputs {
        entries.push(Entry::Outputs { outputs: then.outputs.clone() });
    }
    entries
}

/// Proves that the whole store is what was written.
pub fn verify(global: &Global, location: &str, ui: &Ui) -> Result<(), Failure> {
    has_state(global, location)?;
    let store = Place::of(global, location)?.store;
    let options = store_options()?;
    let stacks = block_in_place(|| verify_store(&store, &options))?;
    for stack in &stacks {
        block_in_place(|| audited(&store, &stack.stack, &options))?;
    }
    ui.line(&format!("The store {} is whole.", store.display()));
    for stack in stacks {
        ui.line(&format!("  {}: serial {}, {} lines of the journal", stack.stack, stack.serial, stack.lines));
    }
    Ok(())
}

fn audited(store: &Path, stack: &StackId, options: &evenkeel_store::StoreOptions) -> Result<(), Failure> {
    match audit(store, stack, options)? {
        Some(Err(tampered)) => {
            let (path, stack) = (store.to_owned(), stack.clone());
            Err(StoreError::Tampered { path, stack, line: tampered.line, detail: tampered.detail }.into())
        }
        Some(Ok(_)) | None => Ok(()),
    }
}
