//! What is known without asking: the partition, names of services, parts of an ARN, default tags,
//! and accounts that belong to AWS itself.

use std::sync::Arc;

use evenkeel_model::{Type, Value};
use evenkeel_provider::{BoxFuture, ErrorKind, ProviderError, ReadDataRequest};

use crate::context::Context;
use crate::object::Builder;
use crate::resource::DataSource;
use crate::{regions, registry, tags};

/// A data source that is a function of its configuration and the provider's.
pub struct Known {
    kind: &'static str,
    answer: fn(&Context, &Value, Builder<'static>) -> Result<Value, ProviderError>,
}

impl DataSource for Known {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn read<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let builder = Builder::new(registry::data_schema(self.kind), &request.config);
            (self.answer)(context, &request.config, builder)
        })
    }
}

/// The parts of an ARN.
pub const ARN: Known = Known { kind: "aws_arn", answer: arn };
/// Who writes the access logs of CloudFront into buckets.
pub const CLOUDFRONT_LOGS: Known =
    Known { kind: "aws_cloudfront_log_delivery_canonical_user_id", answer: cloudfront_logs };
/// The provider's default tags.
pub const DEFAULT_TAGS: Known = Known { kind: "aws_default_tags", answer: default_tags };
/// Who writes the access logs of load balancers into buckets.
pub const ELB_ACCOUNT: Known = Known { kind: "aws_elb_service_account", answer: elb_account };
/// The partition.
pub const PARTITION: Known = Known { kind: "aws_partition", answer: partition };
/// The name of a service in policies.
pub const SERVICE_PRINCIPAL: Known = Known { kind: "aws_service_principal", answer: service_principal };

fn refused(operation: &str, detail: String, remedy: &'static str) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, operation, detail).with_remedy(remedy)
}

fn arn(_: &Context, config: &Value, builder: Builder<'static>) -> Result<Value, ProviderError> {
    let text = config.get_str("arn").unwrap_or_default();
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, service, region, account, resource] = parts[..] else {
        let detail = format!("\"{text}\" is not an ARN.");
        let remedy = "An ARN looks like arn:aws:iam::111122223333:role/my-role.";
        return Err(refused("reading the ARN", detail, remedy));
    };
    let parts = [
        ("id", text),
        ("partition", partition),
        ("service", service),
        ("region", region),
        ("account", account),
        ("resource", resource),
    ];
    Ok(parts.into_iter().fold(builder, |builder, (name, part)| builder.str(name, Some(part))).build())
}

fn partition(context: &Context, _: &Value, builder: Builder<'static>) -> Result<Value, ProviderError> {
    let mut labels: Vec<&str> = context.dns_suffix().split('.').collect();
    labels.reverse();
    Ok(builder
        .str("id", Some(context.partition()))
        .str("partition", Some(context.partition()))
        .str("dns_suffix", Some(context.dns_suffix()))
        .str("reverse_dns_prefix", Some(labels.join(".")))
        .build())
}

fn default_tags(context: &Context, _: &Value, builder: Builder<'static>) -> Result<Value, ProviderError> {
    let mut tags = context.tags().default_tags.clone();
    tags.retain(|key, _| !context.tags().ignore_tags.matches(key));
    Ok(builder.str("id", Some(context.partition())).set("tags", tags::to_value(&tags)).build())
}

/// The domain that services have in policies; outside of AWS's first partition a few differ.
fn principal_suffix(service: &str, region: &str) -> &'static str {
    let partition = regions::partition(region);
    let own_domain = match partition.id {
        "aws-iso" => ["cloudhsm", "config", "logs", "workspaces"].contains(&service),
        "aws-iso-b" => ["dms", "logs"].contains(&service),
        "aws-cn" => ["codedeploy", "elasticmapreduce", "logs"].contains(&service),
        _ => false,
    };
    if own_domain { partition.dns_suffix } else { "amazonaws.com" }
}

fn service_principal(
    context: &Context,
    config: &Value,
    builder: Builder<'static>,
) -> Result<Value, ProviderError> {
    let service = config.get_str("service_name").unwrap_or_default();
    let region = context.region();
    let suffix = principal_suffix(service, region);
    Ok(builder
        .str("id", Some(format!("{service}.{region}.{suffix}")))
        .str("name", Some(format!("{service}.{suffix}")))
        .str("suffix", Some(suffix))
        .str("region", Some(region))
        .build())
}

/// AWS lists them in "Enable access logs for your load balancer"; newer regions use a service principal.
const ELB_ACCOUNTS: [(&str, &str); 26] = [
    ("af-south-1", "098369216593"),
    ("ap-east-1", "754344448648"),
    ("ap-northeast-1", "582318560864"),
    ("ap-northeast-2", "600734575887"),
    ("ap-northeast-3", "383597477331"),
    ("ap-south-1", "718504428378"),
    ("ap-southeast-1", "114774131450"),
    ("ap-southeast-2", "783225319266"),
    ("ap-southeast-3", "589379963580"),
    ("ca-central-1", "985666609251"),
    ("cn-north-1", "638102146993"),
    ("cn-northwest-1", "037604701340"),
    ("eu-central-1", "054676820928"),
    ("eu-north-1", "897822967062"),
    ("eu-south-1", "635631232127"),
    ("eu-west-1", "156460612806"),
    ("eu-west-2", "652711504416"),
    ("eu-west-3", "009996457667"),
    ("me-south-1", "076674570225"),
    ("sa-east-1", "507241528517"),
    ("us-east-1", "127311923021"),
    ("us-east-2", "033677994240"),
    ("us-gov-east-1", "190560391635"),
    ("us-gov-west-1", "048591011584"),
    ("us-west-1", "027434742980"),
    ("us-west-2", "797873946194"),
];

fn elb_account(context: &Context, _: &Value, builder: Builder<'static>) -> Result<Value, ProviderError> {
    let region = context.region();
    let Some((_, account)) = ELB_ACCOUNTS.iter().find(|(name, _)| *name == region) else {
        let detail = format!("load balancers have no account of their own in {region}.");
        let remedy = "Grant the service principal logdelivery.elasticloadbalancing.amazonaws.com instead.";
        return Err(refused("reading the account of ELB", detail, remedy));
    };
    Ok(builder
        .str("id", Some(account))
        .str("arn", Some(format!("arn:{}:iam::{account}:root", context.partition())))
        .str("region", Some(region))
        .build())
}

fn cloudfront_logs(context: &Context, _: &Value, builder: Builder<'static>) -> Result<Value, ProviderError> {
    let id = match context.partition() {
        "aws-cn" => "a52cb28745c0c06e84ec548334e44bfa7fc2a85c54af20cd59e4969344b7af56",
        _ => "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0",
    };
    let region = builder.get("region").cloned().unwrap_or_else(|| Value::null(Type::String));
    Ok(builder.str("id", Some(id)).set("region", region).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_the_domain_of_the_first_partition_with_few_exceptions() {
        assert_eq!(principal_suffix("ec2", "eu-central-1"), "amazonaws.com");
        assert_eq!(principal_suffix("ec2", "cn-north-1"), "amazonaws.com");
        assert_eq!(principal_suffix("logs", "cn-north-1"), "amazonaws.com.cn");
        assert_eq!(principal_suffix("config", "us-iso-east-1"), "c2s.ic.gov");
    }
}
