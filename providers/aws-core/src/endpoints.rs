//! Where services are reached, when not at AWS's own addresses.
//!
//! The provider's `endpoints` block comes first, then `AWS_ENDPOINT_URL_<SERVICE>`, then
//! `AWS_ENDPOINT_URL` and the profile, which the SDK has already read.

use std::collections::BTreeMap;

use evenkeel_model::Value;

macro_rules! services {
    ($($variant:ident => [$name:literal $(, $alias:literal)*], $variable:literal, $meaning:literal;)*) => {
        /// A service that this provider talks to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Service {
            $(#[doc = $meaning] $variant,)*
        }

        impl Service {
            const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in the `endpoints` block.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The other names in the `endpoints` block.
            fn aliases(self) -> &'static [&'static str] {
                match self {
                    $(Self::$variant => &[$($alias),*],)*
                }
            }

            /// The end of the environment variable `AWS_ENDPOINT_URL_...`.
            fn variable(self) -> &'static str {
                match self {
                    $(Self::$variant => $variable,)*
                }
            }
        }
    };
}

// The variables end in the services' identifiers, as the SDKs' reference lists them.
services! {
    Ec2 => ["ec2"], "EC2", "Elastic Compute Cloud.";
    ElastiCache => ["elasticache"], "ELASTICACHE", "In-memory databases.";
    Iam => ["iam"], "IAM", "Identity and Access Management.";
    Kms => ["kms"], "KMS", "Key Management Service.";
    Logs => ["logs", "cloudwatchlog", "cloudwatchlogs"], "CLOUDWATCH_LOGS", "CloudWatch Logs.";
    Rds => ["rds"], "RDS", "Relational databases.";
    Redshift => ["redshift"], "REDSHIFT", "Data warehouses.";
    S3 => ["s3", "s3api"], "S3", "Simple Storage Service.";
    S3Control => ["s3control"], "S3_CONTROL", "The account's side of S3.";
    Ssm => ["ssm"], "SSM", "Systems Manager.";
    Sts => ["sts"], "STS", "Security Token Service.";
}

/// Endpoint by service; the SDK decides about the services that are not here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints(BTreeMap<Service, String>);

impl Endpoints {
    /// Gathers what the provider block and the environment say.
    pub fn gather(config: &Value, variable: impl Fn(&str) -> Option<String>, general: Option<&str>) -> Self {
        let blocks = config.get("endpoints").and_then(Value::as_elements).unwrap_or_default();
        let find = |service: Service| {
            let mut names = std::iter::once(service.name()).chain(service.aliases().iter().copied());
            let configured = names.find_map(|name| {
                blocks.iter().find_map(|block| block.get_str(name).filter(|url| !url.is_empty()))
            });
            let configured = configured.map(str::to_owned);
            configured
                .or_else(|| variable(&format!("AWS_ENDPOINT_URL_{}", service.variable())))
                .or_else(|| general.map(str::to_owned))
        };
        Self(Service::ALL.iter().filter_map(|service| Some((*service, find(*service)?))).collect())
    }

    /// The endpoint of a service.
    pub fn get(&self, service: Service) -> Option<&str> {
        self.0.get(&service).map(String::as_str)
    }

    /// All of them, for checking.
    pub fn iter(&self) -> impl Iterator<Item = (Service, &str)> {
        self.0.iter().map(|(service, url)| (*service, url.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use evenkeel_model::Type;

    use super::*;

    #[test]
    fn the_block_wins_over_the_environment() {
        let block =
            Value::object([("s3", Value::string("http://block")), ("ec2", Value::null(Type::String))]);
        let config = Value::object([("endpoints", Value::set(block.ty(), [block]))]);
        let variable = |name: &str| match name {
            "AWS_ENDPOINT_URL_S3" => Some("http://variable-s3".to_owned()),
            "AWS_ENDPOINT_URL_EC2" => Some("http://variable-ec2".to_owned()),
            _ => None,
        };
        let endpoints = Endpoints::gather(&config, variable, Some("http://general"));
        assert_eq!(endpoints.get(Service::S3), Some("http://block"));
        assert_eq!(endpoints.get(Service::Ec2), Some("http://variable-ec2"));
        assert_eq!(endpoints.get(Service::Sts), Some("http://general"));
        assert_eq!(Endpoints::gather(&Value::empty_object(), |_| None, None), Endpoints::default());
    }
}
