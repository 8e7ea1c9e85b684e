//! Addresses of registries: `NAMESPACE/NAME/SYSTEM`, perhaps with a host in front.

use std::sync::Arc;

use super::{ModuleSourceError, inside, is_local, split_subdirectory};

/// The registry of addresses that name none.
pub const DEFAULT_REGISTRY: &str = "registry.terraform.io";

/// Hosts whose first path segments are repositories.
const NO_REGISTRIES: [&str; 2] = ["github.com", "bitbucket.org"];

/// A module of a registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RegistrySource {
    /// The host, in lower case, with its port if one is given.
    pub host: Arc<str>,
    /// The namespace.
    pub namespace: Arc<str>,
    /// The module's name.
    pub name: Arc<str>,
    /// The target system, usually a provider.
    pub system: Arc<str>,
    /// The directory inside the package; empty for its root.
    pub subdirectory: Arc<str>,
}

impl RegistrySource {
    /// The address in full, without the directory.
    pub fn package(&self) -> String {
        format!("{}/{}", self.host, self.path())
    }

    /// The address below the host.
    pub fn path(&self) -> String {
        format!("{}/{}/{}", self.namespace, self.name, self.system)
    }
}

/// Understands an address that must be one of a registry, as it must where a version is given.
pub fn parse_registry_source(text: &str) -> Result<RegistrySource, ModuleSourceError> {
    let wrong = |problem: String| Err(ModuleSourceError::Malformed(problem));
    if is_local(text) {
        return wrong(format!("can't use local directory \"{text}\" as a module registry address"));
    }
    let (address, directory) = split_subdirectory(text);
    let subdirectory = inside(directory)?;
    let parts: Vec<&str> = address.split('/').collect();
    let (given, namespace, name, system) = match parts.as_slice() {
        [namespace, name, system] => (None, *namespace, *name, *system),
        [host, namespace, name, system] => (Some(*host), *namespace, *name, *system),
        _ => {
            let problem =
                "a module registry source address must have either three or four slash-separated components";
            return wrong(problem.to_owned());
        }
    };
    let host = match given {
        Some(given) => registry_host(given)?,
        None => DEFAULT_REGISTRY.into(),
    };
    if !is_name(namespace) && namespace.contains('.') {
        let problem = "source address must have three more components after the hostname: the namespace, the name, and the \
                       target system";
        return wrong(problem.to_owned());
    }
    for (what, name) in [("namespace", namespace), ("module name", name)] {
        if !is_name(name) {
            let rule = "must be between one and 64 characters, including ASCII letters, digits, dashes, and underscores, \
                        where dashes and underscores may not be the prefix or suffix";
            return wrong(format!("invalid {what} \"{name}\": {rule}"));
        }
    }
    if system.contains('?') {
        return wrong("module registry addresses may not include a query string portion".to_owned());
    }
    if !is_system(system) {
        let rule = "must be between one and 64 ASCII letters or digits";
        return wrong(format!("invalid target system \"{system}\": {rule}"));
    }
    Ok(RegistrySource {
        host,
        namespace: namespace.into(),
        name: name.into(),
        system: system.into(),
        subdirectory,
    })
}

fn registry_host(given: &str) -> Result<Arc<str>, ModuleSourceError> {
    let wrong = |problem: String| Err(ModuleSourceError::Malformed(problem));
    let host = given.to_ascii_lowercase();
    let (name, port) = host.split_once(':').map_or((&*host, None), |(name, port)| (name, Some(port)));
    let port_ok = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    if given.contains("--") {
        return wrong(format!(
            "invalid module registry hostname \"{given}\"; internationalized domain names must be given as direct unicode \
             characters, not in punycode"
        ));
    }
    if !port_ok || !name.split('.').all(is_host_label) {
        return wrong(format!("invalid module registry hostname \"{given}\""));
    }
    if !name.contains('.') {
        return wrong("invalid module registry hostname: must contain at least one dot".to_owned());
    }
    if NO_REGISTRIES.contains(&name) {
        return wrong(format!(
            "can't use \"{name}\" as a module registry host, because it's reserved for installing directly from version \
             control repositories"
        ));
    }
    Ok(host.into())
}

fn is_host_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() < 64
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_name(name: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    name.len() <= 64
        && edge(name.bytes().next())
        && edge(name.bytes().next_back())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn is_system(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}
