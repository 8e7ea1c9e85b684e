//! Which commit brought a line: what `git blame` tells, for a few lines of a few files.
//!
//! Only objects are read, as everywhere here. The work is bounded by commits and not by time, so
//! that the same question has the same answer: what came before the last [`COMMITS_MAX`] commits, or
//! before the history that a shallow clone has, is [`Origin::Older`].

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use evenkeel_model::{Snapshot, Timestamp};
use gix::blame::{BlameRanges, Options, Outcome, Start};
use gix::bstr::{BStr, ByteSlice as _};
use gix::revision::walk::Sorting;
use gix::traverse::commit::simple::CommitTimeOrder;
use gix::{ObjectId, Repository};

use crate::CommitInfo;

/// So many commits are looked at; more make a plan slow and the answer no better.
const COMMITS_MAX: usize = 3000;

/// Lines of so many files are asked about.
const FILES_MAX: usize = 64;

/// Where a line comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A commit brought it.
    Commit {
        /// The commit.
        info: Arc<CommitInfo>,
        /// How many commits are newer: of two commits the later one has less.
        age: usize,
    },
    /// It is in no commit yet.
    Uncommitted,
    /// It is older than the part of the history that is looked at.
    Older,
}

/// A file in a snapshot and a line of it, counted from 1.
pub type Line = (Arc<str>, u32);

/// Where to look.
pub(crate) struct Scene<'a> {
    pub repository: Repository,
    /// The commit that was read, or that a work tree stands on; none before the first one.
    pub head: Option<ObjectId>,
    /// What paths of the snapshot have in front of those of the repository.
    pub prefix: String,
    /// Whether the files may differ from the commit's.
    pub is_work_tree: bool,
    pub snapshot: &'a Snapshot,
}

/// The origins of lines, as far as they can be told.
pub(crate) fn origins(
    scene: &Scene<'_>,
    lines: &BTreeSet<Line>,
    interrupt: &AtomicBool,
) -> BTreeMap<Line, Origin> {
    let mut files: BTreeMap<&Arc<str>, BTreeSet<u32>> = BTreeMap::new();
    for (file, line) in lines {
        files.entry(file).or_default().insert(*line);
    }
    let mut commits = Commits::new(scene);
    let mut found = BTreeMap::new();
    for (file, lines) in files.into_iter().take(FILES_MAX) {
        if interrupt.load(Ordering::Relaxed) {
            break;
        }
        let origins = commits.file(file, &lines).unwrap_or_default();
        found.extend(origins.into_iter().map(|(line, origin)| ((file.clone(), line), origin)));
    }
    found
}

pub(crate) struct Commits<'a> {
    scene: &'a Scene<'a>,
    /// Commits before are not looked into, in seconds.
    since: Option<i64>,
    /// The place of each commit in the history, from the newest.
    ages: BTreeMap<ObjectId, usize>,
    known: BTreeMap<ObjectId, Origin>,
}

impl<'a> Commits<'a> {
    pub(crate) fn new(scene: &'a Scene<'a>) -> Self {
        let repository = &scene.repository;
        let time = |id: ObjectId| repository.find_commit(id).ok()?.time().ok().map(|time| time.seconds);
        let boundary = repository.shallow_commits().ok().flatten();
        let shallow = boundary.and_then(|ids| ids.iter().filter_map(|id| time(*id)).max());
        let order = Sorting::ByCommitTime(CommitTimeOrder::NewestFirst);
        let walk = repository.rev_walk(scene.head).sorting(order).all().ok();
        let ids: Vec<ObjectId> = walk
            .into_iter()
            .flatten()
            .map_while(Result::ok)
            .map(|found| found.id)
            .take(COMMITS_MAX + 1)
            .collect();
        let last = ids.get(COMMITS_MAX).and_then(|last| time(*last));
        // What is as old as the last one that is there belongs to what is not.
        let since = shallow.max(last).map(|time| time.saturating_add(1));
        let ages = ids.into_iter().enumerate().map(|(age, id)| (id, age)).collect();
        Self { scene, since, ages, known: BTreeMap::new() }
    }

    fn file(&mut self, file: &Arc<str>, lines: &BTreeSet<u32>) -> Option<BTreeMap<u32, Origin>> {
        let path = file.strip_prefix(self.scene.prefix.as_str())?;
        let contents = self.scene.snapshot.file(file)?;
        let Some(head) = self.scene.head else {
            return Some(lines.iter().map(|line| (*line, Origin::Uncommitted)).collect());
        };
        let outcome = self.blame(head, path, contents, lines)?;
        let mut found = BTreeMap::new();
        for entry in &outcome.entries {
            let first = entry.start_in_blamed_file.saturating_add(1);
            let origin = self.origin(entry.commit_id)?;
            for line in lines.range(first..first.saturating_add(entry.len.get())) {
                found.insert(*line, origin.clone());
            }
        }
        Some(found)
    }

    fn blame(&self, head: ObjectId, path: &str, contents: &[u8], lines: &BTreeSet<u32>) -> Option<Outcome> {
        let repository = &self.scene.repository;
        let mut ranges = BlameRanges::PartialFile(Vec::new());
        for line in lines.iter().filter(|line| **line > 0) {
            ranges.add_one_based_inclusive_range(*line..=*line).ok()?;
        }
        let start = match self.scene.is_work_tree {
            true => {
                Start::Contents { first_suspect: head, contents: self.as_committed(head, path, contents) }
            }
            false => Start::Commit(head),
        };
        let options = Options {
            ranges,
            since: self.since.map(|seconds| gix::date::Time::new(seconds, 0)),
            rewrites: Some(gix::diff::Rewrites::default()),
            ..Options::default()
        };
        let cache = repository.commit_graph_if_enabled().ok()?;
        let mut resources = repository.diff_resource_cache_for_tree_diff().ok()?;
        gix::blame::file(&repository.objects, start, cache, &mut resources, BStr::new(path), options).ok()
    }

    /// The bytes of a file with the line ends that are committed.
    fn as_committed<'c>(&self, head: ObjectId, path: &str, contents: &'c [u8]) -> Cow<'c, [u8]> {
        let committed = || {
            let tree = self.scene.repository.find_commit(head).ok()?.tree().ok()?;
            tree.lookup_entry_by_path(path).ok()??.object().ok()
        };
        let unix =
            !contents.contains_str("\r\n") || committed().is_some_and(|blob| blob.data.contains_str("\r\n"));
        match unix {
            true => Cow::Borrowed(contents),
            false => Cow::Owned(contents.replace("\r\n", "\n")),
        }
    }

    /// What is known of a commit.
    pub(crate) fn origin(&mut self, id: ObjectId) -> Option<Origin> {
        if id.is_null() {
            return Some(Origin::Uncommitted);
        }
        if let Some(known) = self.known.get(&id) {
            return Some(known.clone());
        }
        let info = info(&self.scene.repository, id)?;
        let older = self.since.is_some_and(|since| info.time < Timestamp(since.saturating_mul(1000)));
        let age = self.ages.get(&id).copied().unwrap_or(COMMITS_MAX);
        let origin = if older { Origin::Older } else { Origin::Commit { info: Arc::new(info), age } };
        self.known.insert(id, origin.clone());
        Some(origin)
    }
}

fn info(repository: &Repository, id: ObjectId) -> Option<CommitInfo> {
    let commit = repository.find_commit(id).ok()?;
    let author = commit.author().ok()?;
    Some(CommitInfo {
        id: id.to_string(),
        author: format!("{} <{}>", author.name.to_str_lossy(), author.email.to_str_lossy()),
        time: Timestamp(commit.time().ok()?.seconds.saturating_mul(1000)),
        subject: commit.message().ok()?.summary().to_str_lossy().into_owned(),
        asked_for: id.to_string(),
    })
}
