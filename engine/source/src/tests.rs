//! Real repositories, made with the `git` command, read through the public functions.

pub mod http;
mod origins;
mod refused;
mod remote;
mod removals;

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
pub struct Scene {
    directory: TempDir,
}

impl Scene {
    /// A repository with two commits: a stack in `live/prod` that uses `modules/network`.
    pub fn new() -> Self {
        let scene = Self::empty();
        scene.write("live/prod/main.tf", MAIN);
        scene.write("modules/network/main.tf", "# one");
        scene.write("other/main.tf", "# not used");
        scene.commit("first");
        scene.write("modules/network/main.tf", "# two");
        scene.commit("second");
        scene
    }

    pub fn empty() -> Self {
        let scene = Self { directory: tempfile::tempdir().unwrap() };
        fs::create_dir(scene.work()).unwrap();
        scene.git(&["init", "-q", "-b", "main", "."]);
        scene
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    fn work(&self) -> PathBuf {
        self.path("work")
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.work().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn link(&self, target: &str, path: &str) {
        let path = self.work().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        git_in(&self.work(), arguments)
    }

    pub fn commit(&self, message: &str) -> String {
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

pub fn git_in(directory: &Path, arguments: &[&str]) -> String {
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
    scene.write("live/prod/terraform.tfstate.evenkeel-wal", "");
    scene.write("live/prod/.evenkeel.lock.hcl.3078-1.tmp", "half of it");
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
    scene.write("stack/live/main.tf", "module \"m\" {\n  source = \"../m\"\n}\n");
    scene.write("stack/m/main.tf", "");
    scene.write("outside/main.tf", "");
    let read = scene.read("/stack//live", None).unwrap();
    assert_eq!((paths(&read), &*read.root), (vec!["live/main.tf", "m/main.tf"], "live"));
    // Without a repository the module that is used says how far up to read; a file does not.
    let read = scene.read("/stack/live", None).unwrap();
    assert_eq!((paths(&read), &*read.root), (vec!["live/main.tf", "m/main.tf"], "live"));
    scene
        .write("stack/live/main.tf", "module \"m\" {\n  source = \"../gone\"\n}\nx = file(\"../m/main.tf\")");
    let read = scene.read("/stack/live", None).unwrap();
    assert_eq!((paths(&read), &*read.root), (vec!["main.tf"], ""));
    check_error(scene.read("/stack", Some("main")), "is not a Git repository", "git init");
}

#[test]
fn a_module_beside_the_repository() {
    let scene = Scene::new();
    scene.write("live/prod/more.tf", "module \"m\" {\n  source = \"../../../beside/m\"\n}\n");
    scene.commit("more");
    fs::create_dir_all(scene.path("beside/m")).unwrap();
    fs::write(scene.path("beside/m/main.tf"), "# beside").unwrap();
    fs::write(scene.path("beside/other.tf"), "# not used").unwrap();
    let read = scene.read("/live/prod", None).unwrap();
    assert_eq!(&*read.root, "work/live/prod");
    let expected = [
        "beside/m/main.tf",
        "work/live/prod/main.tf",
        "work/live/prod/more.tf",
        "work/modules/network/main.tf",
    ];
    assert_eq!(paths(&read), expected);
    let read = scene.read("/live/prod", Some("HEAD")).unwrap();
    assert_eq!(paths(&read), ["live/prod/main.tf", "live/prod/more.tf", "modules/network/main.tf"]);
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
fn submodules_are_left_out() {
    let scene = Scene::new();
    let id = scene.git(&["rev-parse", "HEAD"]);
    scene.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{id},live/prod/sub")]);
    scene.git(&["commit", "-q", "-m", "submodule"]);
    assert_eq!(paths(&scene.read("/live/prod", Some("HEAD")).unwrap()), STACK);
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
fn giving_up() {
    let scene = Scene::new();
    let interrupt = AtomicBool::new(true);
    for location in [scene.location(""), scene.location("?ref=main"), scene.url("")] {
        let error = scene.source().read(&location, None, &interrupt).unwrap_err();
        assert!(matches!(error, SourceError::Interrupted), "{error:?}");
    }
}

#[test]
fn a_repository_of_somebody_else() {
    let scene = Scene::new();
    let owned = Command::new("chown").args(["-R", "12345:12345"]).arg(scene.work()).status();
    if !owned.is_ok_and(|status| status.success()) {
        println!("skipped: only root can give files away");
        return;
    }
    assert_eq!(paths(&scene.read("/live/prod", Some("main")).unwrap()), STACK);
    assert_eq!(paths(&scene.read("/live/prod", None).unwrap()), STACK);
}

#[test]
fn the_configuration_of_a_repository_runs_nothing() {
    let scene = Scene::new();
    let trap = scene.path("sprung");
    let script = format!("touch {}", trap.display());
    for key in
        ["core.fsmonitor", "core.sshCommand", "filter.x.smudge", "filter.x.process", "credential.helper"]
    {
        scene.git(&["config", key, &script]);
    }
    scene.git(&["config", "include.path", "/no/such/file"]);
    scene.write(".gitattributes", "* filter=x\n");
    assert_eq!(paths(&scene.read("/live/prod", Some("main")).unwrap()), STACK);
    assert!(!trap.exists());
}

#[test]
fn a_repository_with_longer_names() {
    let scene = Scene { directory: tempfile::tempdir().unwrap() };
    fs::create_dir(scene.work()).unwrap();
    scene.git(&["init", "-q", "-b", "main", "--object-format=sha256", "."]);
    scene.write("main.tf", "# long");
    let id = scene.commit("first");
    for revision in ["main", &id] {
        let read = scene.read("", Some(revision)).unwrap();
        assert_eq!((read.snapshot.revision.id(), text(&read, "main.tf")), (id.as_str(), "# long"));
    }
}

#[test]
fn whether_a_branch_was_rewritten() {
    let scene = Scene::new();
    let (first, second) = (scene.git(&["rev-parse", "HEAD~1"]), scene.git(&["rev-parse", "HEAD"]));
    scene.git(&["reset", "-q", "--hard", &first]);
    let rewritten = scene.commit("rewritten");
    let unknown = "0123456789abcdef0123456789abcdef01234567";
    for (commit, ancestor, expected) in [
        (&second[..], &first[..], true),
        (&first, &first, true),
        (&first, &second, false),
        (&rewritten, &second, false),
        (&rewritten, &first, true),
        (&second, unknown, false),
        (&second, "main", false),
    ] {
        let descends =
            scene.source().descends(&scene.location(""), commit, ancestor, &AtomicBool::new(false));
        assert_eq!(descends.unwrap(), expected, "{commit} {ancestor}");
    }
}

#[test]
fn a_rewritten_branch_does_not_descend_from_what_it_was() {
    let scene = Scene::new();
    let first = scene.commit("first");
    scene.write("live/prod/more.tf", "# more");
    let second = scene.commit("second");
    let location = scene.location("/live/prod");
    let source = scene.source();
    let quiet = AtomicBool::new(false);
    assert!(source.descends(&location, &second, &first, &quiet).unwrap());
    assert!(source.descends(&location, &second, &second, &quiet).unwrap());
    assert!(!source.descends(&location, &first, &second, &quiet).unwrap());
    let elsewhere = "0123456789012345678901234567890123456789";
    assert!(!source.descends(&location, &second, elsewhere, &quiet).unwrap());
}
