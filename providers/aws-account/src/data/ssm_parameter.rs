//! `aws_ssm_parameter`: a parameter of Systems Manager, such as the newest image of a distribution.

use std::sync::Arc;

use aws_sdk_ssm::types::ParameterType;
use evenkeel_model::{Type, Value};
use evenkeel_provider::{BoxFuture, ErrorKind, ProviderError, ReadDataRequest};

use crate::clients::AccountContext;
use crate::context::Context;
use crate::errors::{Effect, answer, provider_error};
use crate::object::Builder;
use crate::registry;
use crate::resource::DataSource;

const OPERATION: &str = "reading SSM Parameter";

/// The data source.
pub struct SsmParameter;

impl DataSource for SsmParameter {
    fn kind(&self) -> &'static str {
        "aws_ssm_parameter"
    }

    fn read<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let name = request.config.get_str("name").unwrap_or_default();
            let ssm = context.ssm();
            let call = ssm.get_parameter().name(name);
            let call = call.with_decryption(request.config.get_bool("with_decryption").unwrap_or(true));
            let missing = || {
                ProviderError::new(ErrorKind::Invalid, OPERATION, format!("there is no parameter {name}."))
            };
            let found = answer(call.send()).await.map_err(|failure| match failure.is_gone() {
                true => missing(),
                false => provider_error(OPERATION, Effect::Read, &failure),
            })?;
            let parameter = found.parameter.ok_or_else(missing)?;
            let value = parameter.value.unwrap_or_default();
            // A value that is secret is not shown under the name that says that it is not.
            let open = parameter.r#type.as_ref().is_some_and(|kind| *kind != ParameterType::SecureString);
            let insecure = if open { Value::string(&value) } else { Value::null(Type::String) };
            Ok(Builder::new(registry::data_schema(self.kind()), &request.config)
                .str("id", Some(parameter.name.as_deref().unwrap_or(name)))
                .str("arn", parameter.arn)
                .str("region", Some(context.region()))
                .str("type", parameter.r#type.as_ref().map(ParameterType::as_str))
                .number("version", Some(parameter.version))
                .str("value", Some(&value))
                .set("insecure_value", insecure)
                .build())
        })
    }
}
