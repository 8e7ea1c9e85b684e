//! `init` and `get` with the built binary: a mirror, a lock file, a cache, and nobody else.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

const MAIN: &str = r#"
module "net" {
  source  = "org/net/test//sub"
  version = "~> 1.0"
}
output "which" { value = module.net.which }
output "where" { value = module.net.where }
"#;

/// A configuration, a mirror and a home of their own.
struct Desk {
    directory: TempDir,
}

impl Desk {
    /// A configuration that calls a module of a registry, of which the mirror has one version.
    fn new() -> Self {
        let desk = Self { directory: tempfile::tempdir().unwrap() };
        desk.write("live/main.tf", MAIN);
        desk.publish("1.0.0");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    fn publish(&self, version: &str) {
        let root = format!("mirror/registry.terraform.io/org/net/test/{version}");
        let sub = "module \"deep\" {\n  source = \"../deep\"\n}\noutput \"which\" {\n  value = module.deep.version\n}\n\
                   output \"where\" {\n  value = path.module\n}\n";
        self.write(&format!("{root}/sub/main.tf"), sub);
        let deep = format!("output \"version\" {{\n  value = \"v{version}\"\n}}\n");
        self.write(&format!("{root}/deep/main.tf"), &deep);
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
        command.args(arguments).current_dir(self.path("live")).env_clear();
        command.env("HOME", self.path("home")).env("EVENKEEL_MODULE_MIRROR", self.path("mirror"));
        command.output().unwrap()
    }

    /// Standard output of a command that must succeed.
    #[track_caller]
    fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let (out, error) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {out}{error}");
        out
    }

    /// Standard error of a command that must fail, with single spaces.
    #[track_caller]
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output.stdout));
        text(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn lock(&self) -> String {
        fs::read_to_string(self.path("live/.evenkeel.lock.hcl")).unwrap()
    }

    fn commit(&self) {
        for arguments in [
            &["init", "-q", "-b", "main", "."][..],
            &["add", "-A"],
            &["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x"],
        ] {
            let status = Command::new("git").args(arguments).current_dir(self.path("live")).status();
            assert!(status.unwrap().success(), "{arguments:?}");
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_module_is_found_locked_and_used() {
    let desk = Desk::new();
    let error = desk.refused(&["plan"]);
    assert!(error.contains("Error: Module not installed") && error.contains("evenkeel init"), "{error}");
    let out = desk.done(&["init"]);
    assert!(out.starts_with("Initializing the backend...\n- State is kept"), "{out}");
    assert!(out.contains("Downloading registry.terraform.io/org/net/test 1.0.0 for net..."), "{out}");
    assert!(out.contains("- net in .terraform/modules/net/sub\n"), "{out}");
    assert!(out.contains("Evenkeel has been successfully initialized!"), "{out}");
    let plan = desk.done(&["plan"]);
    assert!(plan.contains("\"v1.0.0\"") && plan.contains("\".terraform/modules/net/sub\""), "{plan}");

    // Later versions are followed only when they are asked for.
    let lock = desk.lock();
    desk.publish("1.1.0");
    desk.publish("2.0.0");
    assert!(!desk.done(&["init"]).contains("Downloading"));
    assert_eq!(desk.lock(), lock);
    assert!(desk.done(&["plan"]).contains("\"v1.0.0\""));
    desk.done(&["init", "-upgrade"]);
    assert!(desk.lock().contains("version    = \"1.1.0\""), "{}", desk.lock());
    assert!(desk.done(&["plan"]).contains("\"v1.1.0\""));

    // What is locked and cached needs nobody.
    fs::remove_dir_all(desk.path("mirror")).unwrap();
    desk.done(&["init"]);
    assert!(desk.done(&["plan"]).contains("\"v1.1.0\""));
    fs::remove_dir_all(desk.path("home/.cache")).unwrap();
    let error = desk.refused(&["plan"]);
    assert!(error.contains("Failed to download module") && error.contains("org/net/test"), "{error}");
}

#[test]
fn files_that_are_not_those_that_are_locked() {
    let desk = Desk::new();
    desk.done(&["init"]);
    fs::remove_dir_all(desk.path("home/.cache")).unwrap();
    desk.write(
        "mirror/registry.terraform.io/org/net/test/1.0.0/deep/main.tf",
        "output \"version\" { value = 6 }\n",
    );
    for command in ["plan", "init"] {
        let error = desk.refused(&[command]);
        assert!(error.contains("Error: Module does not match the lock file"), "{error}");
    }
    desk.done(&["init", "-upgrade"]);
    desk.write("live/.evenkeel.lock.hcl", "module \"x\" {}\n");
    let error = desk.refused(&["plan"]);
    assert!(error.contains("Error: Invalid lock file"), "{error}");
}

#[test]
fn a_read_only_lock_file() {
    let desk = Desk::new();
    let error = desk.refused(&["init", "-lockfile=readonly"]);
    assert!(error.contains("Error: Module dependency changes detected"), "{error}");
    assert!(!desk.path("live/.evenkeel.lock.hcl").exists());
    desk.done(&["init"]);
    desk.done(&["init", "-lockfile=readonly"]);
    // What is not used any more is not locked any more.
    desk.write("live/main.tf", "locals {}\n");
    desk.done(&["init"]);
    assert!(!desk.path("live/.evenkeel.lock.hcl").exists());
}

#[test]
fn a_revision_uses_what_it_has_locked() {
    let desk = Desk::new();
    desk.done(&["get"]);
    desk.commit();
    desk.publish("1.2.0");
    desk.done(&["get", "-update"]);
    assert!(desk.done(&["plan"]).contains("\"v1.2.0\""));
    assert!(desk.done(&["plan", "-revision", "HEAD"]).contains("\"v1.0.0\""));
    let file = format!("module \"m\" {{\n  source = \"git::file://{}\"\n}}\n", desk.path("live").display());
    desk.write("live/more/main.tf", &file);
    let error = desk.refused(&["plan", "-revision", "HEAD", "more"]);
    assert!(error.contains("no directory \"more\""), "{error}");
    desk.done(&["init", "more"]);
    desk.commit();
    fs::remove_dir_all(desk.path("home/.cache")).unwrap();
    let error = desk.refused(&["plan", "-revision", "HEAD", "more"]);
    assert!(error.contains("where a revision may not reach"), "{error}");
}

#[test]
fn two_at_the_same_time() {
    let desk = Desk::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| desk.done(&["init"]));
        }
    });
    desk.done(&["init", "-lockfile=readonly"]);
    let names = fs::read_dir(desk.path("live")).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.filter(|name| name.to_string_lossy().ends_with(".tmp")).count(), 0);
}

#[test]
fn what_a_killed_init_has_left_is_swept() {
    let desk = Desk::new();
    desk.done(&["init"]);
    let package = fs::read_dir(desk.path("home/.cache/evenkeel/modules")).unwrap().next().unwrap().unwrap();
    let name = format!("home/.cache/evenkeel/modules/{}", package.file_name().display());
    let left = ["live/.evenkeel.lock.hcl.71-0.tmp".to_owned(), format!("{name}.72-3.tmp")];
    let others = ["live/main.tf.1-1.tmp", "live/.evenkeel.lock.hcl.tmp"].map(str::to_owned);
    for name in left.iter().chain(&others) {
        desk.write(name, "half");
    }
    desk.done(&["plan"]);
    assert!(left.iter().all(|name| desk.path(name).exists()));
    desk.done(&["init"]);
    assert_eq!(left.iter().find(|name| desk.path(name).exists()), None);
    assert_eq!(others.iter().find(|name| !desk.path(name).exists()), None);
}

#[test]
fn what_init_says_to_machines() {
    let desk = Desk::new();
    let out =
        desk.done(&["init", "-json", "-input=false", "-no-color", "-backend=false", "-backend-config=x=y"]);
    let lines: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let codes: Vec<&str> = lines.iter().filter_map(|line| line.get("message_code")?.as_str()).collect();
    assert_eq!(codes.first(), Some(&"initializing_modules_message"), "{codes:?}");
    let out = desk.done(&["init", "-json"]);
    assert!(out.contains("\"message_code\":\"initializing_backend_message\""), "{out}");
    assert!(codes.contains(&"output_init_success_message"), "{codes:?}");
}

/// Lines and their order are those of Terraform 1.11.4 for the same directory, up to the backend's.
#[test]
fn where_modules_are() {
    let desk = Desk::new();
    let call = |name: &str, source: &str| format!("module \"{name}\" {{\n  source = \"{source}\"\n}}\n");
    desk.write("local/main.tf", &(call("b", "./m") + &call("a", "./m") + &call("c", "../beside")));
    desk.write("local/m/main.tf", &call("n", "./n"));
    desk.write("local/m/n/main.tf", "");
    desk.write("beside/main.tf", "");
    let modules = "- a in m\n- a.n in m/n\n- b in m\n- b.n in m/n\n- c in ../beside\n";
    let out = desk.done(&["init", "../local"]);
    let expected = format!("Initializing modules...\n{modules}Initializing provider plugins...\n");
    assert!(out.contains(&expected), "{out}");
    assert_eq!(desk.done(&["get", "../local"]), modules);
    let out = desk.done(&["init", "-backend=false"]);
    let expected = "Initializing modules...\nDownloading registry.terraform.io/org/net/test 1.0.0 for net...\n\
                    - net in .terraform/modules/net/sub\n- net.deep in .terraform/modules/net/deep\n";
    assert!(out.starts_with(expected), "{out}");
    desk.write("empty/x.txt", "");
    assert!(desk.done(&["init", "../empty"]).starts_with("Evenkeel initialized in an empty directory!"));
}

#[test]
fn what_init_does_not_do() {
    let desk = Desk::new();
    for (arguments, message) in [
        (&["init", "-from-module=x"][..], "-from-module is not supported"),
        (&["init", "-lockfile=rw"], "Failed to parse dependency lock file mode"),
        (&["init", "-get=false"], "Module not installed"),
        (&["init", "file:///nowhere/x.git"], "A directory is needed"),
    ] {
        let error = desk.refused(arguments);
        assert!(error.contains(message), "{arguments:?}: {error}");
    }
    assert!(!desk.path("live/.evenkeel.lock.hcl").exists());
}

#[test]
fn settings_that_are_wrong() {
    let desk = Desk::new();
    desk.write("home/.config/evenkeel/modules.hcl", "mirror \"x\" {}\n");
    let error = desk.refused(&["init"]);
    assert!(error.contains("Error: Invalid mirror"), "{error}");
}
