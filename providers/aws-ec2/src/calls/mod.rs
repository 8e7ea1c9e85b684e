//! The calls to EC2 that the types need, in plain values.
//!
//! Here is no knowledge of resource types, only of calls: paging, retries that are safe for the call
//! at hand, and failures that say whether the call could have had an effect. Connections, timeouts
//! and counting belong to the HTTP client in the configuration that is handed in.

pub mod client;
pub mod image;
pub mod network;
pub mod routing;
pub mod security;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use evenkeel_provider_aws_core::context::Context;
use evenkeel_provider_aws_core::endpoints::Service;
use evenkeel_provider_aws_core::errors::Failure;

pub use client::Client;

/// The answer to a call, later.
pub type Call<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// Key and value of tags.
pub type Tags = BTreeMap<String, String>;

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

/// What a context has for EC2.
pub trait Ec2Context {
    /// The EC2 client of the region.
    fn ec2(&self) -> Arc<Client>;
}

impl Ec2Context for Context {
    fn ec2(&self) -> Arc<Client> {
        self.client(|context| {
            Client::new(&context.sdk(), context.endpoint(Service::Ec2), context.asks_only())
        })
    }
}
