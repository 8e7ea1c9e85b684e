//! The clients of S3.

use std::sync::Arc;

use aws_sdk_s3 as s3;
use aws_sdk_s3control as s3control;
use evenkeel_provider_aws_core::context::Context;
use evenkeel_provider_aws_core::endpoints::Service;
use evenkeel_provider_aws_core::http::CountCalls;

use crate::lenient;

/// What a context has for S3.
pub trait S3Context {
    /// The S3 client of the region.
    fn s3(&self) -> Arc<s3::Client>;
    /// The client of the account's side of S3 in the region.
    fn s3_control(&self) -> Arc<s3control::Client>;
}

impl S3Context for Context {
    fn s3(&self) -> Arc<s3::Client> {
        self.client(|context| {
            let sdk = context.sdk();
            let account = context.account();
            let mut config = s3::config::Builder::from(&sdk)
                .force_path_style(account.s3_path_style)
                .interceptor(CountCalls(account.calls.clone()));
            config.set_endpoint_url(context.endpoint(Service::S3).map(str::to_owned));
            config.set_http_client(sdk.http_client().map(lenient::client));
            s3::Client::from_conf(config.build())
        })
    }

    fn s3_control(&self) -> Arc<s3control::Client> {
        self.client(|context| {
            let mut config = s3control::config::Builder::from(&context.sdk())
                .interceptor(CountCalls(context.account().calls.clone()));
            config.set_endpoint_url(context.endpoint(Service::S3Control).map(str::to_owned));
            s3control::Client::from_conf(config.build())
        })
    }
}
