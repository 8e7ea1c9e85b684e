//! The pure half of the provider.

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, ProviderAddress, Value};
use evenkeel_provider::{ProviderSpec, ResourceSpec};

use evenkeel_provider_aws_core::config;
use evenkeel_provider_aws_core::registry::DataEntry;

use crate::registry;

/// What this provider supports.
pub struct Spec {
    address: ProviderAddress,
}

impl Default for Spec {
    fn default() -> Self {
        Self { address: ProviderAddress::implied("aws") }
    }
}

impl ProviderSpec for Spec {
    fn address(&self) -> &ProviderAddress {
        &self.address
    }

    fn version(&self) -> &str {
        "6.47.0"
    }

    fn config_schema(&self) -> &Schema {
        registry::provider_schema()
    }

    fn validate_config(&self, config: &Value) -> Diagnostics {
        config::validate(config)
    }

    fn resource(&self, kind: &str) -> Option<&dyn ResourceSpec> {
        registry::resource(kind).map(|entry| entry as &dyn ResourceSpec)
    }

    fn data_source(&self, kind: &str) -> Option<&Schema> {
        registry::data_source(kind).map(DataEntry::schema)
    }

    fn resource_kinds(&self) -> Vec<&str> {
        registry::RESOURCES.keys().copied().collect()
    }

    fn data_kinds(&self) -> Vec<&str> {
        registry::DATA_SOURCES.keys().copied().collect()
    }
}
