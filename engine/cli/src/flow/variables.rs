//! Values for the root module's variables, in Terraform's order of precedence: environment,
//! terraform.tfvars, *.auto.tfvars in order of name, then -var and -var-file as they were given.

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use evenkeel_lang::config::{Inputs, Module};
use evenkeel_model::{Diagnostic, Diagnostics, Value};

use crate::args::{Assignment, RunArgs};
use crate::error::Failure;
use crate::flow::load::Loaded;
use crate::ui::Ui;

/// What every environment variable for a variable begins with.
const PREFIX: &str = "TF_VAR_";

/// Finds a value for every root variable that somebody gives one to.
pub fn collect(args: &RunArgs, loaded: &Loaded, ui: &Ui) -> Result<BTreeMap<Arc<str>, Value>, Failure> {
    let Sorted { values, unsuitable, warnings } = sorted(args, loaded, ui)?;
    ui.diagnostics(&warnings, Some(&loaded.snapshot));
    match unsuitable.is_empty() {
        true => Ok(values),
        false => {
            let problems = Diagnostics(unsuitable.into_values().collect());
            Err(Failure::in_files(problems, &loaded.snapshot))
        }
    }
}

/// Values for the root module's variables.
pub struct Sorted {
    /// By variable.
    pub values: BTreeMap<Arc<str>, Value>,
    /// What is wrong with those that do not suit their variables.
    pub unsuitable: BTreeMap<Arc<str>, Diagnostic>,
    /// What was noticed on the way.
    pub warnings: Diagnostics,
}

/// The same; values that do not suit their variables are told of by the plan that uses them.
pub fn sorted(args: &RunArgs, loaded: &Loaded, ui: &Ui) -> Result<Sorted, Failure> {
    let module = loaded.configuration.root();
    let mut inputs = given(args, loaded)?;
    if args.input && !args.json {
        ask(module, &mut inputs, ui);
    }
    let (values, unsuitable, diagnostics) = inputs.sorted(module);
    if diagnostics.has_errors() {
        return Err(Failure::in_files(diagnostics, &loaded.snapshot));
    }
    Ok(Sorted { values, unsuitable, warnings: diagnostics })
}

/// What is given without asking anybody.
pub fn given(args: &RunArgs, loaded: &Loaded) -> Result<Inputs, Failure> {
    let mut inputs = Inputs::default();
    environment(&mut inputs);
    files_beside(loaded, &mut inputs);
    for assignment in &args.assignments {
        match assignment {
            Assignment::Variable(text) => inputs.argument(text),
            Assignment::File(file) => named_file(file, &mut inputs)?,
        }
    }
    Ok(inputs)
}

fn environment(inputs: &mut Inputs) {
    for (key, text) in std::env::vars_os() {
        if let Some(name) = key.to_str().and_then(|key| key.strip_prefix(PREFIX)) {
            inputs.environment(name, &text.to_string_lossy());
        }
    }
}

/// The files of values that are read without being named.
fn files_beside(loaded: &Loaded, inputs: &mut Inputs) {
    let name = |path: &Arc<str>| path.rsplit('/').next().unwrap_or(path).to_owned();
    let paths: Vec<Arc<str>> = loaded.snapshot.files_in(&loaded.root).cloned().collect();
    let fixed = ["terraform.tfvars", "terraform.tfvars.json"];
    let ordered = fixed.iter().flat_map(|wanted| paths.iter().filter(|path| name(path) == *wanted));
    let automatic = paths.iter().filter(|path| {
        let name = name(path);
        name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json")
    });
    for path in ordered.chain(automatic) {
        if let Some(bytes) = loaded.snapshot.file(path) {
            inputs.file(path, bytes);
        }
    }
}

fn named_file(path: &Path, inputs: &mut Inputs) -> Result<(), Failure> {
    let bytes = super::files::read(path).map_err(|error| {
        let detail = format!("The file {} given with -var-file cannot be read: {error}.", path.display());
        Failure::plain("Failed to read variables file", detail)
    })?;
    inputs.file(&path.to_string_lossy(), &bytes);
    Ok(())
}

/// Asks for required variables that nobody set, where there is somebody to ask.
fn ask(module: &Module, inputs: &mut Inputs, ui: &Ui) {
    let (input, output) = (std::io::stdin(), std::io::stderr());
    if !input.is_terminal() || !output.is_terminal() {
        return;
    }
    for variable in inputs.missing(module) {
        ui.note(&format!("var.{}", variable.name));
        if let Some(description) = &variable.description {
            ui.note(&format!("  {description}"));
        }
        let mut line = String::new();
        let mut writer = output.lock();
        let asked = write!(writer, "  Enter a value: ").and_then(|()| writer.flush());
        if asked.is_err() || input.lock().read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        inputs.answer(&variable.name, line.trim_end_matches(['\r', '\n']));
    }
}
