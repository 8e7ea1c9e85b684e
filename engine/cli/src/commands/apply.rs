//! `evenkeel apply` and `evenkeel destroy`

use std::io::IsTerminal;
use std::path::Path;

use evenkeel_model::Diagnostics;
use evenkeel_plan::Mode;
use evenkeel_provider::Providers;
use evenkeel_state::{RunKind, RunStatus};

use crate::args::{ApplyArgs, ChoiceArgs, Global, GovernorChoice};
use crate::commands::{check_run, machine_options, wish};
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::apply::{apply, remember};
use crate::flow::governor;
use crate::flow::interrupt::Signals;
use crate::flow::lease::Held;
use crate::flow::planning::{NotPlanned, Planned, plan};
use crate::flow::recover::recover;
use crate::flow::saved::{self, Opened};
use crate::flow::why;
use crate::planfile::{PlanFile, is_plan_file, is_there, refuse_others};
use crate::settings::Place;
use crate::ui::Ui;

pub async fn run(global: &Global, args: ApplyArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    let signals = Signals::listen();
    let path = Path::new(&args.run.location);
    if is_plan_file(path) {
        return saved(global, &args, path, providers, ui, &signals).await;
    }
    refuse_others(path)?;
    is_there(path, &format!("Failed to load \"{}\" as a plan file", path.display()))?;
    if args.run.json && !args.auto_approve {
        return Err(Failure::plain(
            "Plan file or auto-approve required",
            "Evenkeel cannot ask for interactive approval when -json is set. You can either apply a saved plan file, or \
             enable the -auto-approve option.",
        ));
    }
    let session =
        Session::open(global, &args.run.location, args.run.revision.as_deref(), providers, ui).await?;
    let held = Held::take(&session, args.run.lock_timeout).await?;
    let result = under_lease(&session, &held, &args, &signals).await;
    held.finish(result).await
}

async fn under_lease(
    session: &Session,
    held: &Held,
    args: &ApplyArgs,
    signals: &Signals,
) -> Result<u8, Failure> {
    let ui = &session.ui;
    let mode = if args.destroy { Mode::Destroy } else { Mode::Normal };
    let wish = wish(session, &args.run, &args.choice, mode).await?;
    let options = machine_options(&args.run);
    let state = recover(session, held, &wish.loaded, &wish.variables, options, signals).await?;
    let planned = match plan(session, wish, state, signals).await {
        Ok(planned) => planned,
        Err(NotPlanned { failure, partial }) => {
            if let Some(partial) = &partial {
                let whys = why::tell(session, partial, Some(&args.run)).await;
                ui.plan(partial, &whys, &session.catalog);
            }
            return Err(failure);
        }
    };
    let shown = async {
        let whys = why::tell(session, &planned, Some(&args.run)).await;
        match holds_warnings(args, &planned) {
            true => ui.plan_alone(&planned, &whys, &session.catalog),
            false => ui.plan(&planned, &whys, &session.catalog),
        }
    };
    let (remembered, ()) = tokio::join!(remember(session, held, &planned), shown);
    remembered?;
    if !planned.plan.has_effects() {
        ui.nothing_to_apply(args.destroy, &planned);
        return Ok(0);
    }
    if !is_let_through(session, held, args, &planned).await? {
        return Ok(governor::STOPPED);
    }
    if planned.plan.has_changes() && !args.auto_approve && !approved(session, args, signals).await? {
        ui.note(if args.destroy { "Destroy cancelled." } else { "Apply cancelled." });
        return Ok(1);
    }
    if signals.raised() {
        return Err(Failure::interrupted());
    }
    let kind = if args.destroy { RunKind::Destroy } else { RunKind::Apply };
    let report = apply(session, held, &planned, kind, options, signals.interrupts()).await?;
    ui.applied(&report, args.destroy, &planned, held_warnings(args, &planned));
    Ok(u8::from(report.status != RunStatus::Succeeded))
}

/// Asks the safety governor. Who is asked for a yes has seen the plan, and is only told; who is not, needs an
/// approval of exactly this plan where the operator's settings are strict.
async fn is_let_through(
    session: &Session,
    held: &Held,
    args: &ApplyArgs,
    planned: &Planned,
) -> Result<bool, Failure> {
    let digest = &**planned.plan.digest();
    if let Some(approved) = &args.approve {
        governor::approve(session, held, approved).await?;
    }
    let verdict = governor::judge(session, planned, &args.governor);
    let is_strict = args.governor.governor == Some(GovernorChoice::Strict);
    if !verdict.stops() || (args.auto_approve && !is_strict) {
        return Ok(true);
    }
    if !args.auto_approve {
        session.ui.would_be_stopped(&verdict, digest);
        return Ok(true);
    }
    if governor::use_approval(session, held, digest).await? {
        return Ok(true);
    }
    session.ui.stopped(&verdict, digest, &format!("evenkeel apply -auto-approve -approve={digest}"));
    Ok(false)
}

/// Whether the warnings of a plan are told when it has been carried out, because nobody is asked before.
fn holds_warnings(args: &ApplyArgs, planned: &Planned) -> bool {
    args.auto_approve && planned.plan.has_effects()
}

/// The warnings that were held back; what checks say is told anew by the run.
fn held_warnings(args: &ApplyArgs, planned: &Planned) -> Diagnostics {
    let held = planned.warnings.iter().filter(|_| holds_warnings(args, planned));
    Diagnostics(held.filter(|one| !one.summary.starts_with("Check block assertion")).cloned().collect())
}

/// Applies a plan file. Whoever gives one has approved it.
async fn saved(
    global: &Global,
    args: &ApplyArgs,
    path: &Path,
    providers: Providers,
    ui: &Ui,
    signals: &Signals,
) -> Result<u8, Failure> {
    check_run(&args.run)?;
    check_choice(args)?;
    let file = PlanFile::read(path)?;
    if !Place::of(global, ".")?.store.exists() {
        // Without a store there is no key, and none is made for it.
        file.open(path, None)?;
    }
    let session = Session::open(global, ".", saved::revision(&file), providers, ui).await?;
    let held = Held::take(&session, args.run.lock_timeout).await?;
    let result = saved_under_lease(&session, &held, args, &file, signals).await;
    held.finish(result).await
}

async fn saved_under_lease(
    session: &Session,
    held: &Held,
    args: &ApplyArgs,
    file: &PlanFile,
    signals: &Signals,
) -> Result<u8, Failure> {
    let path = Path::new(&args.run.location);
    let Opened::Plan(planned) = saved::open(session, file, path, Some(&args.run)).await? else {
        return Err(Failure::plain(
            "Cannot apply incomplete plan",
            "A mistake was found while this plan was made, so it cannot be applied. Put right what `evenkeel plan` \
             said, and plan again.",
        ));
    };
    saved::may_run_commands(&planned, &args.run)?;
    let options = machine_options(&args.run);
    let state = recover(session, held, &planned.loaded, &planned.variables, options, signals).await?;
    saved::is_current(&planned, &state)?;
    session.ui.approved_changes(&planned);
    remember(session, held, &planned).await?;
    let destroy = planned.options.mode == Mode::Destroy;
    if !planned.plan.has_effects() {
        session.ui.nothing_to_apply(false, &planned);
        return Ok(0);
    }
    if signals.raised() {
        return Err(Failure::interrupted());
    }
    let kind = if destroy { RunKind::Destroy } else { RunKind::Apply };
    let report = apply(session, held, &planned, kind, options, signals.interrupts()).await?;
    // As with Terraform, what is carried out is a plan, whatever it does.
    session.ui.applied(&report, false, &planned, Diagnostics::new());
    Ok(u8::from(report.status != RunStatus::Succeeded))
}

/// What a plan file has decided already cannot be asked for again.
fn check_choice(args: &ApplyArgs) -> Result<(), Failure> {
    let ChoiceArgs { replace, refresh_only, target, exclude } = &args.choice;
    if !args.destroy
        && !refresh_only
        && replace.is_empty()
        && target.is_empty()
        && exclude.is_empty()
        && args.run.revision.is_none()
    {
        return Ok(());
    }
    Err(Failure::plain(
        "A plan file is applied as it is",
        "The plan was made already: -destroy, -refresh-only, -replace, -target and -revision belong to `evenkeel plan`.",
    ))
}

/// Asks for a yes.
async fn approved(session: &Session, args: &ApplyArgs, signals: &Signals) -> Result<bool, Failure> {
    let ui = &session.ui;
    if !args.run.input {
        return Err(Failure::plain(
            "No approval",
            "Nobody is to be asked (-input=false). Use -auto-approve to apply without being asked.",
        ));
    }
    ui.ask_approval(args.destroy, &session.stack.0);
    read_yes(ui, signals).await
}

/// Reads a line; whether it is a yes.
pub(super) async fn read_yes(ui: &Ui, signals: &Signals) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        ui.note("");
    }
    // The thread that reads is left behind when the user interrupts: reading cannot be cancelled.
    let (sender, answer) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line);
        let _ = sender.send(read.map(|_| line));
    });
    tokio::select! {
        answer = answer => match answer {
            Ok(Ok(line)) => Ok(line.trim() == "yes"),
            Ok(Err(_)) | Err(_) => Ok(false),
        },
        () = signals.first() => Err(Failure::interrupted()),
    }
}
