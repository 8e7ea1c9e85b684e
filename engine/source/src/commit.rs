//! The files of a commit, read from the objects of a repository.
//!
//! Every object is compared with its name. Attributes are not applied: files have the bytes that
//! were committed. Submodules are left out.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use evenkeel_model::{Revision, Snapshot, Timestamp};
use gix::bstr::ByteSlice as _;
use gix::objs::tree::EntryKind;
use gix::objs::{self, TreeRefIter};
use gix::{ObjectId, Repository};

use crate::error::SourceError;
use crate::gather::{Gathered, Kind, Limits, Listing, Tree, gather};
use crate::repository::{Found, one_line};
use crate::{CommitInfo, Read, path};

/// A directory with a hundred thousand long names has less, a message too.
const STRUCTURE_BYTES_MAX: u64 = 64 << 20;

/// Reads the root module in `subdirectory` of a commit.
pub fn read(
    found: &Found,
    subdirectory: &str,
    limits: &Limits,
    interrupt: &AtomicBool,
) -> Result<Read, SourceError> {
    let mut objects = Objects { repository: &found.repository, shown: &found.shown, ids: BTreeMap::new() };
    let (commit, tree) = objects.commit(found.id, &found.asked_for)?;
    objects.ids.insert(String::new(), tree);
    let shown = format!("revision {:?} of {}", found.asked_for, found.shown);
    let Gathered { files, root, .. } = gather(&mut objects, subdirectory, &shown, limits, interrupt)?;
    let revision = Revision::Commit(commit.id.as_str().into());
    Ok(Read { snapshot: Snapshot { revision, files }, root: root.into(), commit: Some(commit) })
}

struct Objects<'a> {
    repository: &'a Repository,
    shown: &'a str,
    /// The object of every path that was listed so far.
    ids: BTreeMap<String, ObjectId>,
}

impl Objects<'_> {
    fn commit(&self, id: ObjectId, asked_for: &str) -> Result<(CommitInfo, ObjectId), SourceError> {
        let data = self.object(id, objs::Kind::Commit, STRUCTURE_BYTES_MAX)?;
        let damaged = |error: gix::Error| self.damaged(id, one_line(&error));
        let commit = objs::CommitRef::from_bytes(&data, id.kind()).map_err(damaged)?;
        let author = commit.author().map_err(damaged)?;
        let seconds = commit.committer().map_err(damaged)?.seconds();
        let info = CommitInfo {
            id: id.to_string(),
            author: format!("{} <{}>", author.name.to_str_lossy(), author.email.to_str_lossy()),
            time: Timestamp(seconds.saturating_mul(1000)),
            subject: commit.message_summary().to_str_lossy().into_owned(),
            asked_for: asked_for.to_owned(),
        };
        Ok((info, commit.tree()))
    }

    /// The contents of an object, which must be what its name says.
    fn object(&self, id: ObjectId, kind: objs::Kind, limit: u64) -> Result<Vec<u8>, SourceError> {
        let damaged = |error: gix::Error| self.damaged(id, one_line(&error));
        let header = self.repository.find_header(id).map_err(damaged)?;
        if header.kind() != kind {
            return Err(self.damaged(id, format!("it is a {} where a {kind} belongs", header.kind())));
        }
        if header.size() > limit {
            return Err(self.damaged(id, format!("{} bytes are too many for a {kind}", header.size())));
        }
        let mut object = self.repository.find_object(id).map_err(damaged)?;
        objs::Data::new(&object.data, object.kind, id.kind()).verify_checksum(&id).map_err(damaged)?;
        Ok(std::mem::take(&mut object.data))
    }

    fn id(&self, path: &str) -> Result<ObjectId, SourceError> {
        let missing =
            || self.damaged(ObjectId::null(self.repository.object_hash()), format!("nothing at {path:?}"));
        self.ids.get(path).copied().ok_or_else(missing)
    }

    fn damaged(&self, id: ObjectId, reason: String) -> SourceError {
        SourceError::CorruptObject { object: id.to_string(), repository: self.shown.to_owned(), reason }
    }
}

impl Tree for Objects<'_> {
    fn list(&mut self, directory: &str) -> Result<Listing, SourceError> {
        let id = self.id(directory)?;
        let data = self.object(id, objs::Kind::Tree, STRUCTURE_BYTES_MAX)?;
        let mut listing = Listing::new();
        for entry in TreeRefIter::from_bytes(&data, id.kind()) {
            let entry = entry.map_err(|error| self.damaged(id, one_line(&error)))?;
            let kind = match entry.mode.kind() {
                EntryKind::Tree => Kind::Directory,
                EntryKind::Blob | EntryKind::BlobExecutable => Kind::File,
                EntryKind::Link => Kind::Link,
                EntryKind::Commit => continue,
            };
            let name = entry.filename.to_str().map_err(|_| SourceError::PathNotUtf8 {
                path: path::join(directory, &entry.filename.to_str_lossy()),
            })?;
            if matches!(name, "" | "." | "..") || name.contains(['/', '\0']) {
                return Err(self.damaged(id, format!("no file can be called {name:?}")));
            }
            if listing.insert(name.to_owned(), kind).is_some() {
                return Err(self.damaged(id, format!("{name:?} is in it twice")));
            }
            self.ids.insert(path::join(directory, name), entry.oid.to_owned());
        }
        Ok(listing)
    }

    fn size(&mut self, file: &str) -> Result<u64, SourceError> {
        let id = self.id(file)?;
        let header = self.repository.find_header(id).map_err(|error| self.damaged(id, one_line(&error)))?;
        Ok(header.size())
    }

    fn contents(&mut self, file: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        self.object(self.id(file)?, objs::Kind::Blob, limit)
    }

    fn target(&mut self, link: &str) -> Result<String, SourceError> {
        let id = self.id(link)?;
        let target = self.object(id, objs::Kind::Blob, 1 << 16)?;
        String::from_utf8(target).map_err(|_| SourceError::PathNotUtf8 { path: link.to_owned() })
    }
}
