//! `aws_s3_bucket_metadata_configuration`: tables that list a bucket's objects and their changes.
//!
//! What encrypts the tables is written and never told; it is as it is known.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    ExpirationState, InventoryConfigurationState, InventoryTableConfiguration,
    InventoryTableConfigurationUpdates, JournalTableConfiguration, JournalTableConfigurationUpdates,
    MetadataConfiguration, MetadataConfigurationResult, MetadataTableEncryptionConfiguration,
    RecordExpiration, S3TablesBucketType, TableSseAlgorithm,
};
use evenkeel_model::{Value, json::to_plain};
use evenkeel_provider::{ErrorKind, ProviderError, diff};
use serde_json::{Value as Json, json};

use crate::errors::{Effect, Failure, provider_error};
use crate::place::Place;
use crate::setting::{Setting, fail, incomplete};
use crate::{shape, wait};

/// The setting.
pub struct Metadata;

const BLOCK: &str = "metadata_configuration";
const INVENTORY: &str = "inventory_table_configuration";
const JOURNAL: &str = "journal_table_configuration";

impl Setting for Metadata {
    const KIND: &'static str = "aws_s3_bucket_metadata_configuration";
    const TITLE: &'static str = "S3 Bucket Metadata Configuration";
    const LIMIT: Duration = Duration::from_secs(30 * 60);

    async fn put(
        s3: &Client,
        place: &Place,
        wanted: &Value,
        prior: Option<&Value>,
        _: &str,
    ) -> Result<(), Failure> {
        match prior {
            None => create(s3, place, wanted).await,
            Some(prior) => {
                update_inventory(s3, place, prior, wanted).await?;
                update_journal(s3, place, prior, wanted).await
            }
        }
    }

    async fn ready(s3: &Client, place: &Place, limit: Duration) -> Result<(), ProviderError> {
        let operation = format!("waiting for the tables of {} ({place})", Self::TITLE);
        wait::until(&operation, limit, || async {
            let found = look(s3, place).await;
            let found = found.map_err(|failure| provider_error(&operation, Effect::Read, &failure))?;
            found.map_or(Ok(None), |found| is_ready(&found, &operation))
        })
        .await
    }

    async fn get(s3: &Client, place: &Place, known: &Value) -> Result<Option<Json>, Failure> {
        Ok(look(s3, place).await?.map(|found| json!({ BLOCK: [seen(&found, known)] })))
    }

    async fn clear(s3: &Client, place: &Place, _: &Value) -> Result<(), Failure> {
        let call = s3.delete_bucket_metadata_configuration().bucket(&place.bucket);
        call.set_expected_bucket_owner(place.owner.clone()).send().await.map(drop).map_err(fail)
    }
}

async fn look(s3: &Client, place: &Place) -> Result<Option<MetadataConfigurationResult>, Failure> {
    let call = s3.get_bucket_metadata_configuration().bucket(&place.bucket);
    let answer = call.set_expected_bucket_owner(place.owner.clone()).send().await.map_err(fail)?;
    let result = answer.get_bucket_metadata_configuration_result;
    Ok(result.and_then(|result| result.metadata_configuration_result))
}

async fn create(s3: &Client, place: &Place, wanted: &Value) -> Result<(), Failure> {
    let journal: Option<Result<_, Failure>> = part(wanted, JOURNAL).map(|journal| {
        let journal = JournalTableConfiguration::builder()
            .set_record_expiration(expiration(journal)?)
            .set_encryption_configuration(encryption(journal)?);
        Ok(journal.build())
    });
    let inventory = part(wanted, INVENTORY).map(|inventory| {
        InventoryTableConfiguration::builder()
            .configuration_state(state(inventory))
            .set_encryption_configuration(encryption(inventory)?)
            .build()
            .map_err(incomplete)
    });
    let setting = MetadataConfiguration::builder()
        .set_journal_table_configuration(journal.transpose()?)
        .set_inventory_table_configuration(inventory.transpose()?);
    let call = s3.create_bucket_metadata_configuration().bucket(&place.bucket);
    let call = call.metadata_configuration(setting.build());
    call.set_expected_bucket_owner(place.owner.clone()).send().await.map(drop).map_err(fail)
}

async fn update_inventory(s3: &Client, place: &Place, prior: &Value, wanted: &Value) -> Result<(), Failure> {
    let Some(inventory) = part(wanted, INVENTORY).filter(|wanted| differs(prior, wanted, INVENTORY)) else {
        return Ok(());
    };
    let setting = InventoryTableConfigurationUpdates::builder()
        .configuration_state(state(inventory))
        .set_encryption_configuration(encryption(inventory)?)
        .build()
        .map_err(incomplete)?;
    let call = s3.update_bucket_metadata_inventory_table_configuration().bucket(&place.bucket);
    let call = call.inventory_table_configuration(setting);
    call.set_expected_bucket_owner(place.owner.clone()).send().await.map(drop).map_err(fail)
}

async fn update_journal(s3: &Client, place: &Place, prior: &Value, wanted: &Value) -> Result<(), Failure> {
    let Some(journal) = part(wanted, JOURNAL).filter(|wanted| differs(prior, wanted, JOURNAL)) else {
        return Ok(());
    };
    let setting =
        JournalTableConfigurationUpdates::builder().set_record_expiration(expiration(journal)?).build();
    let call = s3.update_bucket_metadata_journal_table_configuration().bucket(&place.bucket);
    let call = call.journal_table_configuration(setting);
    call.set_expected_bucket_owner(place.owner.clone()).send().await.map(drop).map_err(fail)
}

fn part<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    shape::one(object, BLOCK).and_then(|block| shape::one(block, name))
}

fn differs(prior: &Value, wanted: &Value, name: &str) -> bool {
    part(prior, name).is_none_or(|prior| !diff::same(prior, wanted))
}

fn state(inventory: &Value) -> InventoryConfigurationState {
    InventoryConfigurationState::from(shape::text_or_empty(inventory, "configuration_state").as_str())
}

fn expiration(journal: &Value) -> Result<Option<RecordExpiration>, Failure> {
    let expiration = shape::one(journal, "record_expiration").map(|part| {
        RecordExpiration::builder()
            .expiration(ExpirationState::from(shape::text_or_empty(part, "expiration").as_str()))
            .set_days(shape::positive(part, "days"))
            .build()
    });
    expiration.transpose().map_err(incomplete)
}

fn encryption(table: &Value) -> Result<Option<MetadataTableEncryptionConfiguration>, Failure> {
    let encryption = shape::one(table, "encryption_configuration").map(|part| {
        MetadataTableEncryptionConfiguration::builder()
            .sse_algorithm(TableSseAlgorithm::from(shape::text_or_empty(part, "sse_algorithm").as_str()))
            .set_kms_key_arn(shape::text(part, "kms_key_arn"))
            .build()
    });
    encryption.transpose().map_err(incomplete)
}

/// Whether the tables can be used; an inventory that is still filled can.
fn is_ready(found: &MetadataConfigurationResult, operation: &str) -> Result<Option<()>, ProviderError> {
    let journal = found.journal_table_configuration_result.as_ref();
    let inventory = found.inventory_table_configuration_result.as_ref();
    let enabled = inventory.filter(|table| table.configuration_state == InventoryConfigurationState::Enabled);
    let statuses = [
        journal.map(|table| table.table_status.as_str()),
        enabled.map(|table| table.table_status.as_deref().unwrap_or("CREATING")),
    ];
    let failed = statuses.iter().flatten().any(|status| *status == "FAILED");
    if failed {
        let errors =
            [journal.and_then(|table| table.error.as_ref()), enabled.and_then(|table| table.error.as_ref())];
        let detail = errors.into_iter().flatten().find_map(|error| error.error_message.clone());
        let detail = detail.unwrap_or_else(|| "the service could not make the tables.".into());
        return Err(ProviderError::new(ErrorKind::Other, operation, detail));
    }
    Ok(statuses.iter().flatten().all(|status| matches!(*status, "ACTIVE" | "BACKFILLING")).then_some(()))
}

fn seen(found: &MetadataConfigurationResult, known: &Value) -> Json {
    let encryption = |name: &str| {
        part(known, name).and_then(|table| table.get("encryption_configuration")).map_or(json!([]), to_plain)
    };
    json!({
        "destination": shape::optional(found.destination_result.as_ref(), |part| json!({
            "table_bucket_arn": part.table_bucket_arn,
            "table_bucket_type": part.table_bucket_type.as_ref().map(S3TablesBucketType::as_str),
            "table_namespace": part.table_namespace,
        })),
        INVENTORY: shape::optional(found.inventory_table_configuration_result.as_ref(), |part| json!({
            "configuration_state": part.configuration_state.as_str(),
            "encryption_configuration": encryption(INVENTORY),
            "table_arn": part.table_arn,
            "table_name": part.table_name,
        })),
        JOURNAL: shape::optional(found.journal_table_configuration_result.as_ref(), |part| json!({
            "encryption_configuration": encryption(JOURNAL),
            "record_expiration": shape::optional(part.record_expiration.as_ref(), |part| json!({
                "days": part.days,
                "expiration": part.expiration.as_str(),
            })),
            "table_arn": part.table_arn,
            "table_name": part.table_name,
        })),
    })
}
