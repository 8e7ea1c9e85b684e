//! `docs/reference/aws.md` is generated from the schemas. This test fails when the page is stale, and
//! writes it when `UPDATE_DOCS` is set.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use evenkeel_model::schema::{Block, Schema};
use evenkeel_provider_aws::registry::{self, DATA_SOURCES, RESOURCES};

/// What looking at many objects of a type costs.
const OBSERVED: &[(&str, &str)] = &[
    (
        "aws_instance",
        "`DescribeInstances` for up to 1,000 at once, `DescribeVolumes` for their root volumes; attributes that \
         these do not show, one call each",
    ),
    ("aws_internet_gateway", "`DescribeInternetGateways` for up to 1,000 at once"),
    ("aws_route_table", "`DescribeRouteTables` for up to 1,000 at once"),
    ("aws_route_table_association", "`DescribeRouteTables` for the tables of up to 1,000 at once"),
    ("aws_s3_bucket", "`GetBucketTagging` for each, 16 at once; object lock once more where it is on"),
    ("aws_s3_bucket_versioning", "`GetBucketVersioning` for each, 16 at once"),
    ("aws_s3_object", "`HeadObject` for each, 16 at once; tags once more where there are some"),
    ("aws_security_group", "`DescribeSecurityGroups` for up to 1,000 at once"),
    ("aws_subnet", "`DescribeSubnets` for up to 1,000 at once"),
    (
        "aws_vpc",
        "`DescribeVpcs` for up to 1,000 at once, what belongs to them for 200 at once; each DNS attribute one call \
         each",
    ),
    ("aws_vpc_security_group_egress_rule", "`DescribeSecurityGroupRules` for up to 1,000 at once"),
    ("aws_vpc_security_group_ingress_rule", "`DescribeSecurityGroupRules` for up to 1,000 at once"),
];

fn page() -> String {
    let mut page = String::from(
        "# AWS: what is supported\n\n\
         <!-- Generated from schemas/aws by providers/aws/tests/reference.rs; change those. -->\n\n\
         Names, defaults and behaviour are those of the public provider `hashicorp/aws`. Arguments that it knows \
         and this one does not implement are listed: setting one is an error at plan time, never ignored.\n\n\
         ## Managed resource types\n\n\
         | Type | Observed by | Found again after an interrupted create by | Import identifier |\n\
         |---|---|---|---|\n",
    );
    for entry in &RESOURCES {
        let schema = entry.schema();
        let kind = entry.resource.kind();
        let observed = OBSERVED.iter().find(|(name, _)| *name == kind).map_or("", |(_, how)| how);
        let found = schema.found_by.as_deref().unwrap_or_default();
        let import = schema.import_id.as_deref().unwrap_or_default();
        writeln!(page, "| `{kind}` | {observed} | {found} | {import} |").expect("text can be written");
    }
    page.push_str("\n## Data sources\n\n| Type | What it tells |\n|---|---|\n");
    for entry in &DATA_SOURCES {
        writeln!(page, "| `{}` | {} |", entry.source.kind(), entry.schema().description)
            .expect("text can be written");
    }
    page.push_str("\n## Not implemented\n\n| Type | Arguments and blocks |\n|---|---|\n");
    for entry in &RESOURCES {
        unsupported_row(&mut page, entry.resource.kind(), entry.schema());
    }
    for entry in &DATA_SOURCES {
        unsupported_row(&mut page, entry.source.kind(), entry.schema());
    }
    unsupported_row(&mut page, "provider \"aws\"", registry::provider_schema());
    page
}

fn unsupported_row(page: &mut String, name: &str, schema: &Schema) {
    let mut found = BTreeSet::new();
    unsupported(&schema.block, "", &mut found);
    if !found.is_empty() {
        let names: Vec<String> = found.into_iter().map(|name| format!("`{name}`")).collect();
        writeln!(page, "| `{name}` | {} |", names.join(", ")).expect("text can be written");
    }
}

fn unsupported(block: &Block, prefix: &str, found: &mut BTreeSet<String>) {
    let attributes = block.attributes.iter().filter(|(_, attribute)| attribute.unsupported);
    found.extend(attributes.map(|(name, _)| format!("{prefix}{name}")));
    for (name, nested) in &block.block_types {
        match nested.unsupported {
            true => drop(found.insert(format!("{prefix}{name}"))),
            false => unsupported(&nested.block, &format!("{prefix}{name}."), found),
        }
    }
}

#[test]
fn the_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/aws.md");
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().expect("the page is in a folder"))
            .expect("the folder can be made");
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/reference/aws.md is stale: run this test with UPDATE_DOCS=1");
}

#[test]
fn every_type_says_how_it_is_observed() {
    let listed: Vec<&str> = OBSERVED.iter().map(|(kind, _)| *kind).collect();
    let kinds: Vec<&str> = RESOURCES.iter().map(|entry| entry.resource.kind()).collect();
    assert_eq!(listed, kinds);
}
