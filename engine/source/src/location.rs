//! What the user typed, understood: a directory, a repository on this machine, or a remote one.
//!
//! The forms are those of Terraform's module sources: `//DIRECTORY` names a directory inside,
//! `?ref=REVISION` a revision, and `git::` in front changes nothing.

use std::fmt;
use std::path::{Path, PathBuf};

use evenkeel_lang::config::percent_decoded;

use crate::error::SourceError;
use crate::{path, repository};

/// A place that configuration can be read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Where the files come from.
    pub origin: Origin,
    /// The directory of the root module below the origin; empty for the origin itself.
    pub subdirectory: String,
    /// The revision named in the location itself; one that is asked for explicitly wins.
    pub reference: Option<String>,
}

/// The three kinds of places.
#[derive(Clone, PartialEq, Eq)]
pub enum Origin {
    /// A directory, inside the work tree of a repository or not.
    Directory(PathBuf),
    /// A bare repository or a `.git` directory.
    LocalRepository(PathBuf),
    /// The URL of a repository, with the credentials that were typed. Both ways to print it leave
    /// them out.
    Remote(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) | Self::LocalRepository(path) => write!(f, "{}", path.display()),
            Self::Remote(url) => f.write_str(&without_credentials(url)),
        }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Directory(_) => "Directory",
            Self::LocalRepository(_) => "LocalRepository",
            Self::Remote(_) => "Remote",
        };
        f.debug_tuple(kind).field(&self.to_string()).finish()
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.origin)?;
        if !self.subdirectory.is_empty() {
            write!(f, "//{}", self.subdirectory)?;
        }
        match &self.reference {
            Some(reference) => write!(f, "?ref={reference}"),
            None => Ok(()),
        }
    }
}

/// Understands what the user typed. Looks at the file system to tell a directory from a bare
/// repository; contacts nobody.
pub fn parse_location(text: &str) -> Result<Location, SourceError> {
    let mut rest = text.trim();
    while let Some(after) = rest.strip_prefix("git::") {
        rest = after;
    }
    if rest.is_empty() {
        return Err(malformed(text, "it is empty"));
    }
    if rest.contains('\0') {
        return Err(malformed(text, "it contains a zero byte"));
    }
    if let Some((scheme, after)) = rest.split_once("://") {
        return parse_url(text, scheme, after);
    }
    if is_scp_like(rest) && !Path::new(rest).exists() {
        return parse_scp_like(text, rest);
    }
    parse_path(text, rest)
}

fn parse_url(text: &str, scheme: &str, after: &str) -> Result<Location, SourceError> {
    let scheme = scheme.to_ascii_lowercase();
    let scheme = match scheme.as_str() {
        "file" | "https" | "http" | "ssh" => scheme.as_str(),
        "git+ssh" | "ssh+git" => "ssh",
        "git" => return Err(malformed(text, "git:// neither encrypts nor proves who answers")),
        _ => return Err(malformed(text, "its scheme is none of file, https, http and ssh")),
    };
    let (after, reference) = split_query(text, after)?;
    let (base, subdirectory) = split_subdirectory(text, after)?;
    let base = base.trim_end_matches('/');
    let has_path = match scheme {
        "file" => base.starts_with('/') && base.len() > 1,
        _ => base.split_once('/').is_some_and(|(host, path)| !host.is_empty() && !path.is_empty()),
    };
    if !has_path {
        return Err(malformed(text, "the URL does not name a repository"));
    }
    Ok(Location { origin: Origin::Remote(format!("{scheme}://{base}")), subdirectory, reference })
}

/// `user@host:path`, as ssh and scp take it.
fn is_scp_like(text: &str) -> bool {
    let Some((host, path)) = text.split_once(':') else { return false };
    !host.contains('/') && host.contains('@') && !path.is_empty()
}

fn parse_scp_like(text: &str, rest: &str) -> Result<Location, SourceError> {
    let (rest, reference) = split_query(text, rest)?;
    let (base, subdirectory) = split_subdirectory(text, rest)?;
    Ok(Location { origin: Origin::Remote(base.to_owned()), subdirectory, reference })
}

fn parse_path(text: &str, rest: &str) -> Result<Location, SourceError> {
    let whole = Path::new(rest);
    let (rest, reference) = if whole.exists() { (rest, None) } else { split_query(text, rest)? };
    let (base, subdirectory) = split_subdirectory(text, rest)?;
    let base = PathBuf::from(base);
    if !base.exists() {
        return Err(SourceError::DirectoryMissing { path: base });
    }
    if repository::is_repository(&base) {
        return Ok(Location { origin: Origin::LocalRepository(base), subdirectory, reference });
    }
    if !base.is_dir() {
        return Err(SourceError::NotADirectory { path: base });
    }
    // A slash typed twice inside a repository is no reason to look for the repository above it.
    let joined = base.join(&subdirectory);
    if !subdirectory.is_empty() && joined.is_dir() && repository::work_tree_root(&joined).is_some() {
        return Ok(Location { origin: Origin::Directory(joined), subdirectory: String::new(), reference });
    }
    Ok(Location { origin: Origin::Directory(base), subdirectory, reference })
}

fn split_query<'a>(text: &str, rest: &'a str) -> Result<(&'a str, Option<String>), SourceError> {
    let Some((base, query)) = rest.split_once('?') else { return Ok((rest, None)) };
    let mut reference = None;
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("ref", value)) if !value.is_empty() => {
                let value =
                    percent_decoded(value).ok_or_else(|| malformed(text, "its ref is not readable"))?;
                reference = Some(value);
            }
            // How much history is fetched changes no file.
            Some(("depth", _)) => {}
            Some(("ref", _)) => return Err(malformed(text, "its ref is empty")),
            _ => return Err(malformed(text, "only the parameter ref is understood after the question mark")),
        }
    }
    Ok((base, reference))
}

fn split_subdirectory<'a>(text: &str, rest: &'a str) -> Result<(&'a str, String), SourceError> {
    // The first byte is skipped: an absolute path may begin with two slashes.
    let Some(at) = rest.get(1..).and_then(|tail| tail.find("//")).map(|at| at + 1) else {
        return Ok((rest, String::new()));
    };
    let (base, subdirectory) = (rest.get(..at).unwrap_or(rest), rest.get(at..).unwrap_or_default());
    let subdirectory = path::resolve("", subdirectory)
        .ok_or_else(|| malformed(text, "the directory after // leads out of the repository"))?;
    Ok((base, subdirectory))
}

fn malformed(text: &str, reason: &'static str) -> SourceError {
    SourceError::Location { text: without_credentials(text), reason }
}

/// The URL as it may be shown: without a password, and without a user name where that is often a
/// token. The user name of ssh is kept, it says which account is meant.
pub fn without_credentials(url: &str) -> String {
    let Some((scheme, after)) = url.split_once("://") else {
        return match url.split_once('@') {
            Some((user, rest)) if user.contains(':') && !user.contains('/') => rest.to_owned(),
            _ => url.to_owned(),
        };
    };
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    let (authority, rest) = after.split_at(end);
    let Some((user, host)) = authority.rsplit_once('@') else { return url.to_owned() };
    let user = user.split(':').next().unwrap_or_default();
    if scheme.ends_with("ssh") {
        format!("{scheme}://{user}@{host}{rest}")
    } else {
        format!("{scheme}://{host}{rest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(text: &str) -> (String, String, Option<String>) {
        let location = parse_location(text).unwrap();
        match location.origin {
            Origin::Remote(url) => (url, location.subdirectory, location.reference),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn urls() {
        for (text, url, subdirectory, reference) in [
            ("https://host/a.git", "https://host/a.git", "", None),
            ("git::https://host/a.git//live/prod/?ref=v1", "https://host/a.git", "live/prod", Some("v1")),
            ("https://host/a.git?ref=feature%2Fx", "https://host/a.git", "", Some("feature/x")),
            ("https://host/a?depth=1&ref=main", "https://host/a", "", Some("main")),
            ("file:///srv/a.git//x", "file:///srv/a.git", "x", None),
            ("ssh://git@host:22/a", "ssh://git@host:22/a", "", None),
            ("git@host:org/a.git//x?ref=b", "git@host:org/a.git", "x", Some("b")),
            ("git::git@host:a", "git@host:a", "", None),
        ] {
            let expected = (url.to_owned(), subdirectory.to_owned(), reference.map(str::to_owned));
            assert_eq!(remote(text), expected, "{text}");
        }
    }

    #[test]
    fn refused() {
        for text in [
            "",
            "git::",
            "ftp://host/a",
            "git://host/a",
            "https://host",
            "https:///a",
            "file://host/a",
            "file:///",
            "https://host/a//../b",
            "https://host/a?ref=",
            "https://host/a?ref=%zz",
            "https://host/a?sshkey=x",
            "a\0b",
        ] {
            assert!(matches!(parse_location(text), Err(SourceError::Location { .. })), "{text}");
        }
        assert!(matches!(parse_location("./does-not-exist"), Err(SourceError::DirectoryMissing { .. })));
    }

    #[test]
    fn credentials_are_never_shown() {
        for (text, shown) in [
            ("https://user:s3cret@host/a", "https://host/a"),
            ("https://s3cret@host/a", "https://host/a"),
            ("https://user:s3@cret@host/a?ref=x@y", "https://host/a?ref=x@y"),
            ("ssh://git:s3cret@host/a", "ssh://git@host/a"),
            ("git@host:a", "git@host:a"),
            ("ftp://user:s3cret@host/a", "ftp://host/a"),
            ("https://host/a@b", "https://host/a@b"),
        ] {
            assert_eq!(without_credentials(text), shown);
        }
        let location = parse_location("https://user:s3cret@host/a").unwrap();
        assert!(!format!("{location:?} {location}").contains("s3cret"));
        let error = parse_location("ftp://user:s3cret@host/a").unwrap_err();
        assert!(!format!("{error:?} {error}").contains("s3cret"));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in ".*") {
            let _ = parse_location(&text);
            without_credentials(&text);
        }
    }
}
