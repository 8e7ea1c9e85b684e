//! Files that appear whole or not at all.
//!
//! A file is written beside its place, as `NAME.PROCESS-COUNT.tmp`, and moved there. While that
//! lasts its writer holds a lock on it, which the operating system gives back however the process
//! ends: what nobody holds, a killed process has left behind, and whoever comes next may remove it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// How many names are tried: others may be taken, or swept between making and holding them.
const ATTEMPTS_MAX: usize = 100;

/// Writes a file so that nobody ever sees a part of it.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write(path, bytes, &File::options())
}

/// The same for a file that only its owner may read.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    write(path, bytes, &options)?;
    // The name must outlive a power cut too; not every file system lets a directory be flushed.
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    drop(File::open(directory).and_then(|directory| directory.sync_all()));
    Ok(())
}

fn write(path: &Path, bytes: &[u8], options: &OpenOptions) -> io::Result<()> {
    let (beside, mut file) = held(path, options)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    let moved = written.and_then(|()| fs::rename(&beside, path));
    if moved.is_err() {
        // What cannot be removed either is in nobody's way.
        drop(fs::remove_file(&beside));
    }
    moved
}

/// Removes what killed processes have left beside a file.
pub fn sweep_beside(path: &Path) {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str()))
    else {
        return;
    };
    sweep(directory, |target| target == name);
}

/// The same for all files of a directory whose names are ours. What cannot be removed stays.
pub fn sweep(directory: &Path, is_ours: impl Fn(&str) -> bool) {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let entries = fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
    for entry in entries {
        let is_left = entry.file_name().to_str().and_then(target).is_some_and(&is_ours)
            && entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_left {
            drop(remove_abandoned(&entry.path()));
        }
    }
}

/// The file that a name beside it is for.
pub(crate) fn target(name: &str) -> Option<&str> {
    let (target, writer) = name.strip_suffix(".tmp")?.rsplit_once('.')?;
    let (process, count) = writer.split_once('-')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(process) && is_number(count)).then_some(target)
}

/// Removes a file that nobody holds.
fn remove_abandoned(path: &Path) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => fs::remove_file(path),
        Err(TryLockError::WouldBlock) => Ok(()),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// A new file beside a path, held.
fn held(path: &Path, options: &OpenOptions) -> io::Result<(PathBuf, File)> {
    for _ in 0..ATTEMPTS_MAX {
        let beside = beside(path);
        let file = match options.clone().write(true).create_new(true).open(&beside) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            file => file?,
        };
        match file.try_lock() {
            // Whoever sweeps has it, and removes it.
            Err(TryLockError::WouldBlock) => {}
            Ok(()) if is_swept(&file) => {}
            // Without locks nobody sweeps either.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok((beside, file)),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "no name for a new file is free"))
}

fn beside(path: &Path) -> PathBuf {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{count}.tmp", std::process::id()));
    path.with_file_name(name)
}

/// Whether the file has no name any more: it was removed before it was held.
#[cfg(unix)]
fn is_swept(file: &File) -> bool {
    file.metadata().is_ok_and(|metadata| std::os::unix::fs::MetadataExt::nlink(&metadata) == 0)
}

/// Elsewhere a file that is open cannot be removed.
#[cfg(not(unix))]
fn is_swept(_file: &File) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn only_what_is_ours_and_abandoned_is_swept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.hcl");
        let others = ["y.hcl.1-1.tmp", "x.hcl.1.tmp", "x.hcl.1-.tmp", "x.hcl.1-a.tmp", "x.hcl", "x.hcl.1-1"];
        for name in others.iter().chain(&["x.hcl.1-1.tmp", "x.hcl.4294967295-0.tmp"]) {
            fs::write(directory.path().join(name), "half").unwrap();
        }
        fs::create_dir(directory.path().join("x.hcl.2-2.tmp")).unwrap();
        std::os::unix::fs::symlink("x.hcl", directory.path().join("x.hcl.3-3.tmp")).unwrap();
        let (beside, file) = held(&path, &File::options()).unwrap();
        sweep_beside(&path);
        let beside = beside.file_name().unwrap().to_str().unwrap();
        let mut left = others.to_vec();
        left.extend(["x.hcl.2-2.tmp", "x.hcl.3-3.tmp", beside]);
        left.sort_unstable();
        assert_eq!(names(directory.path()), left);
        // Its writer is gone.
        drop(file);
        sweep_beside(&path);
        left.retain(|name| *name != beside);
        assert_eq!(names(directory.path()), left);
    }

    #[test]
    fn writers_and_sweepers_at_the_same_time() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        std::thread::scope(|scope| {
            for writer in 0..4_u8 {
                let path = &path;
                scope.spawn(move || {
                    for _ in 0..40 {
                        write_whole(path, &[b'0' + writer; 5000]).unwrap();
                        sweep_beside(path);
                    }
                });
                scope.spawn(move || (0..400).for_each(|_| sweep_beside(path)));
            }
        });
        assert_eq!(names(directory.path()), ["x"]);
        let bytes = fs::read(&path).unwrap();
        assert!(bytes.len() == 5000 && bytes.iter().all(|byte| *byte == bytes[0]));
    }
}
