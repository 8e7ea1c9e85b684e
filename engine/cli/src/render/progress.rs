//! What is said while a plan is carried out, and at its end.

use evenkeel_apply::{Activity, Progress, Report, Subject};
use evenkeel_state::RunStatus;

use super::style::{Paint, Style};
use super::text;

/// One line about a step, if it is worth one.
pub fn progress(progress: &Progress, style: Style) -> Option<String> {
    let (subject, said) = match progress {
        Progress::Output { subject, line } => {
            return Some(format!("{} (local-exec): {}", name(subject), text::line(line)));
        }
        Progress::Provisioned { .. } => return None,
        Progress::Provisioning(subject) => (subject, "Provisioning with 'local-exec'...".to_owned()),
        Progress::Started(subject) => (subject, format!("{}...{}", begins(subject), identity(subject))),
        Progress::Still { subject, elapsed_ms } => (subject, still(subject, *elapsed_ms)),
        Progress::Done { subject, elapsed_ms } => {
            let id = if subject.activity == Activity::Delete { String::new() } else { identity(subject) };
            (subject, format!("{} complete after {}{id}", noun(subject), text::seconds(*elapsed_ms)))
        }
        Progress::Failed { subject, elapsed_ms } => {
            (subject, format!("{} errored after {}", noun(subject), text::seconds(*elapsed_ms)))
        }
        Progress::Skipped { subject, because } => {
            (subject, format!("Skipped, because {} failed", text::line(&because.to_string())))
        }
    };
    Some(style.paint(Paint::Bold, format!("{}: {said}", name(subject))))
}

/// What a subject is called.
pub(super) fn name(subject: &Subject) -> String {
    let address = text::line(&subject.address.to_string());
    match subject.deposed {
        Some(key) => format!("{address} (deposed object {key})"),
        None => address,
    }
}

fn begins(subject: &Subject) -> &'static str {
    match subject.activity {
        Activity::Create => "Creating",
        Activity::Update => "Modifying",
        Activity::Delete => "Destroying",
        Activity::Read => "Reading",
        Activity::Provision => "Provisioning",
        Activity::Recover => "Finding out what an interrupted run did",
    }
}

fn noun(subject: &Subject) -> &'static str {
    match subject.activity {
        Activity::Create => "Creation",
        Activity::Update => "Modifications",
        Activity::Delete => "Destruction",
        Activity::Read => "Read",
        Activity::Provision => "Provisioning",
        Activity::Recover => "Recovery",
    }
}

fn identity(subject: &Subject) -> String {
    subject.id.as_ref().map(|id| format!(" [id={}]", text::line(id))).unwrap_or_default()
}

fn still(subject: &Subject, elapsed_ms: i64) -> String {
    let verb = match subject.activity {
        Activity::Create => "creating",
        Activity::Update => "modifying",
        Activity::Delete => "destroying",
        Activity::Read => "reading",
        Activity::Provision => "provisioning",
        Activity::Recover => "recovering",
    };
    let id = subject.id.as_ref().map(|id| format!("id={}, ", text::line(id))).unwrap_or_default();
    let total = text::rounded_seconds(elapsed_ms);
    format!("Still {verb}... [{id}{:02}m{:02}s elapsed]", total / 60, total % 60)
}

/// The line at the end of a run.
pub fn apply_summary(report: &Report, imported: usize, destroy: bool, style: Style) -> String {
    let counts = &report.counts;
    let is_whole = report.status == RunStatus::Succeeded;
    let what = if destroy { "Destroy" } else { "Apply" };
    let resources = match destroy && counts.added == 0 && counts.changed == 0 {
        true => format!("Resources: {} destroyed", counts.destroyed),
        false => format!(
            "Resources: {}{} added, {} changed, {} destroyed",
            if imported > 0 { format!("{imported} imported, ") } else { String::new() },
            counts.added,
            counts.changed,
            counts.destroyed
        ),
    };
    if is_whole {
        return style.paint(Paint::BoldGreen, format!("{what} complete! {resources}.")) + "\n";
    }
    let how = match report.status {
        RunStatus::Interrupted => "interrupted",
        RunStatus::Abandoned => "abandoned",
        RunStatus::Succeeded | RunStatus::Failed => "incomplete",
    };
    let rest = format!("{} failed, {} not attempted", counts.failed, counts.skipped);
    style.paint(Paint::BoldRed, format!("{what} {how}. {resources}; {rest}.")) + "\n"
}
