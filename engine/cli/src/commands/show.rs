//! `evenkeel show`

use std::path::Path;

use evenkeel_provider::Providers;
use evenkeel_state::State;
use evenkeel_store::Store;

use crate::args::{Global, ShowArgs};
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::saved::{self, Opened};
use crate::flow::why;
use crate::planfile::{PlanFile, is_plan_file, is_there, refuse_others};
use crate::render::json::representation::{self, Subject};
use crate::settings::Place;
use crate::ui::{Ui, schemas};

pub async fn run(global: &Global, args: &ShowArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    let path = Path::new(&args.location);
    if is_plan_file(path) {
        return plan_file(global, args, path, providers, ui).await;
    }
    refuse_others(path)?;
    is_there(path, "Failed to read the given file as a state or plan file")?;
    if let Some(digest) = &args.plan {
        let session = Session::look(global, &args.location, providers, ui).await?;
        let stored = session.store.load_plan(&session.stack, digest).await?;
        ui.line(&String::from_utf8_lossy(&stored.document));
        return Ok(0);
    }
    let place = Place::of(global, &args.location)?;
    match Session::look_at(global, place, providers, ui).await? {
        Some(session) => state(&session, &session.state().await?, args),
        None if args.json => ui.document(&representation::state(&State::default(), &|_| None)),
        None => ui.line("No state."),
    }
    Ok(0)
}

fn state(session: &Session, state: &State, args: &ShowArgs) {
    match args.json {
        true => session.ui.document(&representation::state(state, &schemas(&session.catalog))),
        false => session.ui.state(state, &session.catalog),
    }
}

async fn plan_file(
    global: &Global,
    args: &ShowArgs,
    path: &Path,
    providers: Providers,
    ui: &Ui,
) -> Result<u8, Failure> {
    let file = PlanFile::read(path)?;
    let session = Session::look(global, ".", providers, &ui.without_refresh_lines()).await?;
    let planned = match saved::open(&session, &file, path, None).await? {
        Opened::Plan(planned) => planned,
        Opened::Failed { document, .. } if args.json => {
            ui.document(&document);
            return Ok(0);
        }
        Opened::Failed { text, .. } => {
            ui.line(&text);
            return Ok(0);
        }
    };
    if !args.json {
        let whys = why::told_before(&session, &planned);
        ui.plan(&planned, &whys, &session.catalog);
        return Ok(0);
    }
    let subject = Subject {
        plan: &planned.plan,
        state: &planned.state,
        configuration: &planned.loaded.configuration,
        schemas: &schemas(&session.catalog),
    };
    ui.document(&representation::plan(&subject));
    Ok(0)
}
