//! A revision that anybody may have written: planning and applying it reaches no file, no variable of the environment
//! and no process of this machine, whatever it tries, and ends.
//!
//! Every case is a commit in a repository of its own. A file beside it and a variable hold a text that must come back
//! nowhere, and a command would leave a mark.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// What must not be seen, wherever it stands.
const SECRET: &str = "hostile-canary-5127";

/// A repository with one commit, what must not be reached around it, and a store beside it.
struct Scene(TempDir);

impl Scene {
    fn new(files: &[(&str, &str)]) -> Self {
        Self::with(files, |_| ())
    }

    /// A commit of files and of what `more` does in the working tree.
    fn with(files: &[(&str, &str)], more: impl FnOnce(&Path)) -> Self {
        let scene = Self(tempfile::tempdir().unwrap());
        let repository = scene.repository();
        std::fs::create_dir_all(&repository).unwrap();
        scene.git(&["init", "-q", "-b", "main"]);
        for (name, text) in files {
            let path = repository.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text.replace("ROOT", &scene.0.path().display().to_string())).unwrap();
        }
        more(&repository);
        scene.git(&["add", "-A"]);
        scene.git(&["commit", "-q", "-m", "hostile"]);
        // Not part of the commit, but there for whoever reads the disk.
        for place in ["secret.txt", "home/secret.txt", "r/untracked.txt", "other/main.tf"] {
            let path = scene.0.path().join(place);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let text = format!("# {SECRET}\noutput \"o\" {{\n  value = \"{SECRET}\"\n}}\n");
            std::fs::write(path, text).unwrap();
        }
        scene
    }

    fn repository(&self) -> std::path::PathBuf {
        self.0.path().join("r")
    }

    fn git(&self, arguments: &[&str]) {
        let done = Command::new("git")
            .arg("-C")
            .arg(self.repository())
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always"])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Runs a command on the commit; nothing that is secret may come back, and nothing may have been run.
    fn run(&self, command: &[&str]) -> (bool, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_evenkeel"))
            .args(command)
            .args(["-revision=main", "-input=false"])
            .arg(self.repository())
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.0.path().join("home"))
            .env("HOSTILE", SECRET)
            .env("TF_VAR_not_declared", SECRET)
            .env("EVENKEEL_STORE", self.0.path().join("store.db"))
            .output()
            .unwrap();
        let said = said(&output);
        assert!(!said.contains(SECRET), "{command:?}: {said}");
        for file in std::fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().path()) {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            assert_ne!(name, "mark", "a command has run");
            if name.starts_with("store.db") {
                let bytes = std::fs::read(&file).unwrap();
                assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()), "{name}");
            }
        }
        (output.status.success(), said)
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn outputs(expressions: &[&str]) -> String {
    let output = |(number, expression): (usize, &&str)| {
        format!("output \"o{number}\" {{\n  value = {expression}\n}}\n")
    };
    expressions.iter().enumerate().map(output).collect()
}

#[test]
fn functions_read_the_commit_and_nothing_else() {
    let refused = [
        "file(\"ROOT/secret.txt\")",
        "file(\"../secret.txt\")",
        "file(\"./../r/../secret.txt\")",
        "file(\"~/secret.txt\")",
        "file(pathexpand(\"~/secret.txt\"))",
        "file(\"untracked.txt\")",
        "file(\"/proc/self/environ\")",
        "file(\"/dev/zero\")",
        "file(\".git/config\")",
        "filebase64(\"ROOT/secret.txt\")",
        "filesha256(\"ROOT/secret.txt\")",
        "templatefile(\"ROOT/secret.txt\", {})",
        "templatefile(\"t.tpl\", {})",
        "templatefile(\"loop.tpl\", {})",
    ];
    for expression in refused {
        let text = outputs(&[expression]);
        let files = [
            ("main.tf", &*text),
            ("t.tpl", "${file(\"ROOT/secret.txt\")}"),
            ("loop.tpl", "${templatefile(\"loop.tpl\", {})}"),
        ];
        let (done, said) = Scene::new(&files).run(&["plan"]);
        assert!(!done && said.contains("Error"), "{expression}: {said}");
    }
    let empty = outputs(&[
        "fileset(\"..\", \"*.txt\")",
        "fileset(\"ROOT\", \"**\")",
        "[fileexists(\"ROOT/secret.txt\"), fileexists(\"../secret.txt\"), fileexists(\"untracked.txt\")]",
    ]);
    let (_, said) = Scene::new(&[("main.tf", &empty)]).run(&["plan"]);
    assert!(!said.contains("secret.txt\"") && !said.contains("true"), "{said}");
}

#[test]
fn data_sources_and_modules_reach_no_file_of_the_machine() {
    for text in [
        "data \"local_file\" \"a\" {\n  filename = \"ROOT/secret.txt\"\n}\noutput \"o\" {\n  value = data.local_file.a.content\n}\n",
        "data \"local_file\" \"a\" {\n  filename = \"untracked.txt\"\n}\noutput \"o\" {\n  value = data.local_file.a.content\n}\n",
        "data \"local_sensitive_file\" \"a\" {\n  filename = \"../secret.txt\"\n}\noutput \"o\" {\n  value = nonsensitive(data.local_sensitive_file.a.content)\n}\n",
        "data \"terraform_remote_state\" \"a\" {\n  backend = \"local\"\n  config  = { path = \"ROOT/secret.txt\" }\n}\n",
        "data \"external\" \"a\" {\n  program = [\"touch\", \"ROOT/mark\"]\n}\n",
        "data \"http\" \"a\" {\n  url = \"file://ROOT/secret.txt\"\n}\n",
        "module \"m\" {\n  source = \"ROOT/other\"\n}\noutput \"o\" {\n  value = module.m.o\n}\n",
        "module \"m\" {\n  source = \"../other\"\n}\noutput \"o\" {\n  value = module.m.o\n}\n",
        "module \"m\" {\n  source = \"file://ROOT/other\"\n}\n",
        "module \"m\" {\n  source = \"git::file://ROOT/r\"\n}\n",
        "module \"m\" {\n  source = \"git::ext::touch ROOT/mark\"\n}\n",
        "module \"m\" {\n  source = \"git::ssh://-oProxyCommand=touch ROOT/mark/x\"\n}\n",
    ] {
        let scene = Scene::new(&[("main.tf", text)]);
        let (done, said) = scene.run(&["plan"]);
        assert!(!done, "{text}: {said}");
        scene.run(&["init"]);
    }
}

#[test]
fn links_and_submodules_lead_nowhere() {
    for target in ["ROOT/secret.txt", "../secret.txt", "/proc/self/environ", ".git/config"] {
        let files = [("main.tf", "output \"o\" {\n  value = file(\"link.txt\")\n}\n")];
        let scene = Scene::with(&files, |repository| {
            let root = repository.parent().unwrap().display().to_string();
            symlink(target.replace("ROOT", &root), repository.join("link.txt")).unwrap();
        });
        let (done, said) = scene.run(&["plan"]);
        assert!(!done, "{target}: {said}");
    }
    // A commit of another repository: what stands in its directory on the disk is not part of the revision.
    let scene = Scene::new(&[(
        "main.tf",
        "module \"m\" {\n  source = \"./sub\"\n}\noutput \"o\" {\n  value = module.m.o\n}\n",
    )]);
    let sub = scene.repository().join("sub");
    std::fs::create_dir(&sub).unwrap();
    std::fs::write(sub.join("main.tf"), format!("output \"o\" {{\n  value = \"{SECRET}\"\n}}\n")).unwrap();
    let id = "1234567890123456789012345678901234567890";
    scene.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{id},sub")]);
    scene.git(&["commit", "-q", "-m", "submodule"]);
    assert!(!scene.run(&["plan"]).0);
}

#[test]
fn nothing_is_run_and_nothing_is_written_while_applying() {
    let command = "provisioner \"local-exec\" {\n    command = \"touch ROOT/mark; echo $HOSTILE\"\n  }";
    let destroy = command.replace("command =", "when    = destroy\n    command =");
    let text = format!("resource \"terraform_data\" \"a\" {{\n  input = 1\n  {command}\n  {destroy}\n}}\n");
    let scene = Scene::new(&[("main.tf", &text)]);
    scene.run(&["plan"]);
    scene.run(&["apply", "-auto-approve"]);
    scene.run(&["destroy", "-auto-approve"]);
    let remote = "resource \"terraform_data\" \"a\" {\n  provisioner \"remote-exec\" {\n    inline = [\"x\"]\n  }\n}\n";
    Scene::new(&[("main.tf", remote)]).run(&["apply", "-auto-approve"]);
    let written = "resource \"local_file\" \"a\" {\n  filename = \"ROOT/mark\"\n  content  = \"x\"\n}\n";
    assert!(!Scene::new(&[("main.tf", written)]).run(&["apply", "-auto-approve"]).0);
    // Settings of the operator stand in no revision.
    let settings = [
        ("main.tf", &*text),
        (".terraformrc", "plugin_cache_dir = \"x\"\n"),
        ("evenkeel.hcl", "local_exec = true\n"),
    ];
    Scene::new(&settings).run(&["apply", "-auto-approve"]);
}

#[test]
fn what_would_not_end_is_refused() {
    for text in [
        "resource \"terraform_data\" \"a\" {\n  count = 1000000000\n}\n",
        "resource \"terraform_data\" \"a\" {\n  for_each = toset([for p in setproduct(range(1000), range(1000), range(2)) : join(\"-\", p)])\n}\n",
        "output \"o\" {\n  value = length([for a in range(1000) : [for b in range(1000) : [for c in range(1000) : c]]])\n}\n",
        "output \"o\" {\n  value = range(100000000)\n}\n",
        "output \"o\" {\n  value = format(\"%999999999d\", 1)\n}\n",
        "module \"m\" {\n  source = \"./\"\n}\n",
        "locals {\n  a = local.b\n  b = local.a\n}\n",
        "variable \"a\" {\n  default = \"x\"\n  validation {\n    condition     = regex(\"(((a{1000}){1000}){1000})\", var.a) == \"\"\n    error_message = \"x\"\n  }\n}\n",
    ] {
        let (done, said) = Scene::new(&[("main.tf", text)]).run(&["plan"]);
        assert!(!done && said.contains("Error"), "{text}: {said}");
    }
}
