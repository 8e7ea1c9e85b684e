//! `aws_flow_log`. Nothing of it but its tags can be changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types;
use evenkeel_model::{Type, Value};
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::common::{Change, Ec2Type, Wanted, arn, by_id, by_token, ids_of, int, text};
use crate::calls::client::{Client, all_done, answer, lists, pages, selection, tag_specification, tags_of};
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::{registry, tags};

/// `aws_flow_log`
pub struct FlowLog;

/// A flow log, and the account, which its answers do not tell.
pub struct Whole {
    log: types::FlowLog,
    account: String,
}

/// Arguments that say what is logged, how identifiers of it begin, and what the service calls it.
const SUBJECTS: [(&str, &str, types::FlowLogsResourceType); 6] = [
    ("vpc_id", "vpc-", types::FlowLogsResourceType::Vpc),
    ("subnet_id", "subnet-", types::FlowLogsResourceType::Subnet),
    ("eni_id", "eni-", types::FlowLogsResourceType::NetworkInterface),
    ("transit_gateway_attachment_id", "tgw-attach-", types::FlowLogsResourceType::TransitGatewayAttachment),
    ("transit_gateway_id", "tgw-", types::FlowLogsResourceType::TransitGateway),
    ("regional_nat_gateway_id", "nat-", types::FlowLogsResourceType::RegionalNatGateway),
];

fn describe(ec2: &Client, select: Select) -> Call<'_, Vec<types::FlowLog>> {
    Box::pin(async move {
        let (ids, filters) = selection(select);
        let request = ec2.safe.describe_flow_logs().set_flow_log_ids(ids).set_filter(filters);
        Ok(pages!(request, flow_logs))
    })
}

impl Ec2Type for FlowLog {
    type Found = Whole;
    const KIND: &'static str = "aws_flow_log";
    const NOUN: &'static str = "VPC Flow Log";

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Whole>, Failure> {
        let ec2 = context.ec2();
        let found = by_id(ids_of(wanted), "flow-log-id", |select| describe(&ec2, select)).await?;
        let account = context.account_id_if_known().await;
        let whole = |log: types::FlowLog| {
            Some((log.flow_log_id.clone()?, Whole { log, account: account.to_owned() }))
        };
        Ok(found.into_iter().filter_map(whole).collect())
    }

    fn value(context: &Arc<Context>, found: &Whole, known: &Value) -> Value {
        let Whole { log: found, account } = found;
        let id = found.flow_log_id.as_deref().unwrap_or_default();
        let subject = found.resource_id.as_deref().unwrap_or_default();
        let matching = SUBJECTS.iter().find(|(_, prefix, _)| subject.starts_with(prefix));
        let kind = found.log_destination_type.as_ref();
        let mut builder = Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(id))
            .str("arn", Some(arn(context, Some(account), &format!("vpc-flow-log/{id}"))))
            .str("region", Some(context.region()))
            .str("deliver_cross_account_role", found.deliver_cross_account_role.as_deref())
            .str("iam_role_arn", found.deliver_logs_permission_arn.as_deref())
            .str("log_destination", destination(context, found, account))
            .str(
                "log_destination_type",
                kind.map(types::LogDestinationType::as_str).or(Some("cloud-watch-logs")),
            )
            .str("log_format", found.log_format.as_deref())
            .number("max_aggregation_interval", found.max_aggregation_interval)
            .str("traffic_type", found.traffic_type.as_ref().map(types::TrafficType::as_str))
            .set("destination_options", options(found));
        for (argument, ..) in SUBJECTS {
            let is_it = matching.is_some_and(|(name, ..)| *name == argument);
            builder = builder.str(argument, is_it.then_some(subject));
        }
        builder.tags(context.tags().observed(&tags_of(found.tags.clone()), known)).build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let subject = SUBJECTS.iter().find_map(|(name, _, kind)| Some((text(planned, name)?, kind.clone())));
        let (id, kind) = subject.unzip();
        let destination = text(planned, "log_destination");
        let ec2 = context.ec2();
        let call = ec2
            .safe
            .create_flow_logs()
            .client_token(&*request.token)
            .set_resource_ids(id.map(|id| vec![id]))
            .set_resource_type(kind)
            .set_traffic_type(text(planned, "traffic_type").map(|kind| kind.as_str().into()))
            .set_deliver_logs_permission_arn(text(planned, "iam_role_arn"))
            .set_deliver_cross_account_role(text(planned, "deliver_cross_account_role"))
            .set_log_destination(destination.map(|arn| arn.trim_end_matches(":*").to_owned()))
            .set_log_destination_type(text(planned, "log_destination_type").map(|kind| kind.as_str().into()))
            .set_log_format(text(planned, "log_format"))
            .set_max_aggregation_interval(int(planned, "max_aggregation_interval"))
            .set_destination_options(options_wanted(planned))
            .set_tag_specifications(tag_specification(
                types::ResourceType::VpcFlowLog,
                &tags::for_create(planned, &request.token),
            ));
        let output = answer(call.send()).await?;
        all_done(output.unsuccessful)?;
        let made = output.flow_log_ids.unwrap_or_default().into_iter().next();
        made.ok_or_else(|| Failure::incomplete("flow log"))
    }

    async fn converge(_: &Arc<Context>, _: &Change<'_, Whole>) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        let output = answer(context.ec2().safe.delete_flow_logs().flow_log_ids(id).send()).await?;
        all_done(output.unsuccessful)
    }

    lists!(describe_flow_logs, flow_logs, flow_log_id);

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let found = describe(&context.ec2(), by_token(&request.token)).await?;
        Ok(found.into_iter().next().and_then(|log| log.flow_log_id))
    }
}

/// Where the log goes; a log group is told by its name.
fn destination(context: &Context, found: &types::FlowLog, account: &str) -> Option<String> {
    let named = || {
        let group = found.log_group_name.as_deref()?;
        let (partition, region) = (context.partition(), context.region());
        Some(format!("arn:{partition}:logs:{region}:{account}:log-group:{group}"))
    };
    found.log_destination.clone().filter(|arn| !arn.is_empty()).or_else(named)
}

fn options(found: &types::FlowLog) -> Value {
    let ty = Type::object([
        ("file_format", Type::String),
        ("hive_compatible_partitions", Type::Bool),
        ("per_hour_partition", Type::Bool),
    ]);
    let block = found.destination_options.as_ref().map(|options| {
        let format = options.file_format.as_ref().map_or("plain-text", types::DestinationFileFormat::as_str);
        Value::object([
            ("file_format", Value::string(format)),
            (
                "hive_compatible_partitions",
                Value::bool(options.hive_compatible_partitions.unwrap_or_default()),
            ),
            ("per_hour_partition", Value::bool(options.per_hour_partition.unwrap_or_default())),
        ])
    });
    Value::list(ty, block)
}

fn options_wanted(planned: &Value) -> Option<types::DestinationOptionsRequest> {
    let block = planned.get("destination_options").and_then(Value::as_elements)?.first()?;
    let options = types::DestinationOptionsRequest::builder()
        .set_file_format(text(block, "file_format").map(|format| format.as_str().into()))
        .set_hive_compatible_partitions(block.get_bool("hive_compatible_partitions"))
        .set_per_hour_partition(block.get_bool("per_hour_partition"));
    Some(options.build())
}
