//! Where services are reached, when not at AWS's own addresses.
//!
//! The provider's `endpoints` block comes first, then `AWS_ENDPOINT_URL_<SERVICE>`, then
//! `AWS_ENDPOINT_URL` and the profile, which the SDK has already read.

use std::collections::BTreeMap;

use evenkeel_model::Value;

/// A service that this provider talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Elastic Compute Cloud.
    Ec2,
    /// Simple Storage Service.
    S3,
    /// Security Token Service.
    Sts,
}

impl Service {
    const ALL: [Self; 3] = [Self::Ec2, Self::S3, Self::Sts];

    /// The name in the `endpoints` block.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::S3 => "s3",
            Self::Sts => "sts",
        }
    }
}

/// Endpoint by service; the SDK decides about the services that are not here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints(BTreeMap<Service, String>);

impl Endpoints {
    /// Gathers what the provider block and the environment say.
    pub fn gather(config: &Value, variable: impl Fn(&str) -> Option<String>, general: Option<&str>) -> Self {
        let blocks = config.get("endpoints").and_then(Value::as_elements).unwrap_or_default();
        let find = |service: Service| {
            let configured = blocks
                .iter()
                .find_map(|block| block.get_str(service.name()).filter(|url| !url.is_empty()))
                .map(str::to_owned);
            configured
                .or_else(|| variable(&format!("AWS_ENDPOINT_URL_{}", service.name().to_uppercase())))
                .or_else(|| general.map(str::to_owned))
        };
        Self(Service::ALL.into_iter().filter_map(|service| Some((service, find(service)?))).collect())
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
