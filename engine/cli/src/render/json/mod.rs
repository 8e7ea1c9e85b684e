//! The same for programs, in the shapes that Terraform documents: the documents of `show -json`, and
//! what goes into the lines of `-json`, each of which is a [`message`] to which the caller adds
//! `@timestamp`.
//!
//! What must not be shown is null and flagged. Only [`representation`], the documents that are asked for
//! by name, has it in clear, as Terraform does.

mod change;
mod diagnostic;
mod history;
mod plan;
mod progress;
pub mod representation;
pub mod schemas;
mod state;
mod value;

use evenkeel_lang::config::FOLLOWED_VERSION;
use serde_json::{Value as Json, json};

use super::text;

pub(super) use change::output_action;
pub use change::{
    action, all_outputs, applied_summary, change_summary, drift, output_changes, planned_change,
    resource_drift,
};
pub use diagnostic::{diagnostic, validation};
pub(super) use history::moment;
pub use history::{run, runs, versions};
pub use plan::plan;
pub use progress::{ephemeral, progress, refreshed, refreshing};
pub use state::state;
pub use value::outputs;
pub(super) use value::{redacted, sensitive_flags};

/// One line of machine output: level, text for people, kind, and the fields of that kind.
pub fn message(level: &str, text: &str, kind: &str, extra: Json) -> Json {
    let mut out = json!({
        "@level": level,
        "@message": text,
        "@module": "terraform.ui",
        "type": kind,
    });
    if let (Some(out), Json::Object(extra)) = (out.as_object_mut(), extra) {
        out.extend(extra);
    }
    out
}

/// The first line of machine output.
pub fn version(evenkeel: &str) -> Json {
    let extra = json!({ "evenkeel": evenkeel, "terraform": FOLLOWED_VERSION, "ui": "1.2" });
    message("info", &format!("Evenkeel {evenkeel}"), "version", extra)
}

/// JSON as one line of text that is safe on a terminal: control characters are escaped, also those
/// that JSON allows.
pub fn line(json: &Json) -> String {
    // Outside of strings JSON has no such characters, and inside the escapes mean the same.
    text::lines(&json.to_string())
}

/// JSON as indented text that is safe on a terminal.
pub fn pretty(json: &Json) -> String {
    text::lines(&format!("{json:#}"))
}
