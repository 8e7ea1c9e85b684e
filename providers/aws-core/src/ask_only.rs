//! Calls that only ask: EC2 says whether it would do what it is told, and does not do it.
//!
//! A context that asks only has clients of its own, whose every call that could change something carries `DryRun`. So
//! the code that makes and removes objects is what is asked with, up to its first such call. It must never be used
//! with a service that does not know `DryRun`.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;

/// What the service answers where it would have done it.
pub const WOULD: &str = "DryRunOperation";

/// Calls that change nothing, by the beginnings of their names.
const READS: [&str; 4] = ["Describe", "Get", "List", "Search"];

/// Puts `DryRun` into what would change something.
#[derive(Debug)]
pub struct AskOnly;

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for AskOnly {
    fn name(&self) -> &'static str {
        "AskOnly"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        // What cannot be read is not sent: it might do what it is only to ask about.
        let body = request.body().bytes().ok_or("the request has no text to add DryRun to")?;
        if let Some(asking) = asking(body) {
            request.headers_mut().insert("content-length", asking.len().to_string());
            *request.body_mut() = SdkBody::from(asking);
        }
        Ok(())
    }
}

/// The body of a call that only asks; nothing where the call changes nothing anyway.
fn asking(body: &[u8]) -> Option<Vec<u8>> {
    let action = body.split(|byte| *byte == b'&').find_map(|pair| pair.strip_prefix(b"Action="));
    let reads = action.is_some_and(|action| READS.iter().any(|name| action.starts_with(name.as_bytes())));
    (!reads).then(|| [body, b"&DryRun=true"].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_could_change_something_is_asked_about() {
        assert_eq!(asking(b"Action=DescribeVpcs&Version=2016-11-15"), None);
        assert_eq!(asking(b"Action=GetPasswordData"), None);
        let asked = asking(b"Action=CreateVpc&CidrBlock=10.0.0.0%2F16").expect("it would make one");
        assert_eq!(asked, b"Action=CreateVpc&CidrBlock=10.0.0.0%2F16&DryRun=true");
        assert!(asking(b"").is_some());
    }
}
