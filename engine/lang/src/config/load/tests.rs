//! Modules of other packages: asked for, mounted, found again.

use evenkeel_model::Revision;

use super::*;

fn snapshot(files: &[(&str, &str)]) -> Snapshot {
    Snapshot::from_files(Revision::Directory("0".into()), files.iter().copied())
}

fn call(name: &str, source: &str) -> String {
    format!("module \"{name}\" {{\n  source = \"{source}\"\n}}\n")
}

fn mounts(keys: &[(&str, &str, &str)]) -> ResolvedModules {
    let mount =
        |directory: &str, inner: &str| Mount { directory: directory.into(), subdirectory: inner.into() };
    let mounts = keys.iter().map(|(key, directory, inner)| (Arc::from(*key), mount(directory, inner)));
    ResolvedModules { mounts: mounts.collect() }
}

fn missing(loading: &Loading) -> Vec<String> {
    loading.missing.iter().map(|request| format!("{} {}", request.key, request.lock_key())).collect()
}

/// The directory of each module, or what is wrong.
fn shown(loading: &Loading) -> Vec<String> {
    let modules = loading.configuration.modules.iter();
    let modules = modules.map(|(path, module)| format!("{}: {}", path.join("."), module.directory));
    let problems = loading.diagnostics.iter().map(|problem| problem.summary.to_string());
    modules.chain(problems).collect()
}

const M: &str = "live/.terraform/modules";

#[test]
fn packages_are_asked_for_until_they_are_there() {
    let main =
        call("vpc", "a/vpc/aws//sub") + "module \"n\" {\n  source = \"a/n/aws\"\n  version = \"~>1.0\"\n}\n";
    let vpc = call("deep", "../other") + &call("git", "git::https://h/r.git?ref=v1");
    let vpc_path = format!("{M}/vpc/inner/sub/main.tf");
    let other_path = format!("{M}/vpc/inner/other/main.tf");
    let files = [("live/main.tf", main.as_str()), (&vpc_path, vpc.as_str()), (&other_path, "locals {}\n")];
    let without = snapshot(&files[..1]);
    let first = load_with(&without, "live", &ResolvedModules::default());
    assert_eq!(
        missing(&first),
        ["n registry.terraform.io/a/n/aws (~> 1.0)", "vpc registry.terraform.io/a/vpc/aws"]
    );
    assert_eq!(shown(&first), [": live"]);
    let vpc = format!("{M}/vpc");
    let second = load_with(&snapshot(&files), "live", &mounts(&[("vpc", &vpc, "inner")]));
    assert_eq!(
        missing(&second),
        ["n registry.terraform.io/a/n/aws (~> 1.0)", "vpc.git git::https://h/r.git?ref=v1"]
    );
    assert_eq!(
        shown(&second),
        [": live".to_owned(), format!("vpc: {M}/vpc/inner/sub"), format!("vpc.deep: {M}/vpc/inner/other")]
    );
}

#[test]
fn directories_in_packages() {
    for (source, expected) in [
        ("https://h/x.zip//*", "m: p/top"),
        ("https://h/x.zip//t*p/mod*/a", "m: p/top/modules/a"),
        ("https://h/x.zip//top/modules/*", "Unreadable module subdirectory"),
        ("https://h/x.zip//gone", "Unreadable module subdirectory"),
        ("https://h/x.zip//x*", "Unreadable module subdirectory"),
    ] {
        let files = [
            ("main.tf", call("m", source)),
            ("p/top/main.tf", "locals {}\n".into()),
            ("p/top/modules/a/main.tf", "locals {}\n".into()),
            ("p/top/modules/b/main.tf", "locals {}\n".into()),
        ];
        let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let loading = load_with(&snapshot(&files), "", &mounts(&[("m", "p", "")]));
        assert_eq!(shown(&loading).last().unwrap(), expected, "{source}");
        assert!(loading.missing.is_empty());
    }
}

#[test]
fn packages_are_not_left() {
    for source in ["../..", "../../secret", "./../../.."] {
        let files = [
            ("main.tf", call("m", "https://h/x.zip//a")),
            ("p/a/main.tf", call("out", source)),
            ("secret/main.tf", "locals {}\n".into()),
        ];
        let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let loading = load_with(&snapshot(&files), "", &mounts(&[("m", "p", "")]));
        assert_eq!(shown(&loading).last().unwrap(), "Local module path escapes module package", "{source}");
    }
}

#[test]
fn a_package_that_calls_itself() {
    let files = [("main.tf", call("m", "a/b/c")), ("p/main.tf", call("again", "a/b/c"))];
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let loading = load_with(&snapshot(&files), "", &mounts(&[("m", "p", "")]));
    assert_eq!(shown(&loading).last().unwrap(), "Module call cycle");
    assert!(loading.missing.is_empty());
}

#[test]
fn names_that_are_no_names_are_not_asked_for() {
    let loading =
        load_with(&snapshot(&[("main.tf", &call("../x", "a/b/c"))]), "", &ResolvedModules::default());
    assert!(loading.missing.is_empty() && loading.diagnostics.has_errors());
}

#[test]
fn sources_and_versions_that_are_refused() {
    for (arguments, summary, detail) in [
        (
            "source = \"./a\"\nversion = \"1.0\"",
            "Invalid registry module source address",
            "can't use local directory",
        ),
        ("source = \"a/b/c\"\nversion = \"x\"", "Invalid version constraint", "\"x\""),
        ("source = \"a/b/c\"\nversion = null", "Unsuitable value type", "null"),
        ("source = null", "Unsuitable value type", "null"),
        ("source = var.x", "Variables not allowed", ""),
        ("source = \"modules/x\"", "Invalid module source address", "write \"./modules/x\""),
        ("source = \"s3::https://x/y\"", "Unsupported module source", "S3"),
    ] {
        let text = format!("module \"m\" {{\n{arguments}\n}}\nvariable \"x\" {{}}\n");
        let (_, diagnostics) = load(&snapshot(&[("main.tf", &text)]), "");
        let first = diagnostics.iter().next().unwrap();
        assert_eq!(&*first.summary, summary, "{arguments}");
        assert!(first.detail.contains(detail), "{}", first.detail);
    }
}

#[test]
fn patterns() {
    for (name, pattern, expected) in [
        ("abc", "*", true),
        ("abc", "a*c", true),
        ("abc", "a?c", true),
        ("abc", "a?", false),
        ("", "*", true),
        ("ab", "*b*", true),
    ] {
        assert_eq!(fits(name, pattern), expected, "{name} {pattern}");
    }
}
