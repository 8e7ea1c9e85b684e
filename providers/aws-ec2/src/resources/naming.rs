//! Names that the public provider makes up: identifiers of what has none in the cloud, and host names.

use crate::context::Context;

/// The number by which the public provider abbreviates a text.
pub(super) fn hash(text: &str) -> u32 {
    crc32fast::hash(text.as_bytes())
}

/// The domain of private host names: `ec2.internal`, `eu-west-1.compute.internal`.
pub(super) fn private_domain(region: &str) -> String {
    match region {
        "us-east-1" => "ec2.internal".into(),
        region => format!("{region}.compute.internal"),
    }
}

/// The private host name of an address.
pub(super) fn private_dns(context: &Context, address: &str) -> String {
    format!("ip-{}.{}", address.replace('.', "-"), private_domain(context.region()))
}

/// The public host name of an address.
pub(super) fn public_dns(context: &Context, address: &str) -> String {
    let address = address.replace('.', "-");
    let place = match context.region() {
        "us-east-1" => "compute-1".into(),
        region => format!("{region}.compute"),
    };
    format!("ec2-{address}.{place}.{}", context.dns_suffix())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_abbreviated_as_the_public_provider_does() {
        // RouteCreateID of its own tests: "r-" + table + this number.
        assert_eq!(hash("0.0.0.0/0"), 1_080_289_494);
        assert_eq!(hash("::/0"), 2_750_132_062);
    }

    #[test]
    fn private_names_depend_on_the_region() {
        assert_eq!(private_domain("us-east-1"), "ec2.internal");
        assert_eq!(private_domain("eu-west-1"), "eu-west-1.compute.internal");
    }
}
