//! `evenkeel rollback`: an ordinary plan, made from the configuration of a revision that was applied before.
//! What the state was then has no part in it: what exists now is looked at and brought to what that revision
//! declares.

use evenkeel_model::Revision;
use evenkeel_provider::Providers;
use evenkeel_store::RunRow;

use crate::args::{ApplyArgs, Global, PlanArgs, RollbackArgs};
use crate::commands::{apply, plan};
use crate::error::Failure;
use crate::flow::{Session, past};
use crate::render;
use crate::ui::Ui;

pub async fn run(
    global: &Global,
    mut args: RollbackArgs,
    providers: Providers,
    ui: &Ui,
) -> Result<u8, Failure> {
    if args.run.revision.is_some() {
        let detail = "-to says which revision is meant; leave -revision out.";
        return Err(Failure::usage("Incompatible command line options", detail, &["rollback"]));
    }
    let session = Session::look(global, &args.run.location, providers.clone(), ui).await?;
    let run = past::run_at(&session, &args.to).await?;
    drop(session);
    args.run.revision = Some(commit(&run)?);
    ui.aside(&format!(
        "Rolling back to revision {}, which run {} ({}) brought about at {} UTC.",
        run.revision.short(),
        run.id,
        run.kind.as_str(),
        render::moment(run.started),
    ));
    let RollbackArgs { run, choice, governor, approve, auto_approve, out, .. } = args;
    match out {
        Some(_) => {
            let args = PlanArgs {
                run,
                choice,
                governor,
                detailed_exitcode: false,
                destroy: false,
                out,
                generate_config_out: None,
                probe_permissions: false,
                record: None,
                replay: None,
            };
            plan::run(global, args, providers, ui).await
        }
        None => {
            let args = ApplyArgs { run, choice, governor, approve, auto_approve, destroy: false };
            apply::run(global, args, providers, ui).await
        }
    }
}

/// The commit to plan from.
fn commit(run: &RunRow) -> Result<String, Failure> {
    match &run.revision {
        Revision::Commit(id) => Ok(id.to_string()),
        Revision::Directory(_) => Err(Failure::plain(
            "The revision cannot be found again",
            format!(
                "Run {} applied a directory as it stood ({}), and nobody has kept its files. Only what was applied from a \
                 commit (-revision, or the address of a repository) can be rolled back to.",
                run.id, run.revision
            ),
        )),
    }
}
