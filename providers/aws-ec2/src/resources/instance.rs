//! `aws_instance`.
//!
//! Most is told for many instances at once. Three switches and the user data have a call per
//! instance; user data is looked at only where it is known to be somebody's business. What can be
//! changed only while an instance stands still is changed with one stop and one start around it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::calls::image::ImageQuery;
use crate::calls::instance::{
    Instance as Found, InstanceAttribute, InstanceChange, Interface, MetadataOptions, NewInstance, Volume,
};
use crate::calls::{Filter, Select};
use crate::errors::Failure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Diagnostics, Path, Type, Value};
use evenkeel_provider::{
    CreateRequest, ErrorKind, FindRequest, PlanRequest, PlannedChange, ProviderError, diff, propose,
};
use futures_util::{StreamExt, stream};

use super::common::{
    Change, Ec2Type, Limits, Progress, Wanted, arn, by_id, by_token, ids_of, int, text, texts,
};
use super::instance_volume as root;
use crate::calls::Ec2Context;
use crate::context::Context;
use crate::object::Builder;
use crate::{registry, tags, wait};

/// `aws_instance`
pub struct Instance;

/// An instance and what has calls of its own.
pub struct Whole {
    instance: Found,
    root: Option<Volume>,
    credits: Option<String>,
    disable_api_termination: Option<bool>,
    disable_api_stop: Option<bool>,
    shutdown_behavior: Option<String>,
    /// Base64; outer `None` when it was not asked for.
    user_data: Option<Option<String>>,
}

const CONCURRENT: usize = 16;
/// Attributes that are changed while the instance stands still.
const STOPPED_ONLY: [&str; 3] = ["instance_type", "user_data", "user_data_base64"];

impl Ec2Type for Instance {
    type Found = Whole;
    const KIND: &'static str = "aws_instance";
    const NOUN: &'static str = "EC2 Instance";
    const LIMITS: Limits = Limits { create: 600, update: 600, delete: 1_200 };

    fn check(config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let encoded = config.get_str("user_data_base64");
        if encoded.is_some_and(|text| BASE64.decode(text.trim()).is_err()) {
            diagnostics.push(Diagnostic::error(
                "Invalid user data",
                "\"user_data_base64\" is not Base64. Use base64encode(), or user_data for plain text.",
            ));
        }
        diagnostics
    }

    fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        let mut change = propose::plan_by_schema(schema, request);
        let Some(prior) = request.prior else { return change };
        if change.planned.get_bool("user_data_replace_on_change") == Some(true) {
            for name in ["user_data", "user_data_base64"] {
                let (Some(old), Some(new)) = (prior.get(name), change.planned.get(name)) else { continue };
                if !diff::same(old, new) {
                    change.replace.push(Path::attribute(name));
                }
            }
        }
        change
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Whole>, Failure> {
        let ec2 = context.ec2();
        let instances = by_id(ids_of(wanted), "instance-id", |select| ec2.describe_instances(select)).await?;
        let instances: Vec<Found> =
            instances.into_iter().filter(|instance| instance.state != "terminated").collect();
        let mut volumes = root_volumes(context, &instances).await?;
        let mut credits = credits(context, wanted, &instances).await?;
        let with_user_data: BTreeSet<&str> =
            wanted.iter().filter(|wanted| wants_user_data(wanted.known)).map(|wanted| wanted.id).collect();
        let wholes: Vec<_> = stream::iter(instances)
            .map(|instance| {
                let root = root::attached(&instance).and_then(|volume| volumes.remove(&volume.volume_id));
                let credits = credits.remove(&instance.id);
                let user_data = with_user_data.contains(instance.id.as_str());
                let whole = Whole {
                    instance,
                    root,
                    credits,
                    disable_api_termination: None,
                    disable_api_stop: None,
                    shutdown_behavior: None,
                    user_data: None,
                };
                single_attributes(context, whole, user_data)
            })
            .buffered(CONCURRENT)
            .collect()
            .await;
        let mut found = BTreeMap::new();
        for whole in wholes {
            if let Some(whole) = whole? {
                found.insert(whole.instance.id.clone(), whole);
            }
        }
        Ok(found)
    }

    fn progress(found: &Whole) -> Progress {
        match found.instance.state.as_str() {
            "pending" | "stopping" => Progress::Coming,
            state @ ("shutting-down" | "terminated") => {
                let reason = found.instance.state_reason.as_deref().unwrap_or("no reason given");
                Progress::Lost(format!("the instance's state is \"{state}\" ({reason})."))
            }
            _ => Progress::Ready,
        }
    }

    fn value(context: &Arc<Context>, found: &Whole, known: &Value) -> Value {
        value(context, found, known)
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let device = match root::element(planned) {
            Some(_) => root_device_name(context, planned).await?,
            None => None,
        };
        let new = new_instance(request, device.as_deref());
        Ok(context.ec2().run_instance(new).await?.id)
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Whole>,
    ) -> Result<Option<String>, ProviderError> {
        converge_stopped(context, change).await?;
        converge_switches(context, change).await?;
        converge_profile(context, change).await?;
        converge_rest(context, change).await?;
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        context.ec2().terminate_instance(id).await
    }

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let instances = context.ec2().describe_instances(by_token(&request.token)).await?;
        let alive = instances
            .into_iter()
            .find(|instance| !matches!(instance.state.as_str(), "terminated" | "shutting-down"));
        Ok(alive.map(|instance| instance.id))
    }
}

/// Whether somebody cares for the user data: it is configured, or nothing is known at all (import).
fn wants_user_data(known: &Value) -> bool {
    let set = |name: &str| text(known, name).is_some();
    set("user_data") || set("user_data_base64") || known.get("arn").is_none_or(Value::is_null)
}

async fn root_volumes(
    context: &Arc<Context>,
    instances: &[Found],
) -> Result<BTreeMap<String, Volume>, Failure> {
    let ids: Vec<String> =
        instances.iter().filter_map(root::attached).map(|volume| volume.volume_id.clone()).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ec2 = context.ec2();
    let volumes = by_id(ids, "volume-id", |select| ec2.describe_volumes(select)).await?;
    Ok(volumes.into_iter().map(|volume| (volume.id.clone(), volume)).collect())
}

/// The credit options of those instances for which one is known.
async fn credits(
    context: &Arc<Context>,
    wanted: &[Wanted<'_>],
    instances: &[Found],
) -> Result<BTreeMap<String, String>, Failure> {
    let configured =
        |id: &str| wanted.iter().any(|wanted| wanted.id == id && planned_credits(wanted.known).is_some());
    let ids: Vec<String> =
        instances.iter().map(|instance| &instance.id).filter(|id| configured(id)).cloned().collect();
    let mut found = BTreeMap::new();
    for ids in ids.chunks(1_000) {
        found.extend(context.ec2().describe_credits(ids.to_vec()).await?);
    }
    Ok(found)
}

fn planned_credits(object: &Value) -> Option<String> {
    let blocks = object.get("credit_specification").and_then(Value::as_elements);
    blocks.and_then(<[Value]>::first).and_then(|block| text(block, "cpu_credits"))
}

/// Reads what has a call per instance; nothing when the instance went away meanwhile.
async fn single_attributes(
    context: &Arc<Context>,
    mut whole: Whole,
    with_user_data: bool,
) -> Result<Option<Whole>, Failure> {
    if whole.instance.state == "shutting-down" {
        return Ok(Some(whole));
    }
    let ec2 = context.ec2();
    let id = whole.instance.id.clone();
    let user_data = async {
        match with_user_data {
            true => ec2.instance_attribute(&id, InstanceAttribute::UserData).await.map(Some),
            false => Ok(None),
        }
    };
    let answers = futures_util::future::try_join4(
        ec2.instance_attribute(&id, InstanceAttribute::DisableApiTermination),
        ec2.instance_attribute(&id, InstanceAttribute::DisableApiStop),
        ec2.instance_attribute(&id, InstanceAttribute::ShutdownBehavior),
        user_data,
    );
    match answers.await {
        Ok((termination, stop, shutdown, user_data)) => {
            let truth = |text: Option<String>| Some(text.as_deref() == Some("true"));
            whole.disable_api_termination = truth(termination);
            whole.disable_api_stop = truth(stop);
            whole.shutdown_behavior = shutdown;
            whole.user_data = user_data;
            Ok(Some(whole))
        }
        Err(error) if error.is_gone() => Ok(None),
        Err(error) => Err(error),
    }
}

fn value(context: &Arc<Context>, found: &Whole, known: &Value) -> Value {
    let instance = &found.instance;
    let interface = primary(instance);
    let made = arn_of(context, instance);
    let str = |value: &Option<String>| Some(value.clone().unwrap_or_default());
    let groups = instance.security_groups.iter();
    // By name only where configuration names them so.
    let by_name = known.get("security_groups").and_then(Value::as_elements).is_some_and(|s| !s.is_empty());
    let names: Vec<&str> =
        if by_name { groups.clone().map(|(_, name)| name.as_str()).collect() } else { vec![] };
    let builder = Builder::new(registry::schema(Instance::KIND), known)
        .str("id", Some(&instance.id))
        .str("arn", Some(made))
        .str("region", Some(context.region()))
        .str("ami", instance.image_id.as_deref())
        .str("instance_type", instance.instance_type.as_deref())
        .str("instance_state", Some(&instance.state))
        .str("instance_lifecycle", str(&instance.lifecycle))
        .str("spot_instance_request_id", str(&instance.spot_instance_request_id))
        .str("outpost_arn", str(&instance.outpost_arn))
        .str("password_data", Some(""))
        .str("key_name", str(&instance.key_name))
        .str("subnet_id", str(&instance.subnet_id))
        .str("availability_zone", instance.availability_zone.as_deref())
        .str("tenancy", instance.tenancy.as_deref())
        .str("placement_group", str(&instance.placement_group))
        .str("placement_group_id", str(&instance.placement_group_id))
        .number("placement_partition_number", Some(instance.partition_number.unwrap_or_default()))
        .str("host_id", str(&instance.host_id))
        .str("host_resource_group_arn", instance.host_resource_group_arn.as_deref())
        .str("private_ip", instance.private_ip.as_deref())
        .str("private_dns", instance.private_dns.as_deref())
        .str("public_ip", str(&instance.public_ip))
        .str("public_dns", str(&instance.public_dns))
        .bool("ebs_optimized", Some(instance.ebs_optimized))
        .bool("monitoring", Some(instance.monitoring))
        .str("iam_instance_profile", Some(profile_name(instance)))
        .string_set("vpc_security_group_ids", instance.security_groups.iter().map(|(id, _)| id))
        .string_set("security_groups", names)
        .string_set(
            "secondary_private_ips",
            interface.map(|i| &i.secondary_private_ips[..]).unwrap_or_default(),
        )
        .string_list("ipv6_addresses", interface.map(|i| &i.ipv6_addresses[..]).unwrap_or_default())
        .number("ipv6_address_count", Some(interface.map_or(0, |i| i.ipv6_addresses.len() as i64)))
        .str("primary_network_interface_id", Some(interface.map_or("", |i| &i.id)))
        .bool("source_dest_check", instance.source_dest_check.or(interface.and_then(|i| i.source_dest_check)))
        .tags(context.tags().observed(&instance.tags, known));
    let builder = with_public_address(builder, instance, known);
    let builder = with_attributes(builder, found, known);
    with_blocks(context, builder, found, known).build()
}

fn arn_of(context: &Arc<Context>, instance: &Found) -> String {
    let owner = instance.interfaces.iter().find_map(|interface| interface.owner_id.as_deref());
    arn(context, owner, &format!("instance/{}", instance.id))
}

fn primary(instance: &Found) -> Option<&Interface> {
    instance.interfaces.iter().find(|interface| interface.device_index == Some(0))
}

fn profile_name(instance: &Found) -> &str {
    let arn = instance.iam_instance_profile.as_deref().unwrap_or_default();
    arn.rsplit('/').next().unwrap_or_default()
}

/// An instance that does not run has lost its public address for the time being; that is no change
/// of what it was asked to have.
fn with_public_address<'a>(builder: Builder<'a>, instance: &Found, known: &Value) -> Builder<'a> {
    let remembered = known.get_bool("associate_public_ip_address");
    let has = primary(instance).is_some_and(|interface| interface.public_ip.is_some())
        || instance.public_ip.is_some();
    let value = match instance.state.as_str() {
        "running" => has,
        _ => remembered.unwrap_or(has),
    };
    builder.bool("associate_public_ip_address", Some(value))
}

fn with_attributes<'a>(builder: Builder<'a>, found: &Whole, known: &Value) -> Builder<'a> {
    let hibernation = known.get_bool("hibernation").map(|_| found.instance.hibernation);
    let primary_ipv6 = known.get_bool("enable_primary_ipv6").unwrap_or_default();
    let builder = builder
        .bool("disable_api_termination", found.disable_api_termination)
        .bool("disable_api_stop", found.disable_api_stop)
        .str("instance_initiated_shutdown_behavior", found.shutdown_behavior.as_deref())
        .bool("enable_primary_ipv6", Some(primary_ipv6))
        .bool("hibernation", hibernation.or(found.instance.hibernation.then_some(true)));
    match &found.user_data {
        Some(user_data) => with_user_data(builder, user_data.as_deref().unwrap_or_default(), known),
        None => builder,
    }
}

/// User data stays as it is written where it means what is there.
fn with_user_data<'a>(builder: Builder<'a>, encoded: &str, known: &Value) -> Builder<'a> {
    let there = BASE64.decode(encoded).unwrap_or_default();
    let written = |name: &str| text(known, name).filter(|text| user_data_bytes(text, name) == there);
    let null = || Value::null(Type::String);
    if let Some(text) = written("user_data") {
        return builder.str("user_data", Some(text)).set("user_data_base64", null());
    }
    if let Some(text) = written("user_data_base64") {
        return builder.str("user_data_base64", Some(text)).set("user_data", null());
    }
    if there.is_empty() {
        return builder.set("user_data", null()).set("user_data_base64", null());
    }
    match String::from_utf8(there) {
        Ok(plain) if text(known, "user_data_base64").is_none() => {
            builder.str("user_data", Some(plain)).set("user_data_base64", null())
        }
        _ => builder.str("user_data_base64", Some(encoded)).set("user_data", null()),
    }
}

/// The bytes that user data stands for. What is already Base64 is taken as that, as the public
/// provider does.
fn user_data_bytes(text: &str, name: &str) -> Vec<u8> {
    match BASE64.decode(text.trim()) {
        Ok(bytes) => bytes,
        Err(_) if name == "user_data" => text.as_bytes().to_vec(),
        Err(_) => Vec::new(),
    }
}

fn with_blocks<'a>(context: &Context, builder: Builder<'a>, found: &Whole, known: &Value) -> Builder<'a> {
    let types = &registry::schema(Instance::KIND).block.block_types;
    let element =
        |name: &str| types.get(name).map(|nested| nested.block.implied_type()).unwrap_or(Type::Dynamic);
    let options = &found.instance.metadata;
    let text = |value: &Option<String>, default: &str| Value::string(value.as_deref().unwrap_or(default));
    let metadata = Value::object([
        ("http_endpoint", text(&options.http_endpoint, "enabled")),
        ("http_protocol_ipv6", text(&options.http_protocol_ipv6, "disabled")),
        (
            "http_put_response_hop_limit",
            Value::number(i64::from(options.http_put_response_hop_limit.unwrap_or(1))),
        ),
        ("http_tokens", text(&options.http_tokens, "optional")),
        ("instance_metadata_tags", text(&options.instance_metadata_tags, "disabled")),
    ]);
    let credits = found
        .credits
        .as_ref()
        .filter(|_| planned_credits(known).is_some())
        .map(|credits| Value::object([("cpu_credits", Value::string(credits))]));
    let root = match root::attached(&found.instance) {
        Some(attached) => root::value(context, attached, found.root.as_ref(), &element("root_block_device")),
        None => Value::list(element("root_block_device"), []),
    };
    builder
        .set("metadata_options", Value::list(element("metadata_options"), [metadata]))
        .set("credit_specification", Value::list(element("credit_specification"), credits))
        .set("root_block_device", root)
}

/// The name that the image gives to its root device.
async fn root_device_name(context: &Arc<Context>, planned: &Value) -> Result<Option<String>, Failure> {
    let Some(ami) = text(planned, "ami") else { return Ok(None) };
    let query = ImageQuery { filters: vec![Filter::new("image-id", [ami])], ..ImageQuery::default() };
    let images = context.ec2().describe_images(query).await?;
    Ok(images.into_iter().next().and_then(|image| image.root_device_name))
}

fn new_instance(request: &CreateRequest, root_device: Option<&str>) -> NewInstance {
    let planned = &request.planned;
    let get = |name: &str| text(planned, name);
    let user_data = ["user_data", "user_data_base64"]
        .into_iter()
        .find_map(|name| Some(BASE64.encode(user_data_bytes(&get(name)?, name))));
    // Only what configuration says: a planned answer of the service's own would ask for an interface.
    let associate_public_ip = request.config.get_bool("associate_public_ip_address");
    NewInstance {
        client_token: request.token.to_string(),
        image_id: get("ami"),
        instance_type: get("instance_type"),
        key_name: get("key_name"),
        subnet_id: get("subnet_id"),
        private_ip: get("private_ip"),
        associate_public_ip,
        security_group_ids: texts(planned.get("vpc_security_group_ids")),
        security_groups: texts(planned.get("security_groups")),
        availability_zone: get("availability_zone"),
        tenancy: get("tenancy"),
        placement_group: get("placement_group"),
        monitoring: planned.get_bool("monitoring"),
        ebs_optimized: planned.get_bool("ebs_optimized"),
        disable_api_termination: planned.get_bool("disable_api_termination"),
        disable_api_stop: planned.get_bool("disable_api_stop"),
        shutdown_behavior: get("instance_initiated_shutdown_behavior"),
        hibernation: planned.get_bool("hibernation"),
        user_data,
        iam_instance_profile: get("iam_instance_profile"),
        metadata: planned_metadata(planned),
        credits: planned_credits(planned),
        volumes: root_device.and_then(|device| root::new_volume(planned, device)).into_iter().collect(),
        tags: tags::for_create(planned, &request.token),
        volume_tags: BTreeMap::new(),
    }
}

fn planned_metadata(object: &Value) -> Option<MetadataOptions> {
    let block = object.get("metadata_options").and_then(Value::as_elements).and_then(<[Value]>::first)?;
    Some(MetadataOptions {
        http_endpoint: text(block, "http_endpoint"),
        http_protocol_ipv6: text(block, "http_protocol_ipv6"),
        http_put_response_hop_limit: int(block, "http_put_response_hop_limit"),
        http_tokens: text(block, "http_tokens"),
        instance_metadata_tags: text(block, "instance_metadata_tags"),
    })
}

type Changing<'a> = Change<'a, Whole>;

async fn modify(
    context: &Arc<Context>,
    change: &Changing<'_>,
    wish: InstanceChange,
) -> Result<(), ProviderError> {
    context.ec2().modify_instance(change.id, wish).await.map_err(|error| change.failed(error))
}

async fn converge_stopped(context: &Arc<Context>, change: &Changing<'_>) -> Result<(), ProviderError> {
    let mut wishes: Vec<InstanceChange> = Vec::new();
    if let Some(kind) = change.wanted_str("instance_type") {
        wishes.push(InstanceChange::InstanceType(kind.to_owned()));
    }
    if let Some(bytes) = wanted_user_data(change) {
        wishes.push(InstanceChange::UserData(bytes));
    }
    if wishes.is_empty() {
        return Ok(());
    }
    let ec2 = context.ec2();
    let stands = change.found.instance.state == "stopped";
    if !stands {
        ec2.stop_instance(change.id).await.map_err(|error| change.failed(error))?;
        wait_for(context, change, "stopped").await?;
    }
    for wish in wishes {
        modify(context, change, wish).await?;
    }
    ec2.start_instance(change.id).await.map_err(|error| change.failed(error))?;
    wait_for(context, change, "running").await
}

/// The user data to be written, if the plan changes it.
fn wanted_user_data(change: &Changing<'_>) -> Option<Vec<u8>> {
    let names = &STOPPED_ONLY[1..];
    let changed = names.iter().any(|name| {
        let planned = change.planned.get(name).filter(|value| value.is_known());
        !change.keeps(name) && planned.is_some_and(|planned| change.current.get(name) != Some(planned))
    });
    let bytes = names.iter().find_map(|name| Some(user_data_bytes(&text(change.planned, name)?, name)));
    changed.then(|| bytes.unwrap_or_default())
}

async fn wait_for(context: &Arc<Context>, change: &Changing<'_>, state: &str) -> Result<(), ProviderError> {
    wait::until(change.operation, change.limit, || async {
        let instances = context.ec2().describe_instances(Select::one("instance-id", change.id)).await;
        let instances = instances.map_err(|error| change.failed(error))?;
        let now = instances.first().map_or("", |instance| instance.state.as_str());
        match now {
            now if now == state => Ok(Some(())),
            "terminated" | "shutting-down" => Err(ProviderError::new(
                ErrorKind::Gone,
                change.operation,
                "the instance was terminated meanwhile.",
            )),
            _ => Ok(None),
        }
    })
    .await
}

async fn converge_switches(context: &Arc<Context>, change: &Changing<'_>) -> Result<(), ProviderError> {
    let flag = |name: &str, make: fn(bool) -> InstanceChange| change.wanted_bool(name).map(make);
    let behavior = change.wanted_str("instance_initiated_shutdown_behavior");
    let groups = change.wanted("vpc_security_group_ids").map(|groups| texts(Some(groups)));
    let wishes = [
        flag("source_dest_check", InstanceChange::SourceDestCheck),
        flag("disable_api_termination", InstanceChange::DisableApiTermination),
        flag("disable_api_stop", InstanceChange::DisableApiStop),
        behavior.map(|behavior| InstanceChange::ShutdownBehavior(behavior.to_owned())),
        groups.filter(|groups| !groups.is_empty()).map(InstanceChange::SecurityGroups),
    ];
    for wish in wishes.into_iter().flatten() {
        modify(context, change, wish).await?;
    }
    if let Some(on) = change.wanted_bool("monitoring") {
        let set = context.ec2().set_monitoring(change.id, on).await;
        set.map_err(|error| change.failed(error))?;
    }
    Ok(())
}

async fn converge_profile(context: &Arc<Context>, change: &Changing<'_>) -> Result<(), ProviderError> {
    let Some(wanted) = change.wanted_str("iam_instance_profile") else { return Ok(()) };
    let ec2 = context.ec2();
    let associations = ec2.profile_associations(change.id).await.map_err(|error| change.failed(error))?;
    let done = match (associations.first(), wanted) {
        (Some(association), "") => ec2.disassociate_profile(association).await,
        (Some(association), wanted) => ec2.replace_profile(association, wanted).await,
        (None, "") => Ok(()),
        (None, wanted) => ec2.associate_profile(change.id, wanted).await,
    };
    done.map_err(|error| change.failed(error))
}

async fn converge_rest(context: &Arc<Context>, change: &Changing<'_>) -> Result<(), ProviderError> {
    let ec2 = context.ec2();
    let wanted = planned_metadata(change.planned).filter(|_| !change.keeps("metadata_options"));
    if let Some(options) = wanted
        && Some(&options) != planned_metadata(change.current).as_ref()
    {
        let modified = ec2.modify_metadata_options(change.id, options).await;
        modified.map_err(|error| change.failed(error))?;
    }
    let credits = planned_credits(change.planned).filter(|_| !change.keeps("credit_specification"));
    if let Some(credits) = credits.filter(|credits| change.found.credits.as_ref() != Some(credits)) {
        let modified = ec2.modify_credits(change.id, &credits).await;
        modified.map_err(|error| change.failed(error))?;
    }
    converge_root(context, change).await
}

async fn converge_root(context: &Arc<Context>, change: &Changing<'_>) -> Result<(), ProviderError> {
    let Some(attached) = root::attached(&change.found.instance) else { return Ok(()) };
    if change.keeps("root_block_device") {
        return Ok(());
    }
    if let Some(volume) = root::change(change.current, change.planned) {
        let modified = context.ec2().modify_volume(&attached.volume_id, volume).await;
        modified.map_err(|error| change.failed(error))?;
    }
    let goes = root::element(change.planned).and_then(|element| element.get_bool("delete_on_termination"));
    match goes.filter(|goes| *goes != attached.delete_on_termination) {
        Some(goes) => {
            modify(context, change, InstanceChange::DeleteOnTermination(attached.device_name.clone(), goes))
                .await
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_data_is_encoded_once() {
        assert_eq!(user_data_bytes("#!/bin/sh\n", "user_data"), b"#!/bin/sh\n");
        assert_eq!(user_data_bytes("aGVsbG8=", "user_data"), b"hello");
        assert_eq!(user_data_bytes("aGVsbG8=", "user_data_base64"), b"hello");
    }

    #[test]
    fn user_data_stays_as_it_is_written() {
        let schema = registry::schema("aws_instance");
        let null = Value::object([("user_data", Value::null(Type::String))]);
        let plain = Value::object([("user_data", Value::string("hello"))]);
        let encoded = Value::object([("user_data_base64", Value::string("aGVsbG8="))]);
        let shown = |known: &Value, there: &str| {
            let value = with_user_data(Builder::new(schema, known), there, known);
            let get = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
            (get("user_data"), get("user_data_base64"))
        };
        let hello = || Some("hello".to_owned());
        assert_eq!(shown(&plain, "aGVsbG8="), (hello(), None));
        assert_eq!(shown(&encoded, "aGVsbG8="), (None, Some("aGVsbG8=".into())));
        assert_eq!(shown(&null, "aGVsbG8="), (hello(), None));
        assert_eq!(shown(&plain, ""), (None, None));
    }
}
