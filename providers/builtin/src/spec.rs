//! The pure half: schemas, and the planning of `terraform_data`.

use std::sync::OnceLock;

use evenkeel_model::ProviderAddress;
use evenkeel_model::schema::Schema;
use evenkeel_provider::{PlanRequest, PlannedChange, ProviderSpec, ResourceSpec};

use crate::data;

/// The version of Terraform whose provider this one is like.
const VERSION: &str = "1.11.4";

const DATA: &str = "terraform_data";
const REMOTE_STATE: &str = "terraform_remote_state";

/// What this provider supports.
pub(crate) struct Spec {
    address: ProviderAddress,
}

impl Default for Spec {
    fn default() -> Self {
        Self { address: crate::address() }
    }
}

impl ProviderSpec for Spec {
    fn address(&self) -> &ProviderAddress {
        &self.address
    }

    fn version(&self) -> &str {
        VERSION
    }

    fn config_schema(&self) -> &Schema {
        static SCHEMA: OnceLock<Schema> = OnceLock::new();
        SCHEMA.get_or_init(|| parsed(include_str!("../../../schemas/builtin/provider.json")))
    }

    fn resource(&self, kind: &str) -> Option<&dyn ResourceSpec> {
        (kind == DATA).then_some(&TerraformData as &dyn ResourceSpec)
    }

    fn data_source(&self, kind: &str) -> Option<&Schema> {
        (kind == REMOTE_STATE).then(remote_state_schema)
    }

    fn resource_kinds(&self) -> Vec<&str> {
        vec![DATA]
    }

    fn data_kinds(&self) -> Vec<&str> {
        vec![REMOTE_STATE]
    }
}

struct TerraformData;

impl ResourceSpec for TerraformData {
    fn schema(&self) -> &Schema {
        static SCHEMA: OnceLock<Schema> = OnceLock::new();
        SCHEMA.get_or_init(|| parsed(include_str!("../../../schemas/builtin/terraform_data.json")))
    }

    fn plan(&self, request: &PlanRequest<'_>) -> PlannedChange {
        data::plan(request)
    }
}

fn remote_state_schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| parsed(include_str!("../../../schemas/builtin/data.terraform_remote_state.json")))
}

fn parsed(text: &str) -> Schema {
    serde_json::from_str(text).expect("the tests read every schema file built in")
}
