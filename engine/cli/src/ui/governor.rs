//! What the safety governor says.

use evenkeel_model::Diagnostic;
use evenkeel_plan::governor::Verdict;
use serde_json::json;

use super::Ui;
use crate::render;

impl Ui {
    /// That a plan would be stopped where nobody looks.
    pub fn would_be_stopped(&self, verdict: &Verdict, digest: &str) {
        if self.json {
            return self.governed(verdict, digest, false);
        }
        let detail = format!(
            "{}\nNobody is stopped who has seen this. A run that nobody watches (evenkeel reconcile, or -governor=strict) \
             would want an approval of exactly this plan.",
            render::governed(verdict)
        );
        self.diagnostics(&Diagnostic::warning("The governor would stop this plan", detail).into(), None);
    }

    /// That a plan was stopped, and how it is approved.
    pub fn stopped(&self, verdict: &Verdict, digest: &str, approve: &str) {
        if self.json {
            self.governed(verdict, digest, true);
        }
        let detail = format!(
            "{}\nNothing was changed. If all of this is meant, approve exactly this plan; the approval holds once, and \
             for an hour:\n  {approve}",
            render::governed(verdict)
        );
        self.diagnostics(&Diagnostic::error("The governor stops this plan", detail).into(), None);
    }

    fn governed(&self, verdict: &Verdict, digest: &str, stopped: bool) {
        let level = if stopped { "error" } else { "warn" };
        let text = format!("Governor: {}", verdict.reasons());
        let extra = json!({"governor": render::governed_json(verdict, digest, stopped)});
        self.emit(render::json::message(level, &text, "governor", extra));
    }
}
