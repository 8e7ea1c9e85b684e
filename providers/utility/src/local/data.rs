//! The data sources `local_file` and `local_sensitive_file`.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use evenkeel_model::Value;
use evenkeel_provider::{ProviderError, ReadFile};

use super::content::hashes;
use super::leave::HostFiles;
use crate::kind::Reading;
use crate::object::with;

pub(super) struct LocalData {
    pub(super) sensitive: bool,
    pub(super) files: Arc<HostFiles>,
}

impl Reading for LocalData {
    fn schema_text(&self) -> &'static str {
        match self.sensitive {
            true => include_str!("../../../../schemas/local/data.local_sensitive_file.json"),
            false => include_str!("../../../../schemas/local/data.local_file.json"),
        }
    }

    fn read(&self, _: &Value, config: &Value) -> Result<Value, ProviderError> {
        let name = config.get_str("filename").unwrap_or_default();
        let content = self.files.read("reading local_file", name)?;
        let texts = [
            ("content", String::from_utf8_lossy(&content).into_owned()),
            ("content_base64", STANDARD.encode(&content)),
        ];
        let read = with(config, texts.map(|(name, text)| (name, Value::string(text))));
        Ok(with(&read, hashes(&content)))
    }
}
