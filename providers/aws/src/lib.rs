//! The native AWS provider: the lists of its services, and the two sides of the contract.
//!
//! Its pure half ([`spec`], [`registry`], the schemas in `schemas/aws/`) tells what a change of an
//! object would look like; its acting half ([`connection`]) hands every request to its type. What
//! the services share is in `evenkeel-provider-aws-core`; a resource type is one file in the crate
//! of its service, one schema file and one line in that crate's registry.

pub mod connection;
mod probe;
pub mod registry;
pub mod spec;

use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::{BoxFuture, Connection, NoFiles, Provider, ProviderError, ProviderSpec, ReadFile};
use evenkeel_provider_aws_core::config;

/// The provider, not configured yet. It reads no files.
pub fn provider() -> Arc<dyn Provider> {
    with_files(Arc::new(NoFiles))
}

fn with_files(files: Arc<dyn ReadFile>) -> Arc<dyn Provider> {
    Arc::new(Aws { spec: spec::Spec::default(), files })
}

struct Aws {
    spec: spec::Spec,
    files: Arc<dyn ReadFile>,
}

impl Provider for Aws {
    fn spec(&self) -> &dyn ProviderSpec {
        &self.spec
    }

    fn configure(&self, config: Value) -> BoxFuture<'_, Result<Arc<dyn Connection>, ProviderError>> {
        Box::pin(async move {
            let context = config::configure(&config, self.files.clone()).await?;
            Ok(Arc::new(connection::AwsConnection::new(context)) as Arc<dyn Connection>)
        })
    }

    fn reading(&self, files: Arc<dyn ReadFile>) -> Option<Arc<dyn Provider>> {
        Some(with_files(files))
    }
}
