//! The clients of the account's services.

use std::sync::Arc;

use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_iam as iam;
use aws_sdk_kms as kms;
use aws_sdk_ssm as ssm;
use evenkeel_provider_aws_core::endpoints::Service;
use evenkeel_provider_aws_core::http::CountCalls;
use evenkeel_provider_aws_core::retries::OnlyWhenThrottled;

use crate::context::Context;

/// KMS for calls whose repetition makes a second object.
pub struct KmsOnce(pub kms::Client);

/// What a context has for these services.
pub trait AccountContext {
    /// The IAM client; IAM is the same in all regions of a partition.
    fn iam(&self) -> Arc<iam::Client>;
    /// The KMS client of the region.
    fn kms(&self) -> Arc<kms::Client>;
    /// The same for calls that must not be repeated.
    fn kms_once(&self) -> Arc<KmsOnce>;
    /// The CloudWatch Logs client of the region.
    fn logs(&self) -> Arc<logs::Client>;
    /// The Systems Manager client of the region.
    fn ssm(&self) -> Arc<ssm::Client>;
}

impl AccountContext for Context {
    fn iam(&self) -> Arc<iam::Client> {
        self.client(|context| {
            let mut config = iam::config::Builder::from(&context.sdk());
            config.set_endpoint_url(context.endpoint(Service::Iam).map(str::to_owned));
            iam::Client::from_conf(config.build())
        })
    }

    fn kms(&self) -> Arc<kms::Client> {
        self.client(|context| kms::Client::from_conf(kms_config(context).build()))
    }

    fn kms_once(&self) -> Arc<KmsOnce> {
        self.client(|context| {
            let config = kms_config(context).retry_classifier(OnlyWhenThrottled);
            KmsOnce(kms::Client::from_conf(config.build()))
        })
    }

    fn logs(&self) -> Arc<logs::Client> {
        self.client(|context| {
            let counter = CountCalls(context.account().calls.clone());
            let mut config = logs::config::Builder::from(&context.sdk()).interceptor(counter);
            config.set_endpoint_url(context.endpoint(Service::Logs).map(str::to_owned));
            logs::Client::from_conf(config.build())
        })
    }

    fn ssm(&self) -> Arc<ssm::Client> {
        self.client(|context| {
            let counter = CountCalls(context.account().calls.clone());
            let mut config = ssm::config::Builder::from(&context.sdk()).interceptor(counter);
            config.set_endpoint_url(context.endpoint(Service::Ssm).map(str::to_owned));
            ssm::Client::from_conf(config.build())
        })
    }
}

fn kms_config(context: &Context) -> kms::config::Builder {
    let counter = CountCalls(context.account().calls.clone());
    let mut config = kms::config::Builder::from(&context.sdk()).interceptor(counter);
    config.set_endpoint_url(context.endpoint(Service::Kms).map(str::to_owned));
    config
}
