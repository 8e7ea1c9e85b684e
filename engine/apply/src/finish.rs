//! What the machine needs of the planner at apply time, as a trait, so that the machine can be
//! tested without configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_model::{Diagnostics, InstanceAddress, ResourceAddress, Value};
use evenkeel_plan::{Finished, Finisher, LocalExec, Plan};
use evenkeel_state::StepId;

/// Completes the steps of one plan. [`Finisher`] is the real one.
pub trait Finish: Send {
    /// The plan.
    fn plan(&self) -> &Arc<Plan>;

    /// Everything a step's call needs. The machine asks once per step, after everything the step
    /// needs was recorded, and never for joins and provisioners.
    fn finish(&mut self, step: StepId) -> Result<Finished, Diagnostics>;

    /// What a step with a provisioner runs; `made` is the new object it is about, with its marks.
    fn provision(&mut self, step: StepId, made: Option<&Value>) -> Result<LocalExec, Diagnostics>;

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

    fn finish(&mut self, step: StepId) -> Result<Finished, Diagnostics> {
        self.finish(step)
    }

    fn provision(&mut self, step: StepId, made: Option<&Value>) -> Result<LocalExec, Diagnostics> {
        self.provision(step, made)
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
