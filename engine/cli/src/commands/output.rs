//! `evenkeel output`

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::value::Kind;
use evenkeel_model::{Diagnostic, Type, Value, json};
use evenkeel_provider::Providers;
use evenkeel_state::State;

use crate::args::{Global, OutputArgs};
use crate::error::Failure;
use crate::flow::Session;
use crate::render::json::representation;
use crate::settings::Place;
use crate::ui::Ui;

pub async fn run(global: &Global, args: &OutputArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    check(args)?;
    let place = Place::of(global, &args.location)?;
    let state = match Session::look_at(global, place, providers, ui).await? {
        Some(session) => session.state().await?,
        None => State::default(),
    };
    let outputs = outputs(&state);
    match &args.name {
        Some(name) => one(&outputs, name, args, ui),
        None => {
            all(&outputs, args.json, ui);
            Ok(0)
        }
    }
}

fn check(args: &OutputArgs) -> Result<(), Failure> {
    let usage = |summary: &str, detail: &str| Err(Failure::usage(summary, detail, &["output"]));
    match (args.raw, args.json, &args.name) {
        (true, true, _) => {
            usage("Invalid output format", "The -raw and -json options are mutually-exclusive.")
        }
        (true, false, None) => usage(
            "Output name required",
            "You must give the name of a single output value when using the -raw option.",
        ),
        _ => Ok(()),
    }
}

fn all(outputs: &BTreeMap<Arc<str>, (Value, bool)>, as_json: bool, ui: &Ui) {
    if as_json {
        return ui.indented_document(&representation::outputs(outputs));
    }
    if outputs.is_empty() {
        let detail = "The state either has no outputs, or all of them are null. Declare one with an `output` block in the \
                      root module, and run `evenkeel refresh` for it to become available.";
        return ui.diagnostics(&Diagnostic::warning("No outputs found", detail).into(), None);
    }
    ui.plain_outputs(outputs);
}

fn one(
    outputs: &BTreeMap<Arc<str>, (Value, bool)>,
    name: &str,
    args: &OutputArgs,
    ui: &Ui,
) -> Result<u8, Failure> {
    let (value, _) = outputs.get(name).ok_or_else(|| {
        let detail = format!(
            "The output variable requested could not be found in the state: \"{name}\". If you recently added this to your \
             configuration, be sure to run `evenkeel apply`, since the state won't be updated with new output variables \
             until that command is run."
        );
        Failure::plain(format!("Output \"{name}\" not found"), detail)
    })?;
    if args.json {
        ui.document(&representation::output_value(value));
    } else if args.raw {
        ui.raw(&raw(name, value)?);
    } else {
        ui.value(&value.clone().unmark_deep().0);
    }
    Ok(0)
}

/// The text that a string, number or bool is.
fn raw(name: &str, value: &Value) -> Result<String, Failure> {
    let value = value.clone().unmark_deep().0;
    match value.kind() {
        Kind::String(text) => Ok(text.to_string()),
        Kind::Number(number) => Ok(number.to_string()),
        Kind::Bool(flag) => Ok(flag.to_string()),
        _ => Err(Failure::plain(
            "Unsupported value for raw output",
            format!(
                "The -raw option only supports strings, numbers and boolean values, but output value \"{name}\" is {}. \
                 Use -json for anything else.",
                if value.is_null() { "null".to_owned() } else { value.ty().friendly_name() }
            ),
        )),
    }
}

/// The root outputs of a state; the flag says that one is sensitive.
fn outputs(state: &State) -> BTreeMap<Arc<str>, (Value, bool)> {
    let all = state.outputs.iter().filter_map(|(name, output)| {
        let value = json::decode(&output.value, &Type::Dynamic).ok()?;
        Some((name.clone(), (value, output.sensitive)))
    });
    all.collect()
}
