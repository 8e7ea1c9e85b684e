use std::path::{Path, PathBuf};
use std::sync::Arc;

use evenkeel_model::{Revision, Snapshot, Value};
use evenkeel_provider::{ErrorKind, PlanRequest};
use tempfile::TempDir;

use super::data::LocalData;
use super::file::LocalFile;
use super::*;
use crate::kind::{Reading, Resource};
use crate::object::{only, with};
use crate::testing::{check_schemas, kind_of};

/// A directory with one below it that is allowed, and one beside that is not.
struct Disk(TempDir);

impl Disk {
    fn new() -> Self {
        let disk = Self(tempfile::tempdir().unwrap());
        for directory in ["open", "closed"] {
            std::fs::create_dir(disk.at(directory)).unwrap();
        }
        std::fs::write(disk.at("closed/secret"), "secret").unwrap();
        disk
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn files(&self) -> Arc<HostFiles> {
        let (base, allowed) = (self.0.path().to_owned(), vec!["open".into()]);
        Arc::new(HostFiles { base, allowed, ..HostFiles::default() })
    }

    fn resource(&self) -> LocalFile {
        LocalFile { sensitive: false, files: self.files() }
    }
}

fn object(file: &LocalFile, attributes: &[(&'static str, &str)]) -> Value {
    let schema = serde_json::from_str(file.schema_text()).unwrap();
    let permissions = [("file_permission", "0640"), ("directory_permission", "0750")];
    let texts = permissions.iter().chain(attributes);
    only(&schema, texts.map(|(name, text)| (*name, Value::string(text))))
}

#[test]
fn schemas_can_be_read() {
    check_schemas(family(HostFiles::default()));
}

#[test]
fn a_file_is_written_with_its_directories_and_modes() {
    let disk = Disk::new();
    let file = disk.resource();
    let made = file.create(&object(&file, &[("filename", "./open/a/b/x"), ("content", "hello")])).unwrap();
    assert_eq!(std::fs::read(disk.at("open/a/b/x")).unwrap(), b"hello");
    assert_eq!(made.get_str("id"), Some("aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"));
    assert_eq!(made.get_str("content_md5"), Some("5d41402abc4b2a76b9719d911017c592"));
    assert_eq!(made.get_str("content_base64sha256"), Some("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &str| std::fs::metadata(disk.at(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("open/a/b/x"), mode("open/a")), (0o640, 0o750));
    }
    assert_eq!(file.observe(made.clone()), Ok(Some(made.clone())));
    std::fs::write(disk.at("open/a/b/x"), "other").unwrap();
    assert_eq!(file.observe(made.clone()), Ok(None));
    file.delete(&made).unwrap();
    assert!(!disk.at("open/a/b/x").exists() && disk.at("open/a/b").exists());
    assert_eq!(file.observe(made.clone()), Ok(None));
    file.delete(&made).unwrap();
}

#[test]
fn the_content_may_come_in_other_ways() {
    let disk = Disk::new();
    std::fs::write(disk.at("open/source"), "from a file").unwrap();
    let file = disk.resource();
    for (attribute, given, expected) in [
        ("sensitive_content", "s", "s"),
        ("content_base64", "aGVsbG8=", "hello"),
        ("source", "open/source", "from a file"),
    ] {
        file.create(&object(&file, &[("filename", "open/x"), (attribute, given)])).unwrap();
        assert_eq!(std::fs::read_to_string(disk.at("open/x")).unwrap(), expected);
    }
    assert!(file.create(&object(&file, &[("filename", "open/x"), ("content_base64", "?")])).is_err());
    let stolen = object(&file, &[("filename", "open/x"), ("source", "closed/secret")]);
    assert_eq!(kind_of(file.create(&stolen)), ErrorKind::Denied);
}

#[test]
fn what_an_interrupted_create_wrote_is_found_by_its_content() {
    let disk = Disk::new();
    let file = disk.resource();
    let planned = object(&file, &[("filename", "open/x"), ("content", "hello")]);
    assert_eq!(file.find(&planned), Ok(None));
    std::fs::write(disk.at("open/x"), "hel").unwrap();
    assert_eq!(file.find(&planned), Ok(None));
    let made = file.create(&planned).unwrap();
    assert_eq!(file.find(&planned), Ok(Some(made)));
}

#[test]
fn nothing_is_touched_that_is_not_allowed() {
    let disk = Disk::new();
    let file = disk.resource();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(disk.at("closed"), disk.at("open/link")).unwrap();
        std::os::unix::fs::symlink(disk.at("closed/new"), disk.at("open/dangling")).unwrap();
        std::os::unix::fs::symlink(disk.at("closed/secret"), disk.at("open/secret")).unwrap();
    }
    let absolute = disk.at("closed/new");
    let paths = [
        "closed/new",
        "open/../closed/new",
        "open/missing/../../closed/new",
        "open/link/new",
        "open/dangling",
        "open/secret",
        "open/link/secret",
        "../x",
        "",
        ".",
        absolute.to_str().unwrap(),
    ];
    for path in paths {
        let wanted = object(&file, &[("filename", path), ("content", "x")]);
        assert_eq!(kind_of(file.create(&wanted)), ErrorKind::Denied, "{path}");
        assert_eq!(kind_of(file.observe(wanted.clone())), ErrorKind::Denied, "{path}");
        assert_eq!(kind_of(file.delete(&wanted)), ErrorKind::Denied, "{path}");
    }
    assert!(!disk.at("closed/new").exists());
    assert_eq!(std::fs::read(disk.at("closed/secret")).unwrap(), b"secret");
}

#[test]
fn a_plan_says_how_to_allow_it() {
    let disk = Disk::new();
    let file = disk.resource();
    let schema = serde_json::from_str(file.schema_text()).unwrap();
    let plan = |path: Value| {
        let config = with(&only(&schema, []), [("filename", path)]);
        let empty = Value::empty_object();
        file.plan(&schema, &PlanRequest { provider_config: &empty, prior: None, config: &config }).diagnostics
    };
    for path in ["closed/x", "/etc/x", "open/../../x"] {
        let said = plan(Value::string(path));
        assert!(said.has_errors());
        assert!(said.iter().next().unwrap().detail.contains("-allow-local-files=DIR"), "{path}");
    }
    assert!(!plan(Value::string("open/x")).has_errors());
    assert!(!plan(Value::unknown(evenkeel_model::Type::String)).has_errors());
    let wrong = object(&file, &[("file_permission", "999")]);
    assert!(file.validate(&wrong).has_errors());
}

fn read(files: &HostFiles, path: &str) -> Result<Value, evenkeel_provider::ProviderError> {
    let data = LocalData { sensitive: false, files: Arc::new(files.clone()) };
    let schema = serde_json::from_str(data.schema_text()).unwrap();
    data.read(&Value::empty_object(), &only(&schema, [("filename", Value::string(path))]))
}

#[test]
fn files_of_the_revision_can_be_read_wherever_it_is() {
    let disk = Disk::new();
    let files = HostFiles { ..(*disk.files()).clone() };
    let snapshot =
        Snapshot::from_files(Revision::Commit("c".into()), [("envs/a/x", "one"), ("shared/y", "two")]);
    assert_eq!(kind_of(read(&files, "x")), ErrorKind::Denied);
    files.revision.set(Arc::new(snapshot), "envs/a".into());
    for (path, expected) in [("x", "one"), ("./x", "one"), ("../../shared/y", "two")] {
        assert_eq!(read(&files, path).unwrap().get_str("content"), Some(expected));
    }
    for path in ["../../../shared/y", "z", "closed/secret", "/etc/passwd"] {
        assert_eq!(kind_of(read(&files, path)), ErrorKind::Denied, "{path}");
    }
}

#[test]
fn the_operators_own_directory_can_be_read_and_not_written() {
    let disk = Disk::new();
    std::fs::write(disk.at("open/bytes"), [0x68, 0xff]).unwrap();
    let files = HostFiles { own: Some(disk.at("closed")), ..(*disk.files()).clone() };
    assert_eq!(read(&files, "closed/secret").unwrap().get_str("content_base64"), Some("c2VjcmV0"));
    let bytes = read(&files, "open/bytes").unwrap();
    assert_eq!(
        (bytes.get_str("content"), bytes.get_str("content_base64")),
        (Some("h\u{fffd}"), Some("aP8="))
    );
    assert_eq!(kind_of(read(&files, "closed/missing")), ErrorKind::Invalid);
    assert_eq!(kind_of(read(&files, Path::new("../x").to_str().unwrap())), ErrorKind::Denied);
    let file = LocalFile { sensitive: true, files: Arc::new(files) };
    assert_eq!(
        kind_of(file.create(&object(&file, &[("filename", "closed/x"), ("content", "x")]))),
        ErrorKind::Denied
    );
}
