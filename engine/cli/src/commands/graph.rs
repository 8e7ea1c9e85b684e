//! `evenkeel graph`: what needs what, as a drawing for Graphviz.

use std::path::PathBuf;

use clap::Args;
use evenkeel_plan::outline::{outline, resources};
use evenkeel_provider::Providers;
use evenkeel_source::parse_location;

use crate::args::Global;
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::load::read;
use crate::flow::saved::{self, Opened};
use crate::planfile::PlanFile;
use crate::render::graph;
use crate::ui::Ui;

/// What `graph` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  evenkeel graph | dot -Tsvg >graph.svg    the resources\n  \
                        evenkeel graph -type=plan                everything that is declared\n  \
                        evenkeel graph -plan=plan.bin            the steps of a saved plan")]
pub struct GraphArgs {
    /// A directory, or a Git repository
    #[arg(value_name = "DIR-OR-REPO", default_value = ".")]
    pub location: String,
    /// Draw everything that is declared, not only resources: plan, plan-refresh-only, plan-destroy or apply
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    /// Draw the steps of a saved plan
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Accepted: cycles are reported in any case
    #[arg(long, hide = true)]
    pub draw_cycles: bool,
    /// Accepted for old scripts
    #[arg(long, hide = true, value_name = "N")]
    pub module_depth: Option<i64>,
}

/// Prints a drawing.
pub async fn run(global: &Global, args: &GraphArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    let types = ["plan", "plan-refresh-only", "plan-destroy", "apply"];
    if args.kind.as_ref().is_some_and(|kind| !types.contains(&kind.as_str())) {
        return Err(Failure::plain(
            "Unsupported graph type",
            "The -type argument is one of plan, plan-refresh-only, plan-destroy and apply. Without it resources are \
             drawn.",
        ));
    }
    if let Some(path) = &args.plan {
        let file = PlanFile::read(path)?;
        let session = Session::look(global, ".", providers, &ui.without_refresh_lines()).await?;
        let Opened::Plan(planned) = saved::open(&session, &file, path, None).await? else {
            return Err(Failure::plain("Nothing to draw", "The plan in the file could not be made."));
        };
        ui.text(&graph::steps(&planned.plan));
        return Ok(0);
    }
    let (loaded, mut diagnostics) = read(&parse_location(&args.location)?, None).await?;
    let (outline, found) = outline(&loaded.configuration);
    diagnostics.extend(found);
    if diagnostics.has_errors() {
        return Err(Failure::in_files(diagnostics, &loaded.snapshot));
    }
    ui.text(&match args.kind {
        Some(_) => graph::declared(&outline),
        None => graph::resources(&resources(&outline)),
    });
    Ok(0)
}
