//! The protocol of module registries.

use std::sync::atomic::AtomicBool;

use evenkeel_lang::config::{
    Getter, ModuleSource, RegistrySource, RemoteSource, parse_module_source, without_credentials,
};
use reqwest::Url;

use super::Modules;
use super::error::ModuleError;
use super::http::{Answer, Identity};

/// More is no list of versions.
const ANSWER_BYTES_MAX: u64 = 16 << 20;

/// The versions of a module that the registry has, as it writes them.
pub fn versions(
    modules: &Modules,
    source: &RegistrySource,
    interrupt: &AtomicBool,
) -> Result<Vec<String>, ModuleError> {
    let url = format!("{}{}/versions", service(modules, source, interrupt)?, source.path());
    let answer = ask(modules, source, &url, interrupt)?;
    let json = json(source, &answer)?;
    let listed = json.pointer("/modules/0/versions").and_then(serde_json::Value::as_array);
    let listed = listed.ok_or_else(|| unusable(source, "its list of versions has no versions in it"))?;
    let texts = listed.iter().filter_map(|entry| entry.get("version")?.as_str());
    Ok(texts.map(str::to_owned).collect())
}

/// Where the registry says that a version is.
pub fn location(
    modules: &Modules,
    source: &RegistrySource,
    version: &str,
    interrupt: &AtomicBool,
) -> Result<RemoteSource, ModuleError> {
    let url = format!("{}{}/{version}/download", service(modules, source, interrupt)?, source.path());
    let answer = ask(modules, source, &url, interrupt)?;
    let told = match answer.header("x-terraform-get") {
        Some(told) => told.to_owned(),
        None => json(source, &answer)?
            .get("location")
            .and_then(serde_json::Value::as_str)
            .ok_or_else(|| unusable(source, "it does not say where the package is"))?
            .to_owned(),
    };
    package_at(&source.host, &told, &answer.url)
}

/// The package that somebody sends us to, from an address of theirs.
pub fn package_at(from: &str, told: &str, base: &Url) -> Result<RemoteSource, ModuleError> {
    let wrong = |reason: String| ModuleError::Location {
        from: from.to_owned(),
        location: without_credentials(told),
        reason,
    };
    let relative = told.starts_with('/') || told.starts_with("./") || told.starts_with("../");
    let absolute = match relative {
        true => base.join(told).map_err(|error| wrong(error.to_string()))?.to_string(),
        false => told.to_owned(),
    };
    match parse_module_source(&absolute) {
        Ok(ModuleSource::Remote(source)) => match &source.getter {
            Getter::Git { url, .. } if url.starts_with("file:") => {
                Err(wrong("a server does not know what is on this machine".into()))
            }
            Getter::Git { .. } | Getter::Http { .. } => Ok(source),
        },
        Ok(_) => Err(wrong("it must be the address of a package".into())),
        Err(error) => Err(wrong(error.to_string())),
    }
}

/// Where the module service of a registry is, with a slash at the end.
fn service(
    modules: &Modules,
    source: &RegistrySource,
    interrupt: &AtomicBool,
) -> Result<String, ModuleError> {
    if let Some(service) = modules.settings.services.get(&source.host) {
        return Ok(with_slash(service));
    }
    if let Some(service) = modules.known_services().get(&*source.host) {
        return Ok(service.clone());
    }
    let url = format!("https://{}/.well-known/terraform.json", source.host);
    let answer = match ask(modules, source, &url, interrupt) {
        Err(ModuleError::NotFound { .. }) => return Err(unusable(source, "the host is no registry")),
        answer => answer?,
    };
    let json = json(source, &answer)?;
    let told = json.get("modules.v1").and_then(serde_json::Value::as_str);
    let told =
        told.ok_or_else(|| unusable(source, "the host does not say that it is a registry of modules"))?;
    let service = answer.url.join(told).map_err(|error| unusable(source, &error.to_string()))?;
    let service = with_slash(service.as_str());
    modules.known_services().insert(source.host.to_string(), service.clone());
    Ok(service)
}

fn with_slash(url: &str) -> String {
    if url.ends_with('/') { url.to_owned() } else { format!("{url}/") }
}

fn ask(
    modules: &Modules,
    source: &RegistrySource,
    url: &str,
    interrupt: &AtomicBool,
) -> Result<Answer, ModuleError> {
    modules.may_ask(url)?;
    let identity = match modules.settings.tokens.get(&source.host) {
        Some(token) => Identity::Token(token.0.to_string()),
        None => Identity::Nobody,
    };
    let answer = modules.http.get(url, &identity, ANSWER_BYTES_MAX, interrupt)?;
    match answer.status {
        200 | 204 => Ok(answer),
        404 => Err(ModuleError::NotFound { package: source.package(), host: source.host.to_string() }),
        401 | 403 => Err(unusable(source, "it refuses access")),
        status => Err(unusable(source, &format!("it answered with status {status}"))),
    }
}

fn json(source: &RegistrySource, answer: &Answer) -> Result<serde_json::Value, ModuleError> {
    serde_json::from_slice(&answer.body)
        .map_err(|error| unusable(source, &format!("its answer is not JSON ({error})")))
}

fn unusable(source: &RegistrySource, reason: &str) -> ModuleError {
    ModuleError::Registry { host: source.host.to_string(), reason: reason.to_owned() }
}
