//! What AWS says when something did not work, turned into what to do next.
//!
//! [`Failure`] is one failed call, whichever service made it; [`provider_error`] decides what it
//! means. Whether a lost answer matters depends on what the call would have done, so every caller
//! says that with [`Effect`]. Nothing above this module looks at service codes, except through the
//! small predicates of [`Failure`].

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use evenkeel_provider::{ErrorKind, ProviderError};

use crate::http::NotConnected;

/// What the call would have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Looks only.
    Read,
    /// Makes something; made twice it would be there twice.
    Create,
    /// Changes something that exists.
    Update,
    /// Removes something.
    Delete,
}

/// How far a failed call got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It never left: no connection, or nothing that could be sent.
    NotSent,
    /// There were no credentials to sign it with.
    NoCredentials,
    /// It was sent, and no answer came.
    Ambiguous,
    /// The service refused it for now.
    Throttled,
    /// The service answered with an error.
    Service,
}

/// One failed call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How far it got.
    pub class: Class,
    /// The service's error code; empty when there was no answer.
    pub code: String,
    /// The service's message, or what went wrong on the way.
    pub message: String,
    /// The service's identifier of the request.
    pub request_id: Option<String>,
    /// The HTTP status of the answer, where there was one and it is known.
    pub status: Option<u16>,
}

impl Failure {
    /// Whether the service said that the thing does not exist.
    pub fn is_gone(&self) -> bool {
        self.class == Class::Service && is_not_found(&self.code)
    }

    /// An answer without a part that it has to have: what was asked for may have happened.
    pub fn incomplete(what: &str) -> Self {
        Self {
            class: Class::Ambiguous,
            code: String::new(),
            message: format!("the answer has no {what}"),
            request_id: None,
            status: Some(200),
        }
    }

    /// An error inside an answer that is none as a whole.
    pub fn answered(code: String, message: String) -> Self {
        let class = if is_throttling(&code) { Class::Throttled } else { Class::Service };
        Self { class, code, message, request_id: None, status: None }
    }

    /// A call that is not made because it makes no sense.
    pub fn refused(why: impl Into<String>) -> Self {
        Self {
            class: Class::Service,
            code: "InvalidParameterValue".into(),
            message: why.into(),
            request_id: None,
            status: None,
        }
    }

    /// Whether the service answered with this code.
    pub fn is(&self, code: &str) -> bool {
        self.is_any(&[code])
    }

    /// Whether the service answered with one of these codes.
    pub fn is_any(&self, codes: &[&str]) -> bool {
        self.class == Class::Service && codes.contains(&self.code.as_str())
    }

    fn detail(&self) -> String {
        let mut text = self.message.trim_end_matches('.').to_owned();
        if !self.code.is_empty() {
            text = match text.is_empty() {
                true => self.code.clone(),
                false => format!("{}: {text}", self.code),
            };
        }
        match &self.request_id {
            Some(id) => format!("{text} (request id {id})."),
            None => format!("{text}."),
        }
    }
}

impl<E> From<&SdkError<E, Response>> for Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    fn from(error: &SdkError<E, Response>) -> Self {
        match error {
            SdkError::ServiceError(service) if service.raw().status().is_success() => Self {
                class: Class::Ambiguous,
                code: String::new(),
                message: format!("the answer cannot be read: {}", innermost_text(service.err())),
                request_id: None,
                status: Some(service.raw().status().as_u16()),
            },
            SdkError::ServiceError(service) => {
                let status = service.raw().status().as_u16();
                let meta = service.err().meta();
                let code = match meta.code() {
                    Some(code) => code.to_owned(),
                    None => code_of_status(status),
                };
                let class = if is_throttling(&code) { Class::Throttled } else { Class::Service };
                let message = meta.message().unwrap_or_default().to_owned();
                let request_id = service
                    .raw()
                    .headers()
                    .get("x-amz-request-id")
                    .or_else(|| service.raw().headers().get("x-amzn-requestid"))
                    .map(str::to_owned)
                    .or_else(|| meta.extra("aws_request_id").map(str::to_owned));
                Self { class, code, message, request_id, status: Some(status) }
            }
            other => {
                let class = class_without_answer(other);
                let message = innermost_text(other);
                Self { class, code: String::new(), message, request_id: None, status: None }
            }
        }
    }
}

/// What another service said on the way.
impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        let class = match error.kind {
            ErrorKind::Unreachable => Class::NotSent,
            ErrorKind::Denied => Class::NoCredentials,
            ErrorKind::Retry { .. } => Class::Throttled,
            _ => Class::Service,
        };
        let message = format!("{}: {}", error.operation, error.detail);
        Self { class, code: String::new(), message, request_id: None, status: None }
    }
}

fn class_without_answer<E: Error + 'static>(error: &SdkError<E, Response>) -> Class {
    if find_source::<CredentialsError>(error).is_some() {
        return Class::NoCredentials;
    }
    match error {
        SdkError::ConstructionFailure(_) => Class::NotSent,
        SdkError::DispatchFailure(dispatch) => {
            let never_left = dispatch.is_user() || find_source::<NotConnected>(error).is_some();
            if never_left { Class::NotSent } else { Class::Ambiguous }
        }
        _ => Class::Ambiguous,
    }
}

/// HEAD requests are answered without a body, hence without a code.
fn code_of_status(status: u16) -> String {
    match status {
        301 | 307 => "PermanentRedirect".into(),
        400 => "BadRequest".into(),
        403 => "AccessDenied".into(),
        404 => "NotFound".into(),
        412 => "PreconditionFailed".into(),
        500 => "InternalError".into(),
        501 => "NotImplemented".into(),
        503 => "ServiceUnavailable".into(),
        status => format!("HTTP {status}"),
    }
}

/// An error and what caused it, from the outside in.
pub fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// Finds an error of one type in a chain of sources.
pub fn find_source<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    sources(error).find_map(|error| error.downcast_ref::<T>())
}

/// The texts of a chain of sources, from the outside in, each once.
pub fn innermost_text(error: &(dyn Error + 'static)) -> String {
    if let Some(not_connected) = find_source::<NotConnected>(error) {
        return not_connected.to_string();
    }
    let mut parts: Vec<String> = Vec::new();
    for error in sources(error) {
        let text = error.to_string();
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
    }
    parts.join(": ")
}

/// What a failed call means for the engine.
pub fn provider_error(operation: impl Into<String>, effect: Effect, failure: &Failure) -> ProviderError {
    let kind = match failure.class {
        Class::NotSent => ErrorKind::Unreachable,
        Class::NoCredentials => ErrorKind::Denied,
        Class::Ambiguous => lost_answer(effect),
        Class::Throttled => ErrorKind::Retry { after_ms: 2_000 },
        Class::Service => kind_of_answer(effect, failure),
    };
    ProviderError::new(kind, operation, failure.detail()).with_remedy(remedy(kind, failure))
}

/// Waits for an answer and puts a failure into our own terms.
pub async fn answer<T, E>(sent: impl Future<Output = Result<T, SdkError<E, Response>>>) -> Result<T, Failure>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    sent.await.map_err(|error| Failure::from(&error))
}

/// An error of the S3 or STS client.
pub fn from_sdk<E>(
    operation: impl Into<String>,
    effect: Effect,
    error: &SdkError<E, Response>,
) -> ProviderError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    provider_error(operation, effect, &Failure::from(error))
}

fn lost_answer(effect: Effect) -> ErrorKind {
    match effect {
        Effect::Read => ErrorKind::Retry { after_ms: 1_000 },
        Effect::Create | Effect::Update | Effect::Delete => ErrorKind::Unknown,
    }
}

fn kind_of_answer(effect: Effect, failure: &Failure) -> ErrorKind {
    let code = failure.code.as_str();
    if is_denied(code) {
        return ErrorKind::Denied;
    }
    // The service does not know the call, so nothing came of it. After a deletion one looks all the same: what
    // crashes an emulator may be that the object is gone.
    if failure.status == Some(501) && effect != Effect::Delete {
        return ErrorKind::Invalid;
    }
    if matches!(code, "ServiceUnavailable" | "Unavailable") {
        return ErrorKind::Retry { after_ms: 2_000 };
    }
    if matches!(code, "InternalError" | "InternalFailure" | "RequestTimeout" | "ServerInternal")
        || failure.status.is_some_and(|status| status >= 500)
    {
        return lost_answer(effect);
    }
    if is_not_found(code) {
        // What a create does not find is something that it refers to.
        return if effect == Effect::Create { ErrorKind::Invalid } else { ErrorKind::Gone };
    }
    if is_conflict(code) {
        return ErrorKind::Conflict;
    }
    if is_invalid(code) || failure.status.is_some_and(|status| (400..500).contains(&status)) {
        return ErrorKind::Invalid;
    }
    ErrorKind::Other
}

/// Whether a service code says: later.
pub fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "BandwidthLimitExceeded"
            | "EC2ThrottledException"
            | "PriorRequestNotComplete"
            | "SlowDown"
            | "TransactionInProgressException"
    )
}

fn is_denied(code: &str) -> bool {
    matches!(
        code,
        "AccessDenied"
            | "AccessDeniedException"
            | "AllAccessDisabled"
            | "AccountProblem"
            | "AuthFailure"
            | "Blocked"
            | "ExpiredToken"
            | "ExpiredTokenException"
            | "Forbidden"
            | "IncompleteSignature"
            | "InvalidAccessKeyId"
            | "InvalidClientTokenId"
            | "InvalidToken"
            | "MissingAuthenticationToken"
            | "NotSignedUp"
            | "OptInRequired"
            | "PendingVerification"
            | "RequestExpired"
            | "RequestTimeTooSkewed"
            | "SignatureDoesNotMatch"
            | "UnauthorizedOperation"
            | "UnauthorizedAccess"
            | "UnrecognizedClientException"
    )
}

fn is_not_found(code: &str) -> bool {
    code == "NotFound"
        || code.ends_with(".NotFound")
        || code.ends_with(".Unknown")
        || ["NotFound", "NotFoundError", "NotFoundException", "NotFoundFault"]
            .iter()
            .any(|end| code.ends_with(end))
        || (code.starts_with("NoSuch") && code != "NoSuchTagSet")
}

fn is_conflict(code: &str) -> bool {
    matches!(
        code,
        "DependencyViolation"
            | "BucketNotEmpty"
            | "BucketAlreadyExists"
            | "BucketAlreadyOwnedByYou"
            | "ConcurrentModification"
            | "ConcurrentTagAccess"
            | "DeleteConflict"
            | "IncorrectInstanceState"
            | "IncorrectState"
            | "InvalidBucketState"
            | "OperationAborted"
            | "ConditionalRequestConflict"
            | "PreconditionFailed"
            | "ResourceInUse"
            | "VersionConflict"
            | "VolumeInUse"
    ) || [
        ".Duplicate",
        ".InUse",
        ".Conflict",
        ".AlreadyAssociated",
        "AlreadyExists",
        "AlreadyExistsException",
        "AlreadyExistsFault",
    ]
    .iter()
    .any(|end| code.ends_with(end))
}

fn is_invalid(code: &str) -> bool {
    let starts = ["Invalid", "Malformed", "Missing", "Unknown", "Unsupported", "Validation", "BadRequest"];
    let wrong_region =
        ["PermanentRedirect", "IllegalLocationConstraintException", "AuthorizationHeaderMalformed"];
    wrong_region.contains(&code) || starts.iter().any(|start| code.starts_with(start))
}

/// What the user can do about it.
fn remedy(kind: ErrorKind, failure: &Failure) -> &'static str {
    match (kind, failure.code.as_str()) {
        (ErrorKind::Unreachable, _) => {
            "Check the network, and the endpoint: it comes from the provider's endpoints block, from \
             AWS_ENDPOINT_URL_<SERVICE> or AWS_ENDPOINT_URL, from the profile, or else from the region."
        }
        (
            ErrorKind::Denied,
            "InvalidClientTokenId" | "InvalidAccessKeyId" | "UnrecognizedClientException",
        )
        | (ErrorKind::Denied, "AuthFailure") => {
            "The access key is not valid here. Check which credentials are used (the provider's access_key or \
             profile, then AWS_ACCESS_KEY_ID, then AWS_PROFILE) and that they belong to this partition."
        }
        (ErrorKind::Denied, "SignatureDoesNotMatch" | "IncompleteSignature") => {
            "Check that the secret key belongs to the access key and that this machine's clock is right."
        }
        (ErrorKind::Denied, "RequestTimeTooSkewed") => "Set this machine's clock.",
        (ErrorKind::Denied, "ExpiredToken" | "ExpiredTokenException" | "RequestExpired") => {
            "The credentials have expired. Renew them, for example with \"aws sso login\", and run again."
        }
        (ErrorKind::Denied, "") => crate::config::CREDENTIALS_REMEDY,
        (ErrorKind::Denied, "OptInRequired") => "Enable the region or the service for this account.",
        (ErrorKind::Denied, _) => "Grant this action to the identity that the provider uses.",
        (ErrorKind::Unknown, _) => {
            "The request was sent but its answer was lost; whether it took effect is found out by looking."
        }
        (ErrorKind::Conflict, "DependencyViolation") => "Something that is not planned here still uses it.",
        (ErrorKind::Conflict, "BucketNotEmpty") => {
            "Empty the bucket first, or set force_destroy = true and apply that before destroying it."
        }
        (ErrorKind::Conflict, "BucketAlreadyExists" | "BucketAlreadyOwnedByYou") => {
            "Bucket names are shared by everybody in a partition. Choose another name, or import the bucket if \
             it is yours."
        }
        (
            ErrorKind::Invalid,
            "PermanentRedirect" | "IllegalLocationConstraintException" | "AuthorizationHeaderMalformed",
        ) => "The bucket is in another region; set the region argument.",
        (ErrorKind::Invalid, _) if failure.status == Some(501) => {
            "What answers at this endpoint does not implement the call. An emulator may lack what AWS has."
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests;
