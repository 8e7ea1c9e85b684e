//! The operator's settings for modules, from the files and the environment of whoever runs this.
//!
//! Later ones win: Terraform's settings and its stored tokens, our own file, the environment.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use evenkeel_lang::config::{
    Mirror, MirrorPlace, ModuleSettings, Token, parse_module_settings, parse_terraform_settings,
};
use evenkeel_model::{Diagnostics, Revision, Snapshot};

use crate::error::Failure;

/// Reads all settings.
pub fn module_settings() -> Result<ModuleSettings, Failure> {
    let mut settings = ModuleSettings::default();
    let terraform = variable("TF_CLI_CONFIG_FILE").or_else(|| variable("TERRAFORM_CONFIG"));
    if let Some(path) = terraform.or_else(|| home(".terraformrc")) {
        settings.extend(file(&path, parse_terraform_settings, false)?);
    }
    if let Some(path) = home(".terraform.d/credentials.tfrc.json") {
        settings.extend(stored(&path));
    }
    let own = variable("EVENKEEL_MODULES");
    let must = own.is_some();
    if let Some(path) =
        own.or_else(|| Some(super::user_directory("XDG_CONFIG_HOME", ".config")?.join("modules.hcl")))
    {
        settings.extend(file(&path, parse_module_settings, must)?);
    }
    settings.extend(environment());
    Ok(settings)
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn home(path: &str) -> Option<PathBuf> {
    Some(variable("HOME")?.join(path))
}

/// The settings of a file; there need not be one, unless it was named.
fn file(
    path: &Path,
    parse: fn(&str, &[u8]) -> (ModuleSettings, Diagnostics),
    must: bool,
) -> Result<ModuleSettings, Failure> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must => {
            return Ok(ModuleSettings::default());
        }
        Err(error) => {
            return Err(Failure::plain(
                "Cannot read the settings for modules",
                format!("{}: {error}.", path.display()),
            ));
        }
    };
    let shown = path.display().to_string();
    let (settings, diagnostics) = parse(&shown, &bytes);
    if !diagnostics.has_errors() {
        return Ok(settings);
    }
    let files = [(Arc::from(shown), Arc::from(bytes))].into();
    let snapshot = Snapshot { revision: Revision::Directory("".into()), files };
    Err(Failure::in_files(diagnostics, &Arc::new(snapshot)))
}

/// What `terraform login` has stored. What is not understood is not ours.
fn stored(path: &Path) -> ModuleSettings {
    let mut settings = ModuleSettings::default();
    let json: Option<serde_json::Value> =
        std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let hosts = json.as_ref().and_then(|json| json.get("credentials")?.as_object());
    for (host, entry) in hosts.into_iter().flatten() {
        if let Some(token) = entry.get("token").and_then(serde_json::Value::as_str) {
            settings.tokens.insert(host.to_ascii_lowercase().into(), Token(token.into()));
        }
    }
    settings
}

fn environment() -> ModuleSettings {
    let mut settings = ModuleSettings::default();
    if let Some(directory) = variable("EVENKEEL_MODULE_MIRROR") {
        let place = MirrorPlace::Directory(directory.to_string_lossy().into());
        settings.mirrors.push(Mirror { prefix: "".into(), place });
    }
    for (name, value) in std::env::vars_os() {
        let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
        if let Some(host) = name.strip_prefix("TF_TOKEN_").filter(|_| !value.is_empty()) {
            settings.tokens.insert(host_of(host).into(), Token(value.into()));
        }
    }
    settings
}

/// The host in the name of a variable: two underscores are a dash, one is a dot.
fn host_of(text: &str) -> String {
    text.replace("__", "-").replace('_', ".").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_in_names_of_variables() {
        for (text, host) in [
            ("app_terraform_io", "app.terraform.io"),
            ("my__registry_example", "my-registry.example"),
            ("a.b", "a.b"),
        ] {
            assert_eq!(host_of(text), host);
        }
    }
}
