//! Which commit took a block out of a configuration: the newest one in which it is gone, while it was there
//! before. Blocks are found by their headers, so that the past needs no parser for what was valid then.
//!
//! As with the origins of lines, the work is bounded by commits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gix::ObjectId;
use gix::objs::tree::EntryKind;

use crate::origin::{Commits, Origin, Scene};

/// So many commits are looked at for one block.
const COMMITS_MAX: usize = 3000;

/// A larger file is not looked into.
const BYTES_MAX: usize = 4 << 20;

/// A block that a configuration does not have any more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Block {
    /// The directory of its module in the snapshot.
    pub directory: Arc<str>,
    /// `resource`, `data` or `module`.
    pub keyword: Arc<str>,
    /// Its labels.
    pub labels: Vec<Arc<str>>,
}

/// What took each block out, as far as that can be told.
pub(crate) fn removals(
    scene: &Scene<'_>,
    blocks: &BTreeSet<Block>,
    interrupt: &AtomicBool,
) -> BTreeMap<Block, Origin> {
    let mut commits = Commits::new(scene);
    let mut past = Past { scene, seen: BTreeMap::new() };
    let mut found = BTreeMap::new();
    for block in blocks {
        if interrupt.load(Ordering::Relaxed) {
            break;
        }
        let removal = past.removal(block).and_then(|removal| match removal {
            Removal::Uncommitted => Some(Origin::Uncommitted),
            Removal::In(id) => commits.origin(id),
        });
        found.extend(removal.map(|origin| (block.clone(), origin)));
    }
    found
}

enum Removal {
    Uncommitted,
    In(ObjectId),
}

struct Past<'a> {
    scene: &'a Scene<'a>,
    /// The headers of each directory that was read, by the name of its tree.
    seen: BTreeMap<ObjectId, Arc<BTreeSet<String>>>,
}

impl Past<'_> {
    /// Follows the history from commits without the block to those that still have it.
    fn removal(&mut self, block: &Block) -> Option<Removal> {
        let mut at = self.scene.head?;
        if self.has(at, block)? {
            return self.scene.is_work_tree.then_some(Removal::Uncommitted);
        }
        // A merge of a branch that never had the block may be what removed it.
        let mut merge = None;
        for _ in 0..COMMITS_MAX {
            let commit = self.scene.repository.find_commit(at).ok()?;
            let parents: Vec<ObjectId> = commit.parent_ids().map(gix::Id::detach).collect();
            let mut without = None;
            let mut with = false;
            for parent in &parents {
                // What a shallow clone does not have is not known.
                match self.has(*parent, block) {
                    Some(true) => with = true,
                    Some(false) => without = without.or(Some(*parent)),
                    None => {}
                }
            }
            match (without, with) {
                (None, true) => return Some(Removal::In(at)),
                (None, false) => return merge.map(Removal::In),
                (Some(parent), with) => {
                    if with {
                        merge = merge.or(Some(at));
                    }
                    at = parent;
                }
            }
        }
        merge.map(Removal::In)
    }

    /// Whether a commit has the block.
    fn has(&mut self, commit: ObjectId, block: &Block) -> Option<bool> {
        let tree = self.scene.repository.find_commit(commit).ok()?.tree().ok()?;
        let whole = format!("{}/", block.directory.trim_matches('/'));
        let path = whole.trim_start_matches('/').strip_prefix(self.scene.prefix.as_str())?;
        let directory = match path.trim_matches('/') {
            "" => tree.id,
            path => match tree.lookup_entry_by_path(path).ok()? {
                Some(entry) => entry.object_id(),
                None => return Some(false),
            },
        };
        Some(self.headers(directory)?.contains(&header(&block.keyword, &block.labels)))
    }

    /// The headers of the blocks in the files of a directory.
    fn headers(&mut self, directory: ObjectId) -> Option<Arc<BTreeSet<String>>> {
        if let Some(known) = self.seen.get(&directory) {
            return Some(known.clone());
        }
        let tree = self.scene.repository.find_object(directory).ok()?.try_into_tree().ok()?;
        let mut all = BTreeSet::new();
        for entry in tree.iter().filter_map(Result::ok) {
            let is_file = matches!(entry.mode().kind(), EntryKind::Blob | EntryKind::BlobExecutable);
            if is_file && entry.filename().ends_with(b".tf") {
                let blob = entry.object().ok()?;
                if blob.data.len() <= BYTES_MAX {
                    all.extend(headers_of(&String::from_utf8_lossy(&blob.data)));
                }
            }
        }
        let all = Arc::new(all);
        self.seen.insert(directory, all.clone());
        Some(all)
    }
}

fn header(keyword: &str, labels: &[Arc<str>]) -> String {
    let labels: String = labels.iter().map(|label| format!(" \"{label}\"")).collect();
    format!("{keyword}{labels}")
}

/// Lines that begin a block, with single spaces: `resource "aws_vpc" "main"`.
fn headers_of(text: &str) -> impl Iterator<Item = String> + '_ {
    let headers = text
        .lines()
        .map(str::trim)
        .filter(|line| ["resource", "data", "module", "ephemeral"].iter().any(|word| line.starts_with(word)));
    headers.filter_map(|line| {
        let (head, _) = line.split_once('{')?;
        let words: Vec<&str> = head.split_whitespace().collect();
        let quoted = words.iter().enumerate().map(|(place, word)| match place {
            0 => (*word).to_owned(),
            _ => format!("\"{}\"", word.trim_matches('"')),
        });
        Some(quoted.collect::<Vec<_>>().join(" "))
    })
}

#[cfg(test)]
mod tests {
    use super::headers_of;

    #[test]
    fn headers_are_found_however_they_are_spaced() {
        let text = "resource \"a\"   \"b\" {}\n  data a b {\n# module \"no\" {\nmodule \"m\"{ # x\nresources = {\nx {";
        let found: Vec<String> = headers_of(text).collect();
        assert_eq!(found, ["resource \"a\" \"b\"", "data \"a\" \"b\"", "module \"m\"", "resources \"=\""]);
    }
}
