//! What went wrong with a call, in plain values.
//!
//! The class answers the one question that decides how to go on: could the call have had an effect?

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::operation::RequestId;
use aws_smithy_runtime_api::http::Response;

/// How far a failed call got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It never left: no connection, or nothing that could be sent.
    NotSent,
    /// There were no credentials to sign it with.
    NoCredentials,
    /// It was sent, and no answer that can be read came back.
    Ambiguous,
    /// The service declined it for now, because of too many requests.
    Throttled,
    /// The service answered with an error.
    Service,
}

/// A call that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Ec2Error {
    /// How far it got.
    pub class: Class,
    /// The service's error code; empty when there was no answer.
    pub code: String,
    /// The service's words, or what went wrong on the way.
    pub message: String,
    /// The service's identifier of the request.
    pub request_id: Option<String>,
    /// The HTTP status of the answer.
    pub status: Option<u16>,
}

const THROTTLING: [&str; 8] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "EC2ThrottledException",
];

impl Ec2Error {
    pub(crate) fn of<E>(error: SdkError<E, Response>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        if let SdkError::ServiceError(context) = &error {
            let meta = context.err().meta();
            let code = meta.code().unwrap_or_default().to_owned();
            let throttled = THROTTLING.contains(&code.as_str());
            return Self {
                class: if throttled { Class::Throttled } else { Class::Service },
                code,
                message: meta.message().unwrap_or_default().to_owned(),
                request_id: meta.request_id().map(str::to_owned),
                status,
            };
        }
        Self {
            class: class_without_answer(&error),
            code: String::new(),
            message: words(&error),
            request_id: None,
            status,
        }
    }

    /// A required part of an answer is missing.
    pub(crate) fn incomplete(what: &str) -> Self {
        Self {
            class: Class::Ambiguous,
            code: String::new(),
            message: format!("the answer has no {what}"),
            request_id: None,
            status: Some(200),
        }
    }

    /// Whether the service answered with this code.
    pub fn is(&self, code: &str) -> bool {
        self.class == Class::Service && self.code == code
    }

    /// Whether the service said that something named in the request does not exist.
    pub fn is_not_found(&self) -> bool {
        self.class == Class::Service && self.code.ends_with(".NotFound")
    }
}

fn class_without_answer<E: Error + 'static>(error: &SdkError<E, Response>) -> Class {
    if sources(error).any(|source| source.is::<CredentialsError>()) {
        return Class::NoCredentials;
    }
    match error {
        SdkError::ConstructionFailure(_) => Class::NotSent,
        // The HTTP client reports a connection that could not be made as a mistake of the user's.
        SdkError::DispatchFailure(dispatch) if dispatch.is_user() || refused(error) => Class::NotSent,
        _ => Class::Ambiguous,
    }
}

fn refused(error: &(dyn Error + 'static)) -> bool {
    sources(error)
        .filter_map(|source| source.downcast_ref::<std::io::Error>())
        .any(|io| io.kind() == std::io::ErrorKind::ConnectionRefused)
}

fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

/// What the transport says, from the outside in, each once. About a connection that was never made
/// the HTTP client has said all that matters in one sentence, below the SDK's own two wrappers.
fn words<E: Error + 'static>(error: &SdkError<E, Response>) -> String {
    let mut texts = sources(error).map(ToString::to_string);
    if matches!(error, SdkError::DispatchFailure(dispatch) if dispatch.is_user())
        && let Some(sentence) = texts.nth(2)
    {
        return sentence;
    }
    let texts = sources(error).map(ToString::to_string);
    let mut parts: Vec<String> = Vec::new();
    for text in texts {
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::operation::create_vpc::CreateVpcError;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    fn service(code: &str, status: u16) -> Ec2Error {
        let metadata = ErrorMetadata::builder().code(code).message("because").build();
        let status = StatusCode::try_from(status).expect("a status code");
        Ec2Error::of(SdkError::service_error(
            CreateVpcError::generic(metadata),
            Response::new(status, SdkBody::empty()),
        ))
    }

    #[test]
    fn answers_are_classified_by_code_and_status() {
        assert_eq!(service("RequestLimitExceeded", 503).class, Class::Throttled);
        assert_eq!(service("InternalError", 500).status, Some(500));
        assert!(service("InvalidVpcID.NotFound", 400).is_not_found());
        let error = service("VpcLimitExceeded", 400);
        assert_eq!(
            (error.class, error.code.as_str(), error.message.as_str()),
            (Class::Service, "VpcLimitExceeded", "because")
        );
    }

    #[test]
    fn silence_is_classified_by_whether_the_request_left() {
        let dispatch =
            |error: ConnectorError| Ec2Error::of::<CreateVpcError>(SdkError::dispatch_failure(error)).class;
        let io = |kind: std::io::ErrorKind| ConnectorError::io(Box::new(std::io::Error::from(kind)));
        assert_eq!(dispatch(io(std::io::ErrorKind::ConnectionRefused)), Class::NotSent);
        assert_eq!(dispatch(io(std::io::ErrorKind::ConnectionReset)), Class::Ambiguous);
        let unconnected = ConnectorError::user("could not connect to http://a".into());
        let error = Ec2Error::of::<CreateVpcError>(SdkError::dispatch_failure(unconnected));
        assert_eq!((error.class, error.message.as_str()), (Class::NotSent, "could not connect to http://a"));
        let missing = CredentialsError::not_loaded("no providers");
        assert_eq!(dispatch(ConnectorError::other(Box::new(missing), None)), Class::NoCredentials);
        let timeout = SdkError::timeout_error("60 s");
        assert_eq!(Ec2Error::of::<CreateVpcError>(timeout).class, Class::Ambiguous);
    }
}
