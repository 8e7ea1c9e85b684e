//! `evenkeel providers`: which providers a configuration and a state need, and what they know.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use clap::{Args, Subcommand};
use evenkeel_lang::config::{Configuration, Module};
use evenkeel_model::ProviderAddress;
use evenkeel_provider::{Catalog, Providers};
use evenkeel_source::parse_location;
use evenkeel_state::State;

use crate::args::Global;
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::load::{Loaded, read};
use crate::render::json::schemas::provider_schemas;
use crate::settings::Place;
use crate::ui::Ui;

/// What `providers` takes.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ProvidersArgs {
    /// What to do; without it the providers are listed
    #[command(subcommand)]
    pub command: Option<ProvidersCommand>,
    /// A directory, or a Git repository
    #[arg(value_name = "DIR-OR-REPO", default_value = ".")]
    pub location: String,
    /// Accepted for scripts: test files are not read
    #[arg(long, hide = true, value_name = "DIR")]
    pub test_directory: Option<String>,
}

/// The commands below `providers`.
#[derive(Debug, Subcommand)]
pub enum ProvidersCommand {
    /// Print what the providers of a configuration know: resource types, attributes, functions
    Schema {
        /// Print JSON, which is the only form there is
        #[arg(long)]
        json: bool,
    },
    /// Nothing to do here: providers are part of the program
    #[command(disable_help_flag = true)]
    Lock {
        /// Anything
        #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
    /// Nothing to do here: providers are part of the program
    #[command(disable_help_flag = true)]
    Mirror {
        /// Anything
        #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
}

/// Lists providers, or does what was asked for.
pub async fn run(
    global: &Global,
    args: &ProvidersArgs,
    providers: Providers,
    ui: &Ui,
) -> Result<u8, Failure> {
    match &args.command {
        None => list(global, args, providers, ui).await,
        Some(ProvidersCommand::Schema { json: true }) => {
            let loaded = loaded(&args.location).await?;
            let wanted = required(&loaded.configuration);
            ui.document(&provider_schemas(&providers, &wanted));
            Ok(0)
        }
        Some(ProvidersCommand::Schema { json: false }) => Err(Failure::plain(
            "The -json flag is required",
            "Schemas are printed as JSON only: evenkeel providers schema -json",
        )),
        Some(ProvidersCommand::Lock { .. }) => {
            ui.line(
                "Nothing to lock: providers are part of this program, and its version is theirs (`evenkeel version`). \
                 Modules are locked by `evenkeel init`.",
            );
            Ok(0)
        }
        Some(ProvidersCommand::Mirror { .. }) => Err(Failure::plain(
            "Providers are not mirrored",
            "Providers are part of this program, so no machine has to fetch them. Modules can be taken from a mirror: \
             see EVENKEEL_MODULE_MIRROR in docs/guide.md.",
        )),
    }
}

async fn loaded(location: &str) -> Result<Loaded, Failure> {
    let (loaded, diagnostics) = read(&parse_location(location)?, None).await?;
    match diagnostics.has_errors() {
        true => Err(Failure::in_files(diagnostics, &loaded.snapshot)),
        false => Ok(loaded),
    }
}

async fn list(global: &Global, args: &ProvidersArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    let loaded = loaded(&args.location).await?;
    let supported: BTreeSet<ProviderAddress> = providers.supported().into_iter().collect();
    let place = Place::of(global, &args.location)?;
    let state = match Session::look_at(global, place, providers, ui).await? {
        Some(session) => session.state().await?,
        None => State::default(),
    };
    let mut out = String::from("\nProviders required by configuration:\n.\n");
    tree(&loaded.configuration, &mut Vec::new(), "", &mut out);
    out.push('\n');
    let in_state = of_state(&state);
    if !in_state.is_empty() {
        out.push_str("Providers required by state:\n\n");
        for provider in &in_state {
            out.push_str(&format!("    provider[{provider}]\n"));
        }
        out.push('\n');
    }
    let needed = required(&loaded.configuration).into_iter().chain(in_state);
    let missing: BTreeSet<ProviderAddress> = needed.filter(|one| !supported.contains(one)).collect();
    if !missing.is_empty() {
        out.push_str("This program does not have:\n\n");
        for provider in &missing {
            out.push_str(&format!("    provider[{provider}]\n"));
        }
    }
    ui.text(&out);
    Ok(0)
}

fn of_state(state: &State) -> BTreeSet<ProviderAddress> {
    let objects = state
        .instances
        .values()
        .flat_map(|instance| instance.current.iter().chain(instance.deposed.values()));
    objects.map(|object| object.provider.provider.clone()).collect()
}

fn required(configuration: &Configuration) -> BTreeSet<ProviderAddress> {
    configuration.modules.values().flat_map(|module| of_module(module).into_keys()).collect()
}

/// The providers of one module with what it says about their versions.
fn of_module(module: &Module) -> BTreeMap<ProviderAddress, Option<Arc<str>>> {
    let mut out = BTreeMap::new();
    for required in module.required_providers.values() {
        out.insert(required.source.clone(), required.version.clone());
    }
    for resource in module.resources.values() {
        out.entry(module.provider_source(resource.provider_name())).or_insert(None);
    }
    for block in &module.providers {
        out.entry(module.provider_source(&block.name)).or_insert_with(|| block.version.clone());
    }
    out
}

/// One module and what it calls, each line below the one that it belongs to.
fn tree(configuration: &Configuration, path: &mut Vec<Arc<str>>, indent: &str, out: &mut String) {
    let Some(module) = configuration.module(path) else { return };
    let providers = of_module(module);
    let mut left = providers.len() + module.calls.len();
    let mut branch = || {
        left = left.saturating_sub(1);
        if left == 0 { ("└── ", "    ") } else { ("├── ", "│\u{a0}\u{a0} ") }
    };
    for (provider, version) in &providers {
        let version = version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
        out.push_str(&format!("{indent}{}provider[{provider}]{version}\n", branch().0));
    }
    let calls: Vec<_> = module.calls.keys().map(|name| (name.clone(), branch())).collect();
    for (name, (branch, below)) in calls {
        out.push_str(&format!("{indent}{branch}module.{name}\n"));
        path.push(name);
        tree(configuration, path, &format!("{indent}{below}"), out);
        path.pop();
    }
}
