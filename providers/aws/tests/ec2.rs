//! EC2 against moto.

mod common;

use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_ec2::types::{AttributeBooleanValue, Tag};
use common::{Bench, Moto, UNKNOWN_TOKEN};
use evenkeel_model::{Path, ResourceAddress, Value};
use evenkeel_provider::{ErrorKind, UpdateRequest};
use serde_json::{Value as Json, json};

const VPC: &str = "aws_vpc";
const SUBNET: &str = "aws_subnet";
const GATEWAY: &str = "aws_internet_gateway";
const TABLE: &str = "aws_route_table";
const ASSOCIATION: &str = "aws_route_table_association";
const GROUP: &str = "aws_security_group";
const INGRESS: &str = "aws_vpc_security_group_ingress_rule";
const EGRESS: &str = "aws_vpc_security_group_egress_rule";
const INSTANCE: &str = "aws_instance";

fn token(n: u32) -> String {
    format!("{n:032x}")
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get_str(name).unwrap_or_else(|| panic!("{name} is set"))
}

/// Somebody else, who changes things behind our back.
fn somebody(moto: &Moto) -> aws_sdk_ec2::Client {
    let config = aws_sdk_ec2::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("other", "other", None, None, "test"))
        .endpoint_url(&moto.url)
        .build();
    aws_sdk_ec2::Client::from_conf(config)
}

fn off() -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(false).build()
}

async fn vpc(bench: &Bench, n: u32) -> Value {
    bench.create(VPC, &bench.config(VPC, &json!({ "cidr_block": "10.0.0.0/16" })), &token(n)).await
}

async fn subnet(bench: &Bench, vpc: &Value, n: u32) -> Value {
    let config = json!({ "vpc_id": text(vpc, "id"), "cidr_block": format!("10.0.{n}.0/24") });
    bench.create(SUBNET, &bench.config(SUBNET, &config), &token(n)).await
}

#[tokio::test]
async fn vpcs_live_and_die() {
    let Some(moto) = Moto::start() else { return };
    let bench = Bench::connect_with(&moto, &json!({ "default_tags": [{ "tags": { "Team": "a" } }] })).await;
    let configs = [
        json!({ "cidr_block": "10.0.0.0/16", "tags": { "Name": "one" } }),
        json!({ "cidr_block": "10.0.0.0/16", "tags": { "Name": "two", "Owner": "x" } }),
        json!({ "cidr_block": "10.0.0.0/16", "enable_dns_hostnames": true }),
        json!({ "cidr_block": "10.0.0.0/16", "enable_dns_hostnames": false, "enable_dns_support": false }),
        json!({ "cidr_block": "10.0.0.0/16", "enable_dns_support": true, "enable_network_address_usage_metrics": true }),
    ];
    let vpc = bench.live(VPC, &token(1), &configs).await;
    assert_eq!(text(&vpc, "arn"), format!("arn:aws:ec2:us-east-1:123456789012:vpc/{}", text(&vpc, "id")));
    for name in
        ["default_network_acl_id", "default_security_group_id", "main_route_table_id", "dhcp_options_id"]
    {
        assert!(!text(&vpc, name).is_empty(), "{name}");
    }
    let all = vpc.get("tags_all").and_then(Value::as_entries).expect("there are tags");
    assert_eq!(all.keys().map(|key| &**key).collect::<Vec<_>>(), ["Team"]);

    // The ownership tag survives all that, and names nothing else.
    let config = bench.config(VPC, &configs[0]);
    let found = bench.find(VPC, &config, &token(1)).await.expect("it is found");
    assert_eq!(text(&found, "id"), text(&vpc, "id"));
    assert_eq!(bench.find(VPC, &config, UNKNOWN_TOKEN).await, None);

    let other = somebody(&moto);
    let id = text(&vpc, "id");
    other.modify_vpc_attribute().vpc_id(id).enable_dns_support(off()).send().await.expect("it is changed");
    let rogue = Tag::builder().key("Rogue").value("yes").build();
    other.create_tags().resources(id).tags(rogue).send().await.expect("it is tagged");
    let seen = bench.observe(VPC, &vpc).await.expect("it is there");
    assert_eq!(seen.get_bool("enable_dns_support"), Some(false));
    assert_eq!(seen.get("tags").and_then(|tags| tags.get_str("Rogue")), Some("yes"));
    let corrected = bench.update(VPC, &seen, &bench.config(VPC, &configs[4])).await;
    assert_eq!(corrected, vpc);

    let dedicated =
        bench.config(VPC, &json!({ "cidr_block": "10.0.0.0/16", "instance_tenancy": "dedicated" }));
    assert_eq!(bench.plan(VPC, Some(&vpc), &dedicated).replace, [Path::attribute("instance_tenancy")]);
    bench.die(VPC, &vpc).await;
}

#[tokio::test]
async fn a_vpc_gets_and_loses_an_ipv6_block() {
    let Some(moto) = Moto::start() else { return };
    let bench = Bench::connect(&moto).await;
    let on = json!({ "cidr_block": "10.0.0.0/16", "assign_generated_ipv6_cidr_block": true });
    let vpc = bench.live(VPC, &token(1), &[on]).await;
    assert!(text(&vpc, "ipv6_cidr_block").ends_with("/56"));
    bench.die(VPC, &vpc).await;
}

#[tokio::test]
async fn networks_live_and_die() {
    let Some(moto) = Moto::start() else { return };
    let bench = Bench::connect(&moto).await;
    let vpc = vpc(&bench, 1).await;
    let other_vpc = self::vpc(&bench, 2).await;
    let id = text(&vpc, "id");

    let base = |more: Json| {
        let mut config =
            json!({ "vpc_id": id, "cidr_block": "10.0.1.0/24", "availability_zone": "us-east-1b" });
        for (name, value) in more.as_object().expect("an object") {
            config[name] = value.clone();
        }
        config
    };
    let configs = [
        base(json!({ "map_public_ip_on_launch": true })),
        base(json!({ "map_public_ip_on_launch": false, "tags": { "Name": "s" } })),
        base(json!({ "map_public_ip_on_launch": true })),
    ];
    let subnet = bench.live(SUBNET, &token(3), &configs).await;
    assert_eq!(text(&subnet, "availability_zone"), "us-east-1b");
    let config = bench.config(SUBNET, &configs[0]);
    assert_eq!(bench.find(SUBNET, &config, UNKNOWN_TOKEN).await, None);
    let change = somebody(&moto).modify_subnet_attribute().subnet_id(text(&subnet, "id"));
    change.map_public_ip_on_launch(off()).send().await.expect("it is changed");
    let seen = bench.observe(SUBNET, &subnet).await.expect("it is there");
    assert_eq!(seen.get_bool("map_public_ip_on_launch"), Some(false));

    let configs = [
        json!({ "vpc_id": id, "tags": { "Name": "g" } }),
        json!({ "vpc_id": text(&other_vpc, "id") }),
        json!({ "vpc_id": id }),
    ];
    let gateway = bench.live(GATEWAY, &token(4), &configs).await;
    let gateway_id = text(&gateway, "id");
    assert_eq!(bench.find(GATEWAY, &bench.config(GATEWAY, &configs[0]), UNKNOWN_TOKEN).await, None);

    // A gateway that was made and not attached is completed by an update.
    let detach = somebody(&moto).detach_internet_gateway().internet_gateway_id(gateway_id).vpc_id(id);
    detach.send().await.expect("it is detached");
    let seen = bench.observe(GATEWAY, &gateway).await.expect("it is there");
    assert!(seen.get("vpc_id").is_some_and(Value::is_null));
    assert_eq!(bench.update(GATEWAY, &seen, &bench.config(GATEWAY, &configs[2])).await, gateway);

    let route = |cidr: &str| json!({ "cidr_block": cidr, "gateway_id": gateway_id });
    let configs = [
        json!({ "vpc_id": id, "route": [route("0.0.0.0/0")] }),
        json!({ "vpc_id": id, "route": [route("0.0.0.0/0"), route("192.168.0.0/16")], "tags": { "Name": "t" } }),
        json!({ "vpc_id": id, "route": [route("192.168.0.0/16")] }),
        json!({ "vpc_id": id, "route": [] }),
        json!({ "vpc_id": id, "route": [route("0.0.0.0/0")] }),
    ];
    let table = bench.live(TABLE, &token(5), &configs).await;
    let table_config = bench.config(TABLE, &configs[0]);
    assert_eq!(bench.find(TABLE, &table_config, UNKNOWN_TOKEN).await, None);
    let remove = somebody(&moto).delete_route().route_table_id(text(&table, "id"));
    remove.destination_cidr_block("0.0.0.0/0").send().await.expect("it is removed");
    let seen = bench.observe(TABLE, &table).await.expect("it is there");
    assert_eq!(seen.get("route").and_then(Value::as_elements).map(<[Value]>::len), Some(0));
    assert_eq!(bench.update(TABLE, &seen, &table_config).await, table);

    let second = bench.create(TABLE, &bench.config(TABLE, &json!({ "vpc_id": id })), &token(6)).await;
    let subnet_id = text(&subnet, "id");
    let configs = [
        json!({ "subnet_id": subnet_id, "route_table_id": text(&table, "id") }),
        json!({ "subnet_id": subnet_id, "route_table_id": text(&second, "id") }),
    ];
    let association = bench.live(ASSOCIATION, &token(7), &configs).await;
    let config = bench.config(ASSOCIATION, &configs[1]);
    assert_eq!(bench.find(ASSOCIATION, &config, &token(7)).await.as_ref(), Some(&association));
    let elsewhere = bench.config(ASSOCIATION, &configs[0]);
    assert_eq!(bench.find(ASSOCIATION, &elsewhere, &token(7)).await, None);
    let natural = format!("{subnet_id}/{}", text(&second, "id"));
    let imported = association.clone().with_attribute("id", Value::string(natural));
    assert_eq!(bench.observe(ASSOCIATION, &imported).await.as_ref(), Some(&association));

    bench.die(ASSOCIATION, &association).await;
    bench.die(TABLE, &second).await;
    bench.die(TABLE, &table).await;
    bench.die(GATEWAY, &gateway).await;
    bench.die(SUBNET, &subnet).await;
    bench.die(VPC, &vpc).await;
}

#[tokio::test]
async fn one_call_looks_at_many_and_a_missing_one_does_not_matter() {
    let Some(moto) = Moto::start() else { return };
    let bench = Bench::connect(&moto).await;
    let vpc = vpc(&bench, 1).await;
    let mut subnets = Vec::new();
    for n in 1..=3 {
        subnets.push(subnet(&bench, &vpc, n).await);
    }
    let missing = subnets[0].clone().with_attribute("id", Value::string("subnet-00000000000000000"));
    let before = bench.connection.statistics();
    let asked = [subnets[0].clone(), missing, subnets[2].clone()];
    let answers = bench.observe_many(SUBNET, &asked).await;
    let seen: Vec<bool> = answers.iter().map(|answer| matches!(answer, Ok(Some(_)))).collect();
    assert_eq!(seen, [true, false, true]);
    assert_eq!(bench.connection.statistics().total() - before.total(), 1);

    // Many are named in one call; when one of them is missing, that part is asked by filter.
    let many: Vec<Value> = (0..450)
        .map(|n| subnets[0].clone().with_attribute("id", Value::string(format!("subnet-{n:017x}"))))
        .chain(subnets.clone())
        .collect();
    let answers = bench.observe_many(SUBNET, &many).await;
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(Some(_)))).count(), 3);
    let before = bench.connection.statistics();
    let repeated: Vec<Value> = subnets.iter().cycle().take(600).cloned().collect();
    assert!(bench.observe_many(SUBNET, &repeated).await.iter().all(|answer| matches!(answer, Ok(Some(_)))));
    assert_eq!(bench.connection.statistics().total() - before.total(), 1);
}

#[tokio::test]
async fn security_groups_live_and_die() {
    let Some(moto) = Moto::start() else { return };
    let bench = Bench::connect(&moto).await;
    let vpc = vpc(&bench, 1).await;
    let id = text(&vpc, "id");
    let rule = |port: u16, cidrs: &[&str]| json!({ "protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": cidrs });
    let everything = json!({ "protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"] });
    let configs = [
        json!({ "vpc_id": id, "name": "web", "ingress": [rule(80, &["0.0.0.0/0"])], "egress": [everything.clone()] }),
        json!({ "vpc_id": id, "name": "web", "ingress": [rule(80, &["10.0.0.0/8"]), rule(443, &["0.0.0.0/0", "10.0.0.0/8"])],
                "egress": [everything.clone()], "tags": { "Name": "web" } }),
        json!({ "vpc_id": id, "name": "web", "ingress": [{ "protocol": "tcp", "from_port": 22, "to_port": 22, "self": true }],
                "egress": [], "revoke_rules_on_delete": true }),
        json!({ "vpc_id": id, "name": "web", "ingress": [rule(80, &["0.0.0.0/0"])], "revoke_rules_on_delete": true }),
    ];
    let group = bench.live(GROUP, &token(2), &configs).await;
    let config = bench.config(GROUP, &configs[0]);
    assert_eq!(bench.find(GROUP, &config, UNKNOWN_TOKEN).await, None);
    let other = somebody(&moto);
    let described = other.describe_security_groups().group_ids(text(&group, "id")).send().await;
    let permissions =
        described.expect("it is there").security_groups.unwrap_or_default().remove(0).ip_permissions;
    let revoke = other.revoke_security_group_ingress().group_id(text(&group, "id"));
    revoke.set_ip_permissions(permissions).send().await.expect("it is revoked");
    let seen = bench.observe(GROUP, &group).await.expect("it is there");
    assert_eq!(seen.get("ingress").and_then(Value::as_elements).map(<[Value]>::len), Some(0));
    assert_eq!(bench.update(GROUP, &seen, &bench.config(GROUP, &configs[3])).await, group);
    bench.die(GROUP, &group).await;

    // Without inline rules, the rule that comes with every group is taken away, and the name is made
    // from the token.
    let bare = json!({ "vpc_id": id, "name_prefix": "app-", "description": "bare" });
    let group = bench.live(GROUP, &token(3), std::slice::from_ref(&bare)).await;
    assert_eq!(text(&group, "name"), format!("app-{}", &token(3)[..26]));
    assert_eq!(group.get("egress").and_then(Value::as_elements).map(<[Value]>::len), Some(0));
    bench.die(GROUP, &group).await;
}

#[tokio::test]
async fn security_group_rules_live_and_die() {
    let Some(moto) = Moto::start() else { return };
    let bench = Bench::connect(&moto).await;
    let vpc = vpc(&bench, 1).await;
    let named = |name: &str| json!({ "vpc_id": text(&vpc, "id"), "name": name });
    let group = bench.create(GROUP, &bench.config(GROUP, &named("a")), &token(2)).await;
    let peer = bench.create(GROUP, &bench.config(GROUP, &named("b")), &token(3)).await;
    let id = text(&group, "id");
    let http = |cidr: &str, port: u16, more: Json| {
        let mut config = json!({ "security_group_id": id, "cidr_ipv4": cidr, "ip_protocol": "tcp",
                                 "from_port": port, "to_port": port });
        for (name, value) in more.as_object().expect("an object") {
            config[name] = value.clone();
        }
        config
    };
    let configs = [
        http("10.0.0.0/8", 80, json!({ "description": "web" })),
        http("10.1.0.0/16", 80, json!({ "description": "web" })),
        http("10.1.0.0/16", 8080, json!({ "description": "app", "tags": { "Name": "r" } })),
        http("10.1.0.0/16", 8080, json!({ "description": "app" })),
    ];
    let rule = bench.live(INGRESS, &token(4), &configs).await;
    let config = bench.config(INGRESS, &configs[0]);
    assert_eq!(bench.find(INGRESS, &config, UNKNOWN_TOKEN).await, None);
    assert_eq!(
        bench.find(INGRESS, &config, &token(4)).await.as_ref().map(|r| text(r, "id")),
        Some(text(&rule, "id"))
    );
    assert_eq!(bench.find(EGRESS, &config_of_all(&bench, id), &token(4)).await, None);

    let revoke = somebody(&moto).revoke_security_group_ingress().group_id(id);
    revoke.security_group_rule_ids(text(&rule, "id")).send().await.expect("it is revoked");
    assert_eq!(bench.observe(INGRESS, &rule).await, None);
    let rule = bench.create(INGRESS, &config, &token(5)).await;

    let from_group = json!({ "security_group_id": id, "referenced_security_group_id": text(&peer, "id"),
                             "ip_protocol": "6", "from_port": 22, "to_port": 22, "description": "ssh" });
    let from_group = bench.live(INGRESS, &token(6), &[from_group]).await;
    let all = bench.create(EGRESS, &config_of_all(&bench, id), &token(7)).await;
    assert_eq!(bench.observe(EGRESS, &all).await.as_ref(), Some(&all));
    bench.assert_settled(EGRESS, &all, &config_of_all(&bench, id));

    for (kind, rule) in [(INGRESS, &rule), (INGRESS, &from_group), (EGRESS, &all)] {
        bench.die(kind, rule).await;
    }
    bench.die(GROUP, &group).await;
}

fn config_of_all(bench: &Bench, group: &str) -> Value {
    let all = json!({ "security_group_id": group, "cidr_ipv4": "0.0.0.0/0", "ip_protocol": "-1" });
    bench.config(EGRESS, &all)
}

async fn image(bench: &Bench) -> String {
    let query = json!({
        "owners": ["amazon"], "most_recent": true, "name_regex": "^amzn2-ami-hvm",
        "filter": [{ "name": "architecture", "values": ["x86_64"] }],
    });
    let image = bench.read("aws_ami", &query).await.expect("moto has such images");
    text(&image, "id").to_owned()
}

#[tokio::test]
async fn instances_live_and_die() {
    let Some(moto) = Moto::start() else { return };
    let bench = Bench::connect(&moto).await;
    let vpc = vpc(&bench, 1).await;
    let subnet = subnet(&bench, &vpc, 2).await;
    let group = |name: &str| json!({ "vpc_id": text(&vpc, "id"), "name": name });
    let one = bench.create(GROUP, &bench.config(GROUP, &group("one")), &token(3)).await;
    let two = bench.create(GROUP, &bench.config(GROUP, &group("two")), &token(4)).await;
    let ami = image(&bench).await;
    let base = |more: Json| {
        let mut config = json!({
            "ami": ami, "instance_type": "t3.micro", "subnet_id": text(&subnet, "id"),
            "vpc_security_group_ids": [text(&one, "id")], "user_data": "#!/bin/sh\necho hello\n",
        });
        for (name, value) in more.as_object().expect("an object") {
            config[name] = value.clone();
        }
        config
    };
    let configs = [
        base(json!({ "tags": { "Name": "web" } })),
        base(
            json!({ "tags": { "Name": "app" }, "vpc_security_group_ids": [text(&one, "id"), text(&two, "id")] }),
        ),
        base(json!({ "source_dest_check": false })),
        base(json!({ "disable_api_termination": true, "disable_api_stop": false })),
        base(
            json!({ "disable_api_termination": false, "instance_initiated_shutdown_behavior": "terminate" }),
        ),
        base(json!({ "instance_type": "t3.small" })),
        base(json!({ "instance_type": "t3.small", "user_data": "#!/bin/sh\necho there\n" })),
        base(json!({ "instance_type": "t3.small", "user_data": null, "user_data_base64": "aGVsbG8=" })),
        base(json!({ "instance_type": "t3.small", "user_data": null, "user_data_base64": "aGVsbG8=",
                     "metadata_options": [{ "http_tokens": "required", "http_put_response_hop_limit": 2 }] })),
    ];
    let instance = bench.live(INSTANCE, &token(5), &configs).await;
    assert_eq!(text(&instance, "instance_state"), "running");
    assert_eq!(
        text(&instance, "arn"),
        format!("arn:aws:ec2:us-east-1:123456789012:instance/{}", text(&instance, "id"))
    );
    let config = bench.config(INSTANCE, &configs[0]);
    assert_eq!(bench.find(INSTANCE, &config, UNKNOWN_TOKEN).await, None);

    let replaced =
        bench.config(INSTANCE, &base(json!({ "user_data": "other", "user_data_replace_on_change": true })));
    assert!(bench.plan(INSTANCE, Some(&instance), &replaced).replace.contains(&Path::attribute("user_data")));

    let other = somebody(&moto);
    other.terminate_instances().instance_ids(text(&instance, "id")).send().await.expect("it is terminated");
    assert_eq!(bench.observe(INSTANCE, &instance).await, None);
    assert_eq!(bench.find(INSTANCE, &config, &token(5)).await, None);
    bench.die(INSTANCE, &instance).await;
}

#[tokio::test]
async fn instances_have_public_addresses_and_root_volumes() {
    let Some(moto) = Moto::start() else { return };
    let bench = Bench::connect(&moto).await;
    let vpc = vpc(&bench, 1).await;
    let subnet = subnet(&bench, &vpc, 2).await;
    let group = bench.config(GROUP, &json!({ "vpc_id": text(&vpc, "id"), "name": "one" }));
    let group = bench.create(GROUP, &group, &token(3)).await;
    let ami = image(&bench).await;
    let public = json!({
        "ami": ami, "instance_type": "t3.micro", "subnet_id": text(&subnet, "id"), "private_ip": "10.0.2.10",
        "associate_public_ip_address": true, "vpc_security_group_ids": [text(&group, "id")],
    });
    let instance = bench.live(INSTANCE, &token(4), &[public]).await;
    assert_eq!(text(&instance, "private_ip"), "10.0.2.10");
    assert!(!text(&instance, "public_ip").is_empty());

    let disk = json!({
        "ami": ami, "instance_type": "t3.micro", "subnet_id": text(&subnet, "id"),
        "root_block_device": [{ "volume_size": 20, "volume_type": "gp3", "delete_on_termination": true }],
    });
    let with_disk = bench.live(INSTANCE, &token(5), &[disk]).await;
    let root = with_disk.get("root_block_device").and_then(Value::as_elements).expect("a list")[0].clone();
    assert_eq!((root.get_i64("volume_size"), root.get_str("volume_type")), (Some(20), Some("gp3")));
    for instance in [instance, with_disk] {
        bench.die(INSTANCE, &instance).await;
    }
}

#[tokio::test]
async fn a_create_that_fails_on_the_way_tells_what_it_made() {
    let Some(moto) = Moto::start() else { return };
    let bench = Bench::connect(&moto).await;
    let vpc = vpc(&bench, 1).await;
    let route = json!({ "cidr_block": "0.0.0.0/0", "gateway_id": "igw-00000000000000000" });
    let config = bench.config(TABLE, &json!({ "vpc_id": text(&vpc, "id"), "route": [route] }));
    let failed = bench.try_create(TABLE, &config, &token(2)).await.expect_err("there is no such gateway");
    let partial = failed.partial.expect("the table is there");
    assert_eq!(bench.find(TABLE, &config, &token(2)).await.as_ref(), Some(&partial));

    // The next plan completes it.
    let gateway = bench.config(GATEWAY, &json!({ "vpc_id": text(&vpc, "id") }));
    let gateway = bench.create(GATEWAY, &gateway, &token(3)).await;
    let route = json!({ "cidr_block": "0.0.0.0/0", "gateway_id": text(&gateway, "id") });
    let config = bench.config(TABLE, &json!({ "vpc_id": text(&vpc, "id"), "route": [route] }));
    let table = bench.update(TABLE, &partial, &config).await;
    bench.assert_settled(TABLE, &table, &config);
}

#[tokio::test]
async fn failures_say_what_to_do() {
    let Some(moto) = Moto::start() else { return };
    let bench = Bench::connect(&moto).await;
    let config = bench.config(SUBNET, &json!({ "vpc_id": "vpc-00000000", "cidr_block": "10.0.0.0/24" }));
    let failed = bench.try_create(SUBNET, &config, &token(1)).await.expect_err("there is no such VPC");
    assert_eq!(failed.error.kind, ErrorKind::Invalid);
    assert!(failed.error.detail.contains("InvalidVpcID.NotFound"), "{}", failed.error);

    let vpc = vpc(&bench, 2).await;
    let subnet = subnet(&bench, &vpc, 1).await;
    let hasty = bench.config(VPC, &json!({ "cidr_block": "10.0.0.0/16" }));
    assert_eq!(bench.plan(VPC, Some(&vpc), &hasty).replace, []);
    bench.die(SUBNET, &subnet).await;
    let tagged =
        json!({ "vpc_id": text(&vpc, "id"), "cidr_block": "10.0.1.0/24", "tags": { "Name": "late" } });
    let config = bench.config(SUBNET, &tagged);
    let request = UpdateRequest {
        kind: SUBNET.into(),
        address: ResourceAddress::managed(SUBNET, "it").instance(None),
        planned: bench.plan(SUBNET, Some(&subnet), &config).planned,
        prior: subnet,
        config,
        token: token(9).into(),
    };
    let failed = bench.connection.update(request).await;
    assert_eq!(failed.expect_err("it is gone").error.kind, ErrorKind::Gone);
    bench.die(VPC, &vpc).await;

    let url = moto.url.clone();
    drop(moto);
    let error =
        bench.observe_many(VPC, std::slice::from_ref(&vpc)).await.remove(0).expect_err("nothing listens");
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert!(error.to_string().contains(&url), "{error}");
}

#[tokio::test]
async fn data_sources_are_read() {
    let Some(moto) = Moto::start() else { return };
    let bench = Bench::connect(&moto).await;
    let zones = json!({ "state": "available", "exclude_names": ["us-east-1c"] });
    let zones = bench.read("aws_availability_zones", &zones).await.expect("there are zones");
    let names: Vec<_> = zones
        .get("names")
        .and_then(Value::as_elements)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(&names[..3], ["us-east-1a", "us-east-1b", "us-east-1d"]);
    assert!(image(&bench).await.starts_with("ami-"));
    let any = bench.read("aws_ami", &json!({ "most_recent": true })).await.expect_err("whose image?");
    assert_eq!(any.kind, ErrorKind::Invalid);
}
