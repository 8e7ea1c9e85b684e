//! The calls to EC2 that the AWS provider needs, in plain values behind narrow traits.
//!
//! This is the only crate that names `aws-sdk-ec2`, which is by far the dearest dependency to
//! compile: everything that changes often lives elsewhere. Here is no knowledge of resource types,
//! only of calls: paging, retries that are safe for the call at hand, and errors that say whether
//! the call could have had an effect. Connections, timeouts and counting belong to the HTTP client
//! in the configuration that is handed in.

mod client;
mod error;
pub mod image;
pub mod instance;
pub mod network;
pub mod security;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use error::{Class, Ec2Error};
pub use image::Images;
pub use instance::Instances;
pub use network::Networks;
pub use security::Security;

/// The answer to a call, later.
pub type Call<'a, T> = Pin<Box<dyn Future<Output = Result<T, Ec2Error>> + Send + 'a>>;

/// Key and value of tags.
pub type Tags = BTreeMap<String, String>;

/// All calls, in one region with one set of credentials.
pub trait Ec2: Networks + Security + Instances + Images {}

/// Which objects to describe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Select {
    /// Exactly these; one that is missing fails the call. At most 1,000.
    Ids(Vec<String>),
    /// Those that match all filters; at most 200 values per filter.
    Filters(Vec<Filter>),
}

/// A condition on objects: the attribute has one of the values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The service's name of the attribute: `vpc-id`, `tag:Name`.
    pub name: String,
    /// The values, `*` and `?` as wildcards.
    pub values: Vec<String>,
}

impl Filter {
    /// A filter with the values given.
    pub fn new<V: Into<String>>(name: impl Into<String>, values: impl IntoIterator<Item = V>) -> Self {
        Self { name: name.into(), values: values.into_iter().map(Into::into).collect() }
    }
}

impl Select {
    /// A selection by one filter with one value.
    pub fn one(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::Filters(vec![Filter::new(name, [value.into()])])
    }
}

/// A client that calls EC2 as the SDK configuration says, at another endpoint if one is given.
pub fn client(config: &aws_types::SdkConfig, endpoint: Option<&str>) -> Arc<dyn Ec2> {
    Arc::new(client::Client::new(config, endpoint))
}
