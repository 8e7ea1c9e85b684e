//! The lines that a run writes while it goes on.

use evenkeel_apply::{Activity, Progress, Subject};
use evenkeel_model::InstanceAddress;
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
        Progress::Provisioning(_) | Progress::Output { .. } | Progress::Provisioned { .. } => {
            return Some(provisioning(progress));
        }
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
    let text = human::progress(&undeposed(progress), Style::PLAIN)?;
    let text = match subject.activity {
        // Reading has another name in these lines.
        Activity::Read => text.replacen(": Reading...", ": Refreshing...", 1).replacen(
            ": Read complete",
            ": Refresh complete",
            1,
        ),
        _ => text,
    };
    Some(message("info", &text, kind, json!({ "hook": hook })))
}

/// The same without the key of the deposed object, which has a field of its own.
fn undeposed(progress: &Progress) -> Progress {
    let mut progress = progress.clone();
    match &mut progress {
        Progress::Started(subject)
        | Progress::Still { subject, .. }
        | Progress::Done { subject, .. }
        | Progress::Failed { subject, .. }
        | Progress::Skipped { subject, .. }
        | Progress::Provisioning(subject)
        | Progress::Output { subject, .. }
        | Progress::Provisioned { subject, .. } => subject.deposed = None,
    }
    progress
}

/// One line about a command beside a step.
fn provisioning(progress: &Progress) -> Json {
    let (kind, subject, said, output) = match progress {
        Progress::Output { subject, line } => {
            ("provision_progress", subject, format!(" (local-exec): {}", text::line(line)), Some(line))
        }
        Progress::Provisioned { subject, failed: true } => {
            ("provision_errored", subject, " (local-exec) Provisioning errored".to_owned(), None)
        }
        Progress::Provisioned { subject, failed: false } => {
            ("provision_complete", subject, " (local-exec) Provisioning complete".to_owned(), None)
        }
        Progress::Started(subject)
        | Progress::Still { subject, .. }
        | Progress::Done { subject, .. }
        | Progress::Failed { subject, .. }
        | Progress::Skipped { subject, .. }
        | Progress::Provisioning(subject) => {
            ("provision_start", subject, " Provisioning with 'local-exec'...".to_owned(), None)
        }
    };
    let mut hook = json!({ "resource": resource(&subject.address), "provisioner": "local-exec" });
    if let Some(line) = output {
        hook["output"] = json!(line);
    }
    message("info", &format!("{}:{said}", subject.address), kind, json!({ "hook": hook }))
}

/// One line about an ephemeral resource.
pub fn ephemeral(address: &InstanceAddress, action: &str, elapsed: Option<u64>, text: &str) -> Json {
    let (kind, hook) = match elapsed {
        None => ("ephemeral_op_start", json!({ "resource": resource(address), "action": action })),
        Some(seconds) => (
            "ephemeral_op_complete",
            json!({ "resource": resource(address), "action": action, "elapsed_seconds": seconds }),
        ),
    };
    message("info", text, kind, json!({ "hook": hook }))
}

/// That something is about to be looked at.
pub fn refreshing(question: &Question) -> Json {
    match question {
        Question::ReadData { address, .. } => {
            let hook = json!({ "resource": resource(address), "action": "read" });
            message("info", &format!("{address}: Refreshing..."), "apply_start", json!({ "hook": hook }))
        }
        Question::Open { address, .. }
        | Question::Observe { address, .. }
        | Question::Import { address, .. } => {
            let (id, hook) = looked_at(question, address);
            message(
                "info",
                &format!("{address}: Refreshing state...{id}"),
                "refresh_start",
                json!({ "hook": hook }),
            )
        }
    }
}

/// That something was looked at.
pub fn refreshed(question: &Question) -> Json {
    match question {
        Question::ReadData { address, .. } => {
            let hook = json!({ "resource": resource(address), "action": "read", "elapsed_seconds": 0 });
            let text = format!("{address}: Refresh complete after 0s");
            message("info", &text, "apply_complete", json!({ "hook": hook }))
        }
        Question::Open { address, .. }
        | Question::Observe { address, .. }
        | Question::Import { address, .. } => {
            let (id, hook) = looked_at(question, address);
            message(
                "info",
                &format!("{address}: Refresh complete{id}"),
                "refresh_complete",
                json!({ "hook": hook }),
            )
        }
    }
}

/// What an object is known by, as text and as `hook`.
fn looked_at(question: &Question, address: &InstanceAddress) -> (String, Json) {
    let id = match question {
        Question::Observe { id, .. } => id.as_deref(),
        Question::Import { id, .. } => Some(&**id),
        Question::Open { .. } | Question::ReadData { .. } => None,
    };
    let mut hook = json!({ "resource": resource(address) });
    if let Some(id) = id {
        hook["id_key"] = json!("id");
        hook["id_value"] = json!(id);
    }
    (id.map(|id| format!(" [id={id}]")).unwrap_or_default(), hook)
}

fn action(subject: &Subject) -> &'static str {
    match subject.activity {
        Activity::Create => "create",
        Activity::Update => "update",
        Activity::Delete => "delete",
        Activity::Read => "read",
        Activity::Provision => "provision",
        Activity::Recover => "recover",
    }
}
