//! `evenkeel recover`: a state that was lost is made again, from what the configuration declares and what is in
//! the clouds.
//!
//! The configuration is planned as if nothing existed; every instance that the plan would create is looked for
//! among the objects that no state has (`search`). What is found makes more of the plan known (the subnets of a
//! network, once there is the network), so that it is planned and looked for again. Nothing is written before
//! somebody has approved it, and nothing is changed in any cloud.

mod report;
mod search;

use std::collections::BTreeMap;

use evenkeel_model::InstanceAddress;
use evenkeel_plan::Mode;
use evenkeel_provider::Providers;

use crate::args::{ChoiceArgs, Global, RecoverArgs};
use crate::commands::apply::read_yes;
use crate::commands::import::{imported, with_blocks, without_block, write};
use crate::commands::{check_run, machine_options, options, wish_of};
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::interrupt::Signals;
use crate::flow::lease::Held;
use crate::flow::load::{Loaded, load};
use crate::flow::planning::{Planned, plan};
use crate::flow::recover::recover;
use crate::ui::Ui;
use report::Report;
use search::{Found, Search};

/// So often it is planned and looked for again: the longest chain of objects that need each other.
const ROUNDS_MAX: usize = 20;

pub async fn run(global: &Global, args: RecoverArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    check_run(&args.run)?;
    let signals = Signals::listen();
    let revision = args.run.revision.as_deref();
    let session = Session::open(global, &args.run.location, revision, providers, ui).await?;
    let held = Held::take(&session, args.run.lock_timeout).await?;
    let result = under_lease(&session, &held, &args, &signals).await;
    held.finish(result).await
}

async fn under_lease(
    session: &Session,
    held: &Held,
    args: &RecoverArgs,
    signals: &Signals,
) -> Result<u8, Failure> {
    let loaded = load(session, args.run.revision.as_deref()).await?;
    session.ui.diagnostics(&loaded.warnings, Some(&loaded.snapshot));
    let mut search = Search::of(session).await?;
    let mut found: BTreeMap<InstanceAddress, Found> = BTreeMap::new();
    let mut round = 0;
    let planned = loop {
        let planned = planned(session, held, args, &loaded, &found, signals).await?;
        let more = search.look(session, &planned, &found).await?;
        round += 1;
        if more.is_empty() || round > ROUNDS_MAX {
            break planned;
        }
        found.extend(more);
    };
    let report = Report::of(&planned, &search, &found);
    match args.run.json {
        true => session.ui.document(&report.document()),
        false => session.ui.text(&report.text()),
    }
    if found.is_empty() || !is_approved(session, args, signals).await? {
        return Ok(u8::from(!found.is_empty() && !args.run.json));
    }
    let objects = found.keys().map(|address| Ok((address.clone(), imported(&planned, address)?)));
    write(session, held, &planned, objects.collect::<Result<_, Failure>>()?).await?;
    if !args.run.json {
        let count = found.len();
        let objects = if count == 1 { "1 object is" } else { &format!("{count} objects are") };
        session.ui.paragraph(
            "\n",
            &format!(
                "{objects} remembered again. `evenkeel plan` shows what the configuration changes about them."
            ),
        );
    }
    Ok(0)
}

/// Asks before anything is written; a document for programs is only that without -auto-approve.
async fn is_approved(session: &Session, args: &RecoverArgs, signals: &Signals) -> Result<bool, Failure> {
    if args.auto_approve || args.run.json {
        return Ok(args.auto_approve);
    }
    if !args.run.input {
        return Err(Failure::plain(
            "No approval",
            "Nobody is to be asked (-input=false). Use -auto-approve to write down what was found without being asked.",
        ));
    }
    session.ui.raw(
        "\nDo you want to write these objects into the state?\n  Nothing is changed in any cloud. Only 'yes' will be accepted \
         to approve.\n\n  Enter a value: ",
    );
    let yes = read_yes(&session.ui, signals).await?;
    if !yes {
        session.ui.note("Recovery cancelled.");
    }
    Ok(yes)
}

/// The plan with an import for everything that was found.
async fn planned(
    session: &Session,
    held: &Held,
    args: &RecoverArgs,
    loaded: &Loaded,
    found: &BTreeMap<InstanceAddress, Found>,
    signals: &Signals,
) -> Result<Planned, Failure> {
    let pairs = found.iter().map(|(address, found)| (address, &*found.id));
    let loaded = with_blocks(loaded.clone(), pairs)?;
    let options = options(&args.run, &ChoiceArgs::default(), Mode::Normal)?;
    let wish = wish_of(session, &args.run, loaded, options)?;
    let machine = machine_options(&args.run);
    let state = recover(session, held, &wish.loaded, &wish.variables, machine, signals).await?;
    let quiet = Session { ui: session.ui.without_refresh_lines().without_warnings(), ..session.clone() };
    plan(&quiet, wish, state, signals).await.map_err(|failed| without_block(failed.into()))
}
