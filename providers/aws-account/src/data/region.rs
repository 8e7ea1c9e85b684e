//! `aws_region`: what is fixed about a region. No call is made.

use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::{BoxFuture, ErrorKind, ProviderError, ReadDataRequest};

use crate::context::Context;
use crate::object::Builder;
use crate::resource::DataSource;
use crate::{regions, registry};

/// The data source.
pub struct Region;

impl DataSource for Region {
    fn kind(&self) -> &'static str {
        "aws_region"
    }

    fn read<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let name = wanted(&request.config, context.region())?;
            let description = regions::find(&name).map(|region| region.description);
            let endpoint = format!("ec2.{name}.{}", regions::partition(&name).dns_suffix);
            Ok(Builder::new(registry::data_schema(self.kind()), &request.config)
                .str("id", Some(&name))
                .str("name", Some(&name))
                .str("region", Some(&name))
                .str("endpoint", Some(endpoint))
                .str("description", Some(description.unwrap_or_default()))
                .build())
        })
    }
}

/// The region that the arguments agree on, or the provider's.
fn wanted(config: &Value, default: &str) -> Result<String, ProviderError> {
    let by_endpoint = config.get_str("endpoint").map(of_endpoint).transpose()?;
    let mut named = [config.get_str("region"), config.get_str("name"), by_endpoint].into_iter().flatten();
    let Some(first) = named.next() else { return Ok(default.to_owned()) };
    if named.any(|other| other != first) {
        return Err(ProviderError::new(
            ErrorKind::Invalid,
            "reading the AWS region",
            "the arguments region, name and endpoint name different regions.",
        )
        .with_remedy("Set only one of them."));
    }
    Ok(first.to_owned())
}

fn of_endpoint(endpoint: &str) -> Result<&'static str, ProviderError> {
    let is_it = |name: &str| endpoint == format!("ec2.{name}.{}", regions::partition(name).dns_suffix);
    let found = regions::REGIONS.iter().map(|region| region.name).find(|name| is_it(name));
    found.ok_or_else(|| {
        ProviderError::new(
            ErrorKind::Invalid,
            "reading the AWS region",
            format!("no region has the EC2 endpoint \"{endpoint}\"."),
        )
        .with_remedy("An EC2 endpoint looks like ec2.eu-central-1.amazonaws.com.")
    })
}

#[cfg(test)]
mod tests {
    use evenkeel_model::Type;

    use super::*;

    fn check(region: Option<&str>, name: Option<&str>, endpoint: Option<&str>, expected: Option<&str>) {
        let text = |value: Option<&str>| value.map_or_else(|| Value::null(Type::String), Value::string);
        let config =
            Value::object([("region", text(region)), ("name", text(name)), ("endpoint", text(endpoint))]);
        assert_eq!(wanted(&config, "eu-central-1").ok().as_deref(), expected);
    }

    #[test]
    fn arguments_must_agree() {
        check(None, None, None, Some("eu-central-1"));
        check(Some("us-east-1"), None, None, Some("us-east-1"));
        check(None, None, Some("ec2.cn-north-1.amazonaws.com.cn"), Some("cn-north-1"));
        check(Some("us-east-1"), Some("us-east-2"), None, None);
        check(None, None, Some("nowhere"), None);
    }
}
