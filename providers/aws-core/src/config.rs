//! The `provider "aws"` block: checked purely, then turned into a [`Context`].
//!
//! This is the only place of the provider that reads the environment (the SDK reads it for
//! credentials and profiles on behalf of [`crate::credentials`]). Precedence is the one users know:
//! the block, then environment variables, then the profile.

use std::sync::Arc;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use aws_smithy_types::retry::RetryConfig;
use aws_types::region::Region;
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{ErrorKind, ProviderError, ReadFile};

use crate::context::{Account, Context};
use crate::credentials::{self, Credentials};
use crate::endpoints::{Endpoints, Service};
use crate::http::{self, CallCounter, HttpOptions};
use crate::tags::TagPolicy;
use crate::{regions, wait};

const OPERATION: &str = "configuring the AWS provider";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const ATTEMPTS: u32 = 8;
const ATTEMPTS_MAX: i64 = 100;

/// What to do when no credentials were found.
pub const CREDENTIALS_REMEDY: &str = "Credentials are looked for in the provider block (access_key and secret_key, or profile), then in the \
     environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), the profile (AWS_PROFILE, or \"default\", in \
     ~/.aws/credentials and ~/.aws/config), a web identity token (AWS_WEB_IDENTITY_TOKEN_FILE), the \
     container's endpoint, and the metadata of the EC2 instance. Set one of them, or renew it if it has \
     expired.";

/// Checks the block without acting. Unknown values are let through.
pub fn validate(config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    check_region(config, &mut diagnostics);
    check_keys(config, &mut diagnostics);
    check_endpoints(config, &mut diagnostics);
    check_roles(config, &mut diagnostics);
    diagnostics
}

fn check_region(config: &Value, diagnostics: &mut Diagnostics) {
    let skipped = config.get_bool("skip_region_validation").unwrap_or_default();
    if let Some(region) =
        config.get_str("region").filter(|region| !skipped && regions::find(region).is_none())
    {
        diagnostics.push(Diagnostic::error("Invalid AWS Region", unknown_region(region)));
    }
}

fn unknown_region(region: &str) -> String {
    let hint = match regions::suggest(region) {
        Some(similar) => format!("Did you mean \"{similar}\"? "),
        None => String::new(),
    };
    format!(
        "\"{region}\" is not a region that this version knows. {hint}If it is right, set skip_region_validation = true."
    )
}

fn check_keys(config: &Value, diagnostics: &mut Diagnostics) {
    let set = |name: &str| config.get(name).is_some_and(|value| !value.is_null());
    if set("access_key") != set("secret_key") {
        diagnostics.push(Diagnostic::error(
            "Invalid provider configuration",
            "access_key and secret_key belong together; only one of them is set. Set both, or neither to use \
             credentials from the environment or a profile.",
        ));
    }
}

fn check_endpoints(config: &Value, diagnostics: &mut Diagnostics) {
    let blocks = config.get("endpoints").and_then(Value::as_elements).unwrap_or_default();
    for (name, url) in blocks.iter().filter_map(Value::as_entries).flatten() {
        if let Some(url) = url.as_str().filter(|url| !url.is_empty() && !is_url(url)) {
            diagnostics.push(Diagnostic::error("Invalid custom endpoint", bad_endpoint(name, url)));
        }
    }
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace))
}

fn bad_endpoint(name: &str, url: &str) -> String {
    format!(
        "The endpoint of {name}, \"{url}\", is not a URL. Write it with its scheme: http://127.0.0.1:4566."
    )
}

fn check_roles(config: &Value, diagnostics: &mut Diagnostics) {
    let roles = config.get("assume_role").and_then(Value::as_elements).unwrap_or_default();
    for role in roles {
        if role.get("role_arn").is_none_or(|arn| arn.is_null() || arn.as_str() == Some("")) {
            diagnostics.push(Diagnostic::error(
                "Cannot assume IAM Role",
                "An assume_role block needs role_arn, the ARN of the role to assume.",
            ));
        }
        if let Some(text) = role.get_str("duration").filter(|text| wait::parse_duration(text).is_none()) {
            diagnostics.push(Diagnostic::error(
                "Invalid duration",
                format!("The duration \"{text}\" of assume_role cannot be read. Write it like 1h or 15m."),
            ));
        }
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Opens what the block describes.
pub async fn configure(config: &Value, files: Arc<dyn ReadFile>) -> Result<Arc<Context>, ProviderError> {
    if let Some(problem) = validate(config).into_iter().next() {
        return Err(invalid(format!("{}: {}", problem.summary, problem.detail)));
    }
    check_files(config, &*files)?;
    let region = region(config).await?;
    let calls = CallCounter::default();
    let options = http_options(config)?;
    let http = http::client(options.clone(), calls.clone());
    let retry = retry(config)?;
    let timeouts =
        TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(READ_TIMEOUT).build();
    let found = Credentials { config, region: &region, http: http.clone() };
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.clone()))
        .http_client(http)
        .retry_config(retry)
        .timeout_config(timeouts)
        .profile_files(credentials::profile_files(config))
        .credentials_provider(found.base()?);
    if let Some(profile) = config.get_str("profile") {
        loader = loader.profile_name(profile);
    }
    if let Some(fips) = config.get_bool("use_fips_endpoint") {
        loader = loader.use_fips(fips);
    }
    if let Some(dual_stack) = config.get_bool("use_dualstack_endpoint") {
        loader = loader.use_dual_stack(dual_stack);
    }
    let sdk = loader.load().await;
    let endpoints = Endpoints::gather(config, variable, sdk.endpoint_url());
    check_gathered(&endpoints)?;
    let sdk = found.assume_roles(sdk, endpoints.get(Service::Sts)).await?;

    let mut account = Account::new(sdk, endpoints, TagPolicy::from_config(config), calls);
    account.web = http::connector(&options, None, None);
    account.files = files;
    account.s3_path_style = config.get_bool("s3_use_path_style").unwrap_or_default();
    account.sts_region = config.get_str("sts_region").map(str::to_owned);
    account.skip_account_id = config.get_bool("skip_requesting_account_id").unwrap_or_default();
    let context = Arc::new(account).in_region(&region);
    check_access(config, &context).await?;
    Ok(context)
}

fn invalid(detail: impl Into<String>) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, OPERATION, detail)
}

/// The SDK opens some files itself, and what stands in them says which command gives credentials and where they are
/// sent. So a configuration that anybody may have written names none of them.
fn check_files(config: &Value, files: &dyn ReadFile) -> Result<(), ProviderError> {
    let lists = ["shared_config_files", "shared_credentials_files"].into_iter().flat_map(|name| {
        let elements = config.get(name).and_then(Value::as_elements).unwrap_or_default();
        elements.iter().filter_map(Value::as_str).map(move |path| (name, path))
    });
    let bundle = config.get_str("custom_ca_bundle").map(|path| ("custom_ca_bundle", path));
    let mut named = lists.chain(bundle).filter(|(_, path)| !path.is_empty());
    match named.find(|(_, path)| !files.may_name(&credentials::expand_home(path))) {
        None => Ok(()),
        Some((name, path)) => {
            let detail =
                format!("{name} names the file \"{path}\" of this machine, which a revision may not.");
            Err(ProviderError::new(ErrorKind::Denied, OPERATION, detail).with_remedy(
                "Name it in the environment (AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, AWS_CA_BUNDLE), or let \
                 configurations name files below a directory with -allow-local-files=DIR.",
            ))
        }
    }
}

fn check_gathered(endpoints: &Endpoints) -> Result<(), ProviderError> {
    match endpoints.iter().find(|(_, url)| !is_url(url)) {
        Some((service, url)) => Err(invalid(bad_endpoint(service.name(), url))),
        None => Ok(()),
    }
}

async fn region(config: &Value) -> Result<String, ProviderError> {
    let configured = config.get_str("region").filter(|region| !region.is_empty()).map(str::to_owned);
    let named = configured.or_else(|| variable("AWS_REGION")).or_else(|| variable("AWS_DEFAULT_REGION"));
    let region = match named {
        Some(region) => region,
        None => credentials::profile_region(config).await.ok_or_else(|| {
            invalid("no region is set.").with_remedy(
                "Set region in the provider block, AWS_REGION in the environment, or region in the profile.",
            )
        })?,
    };
    let skipped = config.get_bool("skip_region_validation").unwrap_or_default();
    if !skipped && regions::find(&region).is_none() {
        return Err(invalid(unknown_region(&region)));
    }
    Ok(region)
}

fn http_options(config: &Value) -> Result<HttpOptions, ProviderError> {
    let bundle = config.get_str("custom_ca_bundle").map(str::to_owned).or_else(|| variable("AWS_CA_BUNDLE"));
    let tls = bundle.map(|path| trust(&path)).transpose()?;
    let no_proxy = config.get_str("no_proxy").map(str::to_owned).or_else(|| variable("NO_PROXY"));
    let proxy = config.get_str("http_proxy").filter(|url| !url.is_empty()).map(|url| {
        let proxy = ProxyConfig::all(url).map_err(|error| invalid(format!("http_proxy: {error}.")))?;
        Ok(proxy.no_proxy(no_proxy.unwrap_or_default()))
    });
    Ok(HttpOptions { tls, proxy: proxy.transpose()? })
}

fn trust(path: &str) -> Result<TlsContext, ProviderError> {
    let remedy = "It is named by custom_ca_bundle or AWS_CA_BUNDLE.";
    let problem = |error: &dyn std::fmt::Display| {
        invalid(format!("the certificate bundle {path} cannot be used: {error}.")).with_remedy(remedy)
    };
    let pem = std::fs::read(path).map_err(|error| problem(&error))?;
    let store = TrustStore::empty().with_pem_certificate(pem);
    TlsContext::builder().with_trust_store(store).build().map_err(|error| problem(&error))
}

fn retry(config: &Value) -> Result<RetryConfig, ProviderError> {
    let retry = match config.get_str("retry_mode") {
        None | Some("standard") => RetryConfig::standard(),
        Some("adaptive") => RetryConfig::adaptive(),
        Some(mode) => {
            return Err(invalid(format!(
                "retry_mode is \"{mode}\", but must be \"standard\" or \"adaptive\"."
            )));
        }
    };
    let attempts = match config.get_i64("max_retries") {
        Some(retries) => u32::try_from(retries.clamp(0, ATTEMPTS_MAX) + 1).unwrap_or(ATTEMPTS),
        None => ATTEMPTS,
    };
    Ok(retry
        .with_max_attempts(attempts)
        .with_initial_backoff(Duration::from_millis(300))
        .with_max_backoff(Duration::from_secs(10)))
}

/// Finds out early and clearly when nothing could work.
async fn check_access(config: &Value, context: &Arc<Context>) -> Result<(), ProviderError> {
    credentials::check_present(&context.account().sdk).await?;
    if !config.get_bool("skip_credentials_validation").unwrap_or_default() {
        context.identity().await?;
    }
    check_account(config, context).await
}

async fn check_account(config: &Value, context: &Arc<Context>) -> Result<(), ProviderError> {
    let ids = |name: &str| -> Option<Vec<&str>> {
        let elements = config.get(name).and_then(Value::as_elements)?;
        Some(elements.iter().filter_map(Value::as_str).collect())
    };
    let (allowed, forbidden) = (ids("allowed_account_ids"), ids("forbidden_account_ids"));
    if allowed.is_none() && forbidden.is_none() {
        return Ok(());
    }
    let account = context.identity().await?.account_id.as_str();
    let refused = allowed.is_some_and(|allowed| !allowed.is_empty() && !allowed.contains(&account))
        || forbidden.is_some_and(|forbidden| forbidden.contains(&account));
    match refused {
        false => Ok(()),
        true => Err(ProviderError::new(
            ErrorKind::Denied,
            OPERATION,
            format!("AWS account ID not allowed: {account}."),
        )
        .with_remedy(
            "Check allowed_account_ids and forbidden_account_ids in the provider block, and whose credentials \
             are in use.",
        )),
    }
}

#[cfg(test)]
mod tests;
