//! The native AWS provider.
//!
//! Its pure half ([`spec`], [`registry`], [`plan`], the schemas in `schemas/aws/`) tells what a
//! change of an object would look like. Its acting half ([`config`], [`connection`], [`resources`],
//! [`data`]) talks to AWS: configuration is read once per provider block, calls go through
//! [`context`], failures through [`errors`]. Adding a resource type is one file under
//! `resources/<service>/`, one schema file and one line in [`registry`].

pub mod config;
pub mod connection;
pub mod context;
pub mod credentials;
pub mod data;
pub mod endpoints;
pub mod errors;
pub mod http;
pub mod object;
pub mod plan;
pub mod regions;
pub mod registry;
pub mod resource;
pub mod resources;
pub mod spec;
pub mod tags;
pub mod wait;

use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::{BoxFuture, Connection, Provider, ProviderError, ProviderSpec};

/// The provider, not configured yet.
pub fn provider() -> Arc<dyn Provider> {
    Arc::new(Aws::default())
}

#[derive(Default)]
struct Aws {
    spec: spec::Spec,
}

impl Provider for Aws {
    fn spec(&self) -> &dyn ProviderSpec {
        &self.spec
    }

    fn configure(&self, config: Value) -> BoxFuture<'_, Result<Arc<dyn Connection>, ProviderError>> {
        Box::pin(async move {
            let context = config::configure(&config).await?;
            Ok(Arc::new(connection::AwsConnection::new(context)) as Arc<dyn Connection>)
        })
    }
}
