//! Where a bucket's web site is: regions from before 2014 have a dash before their name, later ones
//! a dot.

use crate::regions;

const DASHED: [&str; 9] = [
    "ap-northeast-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "eu-west-1",
    "sa-east-1",
    "us-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// The domain of all web sites of a region, and the name of this bucket's.
pub fn endpoint(bucket: &str, region: &str) -> (String, String) {
    let separator = if DASHED.contains(&region) { '-' } else { '.' };
    let domain = format!("s3-website{separator}{region}.{}", regions::partition(region).dns_suffix);
    let endpoint = format!("{bucket}.{domain}");
    (domain, endpoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_regions_have_a_dash() {
        for (region, expected) in [
            ("eu-west-1", "b.s3-website-eu-west-1.amazonaws.com"),
            ("eu-central-1", "b.s3-website.eu-central-1.amazonaws.com"),
            ("cn-north-1", "b.s3-website.cn-north-1.amazonaws.com.cn"),
        ] {
            assert_eq!(endpoint("b", region).1, expected);
        }
    }
}
