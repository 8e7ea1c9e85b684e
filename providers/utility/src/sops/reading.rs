//! The data sources `sops_file` and `sops_external`, and the ephemeral resources of the same names.

use std::sync::Arc;

use evenkeel_age::Keys;
use evenkeel_model::{Type, Value};
use evenkeel_provider::{ProviderError, ReadFile};

use super::format::{Clear, Format};
use super::problem::Problem;
use crate::kind::Reading;
use crate::local::HostFiles;
use crate::object::with;

/// Where the sealed text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A file that the configuration names.
    File,
    /// The configuration.
    Text,
}

pub(super) struct Sops {
    pub(super) schema_text: &'static str,
    pub(super) origin: Origin,
    pub(super) files: HostFiles,
    pub(super) keys: Arc<dyn Keys>,
}

impl Reading for Sops {
    fn schema_text(&self) -> &'static str {
        self.schema_text
    }

    fn read(&self, _: &Value, config: &Value) -> Result<Value, ProviderError> {
        let Clear { raw, data } = match self.origin {
            Origin::File => self.file(config)?,
            Origin::Text => self.text(config)?,
        };
        let data = Value::map(Type::String, data.into_iter().map(|(path, text)| (path, Value::string(text))));
        let read = with(config, [("data", data), ("raw", Value::string(raw))]);
        // An ephemeral resource has no id.
        Ok(match config.get("id") {
            Some(_) => with(&read, [("id", Value::string("-"))]),
            None => read,
        })
    }
}

impl Sops {
    fn file(&self, config: &Value) -> Result<Clear, ProviderError> {
        let name = config.get_str("source_file").unwrap_or_default();
        let operation = format!("opening \"{name}\"");
        let bytes = self.files.read("reading sops_file", name)?;
        let format = match config.get_str("input_type") {
            Some(input_type) => Format::named(input_type),
            None => Format::of_file(name),
        };
        let text = String::from_utf8(bytes).map_err(|_| Problem::invalid("it is no text in UTF-8"));
        let clear = format.and_then(|format| format.open(&text?, &*self.keys));
        clear.map_err(|problem| problem.into_error(&operation))
    }

    fn text(&self, config: &Value) -> Result<Clear, ProviderError> {
        let text = config.get_str("source").unwrap_or_default();
        let format = Format::named(config.get_str("input_type").unwrap_or_default());
        let clear = format.and_then(|format| format.open(text, &*self.keys));
        clear.map_err(|problem| problem.into_error("opening the source of sops_external"))
    }
}
