//! Everything this provider supports: the lists of its services, put together.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use evenkeel_model::schema::Schema;
use evenkeel_provider_aws_account as account;
use evenkeel_provider_aws_core::registry::{DataEntry, LazySchema, ResourceEntry};
use evenkeel_provider_aws_core::schema_file;
use evenkeel_provider_aws_database as database;
use evenkeel_provider_aws_ec2 as ec2;
use evenkeel_provider_aws_s3 as s3;

/// All managed resource types, by name.
pub static RESOURCES: LazyLock<BTreeMap<&'static str, &'static ResourceEntry>> = LazyLock::new(|| {
    let services: [&[_]; 4] = [&account::RESOURCES, &database::RESOURCES, &ec2::RESOURCES, &s3::RESOURCES];
    services.into_iter().flatten().map(|entry| (entry.resource.kind(), entry)).collect()
});

/// All data sources, by name.
pub static DATA_SOURCES: LazyLock<BTreeMap<&'static str, &'static DataEntry>> = LazyLock::new(|| {
    let services: [&[_]; 4] =
        [&account::DATA_SOURCES, &database::DATA_SOURCES, &ec2::DATA_SOURCES, &s3::DATA_SOURCES];
    services.into_iter().flatten().map(|entry| (entry.source.kind(), entry)).collect()
});

static PROVIDER: LazySchema = schema_file!("provider");

/// A managed resource type.
pub fn resource(kind: &str) -> Option<&'static ResourceEntry> {
    RESOURCES.get(kind).copied()
}

/// A data source.
pub fn data_source(kind: &str) -> Option<&'static DataEntry> {
    DATA_SOURCES.get(kind).copied()
}

/// The schema of the provider block.
pub fn provider_schema() -> &'static Schema {
    PROVIDER.get()
}

#[cfg(test)]
mod tests;
