//! S3, STS and configuration against moto.

mod common;

use common::{Bench, Moto, UNKNOWN_TOKEN, decode};
use evenkeel_model::Value;
use evenkeel_provider::{ErrorKind, Provider};
use serde_json::{Value as Json, json};

const BUCKET: &str = "aws_s3_bucket";
const VERSIONING: &str = "aws_s3_bucket_versioning";
const OBJECT: &str = "aws_s3_object";

fn token(n: u32) -> String {
    format!("{n:032x}")
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get_str(name).unwrap_or_else(|| panic!("{name} is set"))
}

#[tokio::test]
async fn buckets_live_and_die() {
    let Some(moto) = Moto::start() else { return };
    let bench = Bench::connect(&moto).await;
    let configs = [
        json!({ "bucket": "live-bucket", "tags": { "Name": "a" } }),
        json!({ "bucket": "live-bucket", "tags": { "Name": "b", "Owner": "x" } }),
        json!({ "bucket": "live-bucket", "tags": { "Owner": "x" }, "force_destroy": true }),
        json!({ "bucket": "live-bucket", "force_destroy": true }),
    ];
    let bucket = bench.live(BUCKET, &token(1), &configs).await;
    assert_eq!(text(&bucket, "arn"), "arn:aws:s3:::live-bucket");
    assert_eq!(text(&bucket, "bucket_regional_domain_name"), "live-bucket.s3.us-east-1.amazonaws.com");
    assert_eq!(text(&bucket, "hosted_zone_id"), "Z3AQBSTGFYJSTF");

    // The ownership tag survives all tag changes and never shows.
    let config = bench.config(BUCKET, &configs[3]);
    assert_eq!(
        bench.find(BUCKET, &config, &token(1)).await.as_ref().map(|b| text(b, "id")),
        Some("live-bucket")
    );
    assert_eq!(bench.find(BUCKET, &config, UNKNOWN_TOKEN).await, None);
    assert_eq!(
        bucket.get("tags_all"),
        Some(&evenkeel_provider_aws_core::tags::to_value(&Default::default()))
    );

    bench.die(BUCKET, &bucket).await;
}

#[tokio::test]
async fn a_bucket_that_was_there_before_is_not_taken_over() {
    let Some(moto) = Moto::start() else { return };
    let bench = Bench::connect(&moto).await;
    let config = bench.config(BUCKET, &json!({ "bucket": "taken-bucket" }));
    bench.create(BUCKET, &config, &token(1)).await;
    let failed = bench.try_create(BUCKET, &config, &token(2)).await.expect_err("the name is taken");
    assert_eq!(failed.error.kind, ErrorKind::Conflict);
    assert_eq!(failed.partial, None);
    assert_eq!(bench.find(BUCKET, &config, &token(2)).await, None);
}

#[tokio::test]
async fn bucket_names_are_made_up_and_regions_followed() {
    let Some(moto) = Moto::start() else { return };
    let bench = Bench::connect(&moto).await;
    let bucket = bench.live(BUCKET, &token(7), &[json!({ "bucket_prefix": "logs-" })]).await;
    assert!(text(&bucket, "bucket").starts_with("logs-0000"));

    let elsewhere =
        bench.live(BUCKET, &token(8), &[json!({ "region": "eu-central-1", "bucket": "far-bucket" })]).await;
    assert_eq!(text(&elsewhere, "region"), "eu-central-1");
    let moved = bench.config(BUCKET, &json!({ "bucket": "far-bucket" }));
    assert_eq!(bench.plan(BUCKET, Some(&elsewhere), &moved).replace.len(), 1);
    bench.die(BUCKET, &elsewhere).await;

    let locked = bench
        .live(BUCKET, &token(9), &[json!({ "bucket": "locked-bucket", "object_lock_enabled": true })])
        .await;
    assert_eq!(locked.get_bool("object_lock_enabled"), Some(true));
}

#[tokio::test]
async fn objects_live_and_die() {
    let Some(moto) = Moto::start() else { return };
    let bench = Bench::connect(&moto).await;
    let bucket =
        bench.create(BUCKET, &bench.config(BUCKET, &json!({ "bucket": "objects" })), &token(1)).await;
    let object = |more: Json| {
        let mut config = json!({ "bucket": "objects", "key": "a/b c.txt" });
        for (name, value) in more.as_object().expect("an object") {
            config[name] = value.clone();
        }
        config
    };
    let configs = [
        object(json!({ "content": "hello" })),
        object(json!({ "content": "hello, world" })),
        object(
            json!({ "content": "hello, world", "content_type": "text/plain", "cache_control": "no-cache" }),
        ),
        object(json!({ "content": "hello, world", "content_type": "text/plain", "metadata": { "a": "1" } })),
        object(
            json!({ "content": "hello, world", "content_type": "text/plain", "tags": { "A": "1", "B": "x=y z" } }),
        ),
        object(json!({ "content": "hello, world", "content_type": "text/plain", "tags": { "A": "2" } })),
        object(json!({ "content": "hello, world", "content_type": "text/plain", "acl": "private" })),
        object(
            json!({ "content_base64": "AAEC/w==", "storage_class": "STANDARD_IA", "force_destroy": true }),
        ),
    ];
    let object = bench.live(OBJECT, &token(2), &configs).await;
    assert_eq!(text(&object, "id"), "objects/a/b c.txt");
    assert_eq!(text(&object, "arn"), "arn:aws:s3:::objects/a/b c.txt");
    let other = bench.config(OBJECT, &json!({ "bucket": "objects", "key": "a/b c.txt", "content": "other" }));
    assert_eq!(bench.find(OBJECT, &other, UNKNOWN_TOKEN).await, None);

    let failed = bench.try_delete(BUCKET, &bucket).await.expect_err("the bucket is not empty");
    assert_eq!(failed.error.kind, ErrorKind::Conflict);
    bench.die(OBJECT, &object).await;
    bench.die(BUCKET, &bucket).await;
}

#[tokio::test]
async fn drift_of_content_and_tags_is_seen_and_put_right() {
    let Some(moto) = Moto::start() else { return };
    let bench = Bench::connect(&moto).await;
    let bucket =
        bench.create(BUCKET, &bench.config(BUCKET, &json!({ "bucket": "drifting" })), &token(1)).await;
    let config = bench.config(OBJECT, &json!({ "bucket": "drifting", "key": "k", "content": "mine" }));
    let mine = bench.create(OBJECT, &config, &token(2)).await;

    let theirs = bench.config(OBJECT, &json!({ "bucket": "drifting", "key": "k", "content": "theirs" }));
    bench.create(OBJECT, &theirs, &token(3)).await;
    let seen = bench.observe(OBJECT, &mine).await.expect("it is there");
    assert_eq!(text(&seen, "content"), "theirs");
    assert_ne!(seen.get("etag"), mine.get("etag"));
    let corrected = bench.update(OBJECT, &seen, &config).await;
    assert_eq!(corrected.get("etag"), mine.get("etag"));

    let bucket_config = bench.config(BUCKET, &json!({ "bucket": "drifting" }));
    let tampered = bench.config(BUCKET, &json!({ "bucket": "drifting", "tags": { "Rogue": "yes" } }));
    bench.update(BUCKET, &bucket, &tampered).await;
    let seen = bench.observe(BUCKET, &bucket).await.expect("it is there");
    assert_eq!(seen.get("tags").and_then(|tags| tags.get_str("Rogue")), Some("yes"));
    let corrected = bench.update(BUCKET, &seen, &bucket_config).await;
    assert_eq!(corrected, bucket);
}

#[tokio::test]
async fn versioning_lives_and_force_destroy_empties() {
    let Some(moto) = Moto::start() else { return };
    let bench = Bench::connect(&moto).await;
    let bucket_config = bench.config(BUCKET, &json!({ "bucket": "versions", "force_destroy": true }));
    let bucket = bench.create(BUCKET, &bucket_config, &token(1)).await;
    let status =
        |status: &str| json!({ "bucket": "versions", "versioning_configuration": [{ "status": status }] });
    let versioning =
        bench.live(VERSIONING, &token(2), &[status("Enabled"), status("Suspended"), status("Enabled")]).await;
    assert_eq!(text(&versioning, "id"), "versions");
    let spec = bench.provider.spec().resource(VERSIONING).expect("supported");
    let request = evenkeel_provider::PlanRequest {
        provider_config: &bench.provider_config,
        prior: Some(&versioning),
        config: &bench.config(VERSIONING, &status("Disabled")),
    };
    assert!(spec.plan(&request).diagnostics.has_errors(), "there is no way back to Disabled");

    let key = |content: &str| json!({ "bucket": "versions", "key": "k", "content": content });
    let object = bench.live(OBJECT, &token(3), &[key("1"), key("2"), key("3")]).await;
    assert!(!text(&object, "version_id").is_empty());
    bench.die(OBJECT, &object).await;
    for n in 0..3 {
        let config =
            bench.config(OBJECT, &json!({ "bucket": "versions", "key": "many", "content": n.to_string() }));
        bench.create(OBJECT, &config, &token(4)).await;
    }
    bench.delete(VERSIONING, &versioning).await;
    bench.die(BUCKET, &bucket).await;
    assert_eq!(bench.observe(VERSIONING, &versioning).await, None);
    bench.delete(VERSIONING, &versioning).await;
}

#[tokio::test]
async fn default_tags_are_added_and_ignored_tags_left_alone() {
    let Some(moto) = Moto::start() else { return };
    let plain = Bench::connect(&moto).await;
    let policy = json!({
        "default_tags": [{ "tags": { "Team": "net", "Env": "test" } }],
        "ignore_tags": [{ "keys": ["Scanner"], "key_prefixes": ["cost:"] }],
    });
    let bench = Bench::connect_with(&moto, &policy).await;
    let configs = [
        json!({ "bucket": "tagged" }),
        json!({ "bucket": "tagged", "tags": { "Env": "prod", "Name": "b" } }),
        json!({ "bucket": "tagged", "tags": { "Team": "net" } }),
    ];
    let bucket = bench.live(BUCKET, &token(1), &configs).await;
    let all = bucket.get("tags_all").expect("always there");
    assert_eq!((all.get_str("Team"), all.get_str("Env")), (Some("net"), Some("test")));
    assert_eq!(bucket.get("tags").and_then(Value::as_entries).map(|tags| tags.len()), Some(1));

    let foreign = json!({ "bucket": "tagged", "tags": { "Team": "net", "Env": "test", "Scanner": "1", "cost:id": "2" } });
    plain.update(BUCKET, &bucket, &plain.config(BUCKET, &foreign)).await;
    assert_eq!(bench.observe(BUCKET, &bucket).await, Some(bucket));
}

#[tokio::test]
async fn many_objects_are_observed_in_order_and_counted() {
    let Some(moto) = Moto::start() else { return };
    let bench = Bench::connect(&moto).await;
    bench.create(BUCKET, &bench.config(BUCKET, &json!({ "bucket": "many" })), &token(1)).await;
    let mut objects = Vec::new();
    for n in 0..20 {
        let config = bench.config(OBJECT, &json!({ "bucket": "many", "key": n.to_string(), "content": "x" }));
        objects.push(bench.create(OBJECT, &config, &token(n)).await);
    }
    bench.delete(OBJECT, &objects[3]).await;
    let before = bench.connection.statistics();
    let seen = bench.observe_many(OBJECT, &objects).await;
    for (n, seen) in seen.into_iter().enumerate() {
        let seen = seen.expect("every answer is known");
        assert_eq!(seen.as_ref(), (n != 3).then_some(&objects[n]));
    }
    let after = bench.connection.statistics();
    assert_eq!(after.total() - before.total(), 20, "{after:?}");
    assert!(after.0.contains_key("s3:HeadObject"), "{after:?}");
    assert!(after.0.contains_key("sts:GetCallerIdentity"), "{after:?}");
}

#[tokio::test]
async fn data_sources_tell_account_and_region() {
    let Some(moto) = Moto::start() else { return };
    let bench = Bench::connect(&moto).await;
    let identity = bench.read("aws_caller_identity", &json!({})).await.expect("moto knows everybody");
    assert_eq!(text(&identity, "account_id"), "123456789012");
    let region = bench.read("aws_region", &json!({})).await.expect("the provider has a region");
    assert_eq!(text(&region, "name"), "us-east-1");
    let other = bench.read("aws_region", &json!({ "region": "eu-west-1" })).await.expect("it exists");
    assert_eq!((text(&other, "id"), text(&other, "description")), ("eu-west-1", "Europe (Ireland)"));
}

async fn refusal(provider: &dyn Provider, config: &Json) -> evenkeel_provider::ProviderError {
    let config = decode(&provider.spec().config_schema().block, config);
    match provider.configure(config).await {
        Ok(_) => panic!("the configuration is refused"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn an_unreachable_endpoint_is_told_quickly() {
    let provider = evenkeel_provider_aws::provider();
    let url = "http://127.0.0.1:1";
    let config = json!({
        "region": "us-east-1", "access_key": "a", "secret_key": "b", "endpoints": [{ "sts": url }],
    });
    let begin = std::time::Instant::now();
    let error = refusal(&*provider, &config).await;
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
    assert!(error.to_string().contains("could not connect to http://127.0.0.1:1"), "{error}");
    assert!(begin.elapsed() < std::time::Duration::from_secs(5));
}

#[tokio::test]
async fn accounts_can_be_refused_and_roles_assumed() {
    let Some(moto) = Moto::start() else { return };
    let provider = evenkeel_provider_aws::provider();
    let config = moto.provider_config(&json!({ "allowed_account_ids": ["111122223333"] }));
    let error = refusal(&*provider, &config).await;
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(error.detail.contains("123456789012"), "{error}");

    let role = json!([{ "role_arn": "arn:aws:iam::210987654321:role/deploy", "session_name": "s" }]);
    let bench = Bench::connect_with(&moto, &json!({ "assume_role": role })).await;
    let identity = bench.read("aws_caller_identity", &json!({})).await.expect("moto knows everybody");
    assert!(text(&identity, "arn").contains("assumed-role/deploy/s"), "{identity:?}");
}
