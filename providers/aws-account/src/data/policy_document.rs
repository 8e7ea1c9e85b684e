//! `aws_iam_policy_document`: a policy document written in the configuration language. No call is
//! made; the text is the public provider's, to the byte.

use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::{BoxFuture, ErrorKind, ProviderError, ReadDataRequest};

use crate::context::Context;
use crate::document::{Document, Wrong};
use crate::object::Builder;
use crate::registry;
use crate::resource::DataSource;

/// The data source.
pub struct PolicyDocument;

impl DataSource for PolicyDocument {
    fn kind(&self) -> &'static str {
        "aws_iam_policy_document"
    }

    fn read<'a>(
        &'a self,
        _: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let document = Document::of_config(&request.config).map_err(|wrong| refused(&wrong))?;
            let json = document.pretty();
            Ok(Builder::new(registry::data_schema(self.kind()), &request.config)
                .str("id", Some(crc32fast::hash(json.as_bytes()).to_string()))
                .str("json", Some(&json))
                .str("minified_json", Some(document.compact()))
                .build())
        })
    }
}

fn refused(wrong: &Wrong) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, "writing IAM Policy Document", format!("{wrong}."))
}
