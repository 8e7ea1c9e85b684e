//! `aws_s3_bucket_notification`: who is told of what happens in a bucket. A bucket without listeners
//! has the setting, too; taking it away leaves nobody.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    Event, EventBridgeConfiguration, FilterRule, FilterRuleName, LambdaFunctionConfiguration,
    NotificationConfiguration, NotificationConfigurationFilter, QueueConfiguration, S3KeyFilter,
    TopicConfiguration,
};
use evenkeel_model::Value;
use serde_json::{Value as Json, json};

use crate::errors::Failure;
use crate::place::Place;
use crate::setting::{Setting, fail, incomplete};
use crate::shape;

/// The setting.
pub struct Notification;

impl Setting for Notification {
    const KIND: &'static str = "aws_s3_bucket_notification";
    const TITLE: &'static str = "S3 Bucket Notification";
    const STAYS: bool = true;
    const UNTOLD: &'static [&'static str] = &["eventbridge"];

    async fn put(
        s3: &Client,
        place: &Place,
        wanted: &Value,
        _: Option<&Value>,
        token: &str,
    ) -> Result<(), Failure> {
        write(s3, place, configuration(wanted, token)?).await
    }

    async fn get(s3: &Client, place: &Place, known: &Value) -> Result<Option<Json>, Failure> {
        let answer =
            s3.get_bucket_notification_configuration().bucket(&place.bucket).send().await.map_err(fail)?;
        let json = json!({
            "eventbridge": answer.event_bridge_configuration.is_some(),
            "lambda_function": shape::each(answer.lambda_function_configurations(), |one| {
                seen(one.id.as_deref(), &one.events, one.filter.as_ref(), "lambda_function_arn", &one.lambda_function_arn)
            }),
            "queue": shape::each(answer.queue_configurations(), |one| {
                seen(one.id.as_deref(), &one.events, one.filter.as_ref(), "queue_arn", &one.queue_arn)
            }),
            "topic": shape::each(answer.topic_configurations(), |one| {
                seen(one.id.as_deref(), &one.events, one.filter.as_ref(), "topic_arn", &one.topic_arn)
            }),
        });
        // Somebody took all listeners away: the setting is gone, unless it was to have none.
        let is_gone = says_nothing(&json) && LISTS.iter().any(|list| !shape::many(known, list).is_empty());
        Ok((!is_gone).then_some(json))
    }

    async fn clear(s3: &Client, place: &Place, _: &Value) -> Result<(), Failure> {
        write(s3, place, NotificationConfiguration::builder().build()).await
    }
}

const LISTS: [&str; 3] = ["lambda_function", "queue", "topic"];

fn says_nothing(json: &Json) -> bool {
    json["eventbridge"] == false && LISTS.iter().all(|list| json[list].as_array().is_none_or(Vec::is_empty))
}

async fn write(s3: &Client, place: &Place, setting: NotificationConfiguration) -> Result<(), Failure> {
    let call = s3.put_bucket_notification_configuration().bucket(&place.bucket);
    call.notification_configuration(setting).send().await.map(drop).map_err(fail)
}

fn configuration(wanted: &Value, token: &str) -> Result<NotificationConfiguration, Failure> {
    let mut setting = NotificationConfiguration::builder();
    if wanted.get_bool("eventbridge").unwrap_or_default() {
        setting = setting.event_bridge_configuration(EventBridgeConfiguration::builder().build());
    }
    for (index, one) in shape::many(wanted, "lambda_function").iter().enumerate() {
        let api = LambdaFunctionConfiguration::builder()
            .id(id(one, "lambda", token, index))
            .lambda_function_arn(shape::text_or_empty(one, "lambda_function_arn"))
            .set_events(Some(events(one)))
            .set_filter(filter(one));
        setting = setting.lambda_function_configurations(api.build().map_err(incomplete)?);
    }
    for (index, one) in shape::many(wanted, "queue").iter().enumerate() {
        let api = QueueConfiguration::builder()
            .id(id(one, "queue", token, index))
            .queue_arn(shape::text_or_empty(one, "queue_arn"))
            .set_events(Some(events(one)))
            .set_filter(filter(one));
        setting = setting.queue_configurations(api.build().map_err(incomplete)?);
    }
    for (index, one) in shape::many(wanted, "topic").iter().enumerate() {
        let api = TopicConfiguration::builder()
            .id(id(one, "topic", token, index))
            .topic_arn(shape::text_or_empty(one, "topic_arn"))
            .set_events(Some(events(one)))
            .set_filter(filter(one));
        setting = setting.topic_configurations(api.build().map_err(incomplete)?);
    }
    Ok(setting.build())
}

/// The configured name of a listener, or one that follows from the token, so that it is the same when
/// the call is repeated.
fn id(one: &Value, what: &str, token: &str, index: usize) -> String {
    shape::text(one, "id").unwrap_or_else(|| format!("tf-s3-{what}-{token}-{index}"))
}

fn events(one: &Value) -> Vec<Event> {
    let names = shape::texts(one, "events").unwrap_or_default();
    names.iter().map(|name| Event::from(name.as_str())).collect()
}

fn filter(one: &Value) -> Option<NotificationConfigurationFilter> {
    let rules = [("filter_prefix", FilterRuleName::Prefix), ("filter_suffix", FilterRuleName::Suffix)];
    let rules = rules.into_iter().filter_map(|(argument, name)| {
        Some(FilterRule::builder().name(name).value(shape::text(one, argument)?).build())
    });
    let rules: Vec<FilterRule> = rules.collect();
    let key = S3KeyFilter::builder().set_filter_rules(Some(rules.clone())).build();
    (!rules.is_empty()).then(|| NotificationConfigurationFilter::builder().key(key).build())
}

fn seen(
    id: Option<&str>,
    events: &[Event],
    filter: Option<&NotificationConfigurationFilter>,
    target: &str,
    arn: &str,
) -> Json {
    let rules =
        filter.and_then(|filter| filter.key.as_ref()).map(S3KeyFilter::filter_rules).unwrap_or_default();
    let value = |name: &str| {
        let is_it = |rule: &&FilterRule| {
            rule.name.as_ref().is_some_and(|found| found.as_str().eq_ignore_ascii_case(name))
        };
        rules.iter().find(is_it).and_then(|rule| rule.value.clone())
    };
    let events: Vec<&str> = events.iter().map(Event::as_str).collect();
    json!({
        "id": id,
        "events": events,
        "filter_prefix": value("prefix"),
        "filter_suffix": value("suffix"),
        target: arn,
    })
}
