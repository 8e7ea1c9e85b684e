//! Packages: the files of one revision, with as little history as the server lets us have.
//!
//! They have a copy of their own, because a repository without its history answers `HEAD~1` and
//! short names wrongly or not at all. Where a server does not give part of a history, or not the
//! commit that is asked for, everything is fetched as for a configuration.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use gix::bstr::ByteSlice as _;
use gix::protocol::fetch::refmap::Source;
use gix::remote::Direction;
use gix::remote::fetch::{RefMap, Shallow, Tags};
use gix::{ObjectId, Repository};
use sha2::{Digest, Sha256};

use super::Remote;
use crate::directory::hexadecimal;
use crate::error::SourceError;
use crate::repository::{self, Found};

/// Where the copy stands while a fetch writes to it. Objects come before the list of commits whose
/// parents are missing; a copy that was left in between would tell the server that it has what it
/// has not.
const MARK: &str = "evenkeel-fetching";

impl Remote {
    /// The commit that `asked_for` names at the remote now, with so much history: one commit where
    /// nobody says, all for zero and less.
    pub fn package(
        &self,
        asked_for: &str,
        depth: Option<i64>,
        interrupt: &AtomicBool,
    ) -> Result<Found, SourceError> {
        let depth = u32::try_from(depth.unwrap_or(1).clamp(0, i64::from(i32::MAX))).unwrap_or_default();
        let Some(depth) = NonZeroU32::new(depth) else { return self.commit(asked_for, interrupt) };
        let shallow = self.shallow();
        if let Some(found) = shallow.cached(asked_for).or_else(|| self.cached(asked_for)) {
            return Ok(found);
        }
        match shallow.bring(Wanted::named(asked_for), depth, interrupt)? {
            Some(id) => Ok(Found { asked_for: asked_for.to_owned(), ..shallow.found(id)? }),
            None => self.commit(asked_for, interrupt),
        }
    }

    /// The commit of the first of these tags that there is.
    pub fn tagged(&self, tags: &[String], interrupt: &AtomicBool) -> Result<Option<Found>, SourceError> {
        let shallow = self.shallow();
        if let Some(id) = shallow.bring(Wanted::References(tags.to_vec()), NonZeroU32::MIN, interrupt)? {
            return shallow.found(id).map(Some);
        }
        for tag in tags {
            match self.commit(tag, interrupt) {
                Err(SourceError::RevisionMissing { .. }) => {}
                found => return found.map(Some),
            }
        }
        Ok(None)
    }

    /// The tags that the remote has now; nothing is fetched.
    pub fn tags(&self, interrupt: &AtomicBool) -> Result<Vec<String>, SourceError> {
        let shallow = self.shallow();
        let lock = shallow.lock(interrupt)?;
        let listed = shallow.in_time(lock, interrupt, |remote, _| remote.listed("refs/tags/"))?;
        Ok(listed.into_keys().collect())
    }

    /// The same remote with the copy for packages.
    fn shallow(&self) -> Self {
        let named = |path: &PathBuf, extension: &str| path.with_extension(format!("packages.{extension}"));
        Self { copy: named(&self.copy, "git"), lock: named(&self.lock, "lock"), ..self.clone() }
    }

    fn bring(
        &self,
        wanted: Wanted,
        depth: NonZeroU32,
        interrupt: &AtomicBool,
    ) -> Result<Option<ObjectId>, SourceError> {
        let lock = self.lock(interrupt)?;
        self.in_time(lock, interrupt, move |remote, stop| remote.fetch_shallow(&wanted, depth, stop))
    }

    fn found(&self, id: ObjectId) -> Result<Found, SourceError> {
        let repository = self.open().map_err(|error| self.unusable(&error))?;
        repository::find_commit_shown(repository, &id.to_string(), self.shown.clone())
    }

    /// Fetches what is wanted and answers its object; none where the server does not have it under
    /// this name, or does not give it like this.
    fn fetch_shallow(
        &self,
        wanted: &Wanted,
        depth: NonZeroU32,
        interrupt: &AtomicBool,
    ) -> Result<Option<ObjectId>, SourceError> {
        let repository = self.whole_copy()?;
        let Some(remote) = self.asking_for(&repository, &wanted.refspecs())? else { return Ok(None) };
        let failed = |error: gix::Error| self.given_up(&error, interrupt);
        let connection = remote.connect(Direction::Fetch).map_err(failed)?;
        let prepared = connection
            .with_credentials(|action| self.answer(action))
            .prepare_fetch(gix::progress::Discard, gix::remote::ref_map::Options::default())
            .map_err(failed)?
            .with_shallow(Shallow::DepthAtRemote(depth))
            .with_write_packed_refs_only(true);
        let Some(id) = wanted.first(prepared.ref_map()) else { return Ok(None) };
        if repository.has_object(id) {
            return Ok(Some(id));
        }
        let mark = self.copy.join(MARK);
        fs::write(&mark, "").map_err(|source| self.cache_error(&mark, source))?;
        match prepared.receive(gix::progress::Discard, interrupt) {
            Ok(_) => fs::remove_file(&mark).map_err(|source| self.cache_error(&mark, source))?,
            Err(_) if interrupt.load(Ordering::Relaxed) => return Err(SourceError::Interrupted),
            // The next one begins anew; this one asks for everything.
            Err(_) => return Ok(None),
        }
        Ok(Some(id))
    }

    /// The names below a prefix, without it, and their objects.
    fn listed(&self, prefix: &str) -> Result<BTreeMap<String, ObjectId>, SourceError> {
        let repository = self.whole_copy()?;
        let refspec = format!("+{prefix}*:refs/evenkeel/listed/*");
        let Some(remote) = self.asking_for(&repository, &[refspec])? else { return Ok(BTreeMap::new()) };
        let failed = |error: gix::Error| self.unreachable(&error);
        let connection = remote.connect(Direction::Fetch).map_err(failed)?;
        let (map, _) = connection
            .with_credentials(|action| self.answer(action))
            .ref_map(gix::progress::Discard, gix::remote::ref_map::Options::default())
            .map_err(failed)?;
        let objects = objects(&map).into_iter();
        Ok(objects.filter_map(|(name, id)| Some((name.strip_prefix(prefix)?.to_owned(), id))).collect())
    }

    /// The copy, made anew where a fetch was killed while it wrote to it. Only under the lock.
    fn whole_copy(&self) -> Result<Repository, SourceError> {
        if self.copy.join(MARK).exists() {
            fs::remove_dir_all(&self.copy).map_err(|source| self.cache_error(&self.copy, source))?;
        }
        self.open_or_create()
    }

    /// The remote, asked for these; none where they are no names of references.
    fn asking_for<'r>(
        &self,
        repository: &'r Repository,
        refspecs: &[String],
    ) -> Result<Option<gix::Remote<'r>>, SourceError> {
        let remote = repository.remote_at_without_url_rewrite(self.url.clone());
        let mut remote = remote.map_err(|error| self.unreachable(&error))?.with_fetch_tags(Tags::None);
        let named = remote.replace_refspecs(refspecs.iter().map(String::as_str), Direction::Fetch);
        Ok(named.is_ok().then_some(remote))
    }

    fn given_up(&self, error: &gix::Error, interrupt: &AtomicBool) -> SourceError {
        match interrupt.load(Ordering::Relaxed) {
            true => SourceError::Interrupted,
            false => self.unreachable(error),
        }
    }
}

/// What a package is asked for by.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// The commit itself.
    Commit(ObjectId),
    /// References by their whole names; the first that there is counts.
    References(Vec<String>),
}

impl Wanted {
    /// A tag comes before a branch of the same name, as in Git.
    fn named(asked_for: &str) -> Self {
        match ObjectId::from_hex(asked_for.as_bytes()) {
            Ok(id) => Self::Commit(id),
            Err(_) if asked_for == "HEAD" || asked_for.starts_with("refs/") => {
                Self::References(vec![asked_for.to_owned()])
            }
            Err(_) => {
                let whole = ["refs/tags/", "refs/heads/"].map(|prefix| format!("{prefix}{asked_for}"));
                Self::References(whole.into())
            }
        }
    }

    /// Names of our own, so that no branch stands in the way of another.
    fn refspecs(&self) -> Vec<String> {
        let ours = |name: &str| hexadecimal(&Sha256::digest(name.as_bytes()));
        match self {
            Self::Commit(id) => vec![format!("{id}:refs/evenkeel/commits/{id}")],
            Self::References(names) => {
                names.iter().map(|name| format!("+{name}:refs/evenkeel/wanted/{}", ours(name))).collect()
            }
        }
    }

    fn first(&self, map: &RefMap) -> Option<ObjectId> {
        match self {
            Self::Commit(id) => Some(*id),
            Self::References(names) => {
                let objects = objects(map);
                names.iter().find_map(|name| objects.get(name).copied())
            }
        }
    }
}

/// What the server has of what was asked for, by name.
fn objects(map: &RefMap) -> BTreeMap<String, ObjectId> {
    let found = map.mappings.iter().filter_map(|mapping| match &mapping.remote {
        Source::ObjectId(_) => None,
        Source::Ref(reference) => {
            let (name, id, _) = reference.unpack();
            Some((name.to_str().ok()?.to_owned(), id?.to_owned()))
        }
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_are_asked_for_by() {
        let id = "7c1f791efd61f326ed6102d564d1a65d1eceedf0";
        assert_eq!(Wanted::named(id), Wanted::Commit(ObjectId::from_hex(id.as_bytes()).unwrap()));
        for (asked_for, expected) in [
            ("HEAD", vec!["HEAD"]),
            ("refs/heads/x", vec!["refs/heads/x"]),
            ("v1", vec!["refs/tags/v1", "refs/heads/v1"]),
            ("7c1f791", vec!["refs/tags/7c1f791", "refs/heads/7c1f791"]),
        ] {
            let expected = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(Wanted::named(asked_for), Wanted::References(expected));
        }
    }
}
