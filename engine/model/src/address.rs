//! Addresses as Terraform writes them: `module.net[0].aws_subnet.a["x"]`.
//!
//! An address is parsed once, at the border, and travels as a type afterwards. Ordering is the
//! order in which plans and listings show objects: modules first by path, then managed resources
//! and data sources by type, name and key; number keys sort by value and before string keys.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The key of one instance of a resource or module that uses `count` or `for_each`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstanceKey {
    /// An index, from `count`.
    Int(u64),
    /// A key, from `for_each`.
    String(Arc<str>),
}

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(index) => write!(f, "[{index}]"),
            Self::String(key) => write!(f, "[{}]", quote(key)),
        }
    }
}

/// One step into a module instance: the name of the call and its key, if the call repeats.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModuleStep {
    /// The label of the `module` block.
    pub name: Arc<str>,
    /// The instance, where the call has `count` or `for_each`.
    pub key: Option<InstanceKey>,
}

impl Ord for ModuleStep {
    fn cmp(&self, other: &Self) -> Ordering {
        by_text(&self.name, &other.name).then_with(|| self.key.cmp(&other.key))
    }
}

impl PartialOrd for ModuleStep {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By the texts. Addresses of the same resource mostly share them, and then they need not be read: every
/// search in a map of instances compares many.
fn by_text(a: &Arc<str>, b: &Arc<str>) -> Ordering {
    if Arc::ptr_eq(a, b) { Ordering::Equal } else { a.cmp(b) }
}

/// The path of a module instance; empty for the root module.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleAddress(pub Vec<ModuleStep>);

impl ModuleAddress {
    /// The root module.
    pub fn root() -> Self {
        Self(Vec::new())
    }

    /// Whether this is the root module.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The module instance that the call `name` with `key` makes inside this one.
    pub fn child(&self, name: impl Into<Arc<str>>, key: Option<InstanceKey>) -> Self {
        let mut steps = self.0.clone();
        steps.push(ModuleStep { name: name.into(), key });
        Self(steps)
    }

    /// The path without instance keys: the module as it stands in configuration.
    pub fn without_keys(&self) -> Vec<Arc<str>> {
        self.0.iter().map(|step| step.name.clone()).collect()
    }
}

impl fmt::Display for ModuleAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            write!(f, "module.{}", step.name)?;
            if let Some(key) = &step.key {
                write!(f, "{key}")?;
            }
        }
        Ok(())
    }
}

/// Whether a resource is managed (`resource`), only read (`data`) or never kept (`ephemeral`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResourceMode {
    /// A `resource` block.
    Managed,
    /// A `data` block.
    Data,
    /// An `ephemeral` block: opened while it is needed and never kept.
    Ephemeral,
}

/// A resource as one module instance declares it: all its instances together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResourceAddress {
    /// The module instance that holds the block.
    pub module: ModuleAddress,
    /// `resource`, `data` or `ephemeral`.
    pub mode: ResourceMode,
    /// The resource type, for example `aws_vpc`.
    pub kind: Arc<str>,
    /// The block's second label.
    pub name: Arc<str>,
}

impl Ord for ResourceAddress {
    fn cmp(&self, other: &Self) -> Ordering {
        let modules = self.module.cmp(&other.module).then_with(|| self.mode.cmp(&other.mode));
        modules.then_with(|| by_text(&self.kind, &other.kind)).then_with(|| by_text(&self.name, &other.name))
    }
}

impl PartialOrd for ResourceAddress {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl ResourceAddress {
    /// A managed resource of the root module.
    pub fn managed(kind: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self {
            module: ModuleAddress::root(),
            mode: ResourceMode::Managed,
            kind: kind.into(),
            name: name.into(),
        }
    }

    /// Whether this address, as a dependency, means `other`: the same resource, where a module step
    /// without a key stands for every instance of that call.
    pub fn covers(&self, other: &Self) -> bool {
        let steps = self.module.0.iter().zip(&other.module.0);
        self.kind == other.kind
            && self.name == other.name
            && self.mode == other.mode
            && self.module.0.len() == other.module.0.len()
            && steps.into_iter().all(|(a, b)| a.name == b.name && (a.key.is_none() || a.key == b.key))
    }

    /// One instance of this resource.
    pub fn instance(&self, key: Option<InstanceKey>) -> InstanceAddress {
        InstanceAddress { resource: self.clone(), key }
    }
}

impl fmt::Display for ResourceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        match self.mode {
            ResourceMode::Managed => {}
            ResourceMode::Data => f.write_str("data.")?,
            ResourceMode::Ephemeral => f.write_str("ephemeral.")?,
        }
        f.write_str(&self.kind)?;
        f.write_str(".")?;
        f.write_str(&self.name)
    }
}

/// One instance of a resource: the unit that is planned, applied and kept in state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceAddress {
    /// The resource.
    pub resource: ResourceAddress,
    /// The instance, where the resource has `count` or `for_each`.
    pub key: Option<InstanceKey>,
}

impl fmt::Display for InstanceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.resource.fmt(f)?;
        self.key.as_ref().map_or(Ok(()), |key| key.fmt(f))
    }
}

/// Where a provider comes from: `registry.terraform.io/hashicorp/aws`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderAddress {
    /// The registry's host name.
    pub host: Arc<str>,
    /// The publisher.
    pub namespace: Arc<str>,
    /// The provider's type, which is also its default local name.
    pub kind: Arc<str>,
}

impl ProviderAddress {
    /// The host that a source address without one refers to.
    pub const DEFAULT_HOST: &'static str = "registry.terraform.io";

    /// `hashicorp/KIND` on the default registry: what a type prefix means when nothing is declared.
    pub fn implied(kind: &str) -> Self {
        if kind == "terraform" {
            return Self { host: "terraform.io".into(), namespace: "builtin".into(), kind: kind.into() };
        }
        Self { host: Self::DEFAULT_HOST.into(), namespace: "hashicorp".into(), kind: kind.into() }
    }

    /// A namespace or type in its one spelling; the error says what it may consist of.
    pub fn part(text: &str) -> Result<String, &'static str> {
        let normal = text.to_lowercase();
        if normal.is_empty() {
            return Err("it must have at least one character");
        }
        if normal.contains("--") {
            return Err("there may not be two dashes in a row");
        }
        let known = normal.chars().all(|c| c.is_alphanumeric() || c == '-');
        if !known || normal.starts_with('-') || normal.ends_with('-') {
            return Err("it may contain only letters, digits and dashes, and no dash at its ends");
        }
        Ok(normal)
    }

    fn new(text: &str, host: &str, namespace: &str, kind: &str) -> Result<Self, AddressError> {
        let part = |part: &str| Self::part(part).map_err(|reason| AddressError::new(text, reason));
        let (namespace, kind) = (part(namespace)?, part(kind)?);
        if kind.starts_with("terraform-") {
            return Err(AddressError::new(
                text,
                "a provider's type is written without the prefix \"terraform-\" or \"terraform-provider-\"",
            ));
        }
        Ok(Self { host: host.to_lowercase().into(), namespace: namespace.into(), kind: kind.into() })
    }
}

impl fmt::Display for ProviderAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.host, self.namespace, self.kind)
    }
}

impl FromStr for ProviderAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return Err(AddressError::new(text, "a provider source has no empty part"));
        }
        match parts[..] {
            ["terraform"] => Ok(Self::implied("terraform")),
            [kind] => Self::new(text, Self::DEFAULT_HOST, "hashicorp", kind),
            [namespace, kind] => Self::new(text, Self::DEFAULT_HOST, namespace, kind),
            [host, namespace, kind] => Self::new(text, host, namespace, kind),
            _ => Err(AddressError::new(text, "a provider source is [HOST/]NAMESPACE/TYPE")),
        }
    }
}

/// Text that is not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not a valid address: {reason}")]
pub struct AddressError {
    /// What was given.
    pub text: String,
    /// Why it is refused.
    pub reason: &'static str,
}

impl AddressError {
    fn new(text: &str, reason: &'static str) -> Self {
        Self { text: text.chars().take(200).collect(), reason }
    }
}

impl FromStr for InstanceAddress {
    type Err = AddressError;

    /// Parses `[module.NAME[KEY].]...[data.]TYPE.NAME[KEY]`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parser = Parser { text, rest: text };
        let mut module = Vec::new();
        let mut word = parser.word()?;
        while word == "module" {
            parser.dot()?;
            let name = parser.word()?;
            let key = parser.key()?;
            module.push(ModuleStep { name: name.into(), key });
            parser.dot()?;
            word = parser.word()?;
        }
        let mode = match word {
            "data" => ResourceMode::Data,
            "ephemeral" => ResourceMode::Ephemeral,
            _ => ResourceMode::Managed,
        };
        if mode != ResourceMode::Managed {
            parser.dot()?;
            word = parser.word()?;
        }
        parser.dot()?;
        let name = parser.word()?;
        let key = parser.key()?;
        if !parser.rest.is_empty() {
            return Err(AddressError::new(text, "something follows the resource instance"));
        }
        let resource =
            ResourceAddress { module: ModuleAddress(module), mode, kind: word.into(), name: name.into() };
        Ok(Self { resource, key })
    }
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn error(&self, reason: &'static str) -> AddressError {
        AddressError::new(self.text, reason)
    }

    fn word(&mut self) -> Result<&'a str, AddressError> {
        let end = self.rest.find(|c: char| !is_identifier_char(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        if word.is_empty() || word.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            return Err(self.error("expected a name"));
        }
        self.rest = rest;
        Ok(word)
    }

    fn dot(&mut self) -> Result<(), AddressError> {
        self.rest = self.rest.strip_prefix('.').ok_or_else(|| {
            self.error("an address is [module.NAME.][data.]TYPE.NAME, with [KEY] for an instance")
        })?;
        Ok(())
    }

    fn key(&mut self) -> Result<Option<InstanceKey>, AddressError> {
        let Some(rest) = self.rest.strip_prefix('[') else { return Ok(None) };
        if rest.starts_with('"') {
            let (key, after) = unquote(rest).ok_or_else(|| self.error("a string key is not closed"))?;
            self.rest = after.strip_prefix(']').ok_or_else(|| self.error("expected ] after the key"))?;
            return Ok(Some(InstanceKey::String(key.into())));
        }
        let end = rest.find(']').ok_or_else(|| self.error("expected ] after the key"))?;
        let index =
            rest[..end].parse().map_err(|_| self.error("a key is a whole number or a quoted string"))?;
        self.rest = &rest[end + 1..];
        Ok(Some(InstanceKey::Int(index)))
    }
}

fn is_identifier_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

/// Text as an HCL quoted string without interpolation.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if rest.peek() == Some(&'{') => {
                out.push(c);
                out.push(c);
            }
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Reads a quoted string at the start of `text`; returns it and what follows.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                'r' => out.push('\r'),
                't' => out.push('\t'),
                'u' => {
                    let digits: String = (0..4).map_while(|_| chars.next().map(|(_, c)| c)).collect();
                    out.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
                }
                c @ ('"' | '\\') => out.push(c),
                _ => return None,
            },
            '$' | '%' if text[at + 1..].starts_with(c) && text[at + 2..].starts_with('{') => {
                chars.next();
                out.push(c);
            }
            c => out.push(c),
        }
    }
    None
}

macro_rules! serde_as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
serde_as_text!(InstanceAddress, ResourceAddress, ProviderAddress);

impl FromStr for ResourceAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let instance: InstanceAddress = text.parse()?;
        match instance.key {
            None => Ok(instance.resource),
            Some(_) => Err(AddressError::new(text, "a resource address has no instance key at its end")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(text: &str) {
        let address: InstanceAddress = text.parse().expect(text);
        assert_eq!(address.to_string(), text);
    }

    #[test]
    fn addresses_round_trip() {
        round_trip("aws_vpc.main");
        round_trip("data.aws_ami.a[3]");
        round_trip(r#"module.a.module.b["x\"y"].aws_vpc.main["k.[0]"]"#);
        round_trip(r#"aws_vpc.main["$${x}"]"#);
    }

    #[test]
    fn bad_addresses_are_refused() {
        for text in [
            "",
            "aws_vpc",
            "aws_vpc.",
            "aws_vpc.a[",
            "aws_vpc.a[\"x]",
            "aws_vpc.a[-1]",
            "a.b.c",
            "module.x",
            "1a.b",
        ] {
            assert!(text.parse::<InstanceAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn number_keys_sort_by_value() {
        let a: InstanceAddress = "a.b[2]".parse().unwrap();
        let b: InstanceAddress = "a.b[10]".parse().unwrap();
        assert!(a < b);
    }

    #[test]
    fn provider_sources_take_their_defaults() {
        for (text, full) in [
            ("aws", "registry.terraform.io/hashicorp/aws"),
            ("Hashicorp/AWS", "registry.terraform.io/hashicorp/aws"),
            ("example.com/a/b", "example.com/a/b"),
            ("terraform", "terraform.io/builtin/terraform"),
        ] {
            assert_eq!(text.parse::<ProviderAddress>().unwrap().to_string(), full);
        }
        for wrong in [
            "a//b",
            "a/b_c",
            "a/b--c",
            "a/-b",
            "hashicorp/terraform-provider-aws",
            "terraform-aws",
            "a/b/c/d",
        ] {
            assert!(wrong.parse::<ProviderAddress>().is_err(), "{wrong}");
        }
    }
}
