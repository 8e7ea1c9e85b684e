//! The HTTP client under all service clients: it counts calls, keeps their pace ([`crate::pace`]), and
//! tells "never connected" apart from "connected, then lost", and which endpoint was meant.
//!
//! A connection that was never made is tried once more right here, which is safe for every call
//! because nothing was sent, and then reported as [`NotConnected`], which the SDK does not retry: a
//! wrong endpoint is told within a second or two. Everything else is left to the SDK.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, TlsContext};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, Metadata};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::config_bag::ConfigBag;
use evenkeel_provider::CallStatistics;

use crate::errors::{find_source, is_throttling, sources};
use crate::pace::{self, Answer};

const PAUSE: Duration = Duration::from_millis(200);
/// "Not Implemented", which nobody tries again.
const NOT_IMPLEMENTED: u16 = 501;

/// No connection to the service could be made; nothing was sent.
#[derive(Debug)]
pub struct NotConnected {
    endpoint: String,
    source: ConnectorError,
}

impl fmt::Display for NotConnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not connect to {} ({})", self.endpoint, deepest(&self.source))
    }
}

impl Error for NotConnected {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

/// Calls by name, every attempt counted.
#[derive(Clone, Debug, Default)]
pub struct CallCounter(Arc<Mutex<BTreeMap<String, u64>>>);

impl CallCounter {
    fn count(&self, name: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += 1;
    }

    /// The calls so far.
    pub fn statistics(&self) -> CallStatistics {
        CallStatistics(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// Counts the calls of a client whose requests do not carry the operation's name (S3).
#[derive(Debug)]
pub struct CountCalls(pub CallCounter);

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for CountCalls {
    fn name(&self) -> &'static str {
        "CountCalls"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(metadata) = config.load::<Metadata>() {
            self.0.count(format!("{}:{}", metadata.service().to_lowercase(), metadata.name()));
        }
        Ok(())
    }
}

/// How connections are made.
#[derive(Clone, Debug, Default)]
pub struct HttpOptions {
    /// Certificates to trust, where they are not the system's.
    pub tls: Option<TlsContext>,
    /// The proxy; from the environment where none is given.
    pub proxy: Option<ProxyConfig>,
}

/// The client.
pub fn client(options: HttpOptions, counter: CallCounter) -> SharedHttpClient {
    let inner = Builder::new()
        .build_with_connector_fn(move |settings, components| connect(&options, settings, components));
    SharedHttpClient::new(Client { inner, counter })
}

/// What connects to hosts that are no service.
pub fn connector(
    options: &HttpOptions,
    settings: Option<&HttpConnectorSettings>,
    components: Option<&RuntimeComponents>,
) -> SharedHttpConnector {
    SharedHttpConnector::new(connect(options, settings, components))
}

fn connect(
    options: &HttpOptions,
    settings: Option<&HttpConnectorSettings>,
    components: Option<&RuntimeComponents>,
) -> Connector {
    let proxy = options.proxy.clone().unwrap_or_else(ProxyConfig::from_env);
    let mut builder = Connector::builder().proxy_config(proxy);
    builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
    if let Some(settings) = settings {
        builder = builder.connector_settings(settings.clone());
    }
    let mut builder = builder.tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc));
    if let Some(tls) = &options.tls {
        builder = builder.tls_context(tls.clone());
    }
    builder.build()
}

#[derive(Debug)]
struct Client {
    inner: SharedHttpClient,
    counter: CallCounter,
}

impl HttpClient for Client {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Counting { inner, counter: self.counter.clone() })
    }
}

#[derive(Debug)]
struct Counting {
    inner: SharedHttpConnector,
    counter: CallCounter,
}

impl HttpConnector for Counting {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let name = query_call_name(&request);
        let api = api(&request, name.as_deref());
        if let Some(name) = name {
            self.counter.count(name);
        }
        let inner = self.inner.clone();
        HttpConnectorFuture::new(async move { paced(&api, call(inner, request)).await })
    }
}

async fn call(connector: SharedHttpConnector, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let endpoint = endpoint(request.uri());
    let copy = request.try_clone();
    let error = match connector.call(request).await {
        Err(error) if never_connected(&error) => error,
        other => return other,
    };
    let Some(request) = copy.filter(|_| !error.is_timeout()) else {
        return Err(not_connected(endpoint, error));
    };
    tokio::time::sleep(PAUSE).await;
    match connector.call(request).await {
        Err(error) if never_connected(&error) => Err(not_connected(endpoint, error)),
        other => other,
    }
}

/// Sends a call when its turn has come, and takes note of whether it was declined.
async fn paced(
    api: &str,
    call: impl Future<Output = Result<HttpResponse, ConnectorError>>,
) -> Result<HttpResponse, ConnectorError> {
    let permit = pace::permit(api).await;
    let mut response = call.await?;
    let declined = match response.status().as_u16() {
        429 | 503 => true,
        400 => says_throttling(&mut response).await?,
        _ => false,
    };
    permit.answered(if declined { Answer::Declined } else { Answer::Other });
    if let (true, Ok(status)) = (is_crash_of_emulator(&response), NOT_IMPLEMENTED.try_into()) {
        *response.status_mut() = status;
    }
    Ok(response)
}

/// Whether moto says that it does not know a call: it answers with the page that its web server has for
/// faults in the program. The SDK would take it for a fault that passes.
fn is_crash_of_emulator(response: &HttpResponse) -> bool {
    let starts = |header: &str, with: &str| {
        response.headers().get(header).is_some_and(|value| value.starts_with(with))
    };
    response.status().as_u16() == 500 && starts("server", "Werkzeug") && starts("content-type", "text/html")
}

/// Some services decline with the status of a mistake; only their words tell.
async fn says_throttling(response: &mut HttpResponse) -> Result<bool, ConnectorError> {
    let body = std::mem::replace(response.body_mut(), SdkBody::empty());
    let bytes = ByteStream::new(body).collect().await.map_err(|error| ConnectorError::io(error.into()))?;
    let bytes = bytes.to_vec();
    let text = String::from_utf8_lossy(&bytes);
    let declined = text.split(|c: char| !c.is_ascii_alphanumeric()).any(is_throttling);
    *response.body_mut() = SdkBody::from(bytes);
    Ok(declined)
}

/// Whose budget a call uses: that of its endpoint, credentials, region and API. Where a request does not
/// name its API, reads and writes are told apart.
fn api(request: &HttpRequest, name: Option<&str>) -> String {
    let header = |name: &str| request.headers().get(name).unwrap_or_default();
    let scope = header("authorization").split("Credential=").nth(1).unwrap_or_default();
    let mut scope = scope.split(',').next().unwrap_or_default().split('/');
    let key = scope.next().unwrap_or_default();
    let place = scope.skip(1).take(2).collect::<Vec<_>>().join("/");
    let what = match (name, header("x-amz-target")) {
        (Some(name), _) => name,
        (None, "") if matches!(request.method(), "GET" | "HEAD") => "read",
        (None, "") => "write",
        (None, target) => target,
    };
    format!("{} {key} {place} {what}", endpoint(request.uri()))
}

fn not_connected(endpoint: String, source: ConnectorError) -> ConnectorError {
    ConnectorError::user(Box::new(NotConnected { endpoint, source })).never_connected()
}

fn never_connected(error: &ConnectorError) -> bool {
    find_source::<hyper_util::client::legacy::Error>(error).is_some_and(|error| error.is_connect())
}

fn deepest(error: &ConnectorError) -> String {
    sources(error).last().map(ToString::to_string).unwrap_or_default()
}

/// `ec2:DescribeVpcs`, from a request of the query protocols.
fn query_call_name(request: &HttpRequest) -> Option<String> {
    let body = request.body().bytes()?;
    let text = std::str::from_utf8(body.get(..body.len().min(200))?).ok()?;
    let action = text.strip_prefix("Action=")?.split('&').next()?;
    let agent = request.headers().get("x-amz-user-agent")?;
    let service = agent.split(' ').find_map(|part| part.strip_prefix("api/"))?.split('/').next()?;
    Some(format!("{service}:{action}"))
}

fn endpoint(uri: &str) -> String {
    let after_scheme = uri.find("://").map_or(0, |at| at + 3);
    let end = uri[after_scheme..].find(['/', '?']).map_or(uri.len(), |at| after_scheme + at);
    uri[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_cut_from_uris() {
        for (uri, expected) in [
            ("http://127.0.0.1:5555/?x=1", "http://127.0.0.1:5555"),
            ("https://s3.amazonaws.com/bucket/key", "https://s3.amazonaws.com"),
            ("http://host?x", "http://host"),
            ("http://host", "http://host"),
        ] {
            assert_eq!(endpoint(uri), expected);
        }
    }

    #[test]
    fn the_page_for_faults_of_an_emulator_is_known() {
        let answer = |status: u16, server: &'static str, kind: &'static str| {
            let mut response = HttpResponse::new(status.try_into().expect("a status"), SdkBody::empty());
            response.headers_mut().insert("server", server);
            response.headers_mut().insert("content-type", kind);
            is_crash_of_emulator(&response)
        };
        assert!(answer(500, "Werkzeug/3.1.9 Python/3.11.7", "text/html; charset=utf-8"));
        assert!(!answer(500, "Werkzeug/3.1.9 Python/3.11.7", "text/xml"));
        assert!(!answer(503, "Werkzeug/3.1.9 Python/3.11.7", "text/html"));
        assert!(!answer(500, "AmazonEC2", "text/html"));
    }

    #[test]
    fn budgets_are_told_apart_by_endpoint_credentials_region_and_api() {
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_uri("https://s3.eu-west-1.amazonaws.com/bucket").expect("a URI");
        let scope = "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host";
        request.headers_mut().insert("authorization", scope);
        assert_eq!(api(&request, None), "https://s3.eu-west-1.amazonaws.com AKID eu-west-1/s3 read");
        request.set_method("PUT").expect("a method");
        assert_eq!(api(&request, None), "https://s3.eu-west-1.amazonaws.com AKID eu-west-1/s3 write");
        assert_eq!(
            api(&request, Some("ec2:DescribeVpcs")),
            "https://s3.eu-west-1.amazonaws.com AKID eu-west-1/s3 ec2:DescribeVpcs"
        );
        request.headers_mut().insert("x-amz-target", "TrentService.CreateKey");
        assert!(api(&request, None).ends_with("TrentService.CreateKey"));
    }

    #[test]
    fn query_calls_are_named() {
        let mut request = HttpRequest::new("Action=DescribeVpcs&Version=1".into());
        request.headers_mut().insert("x-amz-user-agent", "aws-sdk-rust/1 ua/2.1 api/ec2/1.274.0 os/linux");
        assert_eq!(query_call_name(&request).as_deref(), Some("ec2:DescribeVpcs"));
        assert_eq!(query_call_name(&HttpRequest::new("<xml/>".into())), None);
    }
}
