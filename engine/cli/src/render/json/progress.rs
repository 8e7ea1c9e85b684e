//! The lines that a run writes while it goes on.

use evenkeel_apply::{Activity, Progress, Subject};
use evenkeel_plan::Question;
use serde_json::{Value as Json, json};

use super::super::progress as human;
use super::super::{style::Style, text};
use super::change::resource;
use super::message;

/// One line about a step, if it is worth one.
pub fn progress(progress: &Progress) -> Option<Json> {
    let (kind, subject, elapsed_ms) = match progress {
        Progress::Started(subject) => ("apply_start", subject, None),
        Progress::Still { subject, elapsed_ms } => ("apply_progress", subject, Some(*elapsed_ms)),
        Progress::Done { subject, elapsed_ms } => ("apply_complete", subject, Some(*elapsed_ms)),
        Progress::Failed { subject, elapsed_ms } => ("apply_errored", subject, Some(*elapsed_ms)),
        Progress::Skipped { subject, .. } => ("apply_skipped", subject, None),
    };
    let mut hook = json!({ "resource": resource(&subject.address), "action": action(subject) });
    if let Some(key) = subject.deposed {
        hook["deposed"] = json!(key.to_string());
    }
    let is_gone = kind == "apply_complete" && subject.activity == Activity::Delete;
    if let Some(id) = subject.id.as_ref().filter(|_| !is_gone) {
        hook["id_key"] = json!("id");
        hook["id_value"] = json!(&**id);
    }
    if let Some(elapsed_ms) = elapsed_ms {
        hook["elapsed_seconds"] = json!(text::rounded_seconds(elapsed_ms));
    }
    if let Progress::Skipped { because, .. } = progress {
        hook["because"] = json!(because.to_string());
    }
    let level = if kind == "apply_errored" { "error" } else { "info" };
    let text = human::progress(progress, Style::PLAIN)?;
    Some(message(level, &text, kind, json!({ "hook": hook })))
}

/// What is about to be looked at: the text, the kind of line, and its `hook`.
pub fn refreshing<'t>(question: &Question, text: &'t str) -> (&'t str, &'static str, Json) {
    match question {
        Question::Observe { address, prior, .. } => {
            let mut hook = json!({ "resource": resource(address) });
            if let Some(id) = prior.get_str("id") {
                hook["id_key"] = json!("id");
                hook["id_value"] = json!(id);
            }
            (text, "refresh_start", hook)
        }
        Question::Import { address, id, .. } => {
            let hook = json!({ "resource": resource(address), "id_key": "id", "id_value": &**id });
            (text, "refresh_start", hook)
        }
        Question::ReadData { address, .. } => {
            (text, "apply_start", json!({ "resource": resource(address), "action": "read" }))
        }
    }
}

fn action(subject: &Subject) -> &'static str {
    match subject.activity {
        Activity::Create => "create",
        Activity::Update => "update",
        Activity::Delete => "delete",
        Activity::Read => "read",
        Activity::Recover => "recover",
    }
}
