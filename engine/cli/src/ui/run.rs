//! What a run says: its steps, what is opened for it, what became of interrupted ones, and how it ended.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use evenkeel_apply::{Counts, Progress, RecoveryReport, Report};
use evenkeel_model::{Diagnostics, InstanceAddress, Value};
use evenkeel_state::{Action, RunStatus, State};
use serde_json::json;

use super::{Ui, print};
use crate::flow::planning::Planned;
use crate::render::{self, Style};

/// What is done with an ephemeral resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ephemeral {
    /// It is made usable.
    Open,
    /// It ends.
    Close,
}

impl Ephemeral {
    fn verb(self) -> &'static str {
        match self {
            Self::Open => "Opening",
            Self::Close => "Closing",
        }
    }

    fn action(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Close => "close",
        }
    }
}

impl Ui {
    /// That there is nothing to carry out, and the outputs as they are.
    pub fn nothing_to_apply(&self, destroy: bool, planned: &Planned) {
        let text = match destroy {
            true => "Destroy complete! Resources: 0 destroyed.",
            false => "Apply complete! Resources: 0 added, 0 changed, 0 destroyed.",
        };
        let outputs = stored_outputs(&planned.state);
        if planned.plan.partial {
            self.diagnostics(&evenkeel_plan::incomplete().into(), None);
        }
        if self.json {
            return self.end_of_run(text, &Default::default(), 0, destroy, &outputs);
        }
        self.line(&format!("\n{text}"));
        if !outputs.is_empty() && !destroy {
            self.line(&format!("\n{}", render::outputs(&outputs, self.out)));
        }
    }

    /// What `refresh` ends with: the outputs as they are now.
    pub fn refreshed_state(&self, state: &State) {
        let outputs = stored_outputs(state);
        if self.json {
            let text = format!("Outputs: {}", outputs.len());
            let extra = json!({"outputs": render::json::outputs(&outputs)});
            self.emit(render::json::message("info", &text, "outputs", extra));
        } else if !outputs.is_empty() {
            self.line(&format!("\n{}", render::outputs(&outputs, self.out)));
        }
    }

    /// The lines for machines at the end of a run.
    fn end_of_run(
        &self,
        text: &str,
        counts: &Counts,
        imported: usize,
        destroy: bool,
        outputs: &BTreeMap<Arc<str>, (Value, bool)>,
    ) {
        let operation = if destroy { "destroy" } else { "apply" };
        let changes = render::json::applied_summary(counts, imported, operation);
        self.emit(render::json::message("info", text, "change_summary", json!({"changes": changes})));
        if !destroy {
            let text = format!("Outputs: {}", outputs.len());
            let extra = json!({"outputs": render::json::outputs(outputs)});
            self.emit(render::json::message("info", &text, "outputs", extra));
        }
    }

    /// The question before anything is changed.
    pub fn ask_approval(&self, destroy: bool, workspace: &str) {
        let place = match workspace {
            "default" => String::new(),
            other => format!(" in workspace \"{other}\""),
        };
        let text = match destroy {
            true => format!(
                "Do you really want to destroy all resources{place}?\n  Evenkeel will destroy all your managed \
                 infrastructure, as shown above.\n  There is no undo. Only 'yes' will be accepted to confirm."
            ),
            false => format!(
                "Do you want to perform these actions{place}?\n  Evenkeel will perform the actions described above.\n  \
                 Only 'yes' will be accepted to approve."
            ),
        };
        print(std::io::stdout().lock(), &format!("\n{text}"));
        self.line("");
        let mut out = std::io::stdout().lock();
        let _ = write!(out, "  Enter a value: ").and_then(|()| out.flush());
    }

    /// A step of a run.
    pub fn progress(&self, progress: &Progress) {
        match self.json {
            true => {
                if let Some(message) = render::json::progress(progress) {
                    self.emit(message);
                }
            }
            false => {
                if let Some(line) = render::progress(progress, self.out) {
                    self.line(&line);
                }
            }
        }
    }

    /// That an ephemeral resource is being opened or closed, or for how long it was; reports do without.
    pub fn ephemeral(&self, address: &InstanceAddress, what: Ephemeral, elapsed: Option<u64>) {
        if !self.refresh_lines {
            return;
        }
        let text = match elapsed {
            None => format!("{address}: {}...", what.verb()),
            Some(seconds) => format!("{address}: {} complete after {seconds}s", what.verb()),
        };
        match self.json {
            true => self.emit(render::json::ephemeral(address, what.action(), elapsed, &text)),
            false => self.line(&text),
        }
    }

    /// That an ephemeral resource is not opened before the apply; machines see it in the plan.
    pub fn put_off(&self, address: &InstanceAddress) {
        if !self.json && self.refresh_lines {
            self.line(&format!("{address}: Configuration unknown, deferring..."));
        }
    }

    /// What became of interrupted steps.
    pub fn recovered(&self, report: &RecoveryReport) {
        for resolved in &report.resolved {
            let what = match resolved.action {
                Action::Provision => {
                    self.note(&format!(
                        "{}: the run stopped while a provisioner's command ran. It may have done all, a part or \
                         nothing of its work.",
                        resolved.address
                    ));
                    continue;
                }
                Action::Create | Action::Update | Action::Delete => {
                    format!("{:?}", resolved.resolution).to_lowercase()
                }
            };
            self.note(&format!(
                "{}: interrupted {} found {what}",
                resolved.address,
                resolved.action.as_str()
            ));
        }
    }

    /// How a run ended; `held` are warnings of its plan that were not told yet.
    pub fn applied(&self, report: &Report, destroy: bool, planned: &Planned, held: Diagnostics) {
        let mut diagnostics = held;
        diagnostics.extend(report.diagnostics.clone());
        self.diagnostics(&diagnostics, Some(&planned.loaded.snapshot));
        let root = planned.loaded.configuration.root();
        let declared = |name: &str| root.outputs.get(name).is_some_and(|output| output.sensitive);
        let outputs = match report.outputs.clone() {
            Some(outputs) => outputs
                .into_iter()
                .map(|(name, value)| {
                    let sensitive = declared(&name);
                    (name, (value, sensitive))
                })
                .collect(),
            None if report.status == RunStatus::Succeeded => stored_outputs(&planned.state),
            None => BTreeMap::new(),
        };
        if self.json && report.status != RunStatus::Succeeded {
            let text = render::apply_summary(report, 0, destroy, Style::PLAIN);
            return self.note(text.trim());
        }
        let imported = planned.plan.summary().import;
        if self.json {
            let text = render::apply_summary(report, imported, destroy, Style::PLAIN);
            return self.end_of_run(text.trim(), &report.counts, imported, destroy, &outputs);
        }
        if report.status == RunStatus::Succeeded || report.counts != Default::default() {
            self.line(&format!("\n{}", render::apply_summary(report, imported, destroy, self.out)));
        }
        if !outputs.is_empty() && !destroy {
            self.line(&format!("\n{}", render::outputs(&outputs, self.out)));
        }
    }
}

/// The root outputs as they are remembered; the flag says that one is sensitive.
pub(super) fn stored_outputs(state: &State) -> BTreeMap<Arc<str>, (Value, bool)> {
    let outputs = state.outputs.iter().filter_map(|(name, output)| {
        let value = evenkeel_model::json::decode(&output.value, &evenkeel_model::Type::Dynamic).ok()?;
        Some((name.clone(), (value, output.sensitive)))
    });
    outputs.collect()
}
