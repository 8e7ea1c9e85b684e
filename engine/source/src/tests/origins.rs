//! Which commit brought a line.

use std::collections::BTreeSet;

use super::*;
use crate::LineOrigin;

/// The subject of the commit that brought each line of a file, or what else is known of it.
fn origins(scene: &Scene, location: &Location, revision: Option<&str>, file: &str) -> Vec<String> {
    let interrupt = AtomicBool::new(false);
    let read = scene.source().read(location, revision, &interrupt).unwrap();
    let count = read.snapshot.file(file).unwrap().split(|byte| *byte == b'\n').count() as u32;
    let lines: BTreeSet<_> = (1..count).map(|line| (file.into(), line)).collect();
    let found = scene.source().line_origins(location, (&read.snapshot, &read.root), &lines, &interrupt);
    let said = lines.iter().map(|line| match found.get(line) {
        Some(LineOrigin::Commit { info, .. }) => info.subject.clone(),
        Some(LineOrigin::Uncommitted) => "(uncommitted)".into(),
        Some(LineOrigin::Older) => "(older)".into(),
        None => "(unknown)".into(),
    });
    said.collect()
}

fn scene() -> Scene {
    let scene = Scene::empty();
    scene.write("live/main.tf", "a = 1\nb = 2\nc = 3\n");
    scene.commit("first");
    scene.write("live/main.tf", "a = 1\nb = 20\nc = 3\n");
    scene.commit("second");
    scene
}

#[test]
fn each_line_has_the_commit_that_brought_it() {
    let scene = scene();
    assert_eq!(origins(&scene, &scene.location("/live"), None, "live/main.tf"), ["first", "second", "first"]);
    let first = origins(&scene, &scene.location("/live"), Some("HEAD~1"), "live/main.tf");
    assert_eq!(first, ["first"; 3]);
    assert_eq!(origins(&scene, &scene.url("//live"), None, "live/main.tf"), ["first", "second", "first"]);
}

#[test]
fn lines_follow_a_file_that_is_renamed() {
    let scene = scene();
    scene.git(&["mv", "live/main.tf", "live/other.tf"]);
    scene.commit("renamed");
    let found = origins(&scene, &scene.location("/live"), None, "live/other.tf");
    assert_eq!(found, ["first", "second", "first"]);
}

#[test]
fn what_is_not_committed_says_so() {
    let scene = scene();
    scene.write("live/main.tf", "a = 1\nnew = 0\nb = 20\r\nc = 3\n");
    scene.write("live/more.tf", "d = 1\n");
    let location = scene.location("/live");
    let found = origins(&scene, &location, None, "live/main.tf");
    assert_eq!(found, ["first", "(uncommitted)", "second", "first"]);
    assert_eq!(origins(&scene, &location, None, "live/more.tf"), ["(uncommitted)"]);
    let committed = origins(&scene, &location, Some("HEAD"), "live/main.tf");
    assert_eq!(committed, ["first", "second", "first"]);
}

#[test]
fn a_repository_without_commits_and_a_directory_without_repository_have_no_history() {
    let scene = Scene::empty();
    scene.write("main.tf", "a = 1\n");
    assert_eq!(origins(&scene, &scene.location(""), None, "main.tf"), ["(uncommitted)"]);
    fs::remove_dir_all(scene.path("work/.git")).unwrap();
    assert_eq!(origins(&scene, &scene.location(""), None, "main.tf"), ["(unknown)"]);
}

#[test]
fn history_that_a_shallow_clone_does_not_have_is_older() {
    let scene = scene();
    let url = format!("file://{}", scene.work().display());
    scene.git(&["clone", "-q", "--depth", "1", &url, "../shallow"]);
    let location = parse_location(&format!("{}/live", scene.path("shallow").display())).unwrap();
    assert_eq!(origins(&scene, &location, None, "live/main.tf"), ["(older)"; 3]);
}
