//! Real repositories, made with the `git` command, read through the public functions.

mod http;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

use evenkeel_model::Revision;
use tempfile::TempDir;

use crate::{Limits, Location, Read, Source, SourceError, parse_location};

const MAIN: &str = "module \"network\" {\n  source = \"../../modules/network\"\n}\n";

/// A directory for one test, with a repository `work` in it and a cache.
struct Scene {
    directory: TempDir,
}

impl Scene {
    /// A repository with two commits: a stack in `live/prod` that uses `modules/network`.
    fn new() -> Self {
        let scene = Self::empty();
        scene.write("live/prod/main.tf", MAIN);
        scene.write("modules/network/main.tf", "# one");
        scene.write("other/main.tf", "# not used");
        scene.commit("first");
        scene.write("modules/network/main.tf", "# two");
        scene.commit("second");
        scene
    }

    fn empty() -> Self {
        let scene = Self { directory: tempfile::tempdir().unwrap() };
        fs::create_dir(scene.work()).unwrap();
        scene.git(&["init", "-q", "-b", "main", "."]);
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn work(&self) -> PathBuf {
        self.path("work")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.work().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn link(&self, target: &str, path: &str) {
        let path = self.work().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    fn git(&self, arguments: &[&str]) -> String {
        git_in(&self.work(), arguments)
    }

    fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn source(&self) -> Source {
        Source::new(self.path("cache"), Limits::default())
    }

    fn location(&self, suffix: &str) -> Location {
        parse_location(&format!("{}{suffix}", self.work().display())).unwrap()
    }

    fn url(&self, suffix: &str) -> Location {
        parse_location(&format!("file://{}{suffix}", self.work().display())).unwrap()
    }

    fn read(&self, suffix: &str, revision: Option<&str>) -> Result<Read, SourceError> {
        self.source().read(&self.location(suffix), revision, &AtomicBool::new(false))
    }

    fn fetch(&self, suffix: &str, revision: Option<&str>) -> Result<Read, SourceError> {
        self.source().read(&self.url(suffix), revision, &AtomicBool::new(false))
    }
}

fn git_in(directory: &Path, arguments: &[&str]) -> String {
    let output = git_command(directory, arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn git_command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.current_dir(directory).args(arguments).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for (name, value) in [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_SYSTEM", "/dev/null"),
        ("GIT_AUTHOR_NAME", "Ada"),
        ("GIT_AUTHOR_EMAIL", "ada@example.com"),
        ("GIT_AUTHOR_DATE", "1700000000 +0100"),
        ("GIT_COMMITTER_NAME", "Ada"),
        ("GIT_COMMITTER_EMAIL", "ada@example.com"),
        ("GIT_COMMITTER_DATE", "1700000001 +0100"),
    ] {
        command.env(name, value);
    }
    command
}

fn paths(read: &Read) -> Vec<&str> {
    read.snapshot.files.keys().map(|path| &**path).collect()
}

fn text<'a>(read: &'a Read, path: &str) -> &'a str {
    std::str::from_utf8(read.snapshot.file(path).unwrap_or_else(|| panic!("no {path}"))).unwrap()
}

#[track_caller]
fn check_error(result: Result<Read, SourceError>, message: &str, remedy: &str) {
    let error = result.expect_err("must fail");
    assert!(error.to_string().contains(message), "{error}");
    assert!(error.remedy().contains(remedy), "{}", error.remedy());
}

const STACK: [&str; 2] = ["live/prod/main.tf", "modules/network/main.tf"];

#[test]
fn a_commit_by_every_kind_of_name() {
    let scene = Scene::new();
    let second = scene.git(&["rev-parse", "HEAD"]);
    let first = scene.git(&["rev-parse", "HEAD~1"]);
    scene.git(&["tag", "-a", "v1", "-m", "annotated", "HEAD~1"]);
    scene.git(&["tag", "light", "HEAD~1"]);
    scene.git(&["branch", "feature/x", "HEAD~1"]);
    for (revision, expected) in [
        ("HEAD", &second),
        ("main", &second),
        ("refs/heads/main", &second),
        (&second[..], &second),
        (&second[..9], &second),
        ("HEAD~1", &first),
        ("main^", &first),
        ("v1", &first),
        ("light", &first),
        ("feature/x", &first),
    ] {
        for read in [scene.read("/live/prod", Some(revision)), scene.fetch("//live/prod", Some(revision))] {
            let read = read.unwrap_or_else(|error| panic!("{revision}: {error}"));
            assert_eq!(read.snapshot.revision, Revision::Commit(expected.as_str().into()), "{revision}");
            assert_eq!((paths(&read), &*read.root), (STACK.to_vec(), "live/prod"));
            let commit = read.commit.unwrap();
            let expected_subject = if *expected == first { "first" } else { "second" };
            assert_eq!((commit.subject.as_str(), commit.asked_for.as_str()), (expected_subject, revision));
            assert_eq!((commit.author.as_str(), commit.time.0), ("Ada <ada@example.com>", 1_700_000_001_000));
        }
    }
}

#[test]
fn a_directory_as_it_stands() {
    let scene = Scene::new();
    scene.write("modules/network/main.tf", "# edited");
    scene.write("live/prod/.terraform/modules/x.tf", "");
    scene.write("live/prod/terraform.tfstate", "{}");
    let read = scene.read("/live/prod", None).unwrap();
    assert_eq!((paths(&read), &*read.root), (STACK.to_vec(), "live/prod"));
    assert_eq!(text(&read, "modules/network/main.tf"), "# edited");
    assert!(read.commit.is_none());

    let again = scene.read("//live/prod", None).unwrap();
    assert_eq!(again.snapshot, read.snapshot);
    scene.write("modules/network/main.tf", "# edited again");
    let edited = scene.read("/live/prod", None).unwrap();
    assert_ne!(edited.snapshot.revision, read.snapshot.revision);
    assert!(matches!(edited.snapshot.revision, Revision::Directory(_)));
}

#[test]
fn a_directory_outside_any_repository() {
    let scene = Scene::empty();
    fs::remove_dir_all(scene.work().join(".git")).unwrap();
    scene.write("stack/live/main.tf", "module \"m\" { source = \"../m\" }");
    scene.write("stack/m/main.tf", "");
    scene.write("outside/main.tf", "");
    let read = scene.read("/stack//live", None).unwrap();
    assert_eq!((paths(&read), &*read.root), (vec!["live/main.tf", "m/main.tf"], "live"));
    let read = scene.read("/stack/live", None).unwrap();
    assert_eq!((paths(&read), &*read.root), (vec!["main.tf"], ""));
    check_error(scene.read("/stack", Some("main")), "is not a Git repository", "git init");
}

#[test]
fn a_bare_repository_and_a_git_directory() {
    let scene = Scene::new();
    git_in(scene.directory.path(), &["clone", "-q", "--bare", "work", "bare.git"]);
    for origin in ["bare.git", "work/.git"] {
        for (suffix, revision, expected) in [
            ("//live/prod", None, "# two"),
            ("//live/prod?ref=main~1", None, "# one"),
            ("//live/prod", Some("HEAD^"), "# one"),
        ] {
            let location = parse_location(&format!("{}{suffix}", scene.path(origin).display())).unwrap();
            let read = scene.source().read(&location, revision, &AtomicBool::new(false)).unwrap();
            assert_eq!((text(&read, STACK[1]), &*read.root), (expected, "live/prod"), "{origin}{suffix}");
        }
    }
}

#[test]
fn a_linked_work_tree() {
    let scene = Scene::new();
    scene.git(&["worktree", "add", "-q", "../linked", "-b", "topic", "HEAD~1"]);
    let location = parse_location(&scene.path("linked/live/prod").display().to_string()).unwrap();
    for revision in [None, Some("topic")] {
        let read = scene.source().read(&location, revision, &AtomicBool::new(false)).unwrap();
        assert_eq!((text(&read, STACK[1]), &*read.root), ("# one", "live/prod"));
    }
}

#[test]
fn links_inside_are_followed() {
    let scene = Scene::empty();
    scene.write("shared/versions.tf", "# shared");
    scene.write("shared/deep/a.txt", "a");
    scene.link("../shared/versions.tf", "live/versions.tf");
    scene.link("../shared/deep", "live/deep");
    scene.link("twice", "live/thrice");
    scene.link("deep/a.txt", "live/twice");
    scene.link("gone", "live/gone.txt");
    scene.commit("links");
    for revision in [None, Some("main")] {
        let read = scene.read("/live", revision).unwrap();
        assert_eq!(paths(&read), ["live/deep/a.txt", "live/thrice", "live/twice", "live/versions.tf"]);
        assert_eq!((text(&read, "live/versions.tf"), text(&read, "live/thrice")), ("# shared", "a"));
    }
}

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
fn submodules_are_left_out() {
    let scene = Scene::new();
    let id = scene.git(&["rev-parse", "HEAD"]);
    scene.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{id},live/prod/sub")]);
    scene.git(&["commit", "-q", "-m", "submodule"]);
    assert_eq!(paths(&scene.read("/live/prod", Some("HEAD")).unwrap()), STACK);
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

#[test]
fn replacement_objects_are_ignored() {
    let scene = Scene::new();
    let first = scene.git(&["rev-parse", "HEAD~1"]);
    let second = scene.git(&["rev-parse", "HEAD"]);
    scene.git(&["replace", &second, &first]);
    assert_eq!(text(&scene.read("/live/prod", Some(&second)).unwrap(), STACK[1]), "# two");
}

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
fn a_branch_moves_between_resolving_and_reading() {
    let scene = Scene::new();
    for location in [scene.location("/live/prod"), scene.url("//live/prod")] {
        let interrupt = AtomicBool::new(false);
        let before = scene.source().resolve(&location, Some("main"), &interrupt).unwrap();
        scene.write("modules/network/main.tf", "# moved on");
        scene.commit("moved");
        let read = scene.source().read(&location, Some(before.id()), &interrupt).unwrap();
        assert_eq!(read.snapshot.revision, before);
        assert_eq!(text(&read, STACK[1]), "# two");
        scene.git(&["reset", "-q", "--hard", "HEAD~1"]);
    }
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
    for left in ["packed-refs.lock", "HEAD.lock", "config.lock", "objects/pack/.tmpAbCdEf"] {
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
fn giving_up() {
    let scene = Scene::new();
    let interrupt = AtomicBool::new(true);
    for location in [scene.location(""), scene.location("?ref=main"), scene.url("")] {
        let error = scene.source().read(&location, None, &interrupt).unwrap_err();
        assert!(matches!(error, SourceError::Interrupted), "{error:?}");
    }
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
        println!("{error}");
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
