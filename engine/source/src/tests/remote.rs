//! Remotes and their copies: over files and over http, killed, rewritten, silent.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::AtomicBool;

use super::{STACK, Scene, check_error, http, text};
use crate::{Limits, Source, SourceError, parse_location};

#[test]
fn a_remote_is_followed_wherever_it_goes() {
    let scene = Scene::new();
    let second = scene.git(&["rev-parse", "HEAD"]);
    scene.git(&["branch", "a"]);
    scene.git(&["tag", "moving"]);
    assert_eq!(text(&scene.fetch("//live/prod", Some("a")).unwrap(), STACK[1]), "# two");

    scene.write("modules/network/main.tf", "# three");
    scene.commit("third");
    assert_eq!(text(&scene.fetch("//live/prod", None).unwrap(), STACK[1]), "# three");

    // Rewritten: what was on the branch is gone from it, yet can still be read by its name.
    scene.git(&["reset", "-q", "--hard", "HEAD~2"]);
    scene.write("modules/network/main.tf", "# rewritten");
    scene.commit("rewritten");
    scene.git(&["tag", "-f", "moving"]);
    for revision in ["main", "moving", "HEAD"] {
        let read = scene.fetch("//live/prod", Some(revision)).unwrap();
        assert_eq!(text(&read, STACK[1]), "# rewritten", "{revision}");
    }
    assert_eq!(text(&scene.fetch("//live/prod", Some(&second)).unwrap(), STACK[1]), "# two");

    // A branch that is gone is gone here, and its name makes room for others below it.
    scene.git(&["branch", "-q", "-D", "a"]);
    scene.git(&["branch", "a/b"]);
    check_error(scene.fetch("", Some("a")), "there is no revision \"a\"", "");
    assert_eq!(text(&scene.fetch("//live/prod", Some("a/b")).unwrap(), STACK[1]), "# rewritten");

    // Another default branch.
    scene.git(&["checkout", "-q", "-b", "trunk", "main~1"]);
    assert_eq!(text(&scene.fetch("//live/prod", None).unwrap(), STACK[1]), "# one");
}

#[test]
fn a_fetched_commit_needs_no_remote() {
    let scene = Scene::new();
    let id = scene.git(&["rev-parse", "HEAD"]);
    scene.fetch("", None).unwrap();
    let location = scene.url("//live/prod");
    fs::rename(scene.work(), scene.path("away")).unwrap();
    let source = scene.source();
    assert_eq!(text(&source.read(&location, Some(&id), &AtomicBool::new(false)).unwrap(), STACK[1]), "# two");
    let error = source.read(&location, Some("main"), &AtomicBool::new(false)).unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error:?}");
}

#[test]
fn what_a_killed_fetch_leaves_behind_is_no_obstacle() {
    let scene = Scene::new();
    scene.fetch("", None).unwrap();
    let copy = fs::read_dir(scene.path("cache"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "git"))
        .unwrap();
    for left in [
        "packed-refs.lock",
        "HEAD.lock",
        "config.lock",
        "refs/evenkeel/head.lock",
        "refs/heads/trunk.lock",
        "objects/pack/.tmpAbCdEf",
    ] {
        fs::create_dir_all(copy.join(left).parent().unwrap()).unwrap();
        fs::write(copy.join(left), "half").unwrap();
    }
    scene.write("modules/network/main.tf", "# three");
    scene.commit("third");
    scene.git(&["checkout", "-q", "-b", "trunk"]);
    assert_eq!(text(&scene.fetch("//live/prod", None).unwrap(), STACK[1]), "# three");
    assert!(!copy.join("objects/pack/.tmpAbCdEf").exists());

    // Killed while the copy was being made.
    fs::remove_file(copy.join("HEAD")).unwrap();
    assert_eq!(text(&scene.fetch("//live/prod", None).unwrap(), STACK[1]), "# three");
}

#[test]
fn many_fetches_at_once() {
    let scene = Scene::new();
    let scene = &scene;
    std::thread::scope(|scope| {
        let fetches: Vec<_> =
            (0..8).map(|_| scope.spawn(move || scene.fetch("//live/prod", Some("main")))).collect();
        for fetch in fetches {
            assert_eq!(text(&fetch.join().unwrap().unwrap(), STACK[1]), "# two");
        }
    });
}

#[test]
fn remotes_that_do_not_answer() {
    // Nobody listens on a port that was just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let scene = Scene::empty();
    let location = parse_location(&format!("http://user:s3cret@127.0.0.1:{port}/a.git")).unwrap();
    let error = scene.source().read(&location, None, &AtomicBool::new(false)).unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}

#[test]
fn a_remote_over_http() {
    let scene = Scene::new();
    let server = http::serve(scene.directory.path(), |_, _| http::Answer::Serve);
    let location =
        parse_location(&format!("http://{}/work/.git//live/prod?ref=main~1", server.address)).unwrap();
    let read = scene.source().read(&location, None, &AtomicBool::new(false)).unwrap();
    assert_eq!((text(&read, STACK[1]), &*read.root), ("# one", "live/prod"));
    scene.write("modules/network/main.tf", "# three");
    scene.commit("third");
    let read = scene.source().read(&location, Some("main"), &AtomicBool::new(false)).unwrap();
    assert_eq!(text(&read, STACK[1]), "# three");

    let location = parse_location(&format!("http://{}/nothing.git", server.address)).unwrap();
    let error = scene.source().read(&location, None, &AtomicBool::new(false)).unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error:?}");
}

#[test]
fn a_remote_that_wants_to_know_who_we_are() {
    let scene = Scene::new();
    let server = http::serve(scene.directory.path(), |_, _| {
        http::Answer::Refuse("401 Unauthorized", "WWW-Authenticate: Basic realm=\"git\"".into())
    });
    for user in ["", "user:s3cret@", "s3cret@"] {
        let location = parse_location(&format!("http://{user}{}/work/.git", server.address)).unwrap();
        let error = scene.source().read(&location, None, &AtomicBool::new(false)).unwrap_err();
        assert!(matches!(error, SourceError::Authentication { .. }), "{error:?}");
        assert!(!format!("{error} {error:?} {}", error.remedy()).contains("s3cret"));
    }
    // Without encryption nobody is told.
    assert!(server.seen.lock().unwrap().is_empty());
}

#[test]
fn a_remote_that_never_answers() {
    let scene = Scene::new();
    let server = http::serve(scene.directory.path(), |_, _| http::Answer::Hang);
    let location = parse_location(&format!("http://{}/work/.git", server.address)).unwrap();
    let interrupt = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| scene.source().read(&location, None, &interrupt));
        // The request has arrived and is not answered; only giving up can end this soon.
        while server.asked.load(std::sync::atomic::Ordering::Acquire) == 0 {
            std::thread::yield_now();
        }
        interrupt.store(true, std::sync::atomic::Ordering::Relaxed);
        let error = reading.join().unwrap().unwrap_err();
        assert!(matches!(error, SourceError::Interrupted), "{error:?}");
    });
}

#[test]
fn fetches_that_are_killed() {
    // The same test in a process of its own is the one that fetches.
    if let Some(directory) = std::env::var_os("FETCH_UNTIL_KILLED") {
        let directory = PathBuf::from(directory);
        let location = parse_location(&format!("file://{}", directory.join("work").display())).unwrap();
        let source = Source::new(directory.join("cache"), Limits::default());
        source.resolve(&location, None, &AtomicBool::new(false)).unwrap();
        return;
    }
    let scene = Scene::new();
    for file in 0..400 {
        scene.write(&format!("live/prod/{file}.txt"), &"text ".repeat(file));
    }
    let expected = scene.commit("many");
    for round in 0..12 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::remote::fetches_that_are_killed"])
            .env("FETCH_UNTIL_KILLED", scene.directory.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(round * 4));
        child.kill().unwrap();
        child.wait().unwrap();
        let read = scene.fetch("//live/prod", None).unwrap();
        assert_eq!(read.snapshot.revision.id(), expected);
        if round % 2 == 0 {
            fs::remove_dir_all(scene.path("cache")).unwrap();
        }
    }
}
