//! What can go wrong on the way to a package, each with what to do about it.

use crate::SourceError;

/// Why a module could not be had. Messages contain no passwords and no tokens.
#[derive(Debug, thiserror::Error)]
pub enum ModuleError {
    /// The registry does not know the module.
    #[error("the module {package} cannot be found in the module registry at {host}")]
    NotFound {
        /// The module.
        package: String,
        /// The registry.
        host: String,
    },
    /// The registry does not answer as one does.
    #[error("the module registry at {host} cannot be used: {reason}")]
    Registry {
        /// The registry.
        host: String,
        /// What happened.
        reason: String,
    },
    /// There is not one version.
    #[error("the module {package} has no versions available")]
    NoVersions {
        /// The module.
        package: String,
    },
    /// No version that fits.
    #[error(
        "there is no available version of module {package} which matches the version constraint \"{constraint}\"; the newest \
         available version is {newest}"
    )]
    NoMatch {
        /// The module.
        package: String,
        /// What is asked for.
        constraint: String,
        /// What there is.
        newest: String,
    },
    /// A registry or a page sends us to a place that is none.
    #[error("{from} says that the package is at {location:?}, which cannot be used: {reason}")]
    Location {
        /// Who says so.
        from: String,
        /// What it says.
        location: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file could not be had.
    #[error("cannot download {url}: {reason}")]
    Download {
        /// From where, without credentials.
        url: String,
        /// What happened.
        reason: String,
    },
    /// A file is no archive, or none that is taken.
    #[error("cannot unpack {url}: {reason}")]
    Archive {
        /// From where, without credentials.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The files are not those that are locked.
    #[error("the files of {package} have the hash {found}, and the lock file says {expected}")]
    Hash {
        /// The module.
        package: String,
        /// What is locked.
        expected: String,
        /// What there is.
        found: String,
    },
    /// The operator says that nobody may be asked.
    #[error("{url} may not be asked: the settings for modules say offline")]
    Offline {
        /// Who would have been asked.
        url: String,
    },
    /// The operator says who may be asked, and this is somebody else.
    #[error("{url} may not be asked: its host is not among the allowed_hosts of the settings for modules")]
    Host {
        /// Who would have been asked.
        url: String,
    },
    /// A revision may not name files of the machine that evaluates it.
    #[error("{url} is on this machine, where a revision may not reach")]
    Machine {
        /// The address.
        url: String,
    },
    /// A file name that no hash can be made with.
    #[error("the package {package} has a file with a line break in its name")]
    Name {
        /// The module.
        package: String,
    },
    /// Git, a directory or the cache.
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl ModuleError {
    /// The title of the diagnostic.
    pub fn summary(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "Module not found",
            Self::Registry { .. } => "Error accessing remote module registry",
            Self::NoVersions { .. } => "Module has no versions",
            Self::NoMatch { .. } => "Unresolvable module version constraint",
            Self::Location { .. } => "Invalid package location from module registry",
            Self::Hash { .. } => "Module does not match the lock file",
            Self::Download { .. } | Self::Archive { .. } | Self::Offline { .. } | Self::Host { .. } => {
                "Failed to download module"
            }
            Self::Machine { .. } | Self::Name { .. } | Self::Source(_) => "Failed to download module",
        }
    }

    /// What to do about it, in sentences.
    pub fn remedy(&self) -> String {
        match self {
            Self::NotFound { .. } => "Check the spelling, and whether the registry wants a token.".into(),
            Self::Registry { .. } => {
                "Check the network and the token (TF_TOKEN_host), or set up a mirror.".into()
            }
            Self::NoVersions { .. } => "Check the source, or put a version into the mirror.".into(),
            Self::NoMatch { .. } => "Change the constraint, or publish a version that meets it.".into(),
            Self::Location { .. } => "This is for whoever runs the registry to put right.".into(),
            Self::Download { .. } => "Check the address and the network.".into(),
            Self::Archive { .. } => {
                "Packages are .zip, .tar.gz, .tar.bz2 or .tar.xz files with files, directories and links inside.".into()
            }
            Self::Hash { .. } => {
                "Somebody has changed what was published, or the lock file. Find out who and why; `evenkeel init -upgrade` \
                 accepts what is there now."
                    .into()
            }
            Self::Offline { .. } => "Set up a mirror that has the module, or do without offline.".into(),
            Self::Host { .. } => {
                "Use a module of a host that is allowed, or ask whoever runs Evenkeel here to allow this one.".into()
            }
            Self::Machine { .. } => {
                "Use an address that others can reach, or let the operator's settings rewrite it.".into()
            }
            Self::Name { .. } => "Rename the file.".into(),
            Self::Source(error) => error.remedy(),
        }
    }
}
