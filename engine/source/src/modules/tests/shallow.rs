//! How much of a repository is fetched for a package.

use std::path::{Path, PathBuf};

use super::*;
use crate::tests::{Scene, git_in, http};

/// Four commits on `main`, of which the first and the last have the same files; an annotated tag at
/// the second, a branch at the third.
struct History {
    scene: Scene,
    commits: Vec<String>,
}

impl History {
    fn new() -> Self {
        let scene = Scene::empty();
        let commits = ["one", "two", "three", "one"].map(|text| {
            scene.write("main.tf", text);
            scene.commit(text)
        });
        scene.git(&["tag", "-a", "v2", "-m", "annotated", "HEAD~2"]);
        scene.git(&["branch", "feature/x", "HEAD~1"]);
        Self { scene, commits: commits.to_vec() }
    }

    fn file(&self) -> String {
        format!("git::file://{}", self.scene.path("work").display())
    }
}

/// The copies of a cache that are there for packages, or the others.
fn copies(place: &Place, for_packages: bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(place.path("cache")).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: &PathBuf| path.to_string_lossy().ends_with(".packages.git") == for_packages;
    entries.filter(|path| path.extension().is_some_and(|name| name == "git")).filter(named).collect()
}

/// The commits in a copy; the copy is checked, too.
fn commits(copy: &Path) -> usize {
    git_in(copy, &["fsck", "--connectivity-only"]);
    let objects = git_in(copy, &["cat-file", "--batch-all-objects", "--batch-check"]);
    objects.lines().filter(|line| line.contains(" commit ")).count()
}

#[track_caller]
fn check_history(address: &str, commit: &str, contents: &str, expected: usize) {
    let place = Place::new();
    let Resolved { locked, files } = place.resolve(address, "").unwrap();
    assert_eq!((locked.commit.as_deref(), text(&files, "main.tf")), (Some(commit), contents), "{address}");
    let shallow = copies(&place, true).iter().map(|copy| commits(copy)).sum::<usize>();
    assert_eq!((shallow, copies(&place, false).len()), (expected, 0), "{address}");
    place.forget();
    assert_eq!(place.locked(address, &locked).unwrap(), files);
    assert_eq!(copies(&place, false), Vec::<PathBuf>::new(), "{address}");
}

#[test]
fn one_commit_is_fetched_and_no_history() {
    let history = History::new();
    let server = http::serve(history.scene.directory(), |_, _| http::Answer::Serve);
    let http = format!("git::http://{}/work/.git", server.address);
    let [_, second, third, fourth] = history.commits.as_slice() else { panic!("four commits") };
    for address in [history.file(), http] {
        check_history(&address, fourth, "one", 1);
        check_history(&format!("{address}?ref=main"), fourth, "one", 1);
        check_history(&format!("{address}?ref=v2"), second, "two", 1);
        check_history(&format!("{address}?ref=refs/tags/v2"), second, "two", 1);
        check_history(&format!("{address}?ref=feature/x"), third, "three", 1);
        // Neither a tip nor tagged.
        history.scene.git(&["branch", "-q", "-D", "feature/x"]);
        check_history(&format!("{address}?ref={third}"), third, "three", 1);
        history.scene.git(&["branch", "feature/x", third]);
        check_history(&format!("{address}?depth=3"), fourth, "one", 3);
        check_history(&format!("{address}?depth=99999999999"), fourth, "one", 4);
    }
}

#[test]
fn all_history_is_fetched_where_the_address_says_so() {
    let history = History::new();
    let place = Place::new();
    place.resolve(&format!("{}?depth=0", history.file()), "").unwrap();
    assert_eq!(copies(&place, true), Vec::<PathBuf>::new());
    assert_eq!(commits(&copies(&place, false)[0]), 4);
}

#[test]
fn revisions_that_only_history_has() {
    let history = History::new();
    let [_, _, third, _] = history.commits.as_slice() else { panic!("four commits") };
    for reference in ["main~1", &third[..9]] {
        let place = Place::new();
        let resolved = place.resolve(&format!("{}?ref={reference}", history.file()), "").unwrap();
        assert_eq!(resolved.locked.commit.as_deref(), Some(&**third), "{reference}");
    }
    let error = Place::new().resolve(&format!("{}?ref=feature/y", history.file()), "").unwrap_err();
    assert!(error.remedy().contains("branch `feature/x`"), "{}", error.remedy());
}

#[test]
fn servers_that_give_less() {
    let history = History::new();
    let [_, second, third, fourth] = history.commits.as_slice() else { panic!("four commits") };
    history.scene.git(&["branch", "-q", "-D", "feature/x"]);
    let directory = history.scene.directory();
    let tips = http::serve(directory, |_, _| http::Answer::ServeTips);
    let whole = http::serve(directory, |_, _| http::Answer::ServeWhole);
    for (server, reference, expected, copies_whole) in [
        (&tips, "main", fourth, 0),
        (&tips, "v2", second, 0),
        (&tips, third, third, 1),
        (&whole, "main", fourth, 1),
        (&whole, "v2", second, 1),
        (&whole, third, third, 1),
    ] {
        let place = Place::new();
        let address = format!("git::http://{}/work/.git?ref={reference}", server.address);
        for _ in 0..2 {
            let resolved = place.resolve(&address, "").unwrap();
            assert_eq!(resolved.locked.commit.as_deref(), Some(&**expected), "{address}");
        }
        assert_eq!(copies(&place, false).len(), copies_whole, "{address}");
    }
}

#[test]
fn a_branch_that_moves_is_followed_from_commit_to_commit() {
    let history = History::new();
    let address = format!("{}?ref=main", history.file());
    let place = Place::new();
    place.resolve(&address, "").unwrap();
    // What the missing history has is not here: going back to it brings the files again.
    for (round, contents) in ["two", "three", "two"].into_iter().enumerate() {
        history.scene.write("main.tf", contents);
        history.scene.commit(contents);
        let resolved = place.resolve(&address, "").unwrap();
        assert_eq!(text(&resolved.files, "main.tf"), contents);
        assert_eq!(commits(&copies(&place, true)[0]), round + 2);
    }
    // Rewritten, and a branch in the place of a directory of branches.
    history.scene.git(&["reset", "-q", "--hard", "HEAD~5"]);
    history.scene.write("main.tf", "rewritten");
    history.scene.commit("rewritten");
    assert_eq!(text(&place.resolve(&address, "").unwrap().files, "main.tf"), "rewritten");
    place.resolve(&format!("{}?ref=feature/x", history.file()), "").unwrap();
    history.scene.git(&["branch", "-m", "feature/x", "feature"]);
    let resolved = place.resolve(&format!("{}?ref=feature", history.file()), "").unwrap();
    assert_eq!(text(&resolved.files, "main.tf"), "three");
    assert_eq!(copies(&place, false), Vec::<PathBuf>::new());
}

#[test]
fn what_a_fetch_that_was_killed_left_behind_is_not_built_upon() {
    let history = History::new();
    let address = history.file();
    let place = Place::new();
    place.resolve(&address, "").unwrap();
    // The objects had arrived, and nothing says yet that their history is missing.
    let copy = &copies(&place, true)[0];
    fs::remove_file(copy.join("shallow")).unwrap();
    fs::write(copy.join("evenkeel-fetching"), "").unwrap();
    history.scene.write("main.tf", "two");
    let id = history.scene.commit("again");
    let resolved = place.resolve(&address, "").unwrap();
    assert_eq!((resolved.locked.commit.as_deref(), text(&resolved.files, "main.tf")), (Some(&*id), "two"));
    assert_eq!(commits(copy), 1);
    assert!(!copy.join("evenkeel-fetching").exists());
}
