//! Ephemeral resources that are opened during apply: a step that needs one waits for it, and is finished
//! anew when it is open.
//!
//! Opening changes nothing that has to be remembered, so there is no intent and no outcome: after a crash
//! it is opened again. Whoever opens it keeps it open and closes it when the machine is over.

use std::collections::BTreeSet;

use evenkeel_model::{InstanceAddress, ResourceAddress, Value};
use evenkeel_plan::{Opening, Unfinished};
use evenkeel_provider::ProviderError;
use evenkeel_state::{RunStatus, StepId};

use super::Machine;
use crate::report::StepStatus;

impl Machine {
    /// A step could not be finished: it waits until what it needs is open, or has failed.
    pub(super) fn put_off(&mut self, step: StepId, about: &InstanceAddress, why: Unfinished) {
        match why {
            Unfinished::Closed(openings) => self.open_for(openings, Some(step)),
            Unfinished::Wrong(diagnostics) => {
                self.report_about(about, diagnostics);
                self.settle(step, StepStatus::Failed);
            }
        }
    }

    fn open_for(&mut self, openings: Vec<Opening>, step: Option<StepId>) {
        for opening in openings {
            let waiting = self.opening.entry(opening.address.clone()).or_insert_with(|| {
                self.to_open.push(opening);
                Vec::new()
            });
            waiting.extend(step);
        }
    }

    /// What steps were waiting for is open, or cannot be opened: they find out by themselves.
    pub(super) fn opened(&mut self, address: &InstanceAddress, result: Result<Value, ProviderError>) {
        let Some(waiting) = self.opening.remove(address) else { return };
        self.finisher.opened(address, result);
        for step in waiting {
            self.make_ready(step);
        }
    }

    /// Opens what the outputs and checks need that no step did; true while there is something to wait for.
    pub(super) fn opens_to_settle(
        &mut self,
        unfinished: &BTreeSet<ResourceAddress>,
        status: &mut RunStatus,
    ) -> bool {
        match self.finisher.openings_to_settle(unfinished) {
            Ok(openings) => self.open_for(openings, None),
            Err(diagnostics) => {
                *status = RunStatus::Failed;
                self.diagnostics.extend(diagnostics);
            }
        }
        !self.opening.is_empty()
    }
}
