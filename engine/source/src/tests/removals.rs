//! Which commit took a block out.

use std::collections::BTreeSet;

use super::*;
use crate::{Block, LineOrigin};

fn removed(scene: &Scene, location: &Location, keyword: &str, labels: &[&str]) -> Option<String> {
    let interrupt = AtomicBool::new(false);
    let read = scene.source().read(location, None, &interrupt).unwrap();
    let block = Block {
        directory: read.root.clone(),
        keyword: keyword.into(),
        labels: labels.iter().map(|label| (*label).into()).collect(),
    };
    let blocks = BTreeSet::from([block.clone()]);
    let found = scene.source().removals(location, (&read.snapshot, &read.root), &blocks, &interrupt);
    found.get(&block).map(|origin| match origin {
        LineOrigin::Commit { info, .. } => info.subject.clone(),
        LineOrigin::Uncommitted => "(uncommitted)".into(),
        LineOrigin::Older => "(older)".into(),
    })
}

fn scene() -> Scene {
    let scene = Scene::empty();
    scene.write("live/main.tf", "resource \"a\" \"b\" {\n}\nmodule \"m\" {}\nresource \"a\" \"stays\" {}\n");
    scene.commit("first");
    scene.write("live/main.tf", "module \"m\" {}\nresource \"a\" \"stays\" {}\n");
    scene.commit("without b");
    scene.write("live/other.tf", "locals {}\n");
    scene.commit("something else");
    scene
}

#[test]
fn the_newest_commit_in_which_a_block_is_gone_is_named() {
    let scene = scene();
    for location in [scene.location("/live"), scene.url("//live")] {
        assert_eq!(removed(&scene, &location, "resource", &["a", "b"]).as_deref(), Some("without b"));
        assert_eq!(removed(&scene, &location, "resource", &["a", "never"]), None);
    }
}

#[test]
fn what_is_removed_and_not_committed_says_so() {
    let scene = scene();
    scene.write("live/main.tf", "resource \"a\" \"stays\" {}\n");
    let location = scene.location("/live");
    assert_eq!(removed(&scene, &location, "module", &["m"]).as_deref(), Some("(uncommitted)"));
}

#[test]
fn a_removal_on_a_branch_is_found_behind_its_merge() {
    let scene = scene();
    scene.git(&["checkout", "-q", "-b", "branch"]);
    scene.write("live/main.tf", "resource \"a\" \"stays\" {}\n");
    scene.commit("without m");
    scene.git(&["checkout", "-q", "-"]);
    scene.write("live/third.tf", "locals {}\n");
    scene.commit("meanwhile");
    scene.git(&["merge", "-q", "--no-ff", "-m", "merged", "branch"]);
    let location = scene.location("/live");
    assert_eq!(removed(&scene, &location, "module", &["m"]).as_deref(), Some("without m"));
}
