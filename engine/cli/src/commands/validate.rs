//! `evenkeel validate`: whatever is wrong with a configuration, told without state and without a
//! call to any cloud.

use std::sync::Arc;

use clap::Args;
use evenkeel_lang::config::check_references;
use evenkeel_model::{Diagnostic, Diagnostics, Severity, Snapshot, SourceRange};
use evenkeel_plan::{Options, ValidationSubject, validate_configuration};
use evenkeel_provider::Providers;
use evenkeel_provider_builtin::HostFiles;
use evenkeel_source::parse_location;

use crate::error::Failure;
use crate::flow::add_builtin;
use crate::flow::load::{Loaded, read};
use crate::ui::Ui;

#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// A directory, or a Git repository: a path, file://, https:// or ssh address, with //DIR inside it
    #[arg(value_name = "DIR-OR-REPO", default_value = ".")]
    pub location: String,
    /// The branch, tag or commit to read; without it a directory is read as it stands
    #[arg(long, value_name = "REVISION")]
    pub revision: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
    /// Accepted for scripts: test files are not read
    #[arg(long, hide = true)]
    pub no_tests: bool,
    /// Accepted for scripts: test files are not read
    #[arg(long, hide = true, value_name = "DIR")]
    pub test_directory: Option<String>,
}

pub async fn run(args: &ValidateArgs, mut providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    // Nothing is read with it, so it needs no files.
    add_builtin(&mut providers, HostFiles::Refused);
    let (diagnostics, snapshot) = match everything(args, &providers).await {
        Ok((diagnostics, snapshot)) => (diagnostics, Some(snapshot)),
        Err(failure) => (failure.diagnostics, failure.snapshot),
    };
    ui.validation(&diagnostics, snapshot.as_deref(), args.json);
    Ok(u8::from(diagnostics.has_errors()))
}

async fn everything(
    args: &ValidateArgs,
    providers: &Providers,
) -> Result<(Diagnostics, Arc<Snapshot>), Failure> {
    let location = parse_location(&args.location)?;
    let (loaded, mut diagnostics) = read(&location, args.revision.as_deref()).await?;
    if is_walkable(&loaded, &diagnostics) {
        let options = Options {
            working_directory: std::env::current_dir()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
                .into(),
            home: super::home(),
            ..Options::default()
        };
        let found = validate_configuration(ValidationSubject {
            snapshot: &loaded.snapshot,
            configuration: &loaded.configuration,
            catalog: providers,
            options: &options,
        });
        extend(&mut diagnostics, found);
    }
    Ok((diagnostics, loaded.snapshot))
}

/// What leads nowhere was told without its value, and is not told again where it is evaluated.
fn extend(diagnostics: &mut Diagnostics, found: Diagnostics) {
    let errors = diagnostics.iter().filter(|known| known.severity == Severity::Error);
    let told: Vec<SourceRange> = errors.filter_map(|known| known.range.clone()).collect();
    let new = |diagnostic: &Diagnostic| {
        diagnostic.range.as_ref().is_none_or(|range| !told.iter().any(|told| told.contains(range)))
    };
    diagnostics.0.extend(found.0.into_iter().filter(new));
}

/// Names that are not declared leave the rest of a configuration whole; other mistakes would be the
/// cause of many more.
fn is_walkable(loaded: &Loaded, diagnostics: &Diagnostics) -> bool {
    if !diagnostics.has_errors() {
        return true;
    }
    let references = check_references(&loaded.configuration);
    let mut errors = diagnostics.clone();
    errors.0.retain(|diagnostic| !references.0.contains(diagnostic));
    !errors.has_errors()
}
