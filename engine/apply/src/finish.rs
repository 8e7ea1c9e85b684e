//! What the machine needs of the planner at apply time, as a trait, so that the machine can be
//! tested without configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_model::{Diagnostics, InstanceAddress, ResourceAddress, Value};
use evenkeel_plan::{Finished, Finisher, LocalExec, Opening, Plan, Unfinished};
use evenkeel_provider::ProviderError;
use evenkeel_state::StepId;

/// Completes the steps of one plan. [`Finisher`] is the real one.
pub trait Finish: Send {
    /// The plan.
    fn plan(&self) -> &Arc<Plan>;

    /// Everything a step's call needs. The machine asks once per step, after everything the step
    /// needs was recorded, and never for joins and provisioners; and again when the ephemeral resources
    /// are open that were found to be closed.
    fn finish(&mut self, step: StepId) -> Result<Finished, Unfinished>;

    /// What a step with a provisioner runs; `made` is the new object it is about, with its marks.
    fn provision(&mut self, step: StepId, made: Option<&Value>) -> Result<LocalExec, Unfinished>;

    /// Takes what came of opening an ephemeral resource.
    fn opened(&mut self, address: &InstanceAddress, result: Result<Value, ProviderError>);

    /// What has to be opened, once all steps are settled, before the outputs are asked for.
    fn openings_to_settle(
        &mut self,
        unfinished: &BTreeSet<ResourceAddress>,
    ) -> Result<Vec<Opening>, Diagnostics>;

    /// Takes what a step gave: the applied object with its marks, or what the data source said.
    /// Tells what conditions on it are not met; with an error, the step has failed.
    fn record(&mut self, address: &InstanceAddress, value: Value) -> Diagnostics;

    /// The root outputs after the steps recorded so far; those that need one of the resources that were
    /// not finished stay as they were.
    fn outputs(&mut self, unfinished: &BTreeSet<ResourceAddress>)
    -> (BTreeMap<Arc<str>, Value>, Diagnostics);
}

impl Finish for Finisher {
    fn plan(&self) -> &Arc<Plan> {
        self.plan()
    }

    fn finish(&mut self, step: StepId) -> Result<Finished, Unfinished> {
        self.finish(step)
    }

    fn provision(&mut self, step: StepId, made: Option<&Value>) -> Result<LocalExec, Unfinished> {
        self.provision(step, made)
    }

    fn opened(&mut self, address: &InstanceAddress, result: Result<Value, ProviderError>) {
        self.opened(address, result);
    }

    fn openings_to_settle(
        &mut self,
        unfinished: &BTreeSet<ResourceAddress>,
    ) -> Result<Vec<Opening>, Diagnostics> {
        self.openings_to_settle(unfinished)
    }

    fn record(&mut self, address: &InstanceAddress, value: Value) -> Diagnostics {
        self.record(address, value)
    }

    fn outputs(
        &mut self,
        unfinished: &BTreeSet<ResourceAddress>,
    ) -> (BTreeMap<Arc<str>, Value>, Diagnostics) {
        self.outputs(unfinished)
    }
}
