//! `evenkeel workspace`: workspaces are the stacks of a store, and the one that is selected is
//! remembered where Terraform remembers it.

use std::time::Duration;

use evenkeel_provider::Providers;
use evenkeel_state::State;
use evenkeel_store::{StackId, Store};

use crate::args::{Global, WorkspaceCommand};
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::lease::Held;
use crate::flow::state_file;
use crate::ui::Ui;

const DEFAULT: &str = "default";

/// So many objects of a workspace are named.
const NAMED_MAX: usize = 10;

pub async fn run(
    global: &Global,
    command: WorkspaceCommand,
    providers: Providers,
    ui: &Ui,
) -> Result<u8, Failure> {
    let session = Session::open_alone(global, ".", None, providers, ui).await?;
    match command {
        WorkspaceCommand::Show => ui.line(&session.stack.0),
        WorkspaceCommand::List => list(&session).await?,
        WorkspaceCommand::New { name } => make(&session, &name).await?,
        WorkspaceCommand::Select { name, or_create } => match known(&session).await?.contains(&name) {
            true => {
                remember(&session, &name)?;
                ui.line(&format!("Switched to workspace \"{name}\"."));
            }
            false if or_create => make(&session, &name).await?,
            false => return Err(missing(&name)),
        },
        WorkspaceCommand::Delete { name, force } => delete(&session, &name, force).await?,
    }
    Ok(0)
}

/// The workspaces by name; the default one is always there.
async fn known(session: &Session) -> Result<Vec<String>, Failure> {
    let stacks = session.store.stacks().await?;
    let mut names: Vec<String> = stacks.iter().map(|stack| stack.0.to_string()).collect();
    names.push(DEFAULT.to_owned());
    names.extend(state_file::workspaces(&session.place));
    names.sort();
    names.dedup();
    Ok(names)
}

async fn list(session: &Session) -> Result<(), Failure> {
    for name in known(session).await? {
        let mark = if *name == *session.stack.0 { "*" } else { " " };
        session.ui.line(&format!("{mark} {name}"));
    }
    session.ui.line("");
    Ok(())
}

async fn make(session: &Session, name: &str) -> Result<(), Failure> {
    let is_name =
        !name.is_empty() && !name.chars().any(|c| c == '/' || c == '%' || c.is_control() || c == ' ');
    if !is_name {
        let detail =
            format!("\"{name}\" cannot be a workspace: use letters, digits, dashes and underscores.");
        return Err(Failure::plain("Invalid workspace name", detail));
    }
    if known(session).await?.iter().any(|other| other == name) {
        let detail = format!(
            "There is a workspace \"{name}\" already. Switch to it with `evenkeel workspace select`."
        );
        return Err(Failure::plain(format!("Workspace \"{name}\" already exists"), detail));
    }
    // Whoever holds a stack has made it.
    held(session, name).await?.release().await;
    remember(session, name)?;
    session.ui.line(&format!("Created and switched to workspace \"{name}\"!"));
    session.ui.paragraph(
        "\n",
        "You're now on a new, empty workspace. Workspaces isolate their state, so if you run \"evenkeel plan\" Evenkeel \
         will not see any existing state for this configuration.",
    );
    Ok(())
}

/// Selects a workspace.
fn remember(session: &Session, name: &str) -> Result<(), Failure> {
    let file = session.place.workspace_file().ok_or_else(|| {
        Failure::plain(
            "Nothing to remember the workspace in",
            "Only a directory remembers which workspace is selected. Name it with -stack=NAME instead.",
        )
    })?;
    let made = file.parent().map_or(Ok(()), std::fs::create_dir_all);
    made.and_then(|()| std::fs::write(&file, name)).map_err(|error| {
        Failure::plain("Cannot remember the workspace", format!("{}: {error}.", file.display()))
    })
}

async fn delete(session: &Session, name: &str, force: bool) -> Result<(), Failure> {
    if name == DEFAULT {
        return Err(Failure::plain("Cannot delete the default workspace", "It is always there."));
    }
    if !known(session).await?.iter().any(|other| other == name) {
        return Err(missing(name));
    }
    if *session.stack.0 == *name {
        let detail =
            format!("Workspace \"{name}\" is your active workspace. Switch to another one and try again.");
        return Err(Failure::plain("Workspace is active", detail));
    }
    let named = Session { stack: StackId::from(name), ..session.clone() };
    let held = Held::take(&named, Duration::ZERO).await?;
    let state = session.store.load(&StackId::from(name)).await?;
    if !force && !state.is_empty() {
        held.release().await;
        return Err(not_empty(name, &state));
    }
    let removed = session.store.remove(&held.lease()).await;
    held.release().await;
    removed?;
    state_file::remove(&session.place, &named.stack)?;
    session.ui.line(&format!("Deleted workspace \"{name}\"!"));
    if !state.is_empty() {
        let remark = format!(
            "WARNING: \"{name}\" was non-empty. The resources managed by the deleted workspace may still exist, but are no \
             longer manageable by Evenkeel since the state has been deleted."
        );
        session.ui.paragraph("", &remark);
    }
    Ok(())
}

fn not_empty(name: &str, state: &State) -> Failure {
    let named: Vec<String> =
        state.instances.keys().take(NAMED_MAX).map(|address| format!("  - {address}")).collect();
    let more = state.instances.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!("\n  - and {more} more") } else { String::new() };
    let detail = format!(
        "Workspace \"{name}\" is currently tracking the following resource instances:\n{}{more}\n\nDestroy them before you \
         delete the workspace, or forget them with -force: they go on to exist, and nothing knows of them any more.",
        named.join("\n")
    );
    Failure::plain("Workspace is not empty", detail)
}

async fn held(session: &Session, name: &str) -> Result<Held, Failure> {
    let session = Session { stack: StackId::from(name), ..session.clone() };
    Ok(Held::try_take(&session, Duration::ZERO).await?)
}

fn missing(name: &str) -> Failure {
    let detail = format!(
        "Workspace \"{name}\" doesn't exist. You can create it with `evenkeel workspace new {name}`, or select it with \
                          -or-create."
    );
    Failure::plain("No such workspace", detail)
}
