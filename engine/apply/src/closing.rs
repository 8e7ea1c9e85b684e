//! What is written and reported when a run ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::{Diagnostics, Marks, Severity, Value, json};
use evenkeel_plan::Plan;
use evenkeel_state::{Entry, OutputValue, RunStatus};

use crate::report::{Activity, Counts, StepReport, StepStatus};
use crate::work::subject;
use evenkeel_model::redact;

/// How a run ended whose steps ended so.
pub(crate) fn status<'a>(statuses: impl Iterator<Item = &'a StepStatus>) -> RunStatus {
    let mut worst = RunStatus::Succeeded;
    for status in statuses {
        match status {
            StepStatus::Done | StepStatus::Unneeded => {}
            StepStatus::NotAttempted | StepStatus::Open => return RunStatus::Interrupted,
            StepStatus::Failed | StepStatus::Skipped { .. } | StepStatus::Unresolved => {
                worst = RunStatus::Failed;
            }
        }
    }
    worst
}

/// The steps as the report lists them.
pub(crate) fn steps<'a>(plan: &Plan, statuses: impl Iterator<Item = &'a StepStatus>) -> Vec<StepReport> {
    let steps = plan.steps.iter().zip(statuses);
    steps
        .map(|(step, status)| {
            let subject = plan.change_of(step).and_then(|change| subject(step, change));
            StepReport {
                step: step.id,
                address: subject.as_ref().map(|subject| subject.address.clone()),
                deposed: subject.as_ref().and_then(|subject| subject.deposed),
                activity: subject.map(|subject| subject.activity),
                status: status.clone(),
            }
        })
        .collect()
}

/// The summary of a list of steps; joins do not count.
pub(crate) fn counts(steps: &[StepReport]) -> Counts {
    let mut counts = Counts::default();
    for step in steps {
        let Some(activity) = step.activity else { continue };
        match (&step.status, activity) {
            (StepStatus::Done, Activity::Create) => counts.added += 1,
            (StepStatus::Done, Activity::Update) => counts.changed += 1,
            (StepStatus::Done, Activity::Delete) => counts.destroyed += 1,
            (StepStatus::Done, Activity::Read | Activity::Provision | Activity::Recover)
            | (StepStatus::Unneeded, _) => {}
            (StepStatus::Failed | StepStatus::Unresolved, _) => counts.failed += 1,
            // The object that it belongs to counts.
            (_, Activity::Provision) => {}
            (StepStatus::Skipped { .. } | StepStatus::NotAttempted | StepStatus::Open, _) => {
                counts.skipped += 1;
            }
        }
    }
    counts
}

/// The root outputs as an entry.
pub(crate) fn outputs(outputs: &BTreeMap<Arc<str>, Value>) -> Entry {
    let output = |(name, value): (&Arc<str>, &Value)| {
        let sensitive = value.all_marks().contains(Marks::SENSITIVE);
        (name.clone(), OutputValue { value: Arc::new(json::encode_open(value)), sensitive })
    };
    Entry::Outputs { outputs: outputs.iter().map(output).collect() }
}

/// The first error as one line of text, for the journal.
pub(crate) fn error_text(diagnostics: &Diagnostics) -> Option<String> {
    let first = diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error)?;
    let address = first.address.as_deref().map_or(String::new(), |address| format!("{address}: "));
    Some(redact::message(&format!("{address}{}: {}", first.summary, first.detail), []))
}
