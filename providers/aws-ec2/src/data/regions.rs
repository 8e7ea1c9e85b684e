//! `aws_regions`: the regions that there are for the account.

use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::{BoxFuture, ProviderError, ReadDataRequest};

use super::filters::filters_of;
use crate::calls::Ec2Context;
use crate::calls::client::{self, answer};
use crate::context::Context;
use crate::errors::{self, Effect};
use crate::object::Builder;
use crate::registry;
use crate::resource::DataSource;

/// The data source.
pub struct Regions;

impl DataSource for Regions {
    fn kind(&self) -> &'static str {
        "aws_regions"
    }

    fn read<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let ec2 = context.ec2();
            let call = ec2
                .safe
                .describe_regions()
                .set_all_regions(request.config.get_bool("all_regions"))
                .set_filters(client::filters_of(filters_of(&request.config)));
            let listed = answer(call.send()).await;
            let listed = listed
                .map_err(|failure| errors::provider_error("reading EC2 Regions", Effect::Read, &failure))?;
            let names =
                listed.regions.unwrap_or_default().into_iter().filter_map(|region| region.region_name);
            Ok(Builder::new(registry::data_schema(self.kind()), &request.config)
                .str("id", Some(context.partition()))
                .string_set("names", names)
                .build())
        })
    }
}
