//! `fmt`, `validate` and `console` through the built binary: files in, output and exit code out.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// What a command printed, and how it ended.
struct Ran {
    out: String,
    err: String,
    code: i32,
}

fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

fn run(directory: &Path, arguments: &[&str], input: &str) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_evenkeel"))
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ran {
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap(),
    }
}

fn read(directory: &Path, name: &str) -> String {
    std::fs::read_to_string(directory.join(name)).unwrap()
}

#[test]
fn fmt_checks_shows_and_writes() {
    let files = [("a.tf", "a=1\n"), ("b.tf", "b = 1\n"), ("sub/c.tfvars", "c=1\n"), (".hidden.tf", "d=1\n")];
    let here = directory(&files);
    let ran = run(here.path(), &["fmt", "-check"], "");
    assert_eq!((ran.out.as_str(), ran.code), ("a.tf\n", 3));
    let ran = run(here.path(), &["fmt", "-diff", "-write=false"], "");
    assert_eq!(
        (ran.out.as_str(), ran.code),
        ("a.tf\n--- old/a.tf\n+++ new/a.tf\n@@ -1 +1 @@\n-a=1\n+a = 1\n", 0)
    );
    assert_eq!(read(here.path(), "a.tf"), "a=1\n");
    let ran = run(here.path(), &["fmt", "-recursive"], "");
    assert_eq!((ran.out.as_str(), ran.code), ("a.tf\nsub/c.tfvars\n", 0));
    assert_eq!(read(here.path(), "a.tf"), "a = 1\n");
    assert_eq!(read(here.path(), "sub/c.tfvars"), "c = 1\n");
    assert_eq!(read(here.path(), ".hidden.tf"), "d=1\n");
    let ran = run(here.path(), &["fmt", "-check", "-recursive"], "");
    assert_eq!((ran.out.as_str(), ran.code), ("", 0));
}

/// A file without contents that says it is of 1 GiB: reading it whole would show in memory.
#[test]
fn files_that_are_too_large_are_refused_before_they_are_read() {
    let here = directory(&[("a.tf", "variable \"a\" {}\n"), ("vars/b.tfvars", "")]);
    std::fs::File::create(here.path().join("vars/b.tfvars")).unwrap().set_len(1 << 30).unwrap();
    let ran = run(here.path(), &["fmt", "vars"], "");
    assert_eq!((ran.code, ran.err.contains("File too large")), (2, true), "{}", ran.err);
    for command in [["validate", "."], ["plan", "-input=false"]] {
        std::fs::File::create(here.path().join("b.tf")).unwrap().set_len(1 << 30).unwrap();
        let ran = run(here.path(), &command, "");
        assert_eq!((ran.code, ran.err.contains("has 1073741824 bytes")), (1, true), "{}", ran.err);
    }
}

#[test]
fn fmt_reads_standard_input() {
    let here = directory(&[]);
    let ran = run(here.path(), &["fmt", "-"], "a=1");
    assert_eq!((ran.out.as_str(), ran.code), ("a = 1\n", 0));
    assert_eq!(run(here.path(), &["fmt", "-check", "-"], "a=1\n").code, 3);
    assert_eq!(run(here.path(), &["fmt", "-check", "-"], "a = 1\n").code, 0);
}

#[test]
fn fmt_leaves_alone_what_it_cannot_read() {
    let here = directory(&[("bad.tf", "a =\n"), ("good.tf", "a=1\n"), ("x.txt", "")]);
    let ran = run(here.path(), &["fmt"], "");
    assert_eq!((ran.out.as_str(), ran.code), ("good.tf\n", 2));
    assert!(ran.err.contains("on bad.tf line 1"), "{}", ran.err);
    assert_eq!(read(here.path(), "bad.tf"), "a =\n");
    assert_eq!(run(here.path(), &["fmt", "absent.tf"], "").code, 2);
    assert_eq!(run(here.path(), &["fmt", "x.txt"], "").code, 2);
}

#[cfg(unix)]
#[test]
fn fmt_keeps_permissions_and_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let here = directory(&[("real/a.tf", "a=1\n")]);
    let real = here.path().join("real/a.tf");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real/a.tf", here.path().join("link.tf")).unwrap();
    assert_eq!(run(here.path(), &["fmt"], "").code, 0);
    assert_eq!(read(here.path(), "real/a.tf"), "a = 1\n");
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(here.path().join("link.tf").is_symlink());
    assert_eq!(std::fs::read_dir(here.path().join("real")).unwrap().count(), 1);
}

#[test]
fn validate_tells_all_mistakes_in_terraforms_format() {
    let text = "variable \"o\" {\n  default = { a = 1 }\n}\nlocals {\n  a = upper(null)\n  b = local.a.c\n  c = var.nope\n}\n\
                resource \"terraform_data\" \"x\" {\n  inptu = 1\n}\n";
    let here = directory(&[("main.tf", text)]);
    let ran = run(here.path(), &["validate", "-json"], "");
    assert_eq!(ran.code, 1);
    let answer: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(answer["format_version"], "1.0");
    assert_eq!(answer["valid"], false);
    let summaries: Vec<&str> =
        answer["diagnostics"].as_array().unwrap().iter().map(|d| d["summary"].as_str().unwrap()).collect();
    for summary in
        ["Reference to undeclared input variable", "Invalid function argument", "Unsupported argument"]
    {
        assert!(summaries.contains(&summary), "{summaries:?}");
    }
    let found = answer["diagnostics"].as_array().unwrap();
    let call = found.iter().find(|d| d["summary"] == "Invalid function argument").unwrap();
    assert_eq!(call["snippet"]["context"], "locals");
    assert_eq!(call["snippet"]["code"], "  a = upper(null)");
    assert_eq!(call["snippet"]["highlight_start_offset"], 12);
    assert_eq!(call["snippet"]["function_call"]["called_as"], "upper");
    assert!(!here.path().join("terraform.tfstate.evenkeel").exists());
}

#[test]
fn validate_says_that_all_is_well() {
    let text = "variable \"n\" {\n  type = number\n}\nresource \"terraform_data\" \"x\" {\n  count = var.n\n  input = count.index\n}\n\
                output \"o\" {\n  value = terraform_data.x[*].id\n}\n";
    let here = directory(&[("main.tf", text)]);
    let ran = run(here.path(), &["validate"], "");
    assert_eq!((ran.out.as_str(), ran.code), ("Success! The configuration is valid.\n\n", 0), "{}", ran.err);
}

const CONSOLE: &str = "variable \"unset\" {}\nvariable \"set\" {\n  default = \"d\"\n}\nvariable \"secret\" {\n  default   = \"hunter2\"\n  \
                       sensitive = true\n}\nlocals {\n  list = tolist([\"a\"])\n}\nresource \"terraform_data\" \"x\" {\n  input = 1\n}\n";

#[track_caller]
fn console(input: &str, expected: &str, code: i32) -> String {
    let here = directory(&[("main.tf", CONSOLE)]);
    let ran = run(here.path(), &["console"], input);
    assert_eq!((ran.out.as_str(), ran.code), (expected, code), "{}", ran.err);
    assert!(!here.path().join("terraform.tfstate.evenkeel").exists());
    ran.err
}

#[test]
fn console_prints_values_as_terraform_does() {
    console("1\n1 + 1\n", "2\n", 0);
    console("local.list\n", "tolist([\n  \"a\",\n])\n", 0);
    console("var.unset\n", "(known after apply)\n", 0);
    console("terraform_data.x.id\n", "(known after apply)\n", 0);
    console("var.secret\n", "(sensitive value)\n", 0);
    console("[\n1,\n2\n]\n", "[\n  1,\n  2,\n]\n", 0);
    console("tostring(null)\n", "tostring(null)\n", 0);
    console("\"a${1}$${b}\\u0007\"\n", "\"a1${b}\\a\"\n", 0);
    console("type({ a = 1, b = [] })\n", "object({\n    a: number,\n    b: tuple([]),\n})\n", 0);
    console("\"it's \u{e9}\"\n", "\"it's \u{e9}\"\n", 0);
    console("1\nexit\n2\n", "", 0);
    console("", "\n", 0);
}

#[test]
fn console_ends_a_script_at_its_first_mistake() {
    let err = console("var.set.x\n1\n", "", 1);
    assert!(err.contains("on <console-input> line 1:\n   1: var.set.x\n"), "{err}");
    assert!(err.contains("│ var.set is \"d\""), "{err}");
    let err = console("var.secret.x\n", "", 1);
    assert!(!err.contains("hunter2"), "{err}");
}

#[test]
fn console_takes_variables() {
    let here = directory(&[("main.tf", CONSOLE), ("x.tfvars", "set = \"file\"\n")]);
    let ran = run(here.path(), &["console", "-var", "set=given"], "var.set\n");
    assert_eq!(ran.out, "\"given\"\n");
    let ran = run(here.path(), &["console", "-var-file", "x.tfvars"], "var.set\n");
    assert_eq!(ran.out, "\"file\"\n");
}
