//! Packages that are fetched from where their address says: Git repositories and archives.

use std::sync::Arc;

use super::{ModuleSourceError, clean, inside, split_subdirectory};

/// A remote package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RemoteSource {
    /// How it is fetched.
    pub getter: Getter,
    /// The directory inside the package; empty for its root. Parts of it may be patterns.
    pub subdirectory: Arc<str>,
}

/// How a package is fetched, with everything that this needs. URLs are as they were written, with
/// the passwords in them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Getter {
    /// A revision of a Git repository.
    Git {
        /// The repository.
        url: Arc<str>,
        /// The branch, tag or commit; none for the default branch.
        reference: Option<Arc<str>>,
        /// How many commits of history the address asks for; zero or less for all.
        depth: Option<i64>,
    },
    /// An archive, or a page that says where the package is.
    Http {
        /// Where it is, without the parameters that are for us.
        url: Arc<str>,
        /// Its format, where the name does not say it; `false` for a page.
        archive: Option<Arc<str>>,
        /// A digest of the file: `sha256:...`.
        checksum: Option<Arc<str>>,
    },
}

impl RemoteSource {
    /// The address without the directory, in one form whatever shorthand was used, and without
    /// passwords.
    pub fn package(&self) -> String {
        let (prefix, url, parameters) = match &self.getter {
            Getter::Git { url, reference, .. } => ("git::", url, vec![("ref", reference)]),
            Getter::Http { url, archive, checksum } => {
                ("", url, vec![("archive", archive), ("checksum", checksum)])
            }
        };
        let mut text = format!("{prefix}{}", without_credentials(url));
        for (name, value) in parameters {
            let Some(value) = value else { continue };
            let sign = if text.contains('?') { '&' } else { '?' };
            text.push_str(&format!("{sign}{name}={}", encoded(value)));
        }
        text
    }
}

/// A URL without the password in it, and without the user except for ssh.
pub fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let Some((user, host)) = authority.rsplit_once('@') else { return url.to_owned() };
    match user.split(':').next() {
        Some(user) if scheme == "ssh" => format!("{scheme}://{user}@{host}{path}"),
        _ => format!("{scheme}://{host}{path}"),
    }
}

/// Understands an address that is neither local nor one of a registry.
pub(super) fn parse(text: &str) -> Result<RemoteSource, ModuleSourceError> {
    let (address, directory) = split_subdirectory(text);
    inside(directory.clone())?;
    let (forced, address) = split_forced(&address);
    let (detected, address, found) = detect(address)?;
    let subdirectory = inside(clean(&format!("{found}/{directory}")))?;
    let getter = getter(forced.or(detected), &address)?;
    Ok(RemoteSource { getter, subdirectory })
}

/// `git::` and the like in front.
fn split_forced(text: &str) -> (Option<&str>, &str) {
    match text.split_once("::") {
        Some((forced, rest))
            if !forced.is_empty()
                && !rest.is_empty()
                && forced.bytes().all(|b| b.is_ascii_alphanumeric()) =>
        {
            (Some(forced), rest)
        }
        _ => (None, text),
    }
}

/// The getter that a shorthand implies, the URL it stands for, and the directory in it.
fn detect(text: &str) -> Result<(Option<&'static str>, String, String), ModuleSourceError> {
    if is_url(text) {
        return Ok((None, text.to_owned(), String::new()));
    }
    if text.is_empty() {
        return Err(ModuleSourceError::Malformed("the address is empty".into()));
    }
    if text.starts_with("github.com/") {
        return github(text);
    }
    if let Some(url) = scp_like(text) {
        return Ok((Some("git"), url, String::new()));
    }
    if text.starts_with("bitbucket.org/") {
        let (path, query) = split_query(text);
        return Ok((Some("git"), format!("https://{}{query}", with_git(path)), String::new()));
    }
    if text.starts_with('/') {
        return Ok((None, format!("file://{text}"), String::new()));
    }
    Err(ModuleSourceError::Undetermined(without_credentials(text)))
}

fn github(text: &str) -> Result<(Option<&'static str>, String, String), ModuleSourceError> {
    let (path, query) = split_query(text);
    let parts: Vec<&str> = path.split('/').collect();
    let [host, owner, repository, directory @ ..] = parts.as_slice() else {
        return Err(ModuleSourceError::Malformed("GitHub URLs should be github.com/username/repo".into()));
    };
    let url = format!("https://{}{query}", with_git(&format!("{host}/{owner}/{repository}")));
    Ok((Some("git"), url, directory.join("/")))
}

fn with_git(path: &str) -> String {
    if path.ends_with(".git") { path.to_owned() } else { format!("{path}.git") }
}

/// A path and its query, with the question mark.
fn split_query(text: &str) -> (&str, &str) {
    text.split_at(text.find('?').unwrap_or(text.len()))
}

/// `git@host:path`. Only this user makes it an address of Git.
fn scp_like(text: &str) -> Option<String> {
    let (host, path) = text.strip_prefix("git@")?.split_once(':')?;
    let path = path.strip_prefix('/').unwrap_or(path);
    (!host.is_empty() && !host.contains('/') && !path.is_empty()).then(|| format!("ssh://git@{host}/{path}"))
}

/// Whether a text has a scheme, and after it nothing that no URL has.
fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let scheme_ok = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    let authority =
        rest.strip_prefix("//").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    scheme_ok && authority.is_none_or(has_port_of_digits)
}

fn has_port_of_digits(authority: &str) -> bool {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let after = host.rsplit_once(']').map_or(host, |(_, after)| after);
    after.split_once(':').is_none_or(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
}

fn getter(forced: Option<&str>, url: &str) -> Result<Getter, ModuleSourceError> {
    let scheme = url.split(':').next().unwrap_or_default().to_ascii_lowercase();
    match forced.unwrap_or(&scheme) {
        "git" => git(url, &scheme),
        "http" | "https" if matches!(&*scheme, "http" | "https") => http(url),
        "hg" => unsupported("Mercurial repositories are not supported. Use Git, an archive or a registry."),
        "s3" | "gcs" => unsupported(
            "Packages in S3 and Google Cloud Storage are not supported. Give the archive an https address, or put the \
             module into Git or a registry.",
        ),
        "file" => unsupported(
            "A module outside the configuration is not read from an absolute path. Write a relative path to a module of the \
             same repository, or git::file:// for a repository on this machine.",
        ),
        other => Err(ModuleSourceError::Malformed(format!("there is no way to fetch \"{other}\" addresses"))),
    }
}

fn unsupported(why: &str) -> Result<Getter, ModuleSourceError> {
    Err(ModuleSourceError::Unsupported(why.to_owned()))
}

fn git(url: &str, scheme: &str) -> Result<Getter, ModuleSourceError> {
    if !matches!(scheme, "https" | "http" | "ssh" | "file") {
        let problem =
            format!("Git repositories have https, ssh, http or file addresses, not \"{scheme}\" ones");
        return Err(ModuleSourceError::Malformed(problem));
    }
    let (url, query) = split_query(url);
    let (mut reference, mut depth) = (None, None);
    for (name, value) in parameters(query)? {
        match &*name {
            "ref" if value.is_empty() => {}
            "ref" if value.starts_with('-') => {
                return Err(ModuleSourceError::Malformed(format!("\"{value}\" is no name of a revision")));
            }
            "ref" => reference = Some(value.into()),
            // It changes no file, and what is no number is no mistake, as with Terraform.
            "depth" => depth = value.parse().ok(),
            "sshkey" => {
                return Err(ModuleSourceError::Unsupported(
                    "A private key does not belong into a module source: whoever reads the configuration has it. Configure ssh \
                     instead."
                        .into(),
                ));
            }
            other => {
                let problem = format!("Git addresses have the parameters ref and depth, not \"{other}\"");
                return Err(ModuleSourceError::Malformed(problem));
            }
        }
    }
    Ok(Getter::Git { url: url.into(), reference, depth })
}

fn http(url: &str) -> Result<Getter, ModuleSourceError> {
    let (base, query) = split_query(url);
    let (mut archive, mut checksum, mut rest) = (None, None, Vec::new());
    for parameter in query.trim_start_matches('?').split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match name {
            "archive" => archive = Some(decoded(value)?.into()),
            "checksum" => checksum = Some(decoded(value)?.into()),
            _ => rest.push(parameter),
        }
    }
    let url = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
    Ok(Getter::Http { url: url.into(), archive, checksum })
}

fn parameters(query: &str) -> Result<Vec<(String, String)>, ModuleSourceError> {
    let parameters = query.trim_start_matches('?').split('&').filter(|parameter| !parameter.is_empty());
    parameters
        .map(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            Ok((decoded(name)?, decoded(value)?))
        })
        .collect()
}

fn decoded(text: &str) -> Result<String, ModuleSourceError> {
    percent_decoded(text)
        .filter(|text| !text.chars().any(char::is_control))
        .ok_or_else(|| ModuleSourceError::Malformed(format!("\"{text}\" has a broken % sequence in it")))
}

/// The text of an address with its percent sequences resolved (RFC 3986, section 2.1); `None` where one
/// is broken or the bytes are not UTF-8.
pub fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

/// The signs that would end a parameter as percent sequences.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '%' | '&' | '#' | '?' | '+' | ' ' => out.push_str(&format!("%{:02X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}
