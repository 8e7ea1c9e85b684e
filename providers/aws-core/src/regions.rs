//! What is fixed about regions: partition, description, and the hosted zone of S3 websites.
//!
//! A region that is not listed still works where the provider block says `skip_region_validation`;
//! its partition follows from its name.

/// A separate world of AWS, with its own accounts and domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The name in ARNs.
    pub id: &'static str,
    /// The domain of its services.
    pub dns_suffix: &'static str,
}

/// A region that is known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its name: `eu-central-1`.
    pub name: &'static str,
    /// Where it is, in AWS's words.
    pub description: &'static str,
    /// The Route 53 zone of its S3 website endpoints; empty where there is none.
    pub s3_zone: &'static str,
}

const PARTITIONS: [(&str, Partition); 7] = [
    ("cn-", Partition { id: "aws-cn", dns_suffix: "amazonaws.com.cn" }),
    ("us-gov-", Partition { id: "aws-us-gov", dns_suffix: "amazonaws.com" }),
    ("us-isob-", Partition { id: "aws-iso-b", dns_suffix: "sc2s.sgov.gov" }),
    ("us-isof-", Partition { id: "aws-iso-f", dns_suffix: "csp.hci.ic.gov" }),
    ("us-iso-", Partition { id: "aws-iso", dns_suffix: "c2s.ic.gov" }),
    ("eu-isoe-", Partition { id: "aws-iso-e", dns_suffix: "cloud.adc-e.uk" }),
    ("eusc-", Partition { id: "aws-eusc", dns_suffix: "amazonaws.eu" }),
];

/// The partition of a region.
pub fn partition(region: &str) -> Partition {
    PARTITIONS
        .iter()
        .find(|(prefix, _)| region.starts_with(prefix))
        .map_or(Partition { id: "aws", dns_suffix: "amazonaws.com" }, |(_, partition)| *partition)
}

/// A region by its name.
pub fn find(name: &str) -> Option<&'static Region> {
    REGIONS.iter().find(|region| region.name == name)
}

/// The region whose name is nearest to a misspelt one.
pub fn suggest(name: &str) -> Option<&'static str> {
    let common = |a: &str| a.bytes().zip(name.bytes()).take_while(|(x, y)| x == y).count();
    REGIONS.iter().map(|region| region.name).max_by_key(|region| common(region)).filter(|r| common(r) >= 4)
}

const fn region(name: &'static str, description: &'static str, s3_zone: &'static str) -> Region {
    Region { name, description, s3_zone }
}

/// All regions known by name.
pub const REGIONS: &[Region] = &[
    region("af-south-1", "Africa (Cape Town)", "Z83WF9RJE8B12"),
    region("ap-east-1", "Asia Pacific (Hong Kong)", "ZNB98KWMFR0R6"),
    region("ap-east-2", "Asia Pacific (Taipei)", "Z064739330DAH7WJVOO93"),
    region("ap-northeast-1", "Asia Pacific (Tokyo)", "Z2M4EHUR26P7ZW"),
    region("ap-northeast-2", "Asia Pacific (Seoul)", "Z3W03O7B5YMIYP"),
    region("ap-northeast-3", "Asia Pacific (Osaka)", "Z2YQB5RD63NC85"),
    region("ap-south-1", "Asia Pacific (Mumbai)", "Z11RGJOFQNVJUP"),
    region("ap-south-2", "Asia Pacific (Hyderabad)", "Z02976202B4EZMXIPMXF7"),
    region("ap-southeast-1", "Asia Pacific (Singapore)", "Z3O0J2DXBE1FTB"),
    region("ap-southeast-2", "Asia Pacific (Sydney)", "Z1WCIGYICN2BYD"),
    region("ap-southeast-3", "Asia Pacific (Jakarta)", "Z01846753K324LI26A3VV"),
    region("ap-southeast-4", "Asia Pacific (Melbourne)", "Z0312387243XT5FE14WFO"),
    region("ap-southeast-5", "Asia Pacific (Malaysia)", "Z08660063OXLMA7F1FJHU"),
    region("ap-southeast-6", "Asia Pacific (New Zealand)", "Z05686083R66JX5C163TC"),
    region("ap-southeast-7", "Asia Pacific (Thailand)", "Z0031014GXUMRZG6I14G"),
    region("ca-central-1", "Canada (Central)", "Z1QDHH18159H29"),
    region("ca-west-1", "Canada West (Calgary)", "Z03565811Z33SLEZTHOUL"),
    region("cn-north-1", "China (Beijing)", "Z5CN8UMXT92WN"),
    region("cn-northwest-1", "China (Ningxia)", "Z282HJ1KT0DH03"),
    region("eu-central-1", "Europe (Frankfurt)", "Z21DNDUVLTQW6Q"),
    region("eu-central-2", "Europe (Zurich)", "Z030506016YDQGETNASS"),
    region("eu-north-1", "Europe (Stockholm)", "Z3BAZG2TWCNX0D"),
    region("eu-south-1", "Europe (Milan)", "Z30OZKI7KPW7MI"),
    region("eu-south-2", "Europe (Spain)", "Z0081959F7139GRJC19J"),
    region("eu-west-1", "Europe (Ireland)", "Z1BKCTXD74EZPE"),
    region("eu-west-2", "Europe (London)", "Z3GKZC51ZF0DB4"),
    region("eu-west-3", "Europe (Paris)", "Z3R1K369G5AVDG"),
    region("eusc-de-east-1", "AWS European Sovereign Cloud (Germany)", ""),
    region("il-central-1", "Israel (Tel Aviv)", "Z09640613K4A3MN55U7GU"),
    region("me-central-1", "Middle East (UAE)", "Z06143092I8HRXZRUZROF"),
    region("me-south-1", "Middle East (Bahrain)", "Z1MPMWCPA7YB62"),
    region("mx-central-1", "Mexico (Central)", "Z057606446ZNVQJJ8WOP"),
    region("sa-east-1", "South America (Sao Paulo)", "Z7KQH4QJS55SO"),
    region("us-east-1", "US East (N. Virginia)", "Z3AQBSTGFYJSTF"),
    region("us-east-2", "US East (Ohio)", "Z2O1EMRO9K5GLX"),
    region("us-gov-east-1", "AWS GovCloud (US-East)", "Z2NIFVYYW2VKV1"),
    region("us-gov-west-1", "AWS GovCloud (US-West)", "Z31GFT0UA1I2HV"),
    region("us-iso-east-1", "US ISO East", ""),
    region("us-iso-west-1", "US ISO WEST", ""),
    region("us-isob-east-1", "US ISOB East (Ohio)", ""),
    region("us-west-1", "US West (N. California)", "Z2F56UZL2M1ACD"),
    region("us-west-2", "US West (Oregon)", "Z3BJ6K6RIION7M"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_follow_from_names() {
        for (region, expected) in [
            ("eu-central-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-isob-east-1", "aws-iso-b"),
            ("us-iso-east-1", "aws-iso"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(partition(region).id, expected, "{region}");
        }
    }

    #[test]
    fn regions_are_sorted_and_suggested() {
        assert!(REGIONS.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert_eq!(find("eu-north-1").map(|region| region.description), Some("Europe (Stockholm)"));
        assert_eq!(suggest("us-west-22"), Some("us-west-2"));
        assert_eq!(suggest("mars"), None);
    }
}
