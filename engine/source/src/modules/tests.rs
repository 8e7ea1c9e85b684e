//! Packages from real servers on this machine, from repositories, mirrors and the cache.

mod archives;
mod fetching;
mod hosts;
mod registries;
mod server;
mod shallow;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use evenkeel_lang::config::{
    Locked, Mirror, MirrorPlace, ModuleSettings, ModuleSource, Token, VersionConstraint,
    parse_module_settings, parse_module_source,
};
use tempfile::TempDir;

use super::*;
use crate::Limits;

/// A cache and settings for one test.
struct Place {
    directory: TempDir,
    settings: ModuleSettings,
    reach: Reach,
}

impl Place {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            settings: ModuleSettings::default(),
            reach: Reach::Machine,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn modules(&self) -> Modules {
        Modules::new(self.path("cache"), &Limits::default(), self.settings.clone(), self.reach)
    }

    fn offline(&self) -> Modules {
        let settings = ModuleSettings { offline: true, ..self.settings.clone() };
        Modules::new(self.path("cache"), &Limits::default(), settings, self.reach)
    }

    fn resolve(&self, address: &str, constraint: &str) -> Result<Resolved, ModuleError> {
        let constraint: Option<VersionConstraint> =
            (!constraint.is_empty()).then(|| constraint.parse().unwrap());
        self.modules().resolve(&source(address), constraint.as_ref(), &AtomicBool::new(false))
    }

    fn locked(&self, address: &str, locked: &Locked) -> Result<Files, ModuleError> {
        self.modules().locked(&source(address), locked, &AtomicBool::new(false))
    }

    fn forget(&self) {
        fs::remove_dir_all(self.path("cache")).unwrap();
    }

    fn write(&self, path: &str, contents: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }
}

fn source(address: &str) -> ModuleSource {
    parse_module_source(address).unwrap()
}

fn names(files: &Files) -> Vec<&str> {
    files.keys().map(|path| &**path).collect()
}

fn text<'a>(files: &'a Files, path: &str) -> &'a str {
    std::str::from_utf8(&files[path]).unwrap()
}

#[track_caller]
fn check_error<T: std::fmt::Debug>(result: Result<T, ModuleError>, summary: &str, message: &str) {
    let error = result.expect_err("must fail");
    assert_eq!(error.summary(), summary, "{error}");
    assert!(error.to_string().contains(message), "{error}");
    assert!(!error.remedy().is_empty());
}

/// A `.tar.gz` of text files.
fn tar_gz(files: &[(&str, &str)]) -> Vec<u8> {
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(encoder);
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        builder.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// A `.zip` of text files.
fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    use std::io::Write as _;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn mirror(prefix: &str, place: MirrorPlace) -> Mirror {
    Mirror { prefix: prefix.into(), place }
}

fn directory(path: &Path) -> MirrorPlace {
    MirrorPlace::Directory(Arc::from(path.display().to_string()))
}
