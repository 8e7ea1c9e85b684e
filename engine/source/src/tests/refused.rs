//! What is refused, with what message.

use std::fs;
use std::sync::atomic::AtomicBool;

use super::{Scene, check_error, paths};
use crate::{Limits, Source};

#[test]
fn links_that_lead_astray_are_refused() {
    for (target, path, message) in [
        ("/etc/passwd", "live/passwd", "leads out of the configuration"),
        ("../../work/other.tf", "live/other.tf", "leads out of the configuration"),
        ("../up/../../../x", "live/x", "leads out of the configuration"),
        ("self", "live/self", "leads back to itself"),
        ("..", "live/up", "leads back to itself"),
        (".", "live/here", "leads back to itself"),
        ("gone.tf", "live/main.tf", "which does not exist"),
        ("../.git/config", "live/config.tf", "which does not exist"),
    ] {
        let scene = Scene::empty();
        scene.write("other.tf", "");
        scene.write("up/there", "");
        scene.link(target, path);
        scene.commit("link");
        for revision in [None, Some("main")] {
            check_error(scene.read("/live", revision), message, "");
            let shown = scene.read("/live", revision).unwrap_err().to_string();
            assert!(shown.contains(path), "{shown}");
        }
    }
}

#[test]
fn links_between_directories_in_a_circle() {
    let scene = Scene::empty();
    scene.write("live/main.tf", "");
    scene.write("b/main.tf", "");
    scene.link("../b", "live/b");
    scene.link("../live", "b/live");
    scene.commit("circle");
    for revision in [None, Some("main")] {
        check_error(scene.read("/live", revision), "leads back to itself", "Correct or remove");
    }
}

#[test]
fn limits() {
    let scene = Scene::empty();
    scene.write("a/b/c/main.tf", "0123456789");
    scene.write("a/two.txt", "01234");
    scene.commit("limits");
    let default = Limits::default;
    for (limits, message) in [
        (Limits { file_bytes_max: 9, ..default() }, "the file \"a/b/c/main.tf\" has 10 bytes; at most 9"),
        (Limits { total_bytes_max: 14, ..default() }, "together have more than 14 bytes"),
        (Limits { files_max: 4, ..default() }, "more than 4 files and directories"),
        (Limits { depth_max: 2, ..default() }, "\"a/b/c\" is nested more than 2 levels deep"),
        (Limits { path_bytes_max: 8, ..default() }, "is longer than 8 bytes"),
    ] {
        for revision in [None, Some("main")] {
            let source = Source::new(scene.path("cache"), limits.clone());
            let result = source.read(&scene.location(""), revision, &AtomicBool::new(false));
            check_error(result, message, "");
        }
    }
    let exact =
        Limits { file_bytes_max: 10, total_bytes_max: 15, files_max: 5, depth_max: 3, path_bytes_max: 13 };
    for revision in [None, Some("main")] {
        let source = Source::new(scene.path("cache"), exact.clone());
        source.read(&scene.location(""), revision, &AtomicBool::new(false)).unwrap();
    }
}

#[test]
fn a_bomb_of_links_is_bounded() {
    let scene = Scene::empty();
    scene.write("d40/main.tf", "");
    for level in (0..40).rev() {
        scene.link(&format!("../d{}", level + 1), &format!("d{level}/a"));
        scene.link(&format!("../d{}", level + 1), &format!("d{level}/b"));
    }
    scene.commit("bomb");
    let source = Source::new(scene.path("cache"), Limits { files_max: 5000, ..Limits::default() });
    let result = source.read(&scene.location("/d0"), Some("main"), &AtomicBool::new(false));
    check_error(result, "more than 5000 files", "directory of its own");
}

#[test]
fn names_that_are_not_utf8() {
    use std::os::unix::ffi::OsStrExt as _;
    let scene = Scene::empty();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.tf");
    fs::write(scene.work().join(name), "").unwrap();
    scene.commit("latin");
    for revision in [None, Some("main")] {
        check_error(scene.read("", revision), "is not UTF-8", "Rename");
    }
}

#[test]
fn revisions_that_do_not_exist() {
    let scene = Scene::new();
    scene.git(&["branch", "feature/login"]);
    for (revision, remedy) in [
        ("mian", "Did you mean branch `main`?"),
        ("login", "Did you mean branch `feature/login`?"),
        ("something-else-entirely", "for example branch `feature/login` or branch `main`"),
        ("0123456789abcdef0123456789abcdef01234567", "Name a branch, a tag or a commit"),
        ("HEAD~5", ""),
        ("", ""),
        ("..", ""),
        ("@{", ""),
        ("main:live", ""),
    ] {
        for result in [scene.read("", Some(revision)), scene.fetch("", Some(revision))] {
            let error = result.err().unwrap_or_else(|| panic!("{revision:?} must fail"));
            assert!(error.remedy().contains(remedy), "{revision:?}: {error}: {}", error.remedy());
        }
    }
    check_error(scene.read("", Some("main:live")), "is not a commit", "Name a branch");
    check_error(scene.read("", Some("main~5")), "no revision", "\"main\" exists, but");
    let shallow = scene.path("shallow").display().to_string();
    scene.git(&["clone", "-q", "--depth", "1", &format!("file://{}", scene.work().display()), &shallow]);
    let location = crate::parse_location(&shallow).unwrap();
    let result = scene.source().read(&location, Some("HEAD~1"), &AtomicBool::new(false));
    check_error(result, "no revision", "--unshallow");
    check_error(scene.read("//live/prd", Some("main")), "no directory \"live/prd\"", "live/prod");
    check_error(scene.read("//live/prd", None), "no directory \"live/prd\"", "live/prod");
}

#[test]
fn repositories_without_a_commit() {
    let scene = Scene::empty();
    check_error(scene.read("", Some("main")), "has no commit yet", "Commit");
    check_error(scene.fetch("", None), "has no commit yet", "Commit");
    assert!(paths(&scene.read("", None).unwrap()).is_empty());
}

#[test]
fn damaged_objects() {
    let scene = Scene::new();
    let blob = scene.git(&["rev-parse", "HEAD:live/prod/main.tf"]);
    let path = scene.work().join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    let other = scene.git(&["rev-parse", "HEAD:other/main.tf"]);
    let other = scene.work().join(".git/objects").join(&other[..2]).join(&other[2..]);
    let whole = fs::read(&path).unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 0xff;
    for damaged in
        [Vec::new(), vec![0; 20], whole[..whole.len() / 2].to_vec(), flipped, fs::read(other).unwrap()]
    {
        fs::remove_file(&path).unwrap();
        fs::write(&path, damaged).unwrap();
        check_error(scene.read("/live/prod", Some("main")), &blob, "git fsck");
    }
    fs::remove_file(&path).unwrap();
    check_error(scene.read("/live/prod", Some("main")), &blob, "git fsck");
}

#[test]
fn trees_that_git_would_not_make() {
    let scene = Scene::new();
    let blob = scene.git(&["rev-parse", "HEAD:live/prod/main.tf"]);
    for names in [&["..", "x.tf"][..], &["a/b.tf"], &["x.tf", "x.tf"], &["."]] {
        let mut data = Vec::new();
        for name in names {
            data.extend(format!("100644 {name}\0").bytes());
            data.extend((0..20).map(|i| u8::from_str_radix(&blob[2 * i..2 * i + 2], 16).unwrap()));
        }
        fs::write(scene.path("tree"), data).unwrap();
        let tree = scene.git(&["hash-object", "-w", "--literally", "-t", "tree", "../tree"]);
        let commit = scene.git(&["commit-tree", "-m", "crafted", &tree]);
        check_error(scene.read("", Some(&commit)), &tree, "git fsck");
    }
}
