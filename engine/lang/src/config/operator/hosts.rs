//! Which hosts may be asked for modules.

use std::collections::BTreeSet;
use std::sync::Arc;

use evenkeel_model::{Diagnostics, SourceRange, Value};

/// Hosts that may be asked: `host`, `host:port`, or `*.domain` for all hosts below a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedHosts(BTreeSet<Arc<str>>);

impl AllowedHosts {
    /// Whether a host may be asked at a port.
    pub fn allows(&self, host: &str, port: Option<u16>) -> bool {
        let host = normal(host);
        let domains = host.match_indices('.').filter_map(|(at, _)| host.get(at..));
        let names = std::iter::once(host.clone()).chain(domains.map(|domain| format!("*{domain}")));
        names.into_iter().any(|name| {
            let with_port = port.map(|port| format!("{name}:{port}"));
            self.0.contains(&*name) || with_port.is_some_and(|name| self.0.contains(&*name))
        })
    }
}

/// Reads a list of hosts. What is wrong in it allows nothing.
pub(super) fn allowed_hosts(
    value: Option<Value>,
    range: &SourceRange,
    diagnostics: &mut Diagnostics,
) -> AllowedHosts {
    let mut hosts = BTreeSet::new();
    let elements = value.as_ref().and_then(Value::as_elements);
    if value.is_some() && elements.is_none() {
        refuse("It must be a list of host names.".to_owned(), range, diagnostics);
    }
    for element in elements.into_iter().flatten() {
        match element.as_str().filter(|text| is_host(text)) {
            Some(text) => drop(hosts.insert(normal(text).into())),
            None => refuse(
                "Every element is the name of a host, without scheme and path: \"git.example.com\", \
                 \"git.example.com:8443\", or \"*.example.com\" for all hosts below a domain."
                    .to_owned(),
                range,
                diagnostics,
            ),
        }
    }
    AllowedHosts(hosts)
}

fn refuse(detail: String, range: &SourceRange, diagnostics: &mut Diagnostics) {
    diagnostics.error("Invalid list of hosts", detail, Some(range.clone()));
}

fn is_host(text: &str) -> bool {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let (name, port) = match name.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (name, None),
    };
    let is_address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_literal = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.');
    port.is_none_or(|port| port.parse::<u16>().is_ok())
        && !name.is_empty()
        && is_address.map_or_else(|| name.chars().all(is_name), |address| address.chars().all(is_literal))
}

/// Small letters, and no dot at the end.
fn normal(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}
