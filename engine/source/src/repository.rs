//! Finding and opening repositories, and finding commits in them by name.
//!
//! A repository is opened without the configuration and the environment of whoever runs this, and
//! with reduced trust in its own configuration, so that one that belongs to somebody else can be
//! read: nothing of it is ever run.

use std::path::{Path, PathBuf};

use gix::bstr::BStr;
use gix::objs::Kind;
use gix::sec::Trust;
use gix::{ObjectId, Repository};

use crate::error::SourceError;
use crate::{directory, location};

/// More than any file we read; keeps a crafted object from claiming all memory.
const OBJECT_BYTES_MAX: &str = "gitoxide.objects.allocLimit=1073741824";

/// A commit that a name led to.
pub struct Found {
    /// The repository that has it.
    pub repository: Repository,
    /// Its name.
    pub id: ObjectId,
    /// What was asked for.
    pub asked_for: String,
    /// The repository for messages: path or URL without credentials.
    pub shown: String,
}

/// Whether `path` is a bare repository, a `.git` directory, or the file that stands for one.
pub fn is_repository(path: &Path) -> bool {
    let directory =
        path.join("HEAD").is_file() && path.join("objects").is_dir() && path.join("refs").is_dir();
    directory || (path.is_file() && path.file_name().is_some_and(|name| name == ".git"))
}

/// The root of the work tree that `directory` lies in.
pub fn work_tree_root(directory: &Path) -> Option<PathBuf> {
    let directory = directory.canonicalize().ok()?;
    directory.ancestors().find(|above| is_repository(&above.join(".git"))).map(Path::to_owned)
}

/// The repository whose work tree `directory` lies in, and where in it.
pub fn enclosing(directory: &Path) -> Result<(Repository, String), SourceError> {
    let real = directory::canonical(directory)?;
    let root = work_tree_root(&real).ok_or_else(|| SourceError::NotARepository { path: directory.into() })?;
    let prefix = directory::prefix_of(&root, &real)?;
    Ok((open(&root)?, prefix))
}

/// Opens the repository at `path`.
pub fn open(path: &Path) -> Result<Repository, SourceError> {
    options(Trust::Reduced)
        .open(path)
        .map(|repository| repository.to_thread_local())
        .map_err(|error| SourceError::OpenRepository { path: path.into(), reason: one_line(&error) })
}

/// How every repository is opened. Replacement objects are ignored: a commit is what its name says.
pub fn options(trust: Trust) -> gix::open::Options {
    gix::open::Options::isolated().with(trust).config_overrides([
        OBJECT_BYTES_MAX,
        "core.useReplaceRefs=false",
        "core.logAllRefUpdates=false",
        "gitoxide.userAgent=evenkeel",
        "committer.name=evenkeel",
        "committer.email=evenkeel@localhost",
    ])
}

/// The commit that `asked_for` names now.
pub fn find_commit(repository: Repository, asked_for: &str, path: &Path) -> Result<Found, SourceError> {
    find_commit_shown(repository, asked_for, path.display().to_string())
}

/// The same, in a repository that is called `shown` in messages.
pub fn find_commit_shown(
    repository: Repository,
    asked_for: &str,
    shown: String,
) -> Result<Found, SourceError> {
    let id = match repository.rev_parse_single(BStr::new(asked_for)) {
        Ok(id) => id.detach(),
        Err(error) => return Err(not_found(&repository, asked_for, shown, &error)),
    };
    let id = peel(&repository, id, asked_for, &shown)?;
    Ok(Found { repository, id, asked_for: asked_for.to_owned(), shown })
}

/// Follows tags to the commit.
fn peel(
    repository: &Repository,
    id: ObjectId,
    asked_for: &str,
    shown: &str,
) -> Result<ObjectId, SourceError> {
    let damaged = |error: gix::Error| SourceError::CorruptObject {
        object: id.to_string(),
        repository: shown.to_owned(),
        reason: one_line(&error),
    };
    let object = repository.find_object(id).map_err(damaged)?;
    let object = object.peel_tags_to_end().map_err(damaged)?;
    match object.kind {
        Kind::Commit => Ok(object.id),
        Kind::Tree | Kind::Blob | Kind::Tag => {
            Err(SourceError::NotACommit { revision: asked_for.to_owned(), repository: shown.to_owned() })
        }
    }
}

fn not_found(repository: &Repository, asked_for: &str, shown: String, error: &gix::Error) -> SourceError {
    use gix::revision::spec::parse::Error as Parse;
    if let Some(Parse::AmbiguousPrefix { .. } | Parse::AmbiguousRefAndObject { .. }) =
        error.downcast_any_ref::<Parse>()
    {
        return SourceError::RevisionAmbiguous { revision: asked_for.to_owned(), repository: shown };
    }
    let names = names(repository);
    if names.is_empty() && repository.head_id().is_err() {
        return SourceError::EmptyRepository { repository: shown };
    }
    let advice = advice(asked_for, &names, repository.is_shallow().unwrap_or(false));
    SourceError::RevisionMissing { revision: asked_for.to_owned(), repository: shown, advice }
}

/// What a branch or tag is called, and which of the two it is.
struct Name {
    kind: &'static str,
    name: String,
}

fn names(repository: &Repository) -> Vec<Name> {
    let mut names = Vec::new();
    let Ok(platform) = repository.references() else { return names };
    let Ok(references) = platform.all() else { return names };
    for reference in references.filter_map(Result::ok) {
        let full = reference.name().as_bstr().to_string();
        for (prefix, kind) in
            [("refs/heads/", "branch"), ("refs/tags/", "tag"), ("refs/remotes/", "remote branch")]
        {
            if let Some(name) = full.strip_prefix(prefix) {
                names.push(Name { kind, name: name.to_owned() });
            }
        }
    }
    names
}

fn advice(asked_for: &str, names: &[Name], shallow: bool) -> String {
    let start = asked_for.split(['~', '^', '@', ':']).next().unwrap_or_default();
    let starts_well = start == "HEAD" || names.iter().any(|name| name.name == start);
    if starts_well && shallow {
        return "The repository has only part of its history; complete it with git fetch --unshallow.".into();
    }
    if starts_well {
        return format!("{start:?} exists, but not what the rest of the expression leads to.");
    }
    let mut near: Vec<(usize, &Name)> = names
        .iter()
        .map(|name| (distance(asked_for, &name.name), name))
        .filter(|(distance, name)| {
            *distance <= asked_for.len() / 3 + 1 || name.name.rsplit('/').next() == Some(asked_for)
        })
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    let listed = |names: &[&Name]| {
        let quoted: Vec<String> = names.iter().map(|name| format!("{} `{}`", name.kind, name.name)).collect();
        quoted.join(" or ")
    };
    let near: Vec<&Name> = near.into_iter().take(3).map(|(_, name)| name).collect();
    if !near.is_empty() {
        return format!("Did you mean {}?", listed(&near));
    }
    let some: Vec<&Name> = names.iter().take(5).collect();
    if some.is_empty() {
        return "Name a commit; the repository has no branch and no tag.".into();
    }
    format!("Name a branch, a tag or a commit that exists, for example {}.", listed(&some))
}

/// The number of edits between two names; names longer than any sensible one count as far away.
fn distance(a: &str, b: &str) -> usize {
    if a.len() > 256 || b.len() > 256 {
        return usize::MAX;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for ((to, above), diagonal) in b.iter().zip(row.iter().skip(1)).zip(&row) {
            let left = next.last().copied().unwrap_or(i + 1);
            let change = diagonal + usize::from(from != *to);
            next.push(change.min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

/// An error of Git's library with its causes, without line breaks and without credentials.
pub fn one_line(error: &gix::Error) -> String {
    let mut causes: Vec<String> = Vec::new();
    for cause in error.iter_errors() {
        let text = cause.to_string();
        let words: Vec<String> = text.split_whitespace().map(location::without_credentials).collect();
        let text = words.join(" ");
        if !text.is_empty() && !causes.iter().any(|known| known.contains(&text)) {
            causes.push(text);
        }
    }
    causes.join(": ")
}
