//! Packages of modules: where they are, which version, what their files are.
//!
//! [`Modules::resolve`] asks the world which package a call means now; [`Modules::locked`] brings
//! exactly the one that a lock file names, from the cache if it is there. Both answer files in
//! memory: nothing is unpacked into the configuration, and nothing of a package is ever run.
//! Which packages are needed, and what they mean, `evenkeel_lang` decides.

mod archive;
mod cache;
mod error;
mod hosts;
mod http;
mod mirror;
mod package;
mod registry;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};

use evenkeel_lang::config::{
    Getter, Locked, Mirror, ModuleSettings, ModuleSource, RegistrySource, RemoteSource, Version,
    VersionConstraint, parse_module_source, without_credentials,
};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use self::archive::{Format, unpack};
use self::cache::Cache;
use self::http::{Http, Identity};
use self::package::hash;
use crate::directory::hexadecimal;
use crate::error::SourceError;
use crate::gather::Limits;
use crate::remote::Remote;
use crate::{commit, credentials};

pub use error::ModuleError;
pub use package::Files;

/// How often a page may send us to another one.
const HOPS_MAX: usize = 5;

/// A page that says where a package is, is small.
const PAGE_BYTES_MAX: u64 = 1 << 20;

/// Who wants to know: what an address may reach depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Somebody at their own directory: repositories of this machine as well.
    Machine,
    /// A revision, whoever wrote it: only what others can reach too.
    Network,
}

/// Who has written an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NamedBy {
    /// The configuration, or somebody it leads to.
    Source,
    /// The settings.
    Operator,
}

/// Where packages come from.
#[derive(Debug)]
pub struct Modules {
    cache_dir: PathBuf,
    limits: Limits,
    settings: ModuleSettings,
    reach: Reach,
    http: Http,
    services: Mutex<BTreeMap<String, String>>,
}

/// A package and what the lock file is to say about it.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// What is locked.
    pub locked: Locked,
    /// The files.
    pub files: Files,
}

/// Files and where they were.
struct Fetched {
    files: Files,
    commit: Option<String>,
    /// Where a registry or a page sent us.
    package: Option<RemoteSource>,
}

impl Modules {
    /// Packages are kept below `cache_dir`, which need not exist.
    pub fn new(cache_dir: PathBuf, limits: &Limits, settings: ModuleSettings, reach: Reach) -> Self {
        // A package may have a large file that no configuration reads.
        let limits = Limits { file_bytes_max: limits.total_bytes_max, ..limits.clone() };
        let http = Http::new(settings.allowed_hosts.clone());
        Self { cache_dir, limits, settings, reach, http, services: Mutex::default() }
    }

    /// Removes what a run that was killed has left in the cache.
    pub fn sweep(&self) {
        Cache::new(&self.cache_dir).sweep();
    }

    /// What a call means now: the newest version that it allows, the commit that its branch is at.
    /// May be repeated, with another result.
    pub fn resolve(
        &self,
        source: &ModuleSource,
        constraint: Option<&VersionConstraint>,
        interrupt: &AtomicBool,
    ) -> Result<Resolved, ModuleError> {
        let (version, fetched) = match source {
            ModuleSource::Registry(source) => {
                let version = self.newest(source, constraint, interrupt)?;
                let fetched = self.registry(source, &version, interrupt)?;
                (Some(version), fetched)
            }
            ModuleSource::Remote(remote) => (None, self.fetch(remote, None, HOPS_MAX, interrupt)?),
            ModuleSource::Local(path) => {
                return Err(SourceError::DirectoryMissing { path: PathBuf::from(&**path) }.into());
            }
        };
        let hash = hash(&fetched.files).ok_or_else(|| ModuleError::Name { package: source.package() })?;
        Cache::new(&self.cache_dir).put(&hash, &fetched.files)?;
        let locked = Locked {
            version: version.map(Into::into),
            package: fetched.package.as_ref().map(|package| lasting(package).into()),
            commit: fetched.commit.map(Into::into),
            hash: hash.into(),
        };
        Ok(Resolved { locked, files: fetched.files })
    }

    /// Exactly what is locked. May be repeated, with the same result.
    pub fn locked(
        &self,
        source: &ModuleSource,
        locked: &Locked,
        interrupt: &AtomicBool,
    ) -> Result<Files, ModuleError> {
        let cache = Cache::new(&self.cache_dir);
        if let Some(files) = cache.get(&locked.hash, &self.limits, interrupt) {
            return Ok(files);
        }
        let files = self.again(source, locked, interrupt)?.files;
        let found = hash(&files).ok_or_else(|| ModuleError::Name { package: source.package() })?;
        if found != *locked.hash {
            let (package, expected) = (source.package(), locked.hash.to_string());
            return Err(ModuleError::Hash { package, expected, found });
        }
        cache.put(&locked.hash, &files)?;
        Ok(files)
    }

    /// What is locked, from where it was, whatever it is now.
    fn again(
        &self,
        source: &ModuleSource,
        locked: &Locked,
        interrupt: &AtomicBool,
    ) -> Result<Fetched, ModuleError> {
        let package = locked.package.as_deref().map(parse_module_source);
        let mirrored = match source {
            ModuleSource::Registry(registry) => self.mirror(registry).is_some(),
            ModuleSource::Local(_) | ModuleSource::Remote(_) => false,
        };
        match (package, source) {
            // A commit cannot be anything else.
            (Some(Ok(ModuleSource::Remote(remote))), _) if locked.commit.is_some() && !mirrored => {
                self.fetch(&remote, locked.commit.as_deref(), HOPS_MAX, interrupt)
            }
            (_, ModuleSource::Registry(registry)) => {
                let version = locked.version.as_deref().unwrap_or_default();
                self.registry(registry, version, interrupt)
            }
            (_, ModuleSource::Remote(remote)) => {
                self.fetch(remote, locked.commit.as_deref(), HOPS_MAX, interrupt)
            }
            (_, ModuleSource::Local(path)) => {
                Err(SourceError::DirectoryMissing { path: PathBuf::from(&**path) }.into())
            }
        }
    }

    fn mirror(&self, source: &RegistrySource) -> Option<&Mirror> {
        self.settings.mirror(&source.package())
    }

    fn newest(
        &self,
        source: &RegistrySource,
        constraint: Option<&VersionConstraint>,
        interrupt: &AtomicBool,
    ) -> Result<String, ModuleError> {
        let versions = match self.mirror(source) {
            Some(mirror) => mirror::versions(self, &mirror.place, source, interrupt)?,
            None => registry::versions(self, source, interrupt)?,
        };
        choose(&versions, constraint).map_err(|newest| match newest {
            None => ModuleError::NoVersions { package: source.package() },
            Some(newest) => {
                let constraint = constraint.map(VersionConstraint::normal).unwrap_or_default();
                ModuleError::NoMatch { package: source.package(), constraint, newest }
            }
        })
    }

    fn registry(
        &self,
        source: &RegistrySource,
        version: &str,
        interrupt: &AtomicBool,
    ) -> Result<Fetched, ModuleError> {
        if let Some(mirror) = self.mirror(source) {
            return mirror::fetch(self, &mirror.place, source, version, interrupt);
        }
        let remote = registry::location(self, source, version, interrupt)?;
        let fetched = self.fetch(&remote, None, HOPS_MAX, interrupt)?;
        Ok(Fetched { package: fetched.package.or(Some(remote)), ..fetched })
    }

    /// A package from where its address says; of a repository the commit, if one is given.
    fn fetch(
        &self,
        source: &RemoteSource,
        commit: Option<&str>,
        hops: usize,
        interrupt: &AtomicBool,
    ) -> Result<Fetched, ModuleError> {
        match &source.getter {
            Getter::Git { url, reference, depth } => {
                let asked_for = commit.or(reference.as_deref()).unwrap_or("HEAD");
                let found = self.remote(url, NamedBy::Source)?.package(asked_for, *depth, interrupt)?;
                let read = commit::read(&found, "", &self.limits, interrupt)?;
                let commit = read.commit.map(|commit| commit.id);
                Ok(Fetched { files: read.snapshot.files, commit, package: None })
            }
            Getter::Http { url, archive, checksum } => {
                let format = match archive.as_deref() {
                    Some("false") => None,
                    Some(name) => Some(Format::named(name).ok_or_else(|| unknown_format(url, name))?),
                    None => Format::of(path_of(url)).map(|(format, _)| format),
                };
                match format {
                    Some(format) => self.archive(url, format, checksum.as_deref(), interrupt),
                    None => self.page(url, commit, hops, interrupt),
                }
            }
        }
    }

    fn archive(
        &self,
        url: &str,
        format: Format,
        checksum: Option<&str>,
        interrupt: &AtomicBool,
    ) -> Result<Fetched, ModuleError> {
        let shown = without_credentials(url);
        let bytes = self.download(url, interrupt)?;
        if let Some(checksum) = checksum {
            check(&bytes, checksum).map_err(|reason| ModuleError::Archive { url: shown.clone(), reason })?;
        }
        let files = unpack(&bytes, format, &shown, &self.limits, interrupt)?;
        Ok(Fetched { files, commit: None, package: None })
    }

    /// A page that says where the package is, in a header or in its head.
    fn page(
        &self,
        url: &str,
        commit: Option<&str>,
        hops: usize,
        interrupt: &AtomicBool,
    ) -> Result<Fetched, ModuleError> {
        let failed =
            |reason: &str| ModuleError::Download { url: without_credentials(url), reason: reason.to_owned() };
        if hops == 0 {
            return Err(failed("pages send us from one to the next"));
        }
        let sign = if url.contains('?') { '&' } else { '?' };
        let asked = format!("{url}{sign}terraform-get=1");
        self.may_ask(&asked)?;
        let answer = self.http.get(&asked, &identity(&asked), PAGE_BYTES_MAX, interrupt)?;
        if answer.status != 200 && answer.status != 204 {
            return Err(failed(&format!("the server answered with status {}", answer.status)));
        }
        let told = answer.header("x-terraform-get").map(str::to_owned);
        let told = told.or_else(|| meta(&String::from_utf8_lossy(&answer.body)));
        let told = told.ok_or_else(|| {
            failed("it is no archive by its name, and the page does not say where the package is")
        })?;
        let source = registry::package_at(&without_credentials(url), &told, &answer.url)?;
        let fetched = self.fetch(&source, commit, hops - 1, interrupt)?;
        Ok(Fetched { package: fetched.package.or(Some(source)), ..fetched })
    }

    /// The bytes of a file.
    fn download(&self, url: &str, interrupt: &AtomicBool) -> Result<Vec<u8>, ModuleError> {
        let rewritten = self.settings.rewritten(url);
        let url = rewritten.as_deref().unwrap_or(url);
        if let Some(path) = url.strip_prefix("file://").filter(|_| rewritten.is_some()) {
            return self.file(Path::new(path_of(path)));
        }
        self.may_ask(url)?;
        let answer = self.http.get(url, &identity(url), self.limits.total_bytes_max, interrupt)?;
        match answer.status {
            200 => Ok(answer.body),
            status => Err(ModuleError::Download {
                url: without_credentials(url),
                reason: format!("the server answered with status {status}"),
            }),
        }
    }

    /// A file of this machine, which the operator has named.
    fn file(&self, path: &Path) -> Result<Vec<u8>, ModuleError> {
        let failed = |source| SourceError::Io { path: path.to_owned(), source };
        let size = std::fs::metadata(path).map_err(failed)?.len();
        let limit = self.limits.total_bytes_max;
        if size > limit {
            return Err(SourceError::FileTooLarge { path: path.display().to_string(), size, limit }.into());
        }
        Ok(std::fs::read(path).map_err(failed)?)
    }

    /// The repository at a URL, as the settings rewrite it.
    fn remote(&self, url: &str, named_by: NamedBy) -> Result<Remote, ModuleError> {
        let rewritten = self.settings.rewritten(url);
        let trusted = rewritten.is_some() || named_by == NamedBy::Operator || self.reach == Reach::Machine;
        let url = rewritten.as_deref().unwrap_or(url);
        match url.starts_with("file://") {
            true if trusted => {}
            true => return Err(ModuleError::Machine { url: url.to_owned() }),
            false => self.may_ask(url)?,
        }
        let landed = self.landed(url)?;
        let url = landed.as_deref().unwrap_or(url);
        let known = host(url).and_then(|host| credentials::from_netrc(&host));
        let remote = Remote::new(&self.cache_dir, url, known.as_ref())?.with_helper();
        Ok(if self.settings.allowed_hosts.is_some() { remote.without_redirects() } else { remote })
    }

    fn known_services(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.services.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newest version that may be chosen; otherwise the newest there is.
fn choose(versions: &[String], constraint: Option<&VersionConstraint>) -> Result<String, Option<String>> {
    let mut parsed: Vec<(Version, &String)> =
        versions.iter().filter_map(|text| Some((text.parse().ok()?, text))).collect();
    parsed.sort_by(|(a, _), (b, _)| b.compare(a));
    let fits = |version: &Version| match constraint {
        Some(constraint) => constraint.selects(version),
        None => !version.is_prerelease(),
    };
    match parsed.iter().find(|(version, _)| fits(version)) {
        Some((_, text)) => Ok(text.trim_start_matches('v').to_owned()),
        None => {
            let newest = parsed.iter().find(|(version, _)| !version.is_prerelease()).or(parsed.first());
            Err(newest.map(|(_, text)| (*text).clone()))
        }
    }
}

/// What of an address is worth remembering: links to archives are often signed, and expire.
fn lasting(source: &RemoteSource) -> String {
    let getter = match &source.getter {
        Getter::Git { .. } => source.getter.clone(),
        Getter::Http { url, archive, .. } => {
            let url = url.split('?').next().unwrap_or_default().into();
            Getter::Http { url, archive: archive.clone(), checksum: None }
        }
    };
    ModuleSource::Remote(RemoteSource { getter, subdirectory: source.subdirectory.clone() }).to_string()
}

/// Credentials that the URL or the netrc file has for its host.
fn identity(url: &str) -> Identity {
    if reqwest::Url::parse(url).is_ok_and(|url| !url.username().is_empty()) {
        // They are in the URL, and sent with it.
        return Identity::Nobody;
    }
    host(url).and_then(|host| credentials::from_netrc(&host)).map_or(Identity::Nobody, Identity::Basic)
}

fn host(url: &str) -> Option<String> {
    reqwest::Url::parse(url).ok()?.host_str().map(str::to_owned)
}

fn path_of(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

fn unknown_format(url: &str, name: &str) -> ModuleError {
    let reason = format!("archive={name} is no format that is known");
    ModuleError::Archive { url: without_credentials(url), reason }
}

/// The content of `<meta name="terraform-get" content="...">`.
fn meta(page: &str) -> Option<String> {
    let tags = page.split("<meta").skip(1).filter_map(|rest| rest.split('>').next());
    let tag = tags.into_iter().find(|tag| {
        ["name=\"terraform-get\"", "name='terraform-get'", "name=terraform-get"]
            .iter()
            .any(|name| tag.contains(name))
    })?;
    let value = tag.split_once("content=")?.1;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.split(quote).nth(1).map(|text| text.replace("&amp;", "&"))
}

/// Compares a file with its checksum: `sha256:...`, or a digest whose length says what it is.
fn check(bytes: &[u8], checksum: &str) -> Result<(), String> {
    let (kind, expected) = match checksum.split_once(':') {
        Some((kind, expected)) => (kind, expected),
        None => match checksum.len() {
            32 => ("md5", checksum),
            40 => ("sha1", checksum),
            64 => ("sha256", checksum),
            128 => ("sha512", checksum),
            _ => ("", checksum),
        },
    };
    let found = match kind {
        "md5" => hexadecimal(&Md5::digest(bytes)),
        "sha1" => hexadecimal(&Sha1::digest(bytes)),
        "sha256" => hexadecimal(&Sha256::digest(bytes)),
        "sha512" => hexadecimal(&Sha512::digest(bytes)),
        _ => return Err("checksums are md5, sha1, sha256 or sha512 and a digest".into()),
    };
    match found.eq_ignore_ascii_case(expected) {
        true => Ok(()),
        false => Err(format!("its {kind} checksum is {found}, and the source says {expected}")),
    }
}
