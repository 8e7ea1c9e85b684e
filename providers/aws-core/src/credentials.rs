//! Whose credentials are used, and the roles that are assumed with them.
//!
//! Keys in the provider block come first; a profile named there excludes everything else; otherwise
//! environment, profile, web identity, container and EC2 instance metadata are asked in that order.
//! The metadata service gets one second: where it does not exist, nothing must hang.

use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::credentials::EnvironmentVariableCredentialsProvider;
use aws_config::imds;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use aws_types::region::Region;
use evenkeel_model::Value;
use evenkeel_provider::{ErrorKind, ProviderError};

use crate::config::CREDENTIALS_REMEDY;
use crate::{errors, tags, wait};

const OPERATION: &str = "finding AWS credentials";
const METADATA_TIMEOUT: Duration = Duration::from_secs(1);
const SEARCH_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_SESSION: &str = "evenkeel";

/// What the search depends on.
pub struct Credentials<'a> {
    /// The provider block.
    pub config: &'a Value,
    /// The region that is used.
    pub region: &'a str,
    /// The HTTP client that is used.
    pub http: SharedHttpClient,
}

impl Credentials<'_> {
    /// The credentials before any role is assumed.
    pub fn base(&self) -> Result<SharedCredentialsProvider, ProviderError> {
        if let (Some(key), Some(secret)) = (self.text("access_key"), self.text("secret_key")) {
            let token = self.text("token").map(str::to_owned);
            let keys = aws_credential_types::Credentials::new(key, secret, token, None, "provider block");
            return Ok(SharedCredentialsProvider::new(keys));
        }
        let settings = ProviderConfig::without_region()
            .with_region(Some(Region::new(self.region.to_owned())))
            .with_http_client(self.http.clone());
        let mut profile = ProfileFileCredentialsProvider::builder()
            .configure(&settings)
            .profile_files(profile_files(self.config));
        if let Some(name) = self.text("profile") {
            profile = profile.profile_name(name);
            return Ok(SharedCredentialsProvider::new(profile.build()));
        }
        let chain =
            CredentialsProviderChain::first_try("environment", EnvironmentVariableCredentialsProvider::new())
                .or_else("profile", profile.build())
                .or_else(
                    "web identity token",
                    WebIdentityTokenCredentialsProvider::builder().configure(&settings).build(),
                )
                .or_else("container", EcsCredentialsProvider::builder().configure(&settings).build());
        if self.skips_metadata() {
            return Ok(SharedCredentialsProvider::new(chain));
        }
        let metadata = imds::credentials::ImdsCredentialsProvider::builder()
            .configure(&settings)
            .imds_client(self.metadata_client(&settings)?)
            .build();
        Ok(SharedCredentialsProvider::new(chain.or_else("EC2 instance metadata", metadata)))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.config.get_str(name).filter(|text| !text.is_empty())
    }

    fn skips_metadata(&self) -> bool {
        matches!(self.text("skip_metadata_api_check"), Some("true" | "1"))
    }

    fn metadata_client(&self, settings: &ProviderConfig) -> Result<imds::Client, ProviderError> {
        let client = imds::Client::builder()
            .configure(settings)
            .max_attempts(1)
            .connect_timeout(METADATA_TIMEOUT)
            .read_timeout(METADATA_TIMEOUT);
        let Some(endpoint) = self.text("ec2_metadata_service_endpoint") else { return Ok(client.build()) };
        let client = client.endpoint(endpoint).map_err(|error| {
            ProviderError::new(
                ErrorKind::Invalid,
                OPERATION,
                format!("ec2_metadata_service_endpoint is not a URL: {error}."),
            )
        })?;
        Ok(client.build())
    }

    /// The same configuration with the credentials of the roles in `assume_role`, each assumed with
    /// those of the one before.
    pub async fn assume_roles(&self, sdk: SdkConfig, sts: Option<&str>) -> Result<SdkConfig, ProviderError> {
        let mut sdk = sdk;
        let roles = self.config.get("assume_role").and_then(Value::as_elements).unwrap_or_default();
        for role in roles {
            let Some(arn) = role.get_str("role_arn") else { continue };
            let mut base = sdk.to_builder();
            base.set_endpoint_url(sts.map(str::to_owned));
            let provider = role_provider(arn, role, self.region).configure(&base.build()).build().await;
            let shared = SharedCredentialsProvider::new(provider);
            shared.provide_credentials().await.map_err(|error| cannot_assume(arn, &error))?;
            sdk = sdk.to_builder().credentials_provider(shared).build();
        }
        Ok(sdk)
    }
}

fn role_provider(arn: &str, role: &Value, region: &str) -> aws_config::sts::AssumeRoleProviderBuilder {
    let mut builder = AssumeRoleProvider::builder(arn)
        .session_name(role.get_str("session_name").filter(|name| !name.is_empty()).unwrap_or(DEFAULT_SESSION))
        .region(Region::new(region.to_owned()));
    if let Some(id) = role.get_str("external_id") {
        builder = builder.external_id(id);
    }
    if let Some(policy) = role.get_str("policy") {
        builder = builder.policy(policy);
    }
    let arns = role.get("policy_arns").and_then(Value::as_elements).unwrap_or_default();
    if !arns.is_empty() {
        builder = builder.policy_arns(arns.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    }
    if let Some(length) = role.get_str("duration").and_then(wait::parse_duration) {
        builder = builder.session_length(length);
    }
    let session_tags = role.get("tags").map(tags::from_value).unwrap_or_default();
    if !session_tags.is_empty() {
        builder = builder.tags(session_tags);
    }
    builder
}

fn cannot_assume(
    arn: &str,
    error: &aws_credential_types::provider::error::CredentialsError,
) -> ProviderError {
    ProviderError::new(
        ErrorKind::Denied,
        "assuming IAM role",
        format!("the role {arn} cannot be assumed: {}.", errors::innermost_text(error)),
    )
    .with_remedy(
        "Check that the role exists, that its trust policy names the identity of the base credentials, and that \
         those credentials are valid.",
    )
}

/// The files that hold profiles.
pub fn profile_files(config: &Value) -> EnvConfigFiles {
    let texts = |name: &str| -> Vec<String> {
        let elements = config.get(name).and_then(Value::as_elements).unwrap_or_default();
        elements.iter().filter_map(Value::as_str).map(expand_home).collect()
    };
    let (configs, keys) = (texts("shared_config_files"), texts("shared_credentials_files"));
    let mut files = EnvConfigFiles::builder()
        .include_default_config_file(configs.is_empty())
        .include_default_credentials_file(keys.is_empty());
    for path in configs {
        files = files.with_file(EnvConfigFileKind::Config, path);
    }
    for path in keys {
        files = files.with_file(EnvConfigFileKind::Credentials, path);
    }
    files.build()
}

/// A path with the home directory in place of `~`.
pub fn expand_home(path: &str) -> String {
    match (path.strip_prefix("~/"), std::env::var("HOME")) {
        (Some(rest), Ok(home)) => format!("{home}/{rest}"),
        _ => path.to_owned(),
    }
}

/// The region that the profile names.
pub async fn profile_region(config: &Value) -> Option<String> {
    let mut provider = ProfileFileRegionProvider::builder().profile_files(profile_files(config));
    if let Some(profile) = config.get_str("profile") {
        provider = provider.profile_name(profile);
    }
    provider.build().region().await.map(|region| region.to_string())
}

/// Whether there are any credentials at all.
pub async fn check_present(sdk: &SdkConfig) -> Result<(), ProviderError> {
    let problem = |detail: String| {
        ProviderError::new(ErrorKind::Denied, OPERATION, detail).with_remedy(CREDENTIALS_REMEDY)
    };
    let Some(provider) = sdk.credentials_provider() else {
        return Err(problem("no credentials provider is configured.".into()));
    };
    match tokio::time::timeout(SEARCH_TIMEOUT, provider.provide_credentials()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => {
            Err(problem(format!("No valid credential sources found: {}.", errors::innermost_text(&error))))
        }
        Err(_) => Err(problem(format!(
            "No valid credential sources found: the search took longer than {} seconds.",
            SEARCH_TIMEOUT.as_secs()
        ))),
    }
}
