//! `local_file` and `local_sensitive_file`: a file with a content.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{PlanRequest, PlannedChange, ProviderError, ReadFile, propose};

use super::content::{hashes, id};
use super::leave::{HostFiles, contents, refusal};
use crate::kind::Resource;
use crate::object::{invalid, with};

pub(super) struct LocalFile {
    pub(super) sensitive: bool,
    pub(super) files: Arc<HostFiles>,
}

const PERMISSIONS: [&str; 2] = ["file_permission", "directory_permission"];

impl Resource for LocalFile {
    fn schema_text(&self) -> &'static str {
        match self.sensitive {
            true => include_str!("../../../../schemas/local/local_sensitive_file.json"),
            false => include_str!("../../../../schemas/local/local_file.json"),
        }
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for name in PERMISSIONS {
            if config.get_str(name).is_some_and(|text| mode(text).is_none()) {
                let detail =
                    format!("{name} must be three or four octal digits of at most 0777, such as \"0644\".");
                diagnostics.push(Diagnostic::error("Invalid File Permission String Value", detail));
            }
        }
        diagnostics
    }

    /// A file that may not be written is refused before anything is done.
    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        let mut change = propose::plan_by_schema(schema, request);
        let name = change.planned.get_str("filename").filter(|name| !self.files.may_write(name));
        if let Some(name) = name {
            change.diagnostics.push(Diagnostic::error("Local files are not written here", refusal(name)));
        }
        change
    }

    /// A file that is gone, or has another content, is to be made again.
    fn observe(&self, prior: Value) -> Result<Option<Value>, ProviderError> {
        let place = self.files.writable("reading local_file", filename(&prior))?;
        if !place.exists() {
            return Ok(None);
        }
        let same = Some(id(&contents("reading local_file", &place)?).as_str()) == prior.get_str("id");
        Ok(same.then_some(prior))
    }

    fn create(&self, planned: &Value) -> Result<Value, ProviderError> {
        const CREATING: &str = "creating local_file";
        let content = self.content(planned)?;
        let place = self.files.writable(CREATING, filename(planned))?;
        let [file_mode, directory_mode] =
            PERMISSIONS.map(|name| planned.get_str(name).and_then(mode).unwrap_or(0o700));
        write(&place, &content, file_mode, directory_mode)
            .map_err(|error| invalid(CREATING, format!("{} cannot be written: {error}.", place.display())))?;
        Ok(with(planned, hashes(&content)))
    }

    /// A file that is gone already is a success; directories stay.
    fn delete(&self, prior: &Value) -> Result<(), ProviderError> {
        const DELETING: &str = "deleting local_file";
        let place = self.files.writable(DELETING, filename(prior))?;
        match std::fs::remove_file(&place) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(invalid(DELETING, format!("{} cannot be removed: {error}.", place.display())))
            }
            _ => Ok(()),
        }
    }

    /// A file that has the content already is the one.
    fn find(&self, planned: &Value) -> Result<Option<Value>, ProviderError> {
        let content = self.content(planned)?;
        let made = with(planned, hashes(&content));
        self.observe(made)
    }
}

impl LocalFile {
    fn content(&self, object: &Value) -> Result<Vec<u8>, ProviderError> {
        const READING: &str = "reading the content of local_file";
        let set = |name: &str| object.get_str(name);
        match (set("sensitive_content"), set("content_base64"), set("source")) {
            (Some(text), _, _) => Ok(text.as_bytes().to_vec()),
            (_, Some(encoded), _) => STANDARD
                .decode(encoded)
                .map_err(|error| invalid(READING, format!("content_base64 is not base64: {error}."))),
            (_, _, Some(path)) => self.files.read(READING, path),
            _ => Ok(set("content").unwrap_or_default().as_bytes().to_vec()),
        }
    }
}

fn filename(object: &Value) -> &str {
    object.get_str("filename").unwrap_or_default()
}

/// Three or four octal digits.
fn mode(text: &str) -> Option<u32> {
    let digits = (3..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    u32::from_str_radix(text, 8).ok().filter(|mode| digits && *mode <= 0o777)
}

fn write(place: &Path, content: &[u8], file_mode: u32, directory_mode: u32) -> std::io::Result<()> {
    let mut directories = DirBuilder::new();
    let mut file = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        directories.mode(directory_mode);
        file.mode(file_mode);
    }
    #[cfg(not(unix))]
    let _ = (file_mode, directory_mode);
    if let Some(parent) = place.parent() {
        directories.recursive(true).create(parent)?;
    }
    file.write(true).create(true).truncate(true).open(place)?.write_all(content)
}
