//! Values for the variables of the root module, from wherever they are given: the environment, files,
//! the command line, a person who is asked.
//!
//! They are gathered in order of precedence, and the last one that is given to a variable counts;
//! only that one is read. Where they come from, and in which order, the caller knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::{Diagnostic, Diagnostics, SourceRange, Value};

use super::block::{nearest, place};
use super::{Module, Variable, parse_tfvars, parse_variable_value};

/// How many undeclared names of files are named one by one.
const UNDECLARED_NAMED: usize = 2;

/// What was given so far.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    given: BTreeMap<Arc<str>, Source>,
    diagnostics: Diagnostics,
}

/// Where the value of a variable was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// By an environment variable.
    Environment,
    /// On the command line.
    Argument,
    /// By a person who was asked.
    Answer,
    /// In a file.
    File(SourceRange),
}

#[derive(Clone, Debug)]
enum Source {
    /// `TF_VAR_NAME=TEXT`
    Environment(String),
    /// `-var NAME=TEXT`
    Argument(String),
    /// What a person answered.
    Answer(String),
    /// A value in a file.
    File(Value, SourceRange),
}

impl Inputs {
    /// The value of an environment variable, by the name that follows its prefix.
    pub fn environment(&mut self, name: &str, text: &str) {
        self.given.insert(name.into(), Source::Environment(text.into()));
    }

    /// The values in a file.
    pub fn file(&mut self, filename: &str, bytes: &[u8]) {
        let (values, diagnostics) = parse_tfvars(filename, bytes);
        self.diagnostics.extend(diagnostics);
        self.given
            .extend(values.into_iter().map(|(name, (value, range))| (name, Source::File(value, range))));
    }

    /// `NAME=VALUE` from the command line.
    pub fn argument(&mut self, text: &str) {
        let problem = match text.split_once('=') {
            None => format!("\"{text}\" has no equals sign. It must be NAME=VALUE."),
            Some((name, value)) if name.ends_with(' ') => format!(
                "There is a space after the name \"{name}\". Did you mean {}={}?",
                name.trim_end(),
                value.trim_start()
            ),
            Some((name, value)) => {
                self.given.insert(name.into(), Source::Argument(value.into()));
                return;
            }
        };
        self.diagnostics.push(Diagnostic::error("Invalid -var option", problem));
    }

    /// What a person answered to the question for a variable.
    pub fn answer(&mut self, name: &str, text: &str) {
        self.given.insert(name.into(), Source::Answer(text.into()));
    }

    /// The variables of a module that need a value and have none.
    pub fn missing<'m>(&self, module: &'m Module) -> Vec<&'m Variable> {
        let needed = |variable: &&Variable| !variable.has_default && !self.given.contains_key(&variable.name);
        module.variables.values().filter(needed).collect()
    }

    /// Where the value of a variable is given, if anywhere.
    pub fn given(&self, name: &str) -> Option<Given> {
        Some(match self.given.get(name)? {
            Source::Environment(_) => Given::Environment,
            Source::Argument(_) => Given::Argument,
            Source::Answer(_) => Given::Answer,
            Source::File(_, range) => Given::File(range.clone()),
        })
    }

    /// The values by variable. Each is known to suit its variable, and is not converted yet.
    pub fn finish(self, module: &Module) -> (BTreeMap<Arc<str>, Value>, Diagnostics) {
        let (values, unsuitable, mut diagnostics) = self.sorted(module);
        diagnostics.extend(Diagnostics(unsuitable.into_values().collect()));
        (values, diagnostics)
    }

    /// The values by variable that suit them, what is wrong with those that do not, and what else is
    /// wrong.
    pub fn sorted(self, module: &Module) -> Sorted {
        let Self { given, mut diagnostics } = self;
        let (mut values, mut unsuitable) = (BTreeMap::new(), BTreeMap::new());
        let mut undeclared = Vec::new();
        for (name, given) in given {
            let Some(variable) = module.variables.get(&name) else {
                undeclared.push((name, given));
                continue;
            };
            match read(variable, &given) {
                Ok(Ok(value)) => drop(values.insert(name, value)),
                Ok(Err(problem)) => drop(unsuitable.insert(name, problem)),
                Err(problems) => diagnostics.extend(problems),
            }
        }
        report_undeclared(&undeclared, module, &mut diagnostics);
        (values, unsuitable, diagnostics)
    }
}

/// Values that suit their variables, what is wrong with the others, and everything else that is wrong.
pub type Sorted = (BTreeMap<Arc<str>, Value>, BTreeMap<Arc<str>, Diagnostic>, Diagnostics);

fn read(variable: &Variable, given: &Source) -> Result<Result<Value, Diagnostic>, Diagnostics> {
    let value = match given {
        Source::File(value, _) => value.clone(),
        Source::Environment(text) | Source::Argument(text) | Source::Answer(text) => {
            parse_variable_value(Some(variable), text, &format!("<value for var.{}>", variable.name))?
        }
    };
    Ok(match variable.convert(&value) {
        Ok(_) => Ok(value),
        Err(error) => Err(unsuitable(variable, given, &error.to_string())),
    })
}

fn unsuitable(variable: &Variable, given: &Source, error: &str) -> Diagnostic {
    let name = &variable.name;
    let declared = &variable.range;
    let (detail, range) = match given {
        Source::Environment(_) => (
            format!(
                "Unsuitable value for var.{name} set by the environment variable TF_VAR_{name}: {error}."
            ),
            declared,
        ),
        Source::Argument(_) => {
            (format!("Unsuitable value for var.{name} set by -var=\"{name}=...\": {error}."), declared)
        }
        Source::Answer(_) => {
            (format!("Unsuitable value for var.{name} given as an answer: {error}."), declared)
        }
        // The line that a place leads to is printed.
        Source::File(_, range) if variable.sensitive => (
            format!(
                "The value given at {} is not suitable for var.{name}, which is sensitive: {error}.",
                place(range)
            ),
            declared,
        ),
        Source::File(_, range) => (
            format!(
                "The given value is not suitable for var.{name} declared at {}: {error}.",
                place(declared)
            ),
            range,
        ),
    };
    Diagnostic::error("Invalid value for input variable", detail).at(range.clone())
}

/// A name that is not declared is a mistake on the command line, suspicious in a file, and usual in
/// the environment, which many configurations share.
fn report_undeclared(undeclared: &[(Arc<str>, Source)], module: &Module, diagnostics: &mut Diagnostics) {
    let mut in_files = 0_usize;
    for (name, given) in undeclared {
        let hint = nearest(name, module.variables.keys().map(|name| &**name))
            .map_or_else(String::new, |near| format!(" Did you mean \"{near}\"?"));
        match given {
            Source::Environment(_) | Source::Answer(_) => {}
            Source::Argument(_) => diagnostics.push(Diagnostic::error(
                "Value for undeclared variable",
                format!(
                    "A variable named \"{name}\" was assigned on the command line, but the root module does not declare \
                     a variable of that name.{hint}"
                ),
            )),
            Source::File(_, range) => {
                in_files += 1;
                if in_files <= UNDECLARED_NAMED {
                    let detail = format!(
                        "The root module does not declare a variable named \"{name}\" but a value was found in this \
                         file. Declare it with a variable block, or remove the value.{hint}"
                    );
                    let problem = Diagnostic::warning("Value for undeclared variable", detail);
                    diagnostics.push(problem.at(range.clone()));
                }
            }
        }
    }
    if in_files > UNDECLARED_NAMED {
        let more = in_files - UNDECLARED_NAMED;
        let detail = format!("Files give values to {more} more variable(s) that are not declared.");
        diagnostics.push(Diagnostic::warning("Values for undeclared variables", detail));
    }
}
