//! `evenkeel workspace`: workspaces are the stacks of a store, and the one that is selected is
//! remembered where Terraform remembers it.

use std::time::Duration;

use evenkeel_provider::Providers;
use evenkeel_store::{StackId, Store};

use crate::args::{Global, WorkspaceCommand};
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::lease::Held;
use crate::flow::state_file;
use crate::ui::Ui;

const DEFAULT: &str = "default";

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
            true => switch(&session, &name, "Switched to workspace")?,
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
    switch(session, name, "Created and switched to workspace")
}

fn switch(session: &Session, name: &str, what: &str) -> Result<(), Failure> {
    let file = session.place.workspace_file().ok_or_else(|| {
        Failure::plain(
            "Nothing to remember the workspace in",
            "Only a directory remembers which workspace is selected. Name it with -stack=NAME instead.",
        )
    })?;
    let made = file.parent().map_or(Ok(()), std::fs::create_dir_all);
    made.and_then(|()| std::fs::write(&file, name)).map_err(|error| {
        Failure::plain("Cannot remember the workspace", format!("{}: {error}.", file.display()))
    })?;
    session.ui.line(&format!("{what} \"{name}\"."));
    Ok(())
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
        let count = state.instances.len();
        let detail = format!(
            "Workspace \"{name}\" is currently tracking {count} resource instances. Destroy them first, or forget them \
             with -force: they go on to exist."
        );
        return Err(Failure::plain("Workspace is not empty", detail));
    }
    let removed = session.store.remove(&held.lease()).await;
    held.release().await;
    removed?;
    state_file::remove(&session.place, &named.stack)?;
    session.ui.line(&format!("Deleted workspace \"{name}\"."));
    Ok(())
}

async fn held(session: &Session, name: &str) -> Result<Held, Failure> {
    let session = Session { stack: StackId::from(name), ..session.clone() };
    Ok(Held::try_take(&session, Duration::ZERO).await?)
}

fn missing(name: &str) -> Failure {
    let detail = format!("Workspace \"{name}\" doesn't exist. Make it with `evenkeel workspace new {name}`.");
    Failure::plain("No such workspace", detail)
}
