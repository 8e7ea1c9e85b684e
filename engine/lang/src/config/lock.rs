//! The lock file: which modules a configuration was resolved to, so that the same revision always
//! means the same modules.
//!
//! It stands beside the root module and is meant to be committed. One block for each package and
//! constraint; the hash is that of Go modules (`h1:`), over all files of the package, so that others
//! can compute it. Blocks are written in one order, so that a change to one is a change of its lines.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr as _;
use std::sync::Arc;

use evenkeel_model::{Diagnostics, SourceRange};

use super::block::{Content, labels, unsupported_argument, unsupported_block};
use super::constant::text;
use super::{ModuleSource, Version, VersionConstraint};
use crate::ast::Block;
use crate::parse::parse_file;

/// What the file is called.
pub const LOCK_FILE: &str = ".evenkeel.lock.hcl";

/// How the file begins.
const HEAD: &str = "# This file is maintained by \"evenkeel init\" and belongs into version control.\n\
                    # It says which modules this configuration uses, and what their files must be.\n";

/// What a module call asks for: a package, and for a registry which versions of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LockKey {
    /// The package, without a directory inside it.
    pub source: Arc<str>,
    /// The version constraint in its one spelling; empty for none.
    pub constraint: Arc<str>,
}

impl LockKey {
    /// The key of a call.
    pub fn new(source: &ModuleSource, constraint: Option<&VersionConstraint>) -> Self {
        let constraint = constraint.map(VersionConstraint::normal).unwrap_or_default();
        Self { source: source.package().into(), constraint: constraint.into() }
    }
}

impl fmt::Display for LockKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.constraint {
            "" => f.write_str(&self.source),
            constraint => write!(f, "{} ({constraint})", self.source),
        }
    }
}

/// What a package was resolved to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locked {
    /// The version that was chosen; only packages of a registry have one.
    pub version: Option<Arc<str>>,
    /// Where a registry said that the package is.
    pub package: Option<Arc<str>>,
    /// The commit, for packages from Git.
    pub commit: Option<Arc<str>>,
    /// The hash of the files: `h1:` and a digest.
    pub hash: Arc<str>,
}

/// The contents of a lock file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// Everything that is locked.
    pub modules: BTreeMap<LockKey, Locked>,
}

/// Reads a lock file. With errors among the diagnostics it must not be used.
pub fn parse_lock(filename: &str, bytes: &[u8]) -> (Lock, Diagnostics) {
    let (body, mut diagnostics) = parse_file(filename, bytes);
    for attribute in body.attributes.iter() {
        diagnostics.push(unsupported_argument(&attribute.name, [], false, &attribute.name_range));
    }
    let mut lock = Lock::default();
    for block in body.blocks.iter() {
        if &*block.kind != "module" {
            diagnostics.push(unsupported_block(block, ["module"], false));
            continue;
        }
        let Some((key, locked)) = module(block, &mut diagnostics) else { continue };
        if lock.modules.insert(key.clone(), locked).is_some() {
            damaged(&format!("The module {key} is locked twice."), &block.range, &mut diagnostics);
        }
    }
    (lock, diagnostics)
}

fn module(block: &Block, diagnostics: &mut Diagnostics) -> Option<(LockKey, Locked)> {
    let [source] = labels(block, ["source"], diagnostics)?;
    let names = ["constraint", "version", "package", "commit", "hash"];
    let content = Content::exact(&block.body, &names, &[], diagnostics);
    let mut get = |name: &str| text(content.expr(name), name, diagnostics);
    let constraint = get("constraint").unwrap_or_default();
    let locked = Locked {
        version: get("version"),
        package: get("package"),
        commit: get("commit"),
        hash: get("hash").unwrap_or_default(),
    };
    let commit_ok = locked.commit.as_deref().is_none_or(is_commit);
    let version_ok = locked.version.as_deref().is_none_or(|version| Version::from_str(version).is_ok());
    if !is_hash(&locked.hash) || !commit_ok || !version_ok {
        let what =
            "A locked module needs its hash (\"h1:\" and a digest); a commit is given by its full name.";
        damaged(what, &block.range, diagnostics);
        return None;
    }
    Some((LockKey { source: source.clone(), constraint }, locked))
}

fn damaged(detail: &str, range: &SourceRange, diagnostics: &mut Diagnostics) {
    let detail = format!("{detail} Run `evenkeel init -upgrade` to make the file anew.");
    diagnostics.error("Invalid lock file", detail, Some(range.clone()));
}

fn is_hash(text: &str) -> bool {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    text.strip_prefix("h1:").is_some_and(|digest| digest.len() == 44 && digest.bytes().all(sign))
}

fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        for (key, locked) in &self.modules {
            write!(f, "\nmodule {} {{\n", quoted(&key.source))?;
            let constraint = Some(&key.constraint).filter(|constraint| !constraint.is_empty());
            let lines = [
                ("constraint", constraint),
                ("version", locked.version.as_ref()),
                ("package", locked.package.as_ref()),
                ("commit", locked.commit.as_ref()),
                ("hash", Some(&locked.hash)),
            ];
            let lines = lines.into_iter().filter_map(|(name, value)| Some((name, value?)));
            let width = lines.clone().map(|(name, _)| name.len()).max().unwrap_or_default();
            for (name, value) in lines {
                writeln!(f, "  {name:width$} = {}", quoted(value))?;
            }
            f.write_str("}\n")?;
        }
        Ok(())
    }
}

/// A string of the language.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{}\"", escaped.replace("${", "$${").replace("%{", "%%{"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    #[test]
    fn what_is_written_is_read() {
        let mut lock = Lock::default();
        for (source, constraint, commit) in [
            ("registry.terraform.io/a/b/c", "~> 1.0", None),
            ("registry.terraform.io/a/b/c", "", Some("0".repeat(40))),
            ("git::https://h/a\"${x}\\?ref=%{y}", "", None),
        ] {
            let key = LockKey { source: source.into(), constraint: constraint.into() };
            let version = Some("1.0.2-rc1".into()).filter(|_| !constraint.is_empty());
            let commit = commit.map(Into::into);
            lock.modules.insert(key, Locked { version, package: None, commit, hash: HASH.into() });
        }
        let text = lock.to_string();
        let (read, diagnostics) = parse_lock(LOCK_FILE, text.as_bytes());
        assert!(diagnostics.is_empty(), "{diagnostics:?}\n{text}");
        assert_eq!(read, lock, "{text}");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let module = |body: &str| format!("module \"a/b/c\" {{\n{body}\n}}\n");
        let whole = module(&format!("hash = \"{HASH}\""));
        for text in [
            "x = 1\n".to_owned(),
            "provider \"x\" {}\n".to_owned(),
            module(""),
            module("hash = \"h1:x\""),
            module("hash = \"sha256:00\""),
            module(&format!("hash = \"{HASH}\"\ncommit = \"main\"")),
            module(&format!("hash = \"{HASH}\"\nversion = \"new\"")),
            module(&format!("hash = \"{HASH}\"\nfuture = \"x\"")),
            whole.repeat(2),
            "module \"a\" \"b\" {}\n".to_owned(),
            "}".to_owned(),
        ] {
            let (_, diagnostics) = parse_lock(LOCK_FILE, text.as_bytes());
            assert!(diagnostics.has_errors(), "{text}");
        }
        assert!(!parse_lock(LOCK_FILE, whole.as_bytes()).1.has_errors());
    }
}
