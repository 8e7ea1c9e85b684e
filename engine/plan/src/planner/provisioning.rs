//! Provisioners: never run, and never passed over in silence.
//!
//! Where running some of them comes to be allowed by the operator's own settings, the plan will hold
//! them as steps between the call that makes an object and what needs it; until then a plan that would
//! run one is refused, or says so.

use evenkeel_lang::config::{Resource, When};
use evenkeel_model::{Diagnostic, Severity};

use super::Planner;
use crate::input::Provisioners;
use crate::types::{Change, ChangeAction};

impl Planner<'_> {
    /// Notes the provisioners that a change would run.
    pub(crate) fn note_provisioners(&mut self, change: &Change, resource: &Resource) {
        let made = matches!(change.action, ChangeAction::Create) || change.action.is_replace();
        let destroyed = matches!(change.action, ChangeAction::Delete) || change.action.is_replace();
        for provisioner in &resource.provisioners {
            let runs = match provisioner.when {
                When::Create => made,
                When::Destroy => destroyed,
            };
            if runs {
                let line = format!("{} of {}", provisioner.kind, change.address);
                self.provisioned.insert(line, provisioner.range.clone());
            }
        }
    }

    /// Says which provisioners do not run.
    pub(crate) fn tell_of_provisioners(&mut self) {
        let severity = match self.input.options.provisioners {
            Provisioners::Refuse => Severity::Error,
            Provisioners::Warn => Severity::Warning,
        };
        for (which, range) in std::mem::take(&mut self.provisioned) {
            let detail = format!(
                "Terraform would run the provisioner {which} with this plan, and Evenkeel runs none: what a command \
                 does is seen by no plan. Do what it does by other means, and remove the block."
            );
            let diagnostic = Diagnostic::error("Provisioners do not run", detail).at(range);
            self.diagnostics.push(Diagnostic { severity, ..diagnostic });
        }
    }
}
