//! The operator's settings for modules: mirrors, rewritten addresses, registries and tokens.
//!
//! They come from files of the operator and never from a repository. The `credentials` and `host`
//! blocks are those of Terraform's own settings, so that its file can be read too; what else stands
//! in that file is none of our business.

mod hosts;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use evenkeel_model::{Diagnostics, Value};

use super::block::{Content, labels, unsupported_argument, unsupported_block};
use super::constant::{constant, flag, text};
use crate::ast::Block;
use crate::parse::parse_file;

pub use hosts::AllowedHosts;
use hosts::allowed_hosts;

/// Where modules are fetched from instead, and with what.
#[derive(Clone, Debug, Default)]
pub struct ModuleSettings {
    /// Whether nothing but mirrors and this machine may be asked.
    pub offline: bool,
    /// The only hosts that may be asked, mirrors included; any where nobody says.
    pub allowed_hosts: Option<AllowedHosts>,
    /// Places to look for modules of registries; the longest prefix that fits wins.
    pub mirrors: Vec<Mirror>,
    /// Beginnings of URLs and what to put in their place; the longest that fits wins.
    pub rewrites: Vec<(Arc<str>, Arc<str>)>,
    /// Where the module services of registries are, without asking them.
    pub services: BTreeMap<Arc<str>, Arc<str>>,
    /// Tokens by host.
    pub tokens: BTreeMap<Arc<str>, Token>,
}

/// A secret that is sent to one host.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(pub Arc<str>);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// A place that has modules of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// The beginning of their addresses, whole segments: `HOST`, `HOST/NAMESPACE` and so on; empty
    /// for all.
    pub prefix: Arc<str>,
    /// The place.
    pub place: MirrorPlace,
}

/// The kinds of mirrors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MirrorPlace {
    /// A directory with `HOST/NAMESPACE/NAME/SYSTEM/VERSION`, directories or archives.
    Directory(Arc<str>),
    /// A Git repository in which tags are versions. `{namespace}`, `{name}` and `{system}` stand for
    /// the parts of the address.
    Git(Arc<str>),
}

impl ModuleSettings {
    /// The mirror for a module of a registry, by its whole address.
    pub fn mirror(&self, package: &str) -> Option<&Mirror> {
        let fits = |mirror: &&Mirror| {
            let rest = package.strip_prefix(mirror.prefix.trim_end_matches('/'));
            mirror.prefix.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.mirrors.iter().filter(fits).max_by_key(|mirror| mirror.prefix.len())
    }

    /// A URL with its beginning replaced, where there is a rule for it.
    pub fn rewritten(&self, url: &str) -> Option<String> {
        let fitting = self.rewrites.iter().filter(|(from, _)| url.starts_with(&**from));
        let (from, to) = fitting.max_by_key(|(from, _)| from.len())?;
        Some(format!("{to}{}", url.strip_prefix(&**from)?))
    }

    /// Adds other settings; where both say something, the others win.
    pub fn extend(&mut self, other: Self) {
        self.offline |= other.offline;
        self.allowed_hosts = other.allowed_hosts.or(self.allowed_hosts.take());
        self.mirrors.splice(0..0, other.mirrors);
        self.rewrites.splice(0..0, other.rewrites);
        self.services.extend(other.services);
        self.tokens.extend(other.tokens);
    }
}

/// Reads a file of settings for modules.
pub fn parse_module_settings(filename: &str, bytes: &[u8]) -> (ModuleSettings, Diagnostics) {
    let (body, mut diagnostics) = parse_file(filename, bytes);
    let mut settings = ModuleSettings::default();
    for attribute in body.attributes.iter() {
        match &*attribute.name {
            "offline" => settings.offline = flag(Some(attribute.value.clone()), "offline", &mut diagnostics),
            "allowed_hosts" => {
                let value = constant(&attribute.value, &mut diagnostics);
                let hosts = allowed_hosts(value, attribute.value.range(), &mut diagnostics);
                settings.allowed_hosts = Some(hosts);
            }
            other => diagnostics.push(unsupported_argument(
                other,
                ["allowed_hosts", "offline"],
                false,
                &attribute.name_range,
            )),
        }
    }
    for block in body.blocks.iter() {
        match &*block.kind {
            "mirror" => settings.mirrors.extend(mirror(block, &mut diagnostics)),
            "rewrite" => settings.rewrites.extend(rewrite(block, &mut diagnostics)),
            "host" => settings.services.extend(host(block, &mut diagnostics)),
            "credentials" => settings.tokens.extend(credentials(block, &mut diagnostics)),
            _ => diagnostics.push(unsupported_block(
                block,
                ["mirror", "rewrite", "host", "credentials"],
                false,
            )),
        }
    }
    (settings, diagnostics)
}

/// Reads hosts and credentials from Terraform's own settings, and nothing else.
pub fn parse_terraform_settings(filename: &str, bytes: &[u8]) -> (ModuleSettings, Diagnostics) {
    let (body, mut diagnostics) = parse_file(filename, bytes);
    let mut settings = ModuleSettings::default();
    for block in body.blocks.iter() {
        match &*block.kind {
            "host" => settings.services.extend(host(block, &mut diagnostics)),
            "credentials" => settings.tokens.extend(credentials(block, &mut diagnostics)),
            _ => {}
        }
    }
    (settings, diagnostics)
}

fn mirror(block: &Block, diagnostics: &mut Diagnostics) -> Option<Mirror> {
    let [prefix] = labels(block, ["address prefix"], diagnostics)?;
    let content = Content::exact(&block.body, &["directory", "git"], &[], diagnostics);
    let directory = text(content.expr("directory"), "directory", diagnostics);
    let git = text(content.expr("git"), "git", diagnostics);
    let place = match (directory, git) {
        (Some(directory), None) => MirrorPlace::Directory(directory),
        (None, Some(git)) => MirrorPlace::Git(git),
        _ => {
            let detail = "A mirror is a directory or a Git repository: set one of directory and git.";
            diagnostics.error("Invalid mirror", detail, Some(block.range.clone()));
            return None;
        }
    };
    Some(Mirror { prefix: prefix.clone(), place })
}

fn rewrite(block: &Block, diagnostics: &mut Diagnostics) -> Option<(Arc<str>, Arc<str>)> {
    let [from] = labels(block, ["URL prefix"], diagnostics)?;
    let content = Content::exact(&block.body, &["to"], &[], diagnostics);
    content.required("to", &block.range, diagnostics)?;
    Some((from.clone(), text(content.expr("to"), "to", diagnostics)?))
}

fn host(block: &Block, diagnostics: &mut Diagnostics) -> Option<(Arc<str>, Arc<str>)> {
    let [host] = labels(block, ["host name"], diagnostics)?;
    let content = Content::split(&block.body, &["services"], &[]);
    let services = constant(&content.expr("services")?, diagnostics)?;
    let service = services.as_entries()?.get("modules.v1").and_then(Value::as_str)?;
    Some((host.to_ascii_lowercase().into(), service.into()))
}

fn credentials(block: &Block, diagnostics: &mut Diagnostics) -> Option<(Arc<str>, Token)> {
    let [host] = labels(block, ["host name"], diagnostics)?;
    let content = Content::split(&block.body, &["token"], &[]);
    let token = text(content.expr("token"), "token", diagnostics)?;
    Some((host.to_ascii_lowercase().into(), Token(token)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: &str = r#"
offline = true
mirror "" { directory = "/all" }
mirror "registry.terraform.io/a" { git = "file:///git/{name}" }
rewrite "https://h/" { to = "file:///h/" }
rewrite "https://h/x/" { to = "file:///x/" }
host "R.example" { services = { "modules.v1" = "http://127.0.0.1/", "providers.v1" = false } }
credentials "r.example" { token = "s3cret" }
"#;

    #[test]
    fn settings() {
        let (settings, diagnostics) = parse_module_settings("modules.hcl", SETTINGS.as_bytes());
        assert!(diagnostics.is_empty() && settings.offline, "{diagnostics:?}");
        let place = |package: &str| settings.mirror(package).map(|mirror| mirror.place.clone());
        assert_eq!(place("registry.terraform.io/a/b/c"), Some(MirrorPlace::Git("file:///git/{name}".into())));
        assert_eq!(place("registry.terraform.io/ab/b/c"), Some(MirrorPlace::Directory("/all".into())));
        for (url, expected) in [
            ("https://h/y", Some("file:///h/y")),
            ("https://h/x/y", Some("file:///x/y")),
            ("https://i/", None),
        ] {
            assert_eq!(settings.rewritten(url).as_deref(), expected, "{url}");
        }
        assert_eq!(settings.services.get("r.example").map(|url| &**url), Some("http://127.0.0.1/"));
        assert!(!format!("{settings:?}").contains("s3cret"));
    }

    #[test]
    fn hosts_that_may_be_asked() {
        let text = r#"allowed_hosts = ["Git.Example.com.", "h.example:8443", "*.corp.example", "*.p.example:80", "[::1]:90"]"#;
        let (settings, diagnostics) = parse_module_settings("modules.hcl", text.as_bytes());
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let mut all = ModuleSettings::default();
        all.extend(settings);
        all.extend(ModuleSettings::default());
        let hosts = all.allowed_hosts.unwrap();
        for (host, port, expected) in [
            ("git.example.com", Some(443), true),
            ("GIT.example.com.", None, true),
            ("x.git.example.com", Some(443), false),
            ("git.example.com.evil.example", Some(443), false),
            ("h.example", Some(8443), true),
            ("h.example", Some(443), false),
            ("h.example", None, false),
            ("a.b.corp.example", Some(22), true),
            ("corp.example", Some(443), false),
            ("evilcorp.example", Some(443), false),
            ("a.p.example", Some(80), true),
            ("a.p.example", Some(81), false),
            ("[::1]", Some(90), true),
            ("[::1]", Some(91), false),
            ("", None, false),
        ] {
            assert_eq!(hosts.allows(host, port), expected, "{host} {port:?}");
        }
        let none = parse_module_settings("modules.hcl", b"allowed_hosts = []").0.allowed_hosts.unwrap();
        assert!(!none.allows("h.example", None));
        for text in ["\"h\"", "null", "[1]", "[\"https://h\"]", "[\"h/x\"]", "[\"\"]", "[\"*\"]", "[\"h:x\"]"]
        {
            let text = format!("allowed_hosts = {text}");
            assert!(parse_module_settings("modules.hcl", text.as_bytes()).1.has_errors(), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_and_what_is_not_ours() {
        for text in
            ["mirror \"x\" {}", "mirror {}", "rewrite \"x\" {}", "provider_installation {}", "x = 1", "{"]
        {
            assert!(parse_module_settings("modules.hcl", text.as_bytes()).1.has_errors(), "{text}");
        }
        let text = "plugin_cache_dir = \"x\"\nprovider_installation {\n  direct {}\n}\ncredentials \"h.x\" {\n  token = \"t\"\n}\n";
        let (settings, diagnostics) = parse_terraform_settings(".terraformrc", text.as_bytes());
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        assert_eq!(settings.tokens.len(), 1);
    }
}
