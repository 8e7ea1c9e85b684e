//! The provider that is always there, `terraform.io/builtin/terraform`: `terraform_data`, whose
//! objects live in the state alone, and `terraform_remote_state`, which reads another state's outputs.
//!
//! [`data`] plans and makes `terraform_data`; [`remote_state`] reads files, and only where the
//! operator's own directory is evaluated. Nothing here reaches a network.

pub mod data;
pub mod remote_state;
mod spec;

use std::path::PathBuf;
use std::sync::Arc;

use evenkeel_model::{ProviderAddress, Value};
use evenkeel_provider::{
    BoxFuture, Connection, CreateRequest, DeleteRequest, ErrorKind, Failed, FindRequest, ObserveRequest,
    Provider, ProviderError, ProviderSpec, ReadDataRequest, UpdateRequest,
};

pub use remote_state::Stores;

/// Whether configuration may name files of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostFiles {
    /// The operator's own directory is evaluated: relative paths start there.
    From(PathBuf),
    /// A revision is evaluated that anybody may have written.
    Refused,
}

/// The address it goes by.
pub fn address() -> ProviderAddress {
    ProviderAddress::implied("terraform")
}

/// The provider.
pub fn provider(files: HostFiles, stores: Option<Arc<dyn Stores>>) -> Arc<dyn Provider> {
    Arc::new(Builtin { spec: spec::Spec::default(), files, stores })
}

struct Builtin {
    spec: spec::Spec,
    files: HostFiles,
    stores: Option<Arc<dyn Stores>>,
}

impl Provider for Builtin {
    fn spec(&self) -> &dyn ProviderSpec {
        &self.spec
    }

    fn configure(&self, _: Value) -> BoxFuture<'_, Result<Arc<dyn Connection>, ProviderError>> {
        let (files, stores) = (self.files.clone(), self.stores.clone());
        Box::pin(async move { Ok(Arc::new(Open { files, stores }) as Arc<dyn Connection>) })
    }
}

struct Open {
    files: HostFiles,
    stores: Option<Arc<dyn Stores>>,
}

impl Connection for Open {
    /// What is remembered is all there is.
    fn observe(
        &self,
        requests: Vec<ObserveRequest>,
    ) -> BoxFuture<'_, Vec<Result<Option<Value>, ProviderError>>> {
        Box::pin(async move { requests.into_iter().map(|request| Ok(Some(request.prior))).collect() })
    }

    fn read_data(&self, request: ReadDataRequest) -> BoxFuture<'_, Result<Value, ProviderError>> {
        Box::pin(
            async move { remote_state::read(&self.files, self.stores.as_deref(), &request.config).await },
        )
    }

    fn create(&self, request: CreateRequest) -> BoxFuture<'_, Result<Value, Failed>> {
        Box::pin(async move { Ok(data::made(&request.planned, &new_id()?)) })
    }

    fn update(&self, request: UpdateRequest) -> BoxFuture<'_, Result<Value, Failed>> {
        // The id is known here, so that the new one is not used.
        Box::pin(async move { Ok(data::made(&request.planned, &new_id()?)) })
    }

    fn delete(&self, _: DeleteRequest) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async { Ok(()) })
    }

    /// An interrupted create left nothing behind: what it made was to be written into the state.
    fn find(&self, _: FindRequest) -> BoxFuture<'_, Result<Option<Value>, ProviderError>> {
        Box::pin(async { Ok(None) })
    }
}

/// A random identifier in the form of a UUID.
fn new_id() -> Result<String, ProviderError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| ProviderError::new(ErrorKind::Other, "drawing an id", error.to_string()))?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    Ok([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-"))
}

#[cfg(test)]
mod tests;
