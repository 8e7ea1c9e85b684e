//! The documents of `show -json` and `output -json`, exactly as Terraform documents them.
//!
//! Programs that check policy, cost and security read these, so they are complete: sensitive values
//! stand in them in clear and are flagged. They are only made for somebody who asked for one of these
//! commands; everything else that is written in JSON takes sensitive values out ([`super`]).

mod checks;
mod configuration;
mod plan;
mod providers;
mod references;
mod state;
mod value;

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_lang::config::Configuration;
use evenkeel_model::Value;
use evenkeel_plan::Plan;
use evenkeel_state::State;
use serde_json::{Map, Value as Json, json};

use super::super::Schemas;

pub use plan::plan;
pub use state::state;

/// A plan and what it was made from.
pub struct Subject<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The state it was made from.
    pub state: &'a State,
    /// The configuration it brings about.
    pub configuration: &'a Configuration,
    /// What is known of resource types.
    pub schemas: Schemas<'a>,
}

/// The root outputs as `output -json` has them; the flag says that one is sensitive.
pub fn outputs(outputs: &BTreeMap<Arc<str>, (Value, bool)>) -> Json {
    let all = outputs.iter().map(|(name, (value, sensitive))| (name.to_string(), output(value, *sensitive)));
    Json::Object(all.collect::<Map<_, _>>())
}

/// The value of one output, as `output -json NAME` has it.
pub fn output_value(value: &Value) -> Json {
    value::clear(value)
}

fn output(value: &Value, sensitive: bool) -> Json {
    let mut out = json!({ "sensitive": sensitive || !value.marks().declared().is_empty() });
    if value.is_wholly_known() {
        out["type"] = value.ty().to_json();
        out["value"] = value::clear(value);
    }
    out
}
