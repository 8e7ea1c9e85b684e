//! Answers whose root element has another name than the API's description says.
//!
//! The SDK refuses such an answer; services that imitate S3 (moto) give one for a bucket's inventories,
//! versioning and acceleration. What is inside is as described, so the name is put right before the
//! SDK reads it.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

/// The query of the calls whose answers are looked at, the wrong name and the right one.
const NAMES: [(&str, &str, &str); 3] = [
    ("accelerate", "GetBucketAccelerateConfigurationResponse", "AccelerateConfiguration"),
    ("versioning", "GetBucketVersioningResponse", "VersioningConfiguration"),
    ("inventory", "ListBucketInventoryConfigurationsResponse", "ListInventoryConfigurationsResult"),
];

/// The same client, with names put right.
pub fn client(inner: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(Lenient(inner))
}

#[derive(Debug)]
struct Lenient<T>(T);

impl HttpClient for Lenient<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Lenient(self.0.http_connector(settings, components)))
    }
}

impl HttpConnector for Lenient<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let is_read = request.method() == "GET" && is_looked_at(request.uri());
        let answer = self.0.call(request);
        match is_read {
            false => answer,
            true => HttpConnectorFuture::new(async move { put_right(answer.await?).await }),
        }
    }
}

fn is_looked_at(uri: &str) -> bool {
    uri.split_once('?').is_some_and(|(_, query)| {
        query.split('&').any(|part| NAMES.iter().any(|(name, ..)| part.trim_end_matches('=') == *name))
    })
}

async fn put_right(mut response: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let body = std::mem::replace(response.body_mut(), SdkBody::empty());
    let bytes = ByteStream::new(body).collect().await.map_err(|error| ConnectorError::io(error.into()))?;
    let bytes = bytes.to_vec();
    let renamed = std::str::from_utf8(&bytes).ok().and_then(rename);
    if renamed.is_some() {
        response.headers_mut().remove("content-length");
    }
    *response.body_mut() = renamed.map_or_else(|| SdkBody::from(bytes), SdkBody::from);
    Ok(response)
}

fn rename(text: &str) -> Option<String> {
    NAMES.iter().find_map(|(_, wrong, right)| {
        let opening = format!("<{wrong}");
        text.contains(&opening).then(|| {
            text.replacen(&opening, &format!("<{right}"), 1)
                .replace(&format!("</{wrong}>"), &format!("</{right}>"))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_root_is_renamed() {
        for (text, expected) in [
            (
                "<?xml?><GetBucketVersioningResponse xmlns=\"x\"><A>1</A></GetBucketVersioningResponse>",
                Some("<?xml?><VersioningConfiguration xmlns=\"x\"><A>1</A></VersioningConfiguration>"),
            ),
            ("<GetBucketVersioningResponse/>", Some("<VersioningConfiguration/>")),
            ("<GetBucketAccelerateConfigurationResponse/>", Some("<AccelerateConfiguration/>")),
            ("<VersioningConfiguration/>", None),
        ] {
            assert_eq!(rename(text).as_deref(), expected);
        }
    }

    #[test]
    fn only_these_calls_are_looked_at() {
        for (uri, expected) in [
            ("http://h/bucket?versioning", true),
            ("http://h/bucket?x-id=Y&versioning=", true),
            ("http://h/bucket?accelerate", true),
            ("http://h/bucket?versions", false),
            ("http://h/versioning", false),
        ] {
            assert_eq!(is_looked_at(uri), expected, "{uri}");
        }
    }
}
