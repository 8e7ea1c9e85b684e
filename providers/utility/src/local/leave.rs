//! Which files a configuration may read and write. The operator says so, and the paths that a configuration
//! names are held against it twice: as they are written while planning, and as they are on the disk, links
//! followed, before anything is touched.

use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, RwLock};

use evenkeel_model::Snapshot;
use evenkeel_provider::{ErrorKind, ProviderError, ReadFile};

/// How to allow a directory, for messages.
const REMEDY: &str = "Files of this machine are touched only where the operator allows it: \
                      -allow-local-files=DIR[:DIR], or EVENKEEL_ALLOW_LOCAL_FILES=DIR[:DIR] in the environment.";

/// A larger file is not read.
const BYTES_MAX: u64 = 64 << 20;

/// What of this machine's files a configuration may touch.
#[derive(Clone, Debug, Default)]
pub struct HostFiles {
    /// Where relative paths start; an absolute path.
    pub base: PathBuf,
    /// The operator's own directory, if it is evaluated as it stands: it may be read.
    pub own: Option<PathBuf>,
    /// Directories below which the operator lets files be read and written.
    pub allowed: Vec<PathBuf>,
    /// The files of the revision that is evaluated, which may be read.
    pub revision: RevisionFiles,
}

/// The files of the revision that is evaluated. They are known only after the providers are made.
#[derive(Clone, Debug, Default)]
pub struct RevisionFiles(Arc<RwLock<Option<Revision>>>);

/// A revision, and the directory of its root module.
type Revision = (Arc<Snapshot>, Arc<str>);

impl RevisionFiles {
    /// From now on it is this revision, with its root module in that directory.
    pub fn set(&self, snapshot: Arc<Snapshot>, root: Arc<str>) {
        if let Ok(mut place) = self.0.write() {
            *place = Some((snapshot, root));
        }
    }

    fn read(&self, path: &Path) -> Option<Vec<u8>> {
        let place = self.0.read().ok()?;
        let (snapshot, root) = place.as_ref()?;
        let path = clean(&Path::new(&**root).join(path))?;
        snapshot.file(path.to_str()?).map(|bytes| bytes.to_vec())
    }
}

impl HostFiles {
    /// Whether a path may be written, as it is spelled.
    pub(super) fn may_write(&self, path: &str) -> bool {
        let allowed = self.allowed.iter().filter_map(|allowed| clean(&self.base.join(allowed)));
        clean(&self.base.join(path))
            .is_some_and(|path| allowed.into_iter().any(|allowed| path.starts_with(allowed)))
    }

    /// The place on the disk that may be read and written under this name. What is missing of it is below a
    /// directory that is there.
    pub(super) fn writable(&self, operation: &str, path: &str) -> Result<PathBuf, ProviderError> {
        let real = real(&self.base.join(path)).map_err(|why| unreadable(operation, path, &why))?;
        match real.filter(|real| self.is_below(real, &self.allowed)) {
            Some(real) => Ok(real),
            None => Err(denied(operation, path)),
        }
    }

    fn is_below(&self, real: &Path, directories: &[PathBuf]) -> bool {
        let directories =
            directories.iter().filter_map(|directory| self.base.join(directory).canonicalize().ok());
        directories.into_iter().any(|directory| real != directory && real.starts_with(directory))
    }
}

impl ReadFile for HostFiles {
    /// The content of a file of the revision, of the operator's own directory, or of one that is allowed.
    fn read(&self, operation: &str, path: &str) -> Result<Vec<u8>, ProviderError> {
        let full = self.base.join(path);
        let real = real(&full).map_err(|why| unreadable(operation, path, &why))?;
        let in_directory = |directories: &[PathBuf]| {
            real.clone().filter(|real| self.is_below(real, directories) && real.is_file())
        };
        let own: Vec<PathBuf> = self.own.iter().cloned().collect();
        if let Some(real) = in_directory(&own) {
            return contents(operation, &real);
        }
        if let Some(bytes) = self.revision.read(Path::new(path)) {
            return Ok(bytes);
        }
        if let Some(real) = in_directory(&self.allowed) {
            return contents(operation, &real);
        }
        let may_be_read = [own, self.allowed.clone()].concat();
        match real.is_some_and(|real| self.is_below(&real, &may_be_read)) {
            true => Err(unreadable(operation, path, "there is no such file")),
            false => Err(denied(operation, path)),
        }
    }

    /// Any file where the configuration is the operator's own directory; otherwise one that is allowed.
    fn may_name(&self, path: &str) -> bool {
        let real = || real(&self.base.join(path)).ok().flatten();
        self.own.is_some() || real().is_some_and(|real| self.is_below(&real, &self.allowed))
    }
}

/// The content of a file on the disk, which was checked.
pub(super) fn contents(operation: &str, path: &Path) -> Result<Vec<u8>, ProviderError> {
    let name = path.display().to_string();
    let size =
        std::fs::metadata(path).map_err(|error| unreadable(operation, &name, &error.to_string()))?.len();
    if size > BYTES_MAX {
        return Err(unreadable(operation, &name, &format!("it has more than {BYTES_MAX} bytes")));
    }
    std::fs::read(path).map_err(|error| unreadable(operation, &name, &error.to_string()))
}

/// Where a path leads, links followed: its deepest part that is there, and what is missing below it. None
/// where what is missing goes up again or hangs in the air, so that nobody can tell where it is.
fn real(path: &Path) -> Result<Option<PathBuf>, String> {
    let mut missing = Vec::new();
    let mut there = path;
    while there.symlink_metadata().is_err() {
        let (Some(parent), Some(Component::Normal(name))) = (there.parent(), there.components().next_back())
        else {
            return Ok(None);
        };
        missing.push(name);
        there = parent;
    }
    // A link that leads nowhere would be followed by whoever writes to it.
    let Ok(real) = there.canonicalize() else { return Ok(None) };
    if !missing.is_empty() && !real.is_dir() {
        return Err(format!("{} is no directory", there.display()));
    }
    Ok(Some(missing.into_iter().rev().fold(real, |path, name| path.join(name))))
}

/// The path without `.` and `..`; none where it leaves its root.
fn clean(path: &Path) -> Option<PathBuf> {
    path.components().try_fold(PathBuf::new(), |mut cleaned, component| match component {
        Component::CurDir => Some(cleaned),
        Component::ParentDir => cleaned.pop().then_some(cleaned),
        other => {
            cleaned.push(other);
            Some(cleaned)
        }
    })
}

fn denied(operation: &str, path: &str) -> ProviderError {
    let detail = format!("the path \"{path}\" is not one that this run may touch.");
    ProviderError::new(ErrorKind::Denied, operation, detail).with_remedy(REMEDY)
}

/// What a plan says of a path that it may not write.
pub(super) fn refusal(path: &str) -> String {
    format!("The path \"{path}\" is not one that this run may write. {REMEDY}")
}

fn unreadable(operation: &str, path: &str, why: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, operation, format!("the file \"{path}\" cannot be used: {why}."))
}
