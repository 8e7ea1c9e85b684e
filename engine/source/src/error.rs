//! Failures of the world, each with what to do about it.

use std::path::PathBuf;

/// Why a revision could not be read. Messages never contain credentials or the contents of files.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The text is no path and no URL that we understand.
    #[error("cannot make sense of the location {text:?}: {reason}")]
    Location {
        /// What was typed, without credentials.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A local path does not exist.
    #[error("the directory {} does not exist", path.display())]
    DirectoryMissing {
        /// The path as it was given.
        path: PathBuf,
    },
    /// A local path is a file.
    #[error("{} is not a directory", path.display())]
    NotADirectory {
        /// The path as it was given.
        path: PathBuf,
    },
    /// A revision was asked for where there is no repository.
    #[error("{} is not a Git repository", path.display())]
    NotARepository {
        /// The path as it was given.
        path: PathBuf,
    },
    /// There is a repository, but it cannot be opened.
    #[error("cannot open the Git repository {}: {reason}", path.display())]
    OpenRepository {
        /// Where it is.
        path: PathBuf,
        /// What Git's library says.
        reason: String,
    },
    /// The repository has no commit at all.
    #[error("the repository {repository} has no commit yet")]
    EmptyRepository {
        /// Path or URL, without credentials.
        repository: String,
    },
    /// No branch, tag or commit of this name.
    #[error("there is no revision {revision:?} in {repository}")]
    RevisionMissing {
        /// What was asked for.
        revision: String,
        /// Path or URL, without credentials.
        repository: String,
        /// What to try.
        advice: String,
    },
    /// More than one commit begins like this.
    #[error("the revision {revision:?} is ambiguous in {repository}")]
    RevisionAmbiguous {
        /// What was asked for.
        revision: String,
        /// Path or URL, without credentials.
        repository: String,
    },
    /// The revision names a file or a directory.
    #[error("the revision {revision:?} of {repository} is not a commit")]
    NotACommit {
        /// What was asked for.
        revision: String,
        /// Path or URL, without credentials.
        repository: String,
    },
    /// The remote did not answer as a Git server does.
    #[error("cannot fetch {url}: {reason}")]
    Unreachable {
        /// The URL without credentials.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The remote wants to know who we are, or does not like the answer.
    #[error("{url} refuses access: {reason}")]
    Authentication {
        /// The URL without credentials.
        url: String,
        /// What happened.
        reason: String,
    },
    /// Another process fetches the same remote for too long.
    #[error("another process has been fetching {url} for more than {seconds} seconds")]
    Busy {
        /// The URL without credentials.
        url: String,
        /// How long we waited.
        seconds: u64,
    },
    /// The directory of the root module is not in the revision.
    #[error("there is no directory {directory:?} in {revision}")]
    SubdirectoryMissing {
        /// The directory, from the root of the repository.
        directory: String,
        /// The revision, for people.
        revision: String,
        /// Directories that exist beside it.
        beside: Vec<String>,
    },
    /// A file is larger than the limit.
    #[error("the file {path:?} has {size} bytes; at most {limit} are read")]
    FileTooLarge {
        /// The file, from the root of the snapshot.
        path: String,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// All files together are larger than the limit.
    #[error("the files of the configuration together have more than {limit} bytes; {path:?} is one too many")]
    TotalTooLarge {
        /// The file at which the limit was passed.
        path: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// There are more files and directories than the limit.
    #[error("the configuration has more than {limit} files and directories; {path:?} is one too many")]
    TooManyFiles {
        /// The entry at which the limit was passed.
        path: String,
        /// The limit.
        limit: u64,
    },
    /// A directory is nested more deeply than the limit.
    #[error("the directory {path:?} is nested more than {limit} levels deep")]
    TooDeep {
        /// The directory, from the root of the snapshot.
        path: String,
        /// The limit.
        limit: u64,
    },
    /// A path is longer than the limit.
    #[error("the path {path:?}... is longer than {limit} bytes")]
    PathTooLong {
        /// How the path begins.
        path: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// A file name is not UTF-8.
    #[error("the name of {path:?} is not UTF-8")]
    PathNotUtf8 {
        /// The path, with what cannot be read replaced.
        path: String,
    },
    /// A symbolic link points out of the repository or the directory.
    #[error("the symbolic link {path:?} leads out of the configuration, to {target:?}")]
    LinkEscapes {
        /// The link, from the root of the snapshot.
        path: String,
        /// What it points to.
        target: String,
    },
    /// Symbolic links lead in a circle.
    #[error("the symbolic link {path:?} leads back to itself")]
    LinkLoop {
        /// The link, from the root of the snapshot.
        path: String,
    },
    /// A symbolic link that is configuration points to nothing.
    #[error("the symbolic link {path:?} points to {target:?}, which does not exist")]
    LinkDangling {
        /// The link, from the root of the snapshot.
        path: String,
        /// What it points to.
        target: String,
    },
    /// An object of the repository is damaged or missing.
    #[error("the object {object} of {repository} cannot be read: {reason}")]
    CorruptObject {
        /// The object's name.
        object: String,
        /// Path or URL, without credentials.
        repository: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file or directory could not be read.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The copy of a remote could not be written.
    #[error("cannot use the cache of remote repositories at {}", path.display())]
    Cache {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The caller gave up.
    #[error("reading the configuration was interrupted")]
    Interrupted,
}

impl SourceError {
    /// What to do about it, in a sentence or two.
    pub fn remedy(&self) -> String {
        match self {
            Self::Location { .. } => {
                "Give a directory, a Git repository on this machine, or a URL that begins \
                 with file://, https://, http:// or ssh://; append //DIRECTORY for a directory inside it and \
                 ?ref=REVISION for a branch, tag or commit."
                    .into()
            }
            Self::DirectoryMissing { .. } => "Check the spelling and the current directory.".into(),
            Self::NotADirectory { .. } => "Give the directory that contains the file.".into(),
            Self::NotARepository { .. } => {
                "Leave out the revision to read the directory as it stands, or make \
                 it a repository with git init and commit the configuration."
                    .into()
            }
            Self::OpenRepository { .. } => "Check with git fsck that the repository is whole.".into(),
            Self::EmptyRepository { .. } => "Commit the configuration first.".into(),
            Self::RevisionMissing { advice, .. } => advice.clone(),
            Self::RevisionAmbiguous { .. } => "Give more digits of the commit, or refs/heads/NAME or \
                 refs/tags/NAME in full."
                .into(),
            Self::NotACommit { .. } => "Name a branch, a tag or a commit.".into(),
            Self::Unreachable { .. } => {
                "Check the URL and the network, and that git ls-remote can reach the same URL.".into()
            }
            Self::Authentication { .. } => {
                "Check that the account may read the repository. For https, give a \
                 user name and an access token; for ssh, load the key into the agent."
                    .into()
            }
            Self::Busy { .. } => "Wait for the other process, or end it; its lock disappears with it.".into(),
            Self::SubdirectoryMissing { beside, .. } if beside.is_empty() => {
                "Check the spelling and the revision; directories count from the root of the repository."
                    .into()
            }
            Self::SubdirectoryMissing { beside, .. } => {
                format!("Directories there: {}.", beside.join(", "))
            }
            Self::FileTooLarge { .. } | Self::TotalTooLarge { .. } | Self::TooManyFiles { .. } => {
                "Keep the configuration in a directory of its own, away from large files and build results, \
                 and name that directory."
                    .into()
            }
            Self::TooDeep { .. } | Self::PathTooLong { .. } => {
                "Flatten the directories, or move them out of the configuration.".into()
            }
            Self::PathNotUtf8 { .. } => "Rename the file.".into(),
            Self::LinkEscapes { .. } => {
                "Only files of the same revision can be read. Replace the link by a copy \
                 of what it points to, or by a relative link inside the repository."
                    .into()
            }
            Self::LinkLoop { .. } | Self::LinkDangling { .. } => "Correct or remove the link.".into(),
            Self::CorruptObject { .. } => {
                "Check the repository with git fsck, and clone it again if objects are \
                 damaged or missing."
                    .into()
            }
            Self::Io { .. } => "Check the permissions of the file and of the directories above it.".into(),
            Self::Cache { .. } => {
                "Check that the directory can be written and that the disk is not full.".into()
            }
            Self::Interrupted => "Start again; nothing was changed.".into(),
        }
    }
}
