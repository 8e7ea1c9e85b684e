use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use aws_types::SdkConfig;
use evenkeel_model::json;
use evenkeel_model::schema::Block;
use evenkeel_provider::ProviderSpec;
use evenkeel_provider_aws_core::context::Account;
use evenkeel_provider_aws_core::endpoints::Endpoints;
use evenkeel_provider_aws_core::http::CallCounter;
use evenkeel_provider_aws_core::tags::TagPolicy;

use super::*;
use crate::spec::Spec;

/// Schemas by file name, with whether they are of resource types.
fn schemas() -> Vec<(String, &'static Schema)> {
    let resources = RESOURCES.iter().map(|(kind, entry)| ((*kind).to_owned(), entry.schema()));
    let data = DATA_SOURCES.iter().map(|(kind, entry)| (format!("data.{kind}"), entry.schema()));
    resources.chain(data).collect()
}

#[test]
fn every_schema_can_be_read_and_belongs_to_its_type() {
    assert_eq!(provider_schema().type_name.as_ref(), "aws");
    for (name, schema) in schemas() {
        assert_eq!(name.trim_start_matches("data."), schema.type_name.as_ref());
        assert!(!schema.description.is_empty(), "{name} has no description");
        check_block(&name, &schema.block);
    }
    check_block("provider", &provider_schema().block);
    for entry in RESOURCES.values() {
        let schema = entry.schema();
        assert!(schema.found_by.is_some(), "{} does not say how it is found", schema.type_name);
        assert!(schema.import_id.is_some(), "{} does not say how it is imported", schema.type_name);
    }
}

fn check_block(place: &str, block: &Block) {
    let names: BTreeSet<&str> =
        block.attributes.keys().chain(block.block_types.keys()).map(std::convert::AsRef::as_ref).collect();
    for (name, attribute) in &block.attributes {
        let place = format!("{place}.{name}");
        assert!(!attribute.description.is_empty(), "{place} has no description");
        assert!(
            attribute.required || attribute.optional || attribute.computed,
            "{place} is neither set nor computed"
        );
        assert!(!(attribute.required && attribute.optional), "{place} is required and optional");
        let others = [
            &attribute.conflicts_with,
            &attribute.required_with,
            &attribute.exactly_one_of,
            &attribute.at_least_one_of,
            &attribute.recompute_on,
        ];
        for other in others.into_iter().flatten().filter(|other| &***other != "*") {
            assert!(names.contains(&**other), "{place} names {other}, which does not exist");
        }
        if let Some(default) = &attribute.default {
            assert!(
                json::from_plain(default, &attribute.ty).is_ok(),
                "the default of {place} has another type"
            );
        }
    }
    for (name, nested) in &block.block_types {
        check_block(&format!("{place}.{name}"), &nested.block);
    }
}

#[test]
fn every_schema_file_is_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/aws");
    let listed: BTreeSet<String> =
        schemas().into_iter().map(|(name, _)| name).chain(["provider".to_owned()]).collect();
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the schemas are beside the crate")
        .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".json")?.to_owned()))
        .collect();
    assert_eq!(files, listed);
}

#[test]
fn every_type_is_listed_or_says_where_its_objects_are() {
    let (sdk, calls) = (SdkConfig::builder().build(), CallCounter::default());
    let account = Arc::new(Account::new(sdk, Endpoints::default(), TagPolicy::default(), calls));
    let context = account.in_region("us-east-1");
    let is_listed = |entry: &ResourceEntry| entry.resource.list(&context, None).is_some();
    for (kind, entry) in RESOURCES.iter() {
        let why = entry.resource.unlisted().unwrap_or_default();
        assert!(is_listed(entry) || !why.is_empty(), "{kind} has neither a list nor a reason why not");
        for other in why.split([' ', '.', ';']).filter(|word| word.starts_with("aws_")) {
            let other = RESOURCES.get(other);
            assert!(other.is_some_and(|entry| is_listed(entry)), "{kind}: {why}");
        }
    }
}

#[test]
fn kinds_are_told_in_order_and_found() {
    let spec = Spec::default();
    let mut sorted = spec.resource_kinds();
    sorted.sort_unstable();
    assert_eq!(spec.resource_kinds(), sorted);
    for kind in spec.resource_kinds() {
        assert!(spec.resource(kind).is_some());
    }
    for kind in spec.data_kinds() {
        assert!(spec.data_source(kind).is_some());
    }
    assert!(spec.resource("aws_nothing").is_none());
}
