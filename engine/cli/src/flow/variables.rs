//! Values for the root module's variables, in Terraform's order of precedence: environment,
//! terraform.tfvars, *.auto.tfvars in order of name, then -var and -var-file as they were given.

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use evenkeel_lang::config::{Module, parse_tfvars, parse_variable_value};
use evenkeel_model::{Diagnostic, Diagnostics, SourceRange, Value};

use crate::args::{Assignment, RunArgs};
use crate::error::Failure;
use crate::flow::load::Loaded;
use crate::ui::Ui;

/// Finds a value for every root variable that somebody gives one to.
pub fn collect(args: &RunArgs, loaded: &Loaded, ui: &Ui) -> Result<BTreeMap<Arc<str>, Value>, Failure> {
    let module = loaded.configuration.root().clone();
    let mut found = Found { module: &module, values: BTreeMap::new(), diagnostics: Diagnostics::new() };
    found.environment();
    found.snapshot_files(loaded);
    for assignment in &args.assignments {
        match assignment {
            Assignment::Variable(text) => found.argument(text),
            Assignment::File(file) => found.host_file(file),
        }
    }
    if args.input && !args.json {
        found.ask(ui);
    }
    if found.diagnostics.has_errors() {
        return Err(Failure::in_files(found.diagnostics, &loaded.snapshot));
    }
    ui.diagnostics(&found.diagnostics, Some(&loaded.snapshot));
    Ok(found.values)
}

struct Found<'m> {
    module: &'m Module,
    values: BTreeMap<Arc<str>, Value>,
    diagnostics: Diagnostics,
}

impl Found<'_> {
    fn environment(&mut self) {
        for (name, variable) in &self.module.variables {
            let key = format!("TF_VAR_{name}");
            let Some(text) = std::env::var_os(&key) else { continue };
            let text = text.to_string_lossy();
            match parse_variable_value(Some(variable), &text, &format!("the environment variable {key}")) {
                Ok(value) => drop(self.values.insert(name.clone(), value)),
                Err(diagnostics) => self.diagnostics.extend(diagnostics),
            }
        }
    }

    fn snapshot_files(&mut self, loaded: &Loaded) {
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
                self.file(path, bytes);
            }
        }
    }

    fn host_file(&mut self, path: &Path) {
        match std::fs::read(path) {
            Ok(bytes) => self.file(&path.to_string_lossy(), &bytes),
            Err(error) => self.diagnostics.push(Diagnostic::error(
                "Failed to read variables file",
                format!("The file {} given with -var-file cannot be read: {error}.", path.display()),
            )),
        }
    }

    fn file(&mut self, name: &str, bytes: &[u8]) {
        let (values, diagnostics) = parse_tfvars(name, bytes);
        self.diagnostics.extend(diagnostics);
        for (variable, (value, range)) in values {
            if self.module.variables.contains_key(&variable) {
                self.values.insert(variable, value);
            } else {
                self.undeclared(&variable, range);
            }
        }
    }

    fn undeclared(&mut self, name: &str, range: SourceRange) {
        let detail = format!(
            "The root module does not declare a variable named \"{name}\" but a value was found in this file. \
             Declare it with a variable block, or remove the value."
        );
        self.diagnostics.push(Diagnostic::warning("Value for undeclared variable", detail).at(range));
    }

    fn argument(&mut self, text: &str) {
        let Some((name, value)) = text.split_once('=') else {
            self.diagnostics.push(Diagnostic::error(
                "Invalid -var option",
                format!(
                    "The given -var option \"{text}\" is not correctly specified. It must be NAME=VALUE."
                ),
            ));
            return;
        };
        let name = name.trim();
        let Some(variable) = self.module.variables.get(name) else {
            let hint =
                evenkeel_lang::eval::did_you_mean(name, self.module.variables.keys().map(|name| &**name));
            let hint = hint.map(|near| format!(" Did you mean \"{near}\"?")).unwrap_or_default();
            self.diagnostics.push(Diagnostic::error(
                "Value for undeclared variable",
                format!(
                    "A variable named \"{name}\" was assigned on the command line, but the root module does not \
                     declare a variable of that name.{hint}"
                ),
            ));
            return;
        };
        match parse_variable_value(Some(variable), value, &format!("-var {name}")) {
            Ok(value) => drop(self.values.insert(name.into(), value)),
            Err(diagnostics) => self.diagnostics.extend(diagnostics),
        }
    }

    /// Asks for required variables that nobody set, where there is somebody to ask.
    fn ask(&mut self, ui: &Ui) {
        let (input, output) = (std::io::stdin(), std::io::stderr());
        if !input.is_terminal() || !output.is_terminal() {
            return;
        }
        for (name, variable) in &self.module.variables {
            if variable.default.is_some() || self.values.contains_key(name) {
                continue;
            }
            ui.note(&format!("var.{name}"));
            if let Some(description) = &variable.description {
                ui.note(&format!("  {description}"));
            }
            let mut line = String::new();
            let mut writer = output.lock();
            let asked = write!(writer, "  Enter a value: ").and_then(|()| writer.flush());
            if asked.is_err() || input.lock().read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            match parse_variable_value(
                Some(variable),
                line.trim_end_matches(['\r', '\n']),
                "the answer given",
            ) {
                Ok(value) => drop(self.values.insert(name.clone(), value)),
                Err(diagnostics) => self.diagnostics.extend(diagnostics),
            }
        }
    }
}
