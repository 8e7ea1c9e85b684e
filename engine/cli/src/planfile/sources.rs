//! Where the reasons of a plan come from, as format 1 keeps it: whoever shows a plan file needs no history of
//! the configuration for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_lang::config::Given;
use evenkeel_model::SourceRange;
use evenkeel_source::LineOrigin;
use serde::{Deserialize, Serialize};

use super::contents::Commit;
use crate::flow::why::Sources;

/// What is known of where reasons come from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct StoredSources {
    lines: Vec<(Arc<str>, u32, StoredOrigin)>,
    removals: BTreeMap<usize, StoredOrigin>,
    given: BTreeMap<Arc<str>, StoredGiven>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredOrigin {
    Commit { commit: Commit, age: usize },
    Uncommitted,
    Older,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredGiven {
    Environment,
    Argument,
    Answer,
    File(SourceRange),
}

impl StoredSources {
    /// What there is to keep.
    pub fn of(sources: &Sources) -> Self {
        let Sources { lines, removals, given } = sources;
        let lines = lines.iter().map(|((file, line), origin)| (file.clone(), *line, stored(origin)));
        Self {
            lines: lines.collect(),
            removals: removals.iter().map(|(change, origin)| (*change, stored(origin))).collect(),
            given: given.iter().map(|(name, given)| (name.clone(), StoredGiven::of(given))).collect(),
        }
    }

    /// What was kept.
    pub fn restore(self) -> Sources {
        let lines = self.lines.into_iter().map(|(file, line, origin)| ((file, line), origin.restore()));
        Sources {
            lines: lines.collect(),
            removals: self.removals.into_iter().map(|(change, origin)| (change, origin.restore())).collect(),
            given: self.given.into_iter().map(|(name, given)| (name, given.restore())).collect(),
        }
    }
}

fn stored(origin: &LineOrigin) -> StoredOrigin {
    match origin {
        LineOrigin::Commit { info, age } => StoredOrigin::Commit { commit: Commit::of(info), age: *age },
        LineOrigin::Uncommitted => StoredOrigin::Uncommitted,
        LineOrigin::Older => StoredOrigin::Older,
    }
}

impl StoredOrigin {
    fn restore(self) -> LineOrigin {
        match self {
            Self::Commit { commit, age } => LineOrigin::Commit { info: Arc::new(commit.restore()), age },
            Self::Uncommitted => LineOrigin::Uncommitted,
            Self::Older => LineOrigin::Older,
        }
    }
}

impl StoredGiven {
    fn of(given: &Given) -> Self {
        match given {
            Given::Environment => Self::Environment,
            Given::Argument => Self::Argument,
            Given::Answer => Self::Answer,
            Given::File(range) => Self::File(range.clone()),
        }
    }

    fn restore(self) -> Given {
        match self {
            Self::Environment => Given::Environment,
            Self::Argument => Given::Argument,
            Self::Answer => Given::Answer,
            Self::File(range) => Given::File(range),
        }
    }
}
