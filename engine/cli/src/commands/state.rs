//! `evenkeel state`: looks into what is remembered, and puts it right.

mod backup;
mod mv;
mod replace_provider;
mod transfer;

use std::time::Duration;

use evenkeel_model::InstanceAddress;
use evenkeel_plan::Target;
use evenkeel_provider::Providers;
use evenkeel_state::{DeposedKey, Entry, Object, State};
use evenkeel_store::{StackId, Store};

use crate::args::{Global, StateChangeArgs, StateCommand};
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::lease::Held;
use crate::flow::past;
use crate::flow::state_file;
use crate::settings::Place;
use crate::ui::Ui;

pub async fn run(
    global: &Global,
    command: StateCommand,
    providers: Providers,
    ui: &Ui,
) -> Result<u8, Failure> {
    match command {
        StateCommand::List { addresses, id, at, location } => {
            has_state(global, &location)?;
            let session = Session::look(global, &location, providers, ui).await?;
            list(&state_at(&session, at.as_deref()).await?, &addresses, id.as_deref(), ui)?;
        }
        StateCommand::Show { address, at, location, .. } => {
            has_state(global, &location)?;
            let session = Session::look(global, &location, providers, ui).await?;
            show(&session, &address, at.as_deref()).await?;
        }
        StateCommand::Mv { source, destination, dry_run, change } => {
            let session = to_change(global, &change, providers, ui).await?;
            mv::run(&session, &source, &destination, dry_run, &change).await?;
        }
        StateCommand::Rm { addresses, dry_run, change } => {
            let session = to_change(global, &change, providers, ui).await?;
            rm(&session, &addresses, dry_run, &change).await?;
        }
        StateCommand::ReplaceProvider { from, to, auto_approve, change } => {
            let session = to_change(global, &change, providers, ui).await?;
            replace_provider::run(&session, [&from, &to], auto_approve, &change).await?;
        }
        StateCommand::Import { file, force, change } => {
            check(&change)?;
            let session = Session::open_alone(global, &change.location, None, providers, ui).await?;
            transfer::import(&session, file.as_deref(), force, &change).await?;
        }
        StateCommand::Export { file, force, location } => {
            // What stands in a state file is not looked at: it may be the one to be written.
            has_state(global, &location)?;
            let session = Session::open_alone(global, &location, None, providers, ui).await?;
            transfer::export(&session, file.as_deref(), force).await?;
        }
        StateCommand::Backup { file, force, location } => {
            backup::backup(global, &file, force, &location, ui)?;
        }
        StateCommand::Restore { file: Some(file), change, .. } => {
            check(&change)?;
            backup::restore(global, &file, &change.location, ui)?;
        }
        StateCommand::Restore { file: None, at, change } => {
            let session = to_change(global, &change, providers, ui).await?;
            backup::restore_at(&session, &at.unwrap_or_default(), change.lock_timeout).await?;
        }
        StateCommand::Verify { location } => backup::verify(global, &location, ui)?,
        StateCommand::Pull { location } => {
            let place = Place::of(global, &location)?;
            if let Some(session) = Session::look_at(global, place, providers, ui).await? {
                transfer::pull(&session).await?;
            }
        }
        StateCommand::Push { file, force, change } => {
            check(&change)?;
            let session = Session::open(global, &change.location, None, providers, ui).await?;
            transfer::push(&session, &file, force, &change).await?;
        }
    }
    Ok(0)
}

/// A session that changes a state which is there.
async fn to_change(
    global: &Global,
    change: &StateChangeArgs,
    providers: Providers,
    ui: &Ui,
) -> Result<Session, Failure> {
    check(change)?;
    has_state(global, &change.location)?;
    Session::open(global, &change.location, None, providers, ui).await
}

/// Options of Terraform that have no place here are refused and not ignored.
fn check(change: &StateChangeArgs) -> Result<(), Failure> {
    let given = [("-state", &change.state), ("-state-out", &change.state_out)];
    let Some((name, _)) = given.into_iter().find(|(_, file)| file.is_some()) else { return Ok(()) };
    Err(Failure::plain(
        format!("{name} is not supported"),
        "State is kept in the store. `evenkeel state import FILE` takes a state file over, and `evenkeel state export FILE` \
         writes one.",
    ))
}

async fn rm(
    session: &Session,
    addresses: &[String],
    dry_run: bool,
    change: &StateChangeArgs,
) -> Result<(), Failure> {
    let ui = &session.ui;
    let found = matching_all(&session.state().await?, addresses)?;
    for address in &found {
        ui.line(&format!("{} {address}", if dry_run { "Would remove" } else { "Removed" }));
    }
    if !dry_run {
        let entries = |state: &State| found.iter().flat_map(|address| forgotten(state, address)).collect();
        rewrite(session, change.lock_timeout, entries).await?;
        ui.line(&format!("Successfully removed {} resource instance(s).", found.len()));
    }
    Ok(())
}

fn list(state: &State, addresses: &[String], id: Option<&str>, ui: &Ui) -> Result<(), Failure> {
    for address in addresses {
        if matching(state, address).is_empty() {
            return Err(unknown(address));
        }
    }
    for (address, instance) in &state.instances {
        let text = address.to_string();
        if !addresses.is_empty() && !addresses.iter().any(|prefix| is_below(&text, prefix)) {
            continue;
        }
        let is_meant = |object: &&Object| id.is_none_or(|id| object.id() == Some(id));
        if instance.current.as_ref().filter(is_meant).is_some() {
            ui.line(&text);
        }
        for (key, _) in instance.deposed.iter().filter(|(_, object)| is_meant(object)) {
            ui.line(&format!("{text} (deposed {key})"));
        }
    }
    Ok(())
}

/// That the state has nothing at an address.
fn unknown(address: &str) -> Failure {
    let later = |what: &str| {
        format!(
            "If you've just added this {what} to the configuration, you must run \"evenkeel apply\" first to create its \
             entry in the state."
        )
    };
    match (address.parse::<InstanceAddress>(), address.parse::<Target>()) {
        (Ok(InstanceAddress { key: Some(_), .. }), _) => Failure::plain(
            "Unknown resource instance",
            format!(
                "The current state contains no resource instance {address}. {} The same holds after a change of count or \
                 for_each.",
                later("resource")
            ),
        ),
        (Ok(_), _) => Failure::plain(
            "Unknown resource",
            format!("The current state contains no resource {address}. {}", later("resource")),
        ),
        (Err(_), Ok(_)) => Failure::plain(
            "Unknown module",
            format!("The current state contains no module at {address}. {}", later("module")),
        ),
        (Err(error), Err(_)) => Failure::plain("Invalid address", format!("{error}.")),
    }
}

/// What is remembered, or was at a moment.
async fn state_at(session: &Session, at: Option<&str>) -> Result<State, Failure> {
    match at {
        None => session.state().await,
        Some(_) => Ok(past::at(session, at).await?.past.state),
    }
}

async fn show(session: &Session, address: &str, at: Option<&str>) -> Result<(), Failure> {
    let state = state_at(session, at).await?;
    let parsed: InstanceAddress =
        address.parse().map_err(|error| Failure::plain("Invalid address", format!("{error}.")))?;
    let object = state.instances.get(&parsed).and_then(|instance| instance.current.as_ref());
    let object = object.ok_or_else(|| {
        Failure::plain(
            "No instance found for the given address",
            format!(
                "The state has no object at {parsed}. This command requires that the address references one specific \
                 instance. To view the available instances, use \"evenkeel state list\"."
            ),
        )
    })?;
    session.ui.object(&parsed, object, &session.catalog);
    Ok(())
}

/// Changes the state by entries that follow from it, all or none.
async fn rewrite(
    session: &Session,
    patience: Duration,
    entries: impl FnOnce(&State) -> Vec<Entry>,
) -> Result<(), Failure> {
    let held = Held::take(session, patience).await?;
    let result = rewrite_under_lease(session, &held, entries).await;
    held.finish(result).await
}

async fn rewrite_under_lease(
    session: &Session,
    held: &Held,
    entries: impl FnOnce(&State) -> Vec<Entry>,
) -> Result<(), Failure> {
    let state = session.state().await?;
    if !state.pending.is_empty() {
        return Err(interrupted());
    }
    session.store.append(&held.lease(), entries(&state)).await?;
    Ok(())
}

fn interrupted() -> Failure {
    Failure::plain(
        "An earlier run was interrupted",
        "What became of its last steps is not known yet. `evenkeel plan` finds out; change the state then.",
    )
}

/// The objects of an instance: the current one and those that were put aside.
fn objects<'s>(
    state: &'s State,
    address: &InstanceAddress,
) -> impl Iterator<Item = (Option<DeposedKey>, &'s Object)> + use<'s> {
    let instance = state.instances.get(address).into_iter();
    instance.flat_map(|instance| {
        let current = instance.current.iter().map(|object| (None, object));
        current.chain(instance.deposed.iter().map(|(key, object)| (Some(*key), object)))
    })
}

fn forgotten(state: &State, address: &InstanceAddress) -> Vec<Entry> {
    objects(state, address)
        .map(|(deposed, _)| Entry::Forgotten { address: address.clone(), deposed })
        .collect()
}

fn matching_all(state: &State, addresses: &[String]) -> Result<Vec<InstanceAddress>, Failure> {
    let mut found = Vec::new();
    for address in addresses {
        if let Err(error) = address.parse::<Target>() {
            return Err(Failure::plain("Invalid address", format!("{error}.")));
        }
        found.extend(matching(state, address));
    }
    // As with Terraform, one that is there is enough.
    if found.is_empty() {
        return Err(no_match("Invalid target address"));
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn matching(state: &State, address: &str) -> Vec<InstanceAddress> {
    state.instances.keys().filter(|found| is_below(&found.to_string(), address)).cloned().collect()
}

fn no_match(summary: &str) -> Failure {
    let detail = "No matching objects found. To view the available instances, use \"evenkeel state list\". Please modify the \
                  address to reference a specific instance.";
    Failure::plain(summary, detail)
}

/// That there is a state at all. A store is not made only to find out that it is empty.
fn has_state(global: &Global, location: &str) -> Result<(), Failure> {
    let place = Place::of(global, location)?;
    let stack = StackId::from(place.stack(global).as_str());
    match place.store.exists() || state_file::is_there(&place, &stack) {
        true => Ok(()),
        false => Err(Failure::plain(
            "No state file was found!",
            "State management commands require a state. Run this command in a directory where Evenkeel has been run, or \
             name the store with -store=FILE.",
        )),
    }
}

/// Whether an address is the one given, or an instance of it, or inside it.
fn is_below(address: &str, prefix: &str) -> bool {
    address.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
