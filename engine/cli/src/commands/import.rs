//! `evenkeel import`: an object that exists becomes an instance of the configuration.
//!
//! What an `import` block would plan is planned, for that one instance, and nothing but the object is
//! written down: what the configuration wants of it is for the next plan.

use std::sync::Arc;

use evenkeel_lang::config::{self, ResourceKey};
use evenkeel_model::address::quote;
use evenkeel_model::{InstanceAddress, ResourceMode, Severity, Snapshot};
use evenkeel_plan::Mode;
use evenkeel_provider::Providers;
use evenkeel_state::{Entry, Object, RunKind, RunStatus, State};
use evenkeel_store::Store;

use crate::args::{ChoiceArgs, Global, ImportArgs};
use crate::commands::{check_run, machine_options, options, wish_of};
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::interrupt::Signals;
use crate::flow::lease::Held;
use crate::flow::load::{Loaded, load};
use crate::flow::planning::{Planned, plan};
use crate::flow::recover::recover;
use crate::ui::Ui;

/// The file that an import block stands in for the time of the command.
const FILE: &str = "import-of-the-command-line.tf";

pub async fn run(global: &Global, args: ImportArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    check_run(&args.run)?;
    let signals = Signals::listen();
    let address = address(&args.address)?;
    let location = args.config.as_ref().unwrap_or(&args.run.location);
    let session = Session::open(global, location, args.run.revision.as_deref(), providers, ui).await?;
    let loaded = load(&session, args.run.revision.as_deref()).await?;
    ui.diagnostics(&loaded.warnings, Some(&loaded.snapshot));
    is_declared(&address, &loaded)?;
    let loaded = with_blocks(loaded, [(&address, &*args.id)])?;
    let held = Held::take(&session, args.run.lock_timeout).await?;
    let result = import(&session, &held, &args, &address, loaded, &signals).await;
    held.finish(result).await?;
    ui.line(
        "\nImport successful!\n\nThe resources that were imported are shown above. These resources are now in\n\
         your Evenkeel state and will henceforth be managed by Evenkeel.",
    );
    ui.line("");
    Ok(0)
}

async fn import(
    session: &Session,
    held: &Held,
    args: &ImportArgs,
    address: &InstanceAddress,
    loaded: Loaded,
    signals: &Signals,
) -> Result<(), Failure> {
    let ui = &session.ui;
    let choice = ChoiceArgs { target: vec![address.to_string()], ..ChoiceArgs::default() };
    let wish = wish_of(session, &args.run, loaded, options(&args.run, &choice, Mode::Normal)?)?;
    let machine = machine_options(&args.run);
    let state = recover(session, held, &wish.loaded, &wish.variables, machine, signals).await?;
    is_free(address, &state)?;
    ui.line(&format!("{address}: Importing from ID {}...", quote(&args.id)));
    let quiet = Session { ui: ui.without_refresh_lines().without_warnings(), ..session.clone() };
    let planned = plan(&quiet, wish, state, signals).await.map_err(|failed| without_block(failed.into()))?;
    let object = imported(&planned, address)?;
    let (kind, id) = (&address.resource.kind, &args.id);
    ui.line(&format!(
        "{address}: Import prepared!\n  Prepared {kind} for import\n{address}: Refreshing state... [id={id}]"
    ));
    write(session, held, &planned, vec![(address.clone(), object)]).await
}

fn address(text: &str) -> Result<InstanceAddress, Failure> {
    let wrong = |why: &str| {
        let detail =
            format!("{why} An import address is [module.NAME.]TYPE.NAME, with [KEY] for an instance.");
        Failure::plain("Invalid address", detail)
    };
    let address: InstanceAddress = text.parse().map_err(|error| wrong(&format!("{error}.")))?;
    match address.resource.mode {
        ResourceMode::Managed => Ok(address),
        ResourceMode::Data | ResourceMode::Ephemeral => {
            Err(wrong(&format!("{text} is no managed resource, and only those can be imported.")))
        }
    }
}

fn is_declared(address: &InstanceAddress, loaded: &Loaded) -> Result<(), Failure> {
    let resource = &address.resource;
    let module = loaded.configuration.module(&resource.module.without_keys());
    let key = ResourceKey { mode: resource.mode, kind: resource.kind.clone(), name: resource.name.clone() };
    if module.is_some_and(|module| module.resources.contains_key(&key)) {
        return Ok(());
    }
    let place = match resource.module.is_root() {
        true => "the root module".to_owned(),
        false => resource.module.to_string(),
    };
    let detail = format!(
        "Before importing this resource, please create its configuration in {place}. For example:\n\nresource \"{}\" \"{}\" \
         {{\n  # (resource arguments)\n}}",
        resource.kind, resource.name
    );
    Err(Failure::plain(
        format!("resource address \"{address}\" does not exist in the configuration."),
        detail,
    ))
}

fn is_free(address: &InstanceAddress, state: &State) -> Result<(), Failure> {
    if state.instances.get(address).is_none_or(|instance| instance.current.is_none()) {
        return Ok(());
    }
    let detail = format!(
        "Evenkeel is already managing a remote object for {address}. To import to this address you must first remove the \
         existing object from the state: `evenkeel state rm` does so, and the object goes on to exist."
    );
    Err(Failure::plain("Resource already managed by Evenkeel", detail))
}

/// The configuration with more import blocks.
pub(super) fn with_blocks<'i>(
    loaded: Loaded,
    imports: impl IntoIterator<Item = (&'i InstanceAddress, &'i str)>,
) -> Result<Loaded, Failure> {
    let block = |(address, id)| format!("import {{\n  to = {address}\n  id = {}\n}}\n", quote(id));
    let text: String = imports.into_iter().map(block).collect();
    let path = match loaded.root.trim_matches('/') {
        "" => FILE.to_owned(),
        root => format!("{root}/{FILE}"),
    };
    let mut files = loaded.snapshot.files.clone();
    files.insert(path.into(), text.as_bytes().into());
    let snapshot = Arc::new(Snapshot { revision: loaded.snapshot.revision.clone(), files });
    let loading = config::load_with(&snapshot, &loaded.root, &loaded.resolved);
    if loading.diagnostics.has_errors() {
        return Err(Failure::in_files(loading.diagnostics, &snapshot));
    }
    Ok(Loaded { snapshot, configuration: Arc::new(loading.configuration), ..loaded })
}

/// What is wrong, without what only the way of planning it brought: a warning that a part is planned, and
/// places in a file that nobody has.
pub(super) fn without_block(mut failure: Failure) -> Failure {
    failure.diagnostics.0.retain(|found| found.severity == Severity::Error);
    for found in &mut failure.diagnostics.0 {
        if found.range.as_ref().is_some_and(|range| range.filename.ends_with(FILE)) {
            found.range = None;
        }
    }
    failure
}

/// The object that the plan found.
pub(super) fn imported(planned: &Planned, address: &InstanceAddress) -> Result<Object, Failure> {
    let mut found = planned.plan.refreshed.iter();
    let found = found.find(|refreshed| refreshed.address == *address && refreshed.deposed.is_none());
    found.and_then(|refreshed| refreshed.object.clone()).ok_or_else(|| {
        let detail = format!(
            "The configuration has no instance {address}: look at `count` and `for_each` of the resource and of the modules \
             that it is in. All target instances must have an associated configuration to be imported."
        );
        Failure::plain("Configuration for import target does not exist", detail)
    })
}

/// Writes objects down, as a run of their own.
pub(super) async fn write(
    session: &Session,
    held: &Held,
    planned: &Planned,
    objects: Vec<(InstanceAddress, Object)>,
) -> Result<(), Failure> {
    let lease = held.lease();
    let run = session.store.next_run(&lease).await?;
    let started = Entry::RunStarted {
        run,
        kind: RunKind::Refresh,
        revision: planned.loaded.snapshot.revision.clone(),
        plan_digest: planned.plan.digest().clone(),
    };
    let finished = Entry::RunFinished { run, status: RunStatus::Succeeded, error: None };
    let observed = objects.into_iter().map(|(address, object)| Entry::Observed {
        address,
        deposed: None,
        object: Some(Box::new(object)),
    });
    let entries = std::iter::once(started).chain(observed).chain([finished]).collect();
    session.store.append(&lease, entries).await?;
    Ok(())
}
