//! Where the server is stricter than a usual imitation, without a socket: requests in, answers out.

use evenkeel_aws_server::http::{Outcome, Request};
use evenkeel_aws_server::{Settings, World};
use serde_json::{Value as Json, json};

const IMAGE: &str = "ami-00000000000000001";

fn world(settings: Json) -> World {
    let settings: Settings = serde_json::from_value(settings).expect("settings");
    World::new(settings)
}

/// A clock that stands still unless it is told to go.
fn still() -> Json {
    json!({ "seed": 1, "clock": { "virtual": 0 } })
}

fn with(mut settings: Json, name: &str, value: Json) -> Json {
    settings[name] = value;
    settings
}

fn outcome(world: &mut World, action: &str, parameters: &[(&str, &str)]) -> Outcome {
    let mut body = format!("Action={action}&Version=2016-11-15");
    parameters.iter().for_each(|(name, value)| body.push_str(&format!("&{name}={value}")));
    let request =
        Request { method: "POST".into(), path: "/".into(), body: body.into_bytes(), ..Request::default() };
    world.handle(&request)
}

/// Status and text of an answer.
fn call(world: &mut World, action: &str, parameters: &[(&str, &str)]) -> (u16, String) {
    match outcome(world, action, parameters) {
        Outcome::Answer(response) => (response.status, String::from_utf8(response.body).expect("text")),
        other => panic!("{action}: {other:?}"),
    }
}

fn good(world: &mut World, action: &str, parameters: &[(&str, &str)]) -> String {
    let (status, text) = call(world, action, parameters);
    assert_eq!(status, 200, "{action}: {text}");
    text
}

/// The code that a call is refused with.
fn code(world: &mut World, action: &str, parameters: &[(&str, &str)]) -> String {
    let (status, text) = call(world, action, parameters);
    assert_ne!(status, 200, "{action}: {text}");
    all(&text, "Code").remove(0)
}

/// The texts of all elements with a name.
fn all(text: &str, name: &str) -> Vec<String> {
    let start = format!("<{name}>");
    text.split(&start).skip(1).filter_map(|rest| Some(rest.split_once('<')?.0.to_owned())).collect()
}

fn first(text: &str, name: &str) -> String {
    all(text, name).into_iter().next().unwrap_or_default()
}

fn vpc(world: &mut World) -> String {
    first(&good(world, "CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId")
}

#[test]
fn a_client_token_names_one_request() {
    let mut world = world(still());
    let vpc = vpc(&mut world);
    let table = |world: &mut World, token: &str| {
        first(&good(world, "CreateRouteTable", &[("VpcId", &vpc), ("ClientToken", token)]), "routeTableId")
    };
    let one = table(&mut world, "a");
    assert_eq!(table(&mut world, "a"), one);
    assert_ne!(table(&mut world, "b"), one);
    let other = [("VpcId", vpc.as_str()), ("ClientToken", "a"), ("DryRun", "false")];
    assert_eq!(code(&mut world, "CreateRouteTable", &other), "IdempotentParameterMismatch");
}

#[test]
fn what_is_new_is_not_found_for_a_while() {
    let mut world = world(with(still(), "consistency", json!({ "reads": 1, "ms": 100 })));
    let id = vpc(&mut world);
    let named = [("VpcId.1", id.as_str())];
    assert_eq!(code(&mut world, "DescribeVpcs", &named), "InvalidVpcID.NotFound");
    assert_eq!(code(&mut world, "DescribeVpcs", &named), "InvalidVpcID.NotFound");
    world.pass(100);
    assert_eq!(first(&good(&mut world, "DescribeVpcs", &named), "vpcId"), id);
}

#[test]
fn states_take_their_time() {
    let delays = json!({ "start_ms": 1_000, "stop_ms": 1_000, "linger_ms": 1_000 });
    let mut world = world(with(still(), "delays", delays));
    let run = [("ImageId", IMAGE), ("InstanceType", "t3.micro"), ("MinCount", "1"), ("MaxCount", "1")];
    let id = first(&good(&mut world, "RunInstances", &run), "instanceId");
    let named = [("InstanceId.1", id.as_str())];
    let state = |world: &mut World| {
        let text = good(world, "DescribeInstances", &named);
        first(text.split("<instanceState>").nth(1).unwrap_or_default(), "name")
    };
    assert_eq!(state(&mut world), "pending");
    world.pass(1_000);
    assert_eq!(state(&mut world), "running");
    good(&mut world, "TerminateInstances", &named);
    assert_eq!(state(&mut world), "shutting-down");
    world.pass(1_000);
    assert_eq!(state(&mut world), "terminated");
    world.pass(1_000);
    assert_eq!(code(&mut world, "DescribeInstances", &named), "InvalidInstanceID.NotFound");
}

#[test]
fn pages_follow_one_another_and_limits_hold() {
    let mut world = world(still());
    let run = [("ImageId", IMAGE), ("InstanceType", "t3.micro"), ("MinCount", "12"), ("MaxCount", "12")];
    let made = all(&good(&mut world, "RunInstances", &run), "amiLaunchIndex").len();
    let (mut seen, mut token) = (0, String::new());
    loop {
        let mut parameters = vec![("MaxResults", "5")];
        if !token.is_empty() {
            parameters.push(("NextToken", token.as_str()));
        }
        let text = good(&mut world, "DescribeInstances", &parameters);
        seen += all(&text, "amiLaunchIndex").len();
        token = first(&text, "nextToken");
        if token.is_empty() {
            break;
        }
    }
    assert_eq!((made, seen), (12, 12));
    assert_eq!(code(&mut world, "DescribeInstances", &[("MaxResults", "4")]), "InvalidParameterValue");
    let both = [("MaxResults", "5"), ("InstanceId.1", "i-1")];
    assert_eq!(code(&mut world, "DescribeInstances", &both), "InvalidParameterCombination");
    let names: Vec<String> = (1..=1_001).map(|n| format!("VpcId.{n}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "vpc-1")).collect();
    assert_eq!(code(&mut world, "DescribeVpcs", &many), "InvalidParameterValue");
    let filter = [("Filter.1.Name", "nonsense"), ("Filter.1.Value.1", "x")];
    assert_eq!(code(&mut world, "DescribeVpcs", &filter), "InvalidParameterValue");
    assert_eq!(code(&mut world, "DescribeVpcs", &[("Nonsense", "x")]), "UnknownParameter");
    assert_eq!(code(&mut world, "MakeCoffee", &[]), "InvalidAction");
}

#[test]
fn what_is_used_cannot_be_deleted() {
    let mut world = world(still());
    let vpc = vpc(&mut world);
    let subnet = [("VpcId", vpc.as_str()), ("CidrBlock", "10.0.1.0/24")];
    let subnet = first(&good(&mut world, "CreateSubnet", &subnet), "subnetId");
    assert_eq!(code(&mut world, "DeleteVpc", &[("VpcId", &vpc)]), "DependencyViolation");
    good(&mut world, "DeleteSubnet", &[("SubnetId", &subnet)]);
    good(&mut world, "DeleteVpc", &[("VpcId", &vpc)]);
    assert_eq!(code(&mut world, "DeleteVpc", &[("VpcId", &vpc)]), "InvalidVpcID.NotFound");
}

#[test]
fn a_budget_declines_and_a_script_breaks() {
    let budget = json!([{ "action": "ec2:DescribeVpcs", "burst": 1.0, "per_second": 1.0 }]);
    let script = json!({ "script": [{ "action": "ec2:CreateVpc", "fault": "close_after" }] });
    let mut world = world(with(with(still(), "budgets", budget), "faults", script));
    good(&mut world, "DescribeVpcs", &[]);
    assert_eq!(code(&mut world, "DescribeVpcs", &[]), "RequestLimitExceeded");
    world.pass(1_000);
    let before = all(&good(&mut world, "DescribeVpcs", &[]), "dhcpOptionsId").len();
    let new = [("CidrBlock", "10.0.0.0/16")];
    assert_eq!(outcome(&mut world, "CreateVpc", &new), Outcome::Close);
    world.pass(1_000);
    assert_eq!(all(&good(&mut world, "DescribeVpcs", &[]), "dhcpOptionsId").len(), before + 1);
    good(&mut world, "CreateVpc", &new);
    let request = Request { method: "GET".into(), path: "/_admin/duplicates".into(), ..Request::default() };
    let Outcome::Answer(response) = world.handle(&request) else { panic!("no answer") };
    let duplicates: Json = serde_json::from_slice(&response.body).expect("JSON");
    assert_eq!(duplicates.as_array().map(Vec::len), Some(1), "{duplicates}");
}
