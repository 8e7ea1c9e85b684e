//! Addresses as people write them, and what Terraform 1.11.4 makes of each.

use super::*;

/// The form that is locked and the directory in it, or what is wrong.
fn shown(text: &str) -> String {
    match parse_module_source(text) {
        Ok(ModuleSource::Local(path)) => format!("local {path}"),
        Ok(source) => format!("{} // {}", source.package(), source.subdirectory()),
        Err(ModuleSourceError::Undetermined(package)) => format!("? {package}"),
        Err(ModuleSourceError::Malformed(_)) => "malformed".to_owned(),
        Err(ModuleSourceError::Unsupported(_)) => "unsupported".to_owned(),
    }
}

#[test]
fn addresses() {
    for (text, expected) in [
        ("./a//b/../c/", "local ./a/c"),
        ("../../x/./y", "local ../../x/y"),
        ("./..", "local .."),
        (".\\a\\b", "local ./a/b"),
        ("./", "local ./"),
        ("..", "? .."),
        ("modules/x", "? modules/x"),
        ("hashicorp/consul/aws", "registry.terraform.io/hashicorp/consul/aws // "),
        ("hashicorp/consul/aws//modules/x", "registry.terraform.io/hashicorp/consul/aws // modules/x"),
        ("App.Terraform.IO/Org/vpc_1/aws", "app.terraform.io/Org/vpc_1/aws // "),
        ("host.example:8443/a/b/c//d", "host.example:8443/a/b/c // d"),
        ("ns/name/Provider", "? ns/name/Provider"),
        ("ns/name/aws//../x", "malformed"),
        ("github.com/org/repo", "git::https://github.com/org/repo.git // "),
        ("github.com/org/repo.git//a?ref=v1", "git::https://github.com/org/repo.git?ref=v1 // a"),
        ("github.com/org/repo/sub/dir//a?ref=v1", "git::https://github.com/org/repo.git?ref=v1 // sub/dir/a"),
        ("github.com/x", "malformed"),
        ("bitbucket.org/org/repo?ref=x", "git::https://bitbucket.org/org/repo.git?ref=x // "),
        ("git@github.com:org/repo.git//a/b?ref=v1", "git::ssh://git@github.com/org/repo.git?ref=v1 // a/b"),
        ("git::git@host:org/repo", "git::ssh://git@host/org/repo // "),
        ("me@host:org/repo", "? me@host:org/repo"),
        ("git::https://host/a.git", "git::https://host/a.git // "),
        ("git::https://host/a.git//x?depth=1&ref=feature%2Fy", "git::https://host/a.git?ref=feature/y // x"),
        ("git::https://u:pw@host/a.git?ref=", "git::https://host/a.git // "),
        ("git::ssh://git@host:22/a.git?ref=b", "git::ssh://git@host:22/a.git?ref=b // "),
        ("git::ssh://git:pw@host/a", "git::ssh://git@host/a // "),
        ("git::ssh://git@github.com:org/repo", "? ssh://git@github.com:org/repo"),
        ("git::file:///srv/a.git//x", "git::file:///srv/a.git // x"),
        ("git::/srv/a.git", "git::file:///srv/a.git // "),
        ("git::ftp://host/a", "malformed"),
        ("git::https://host/a?sshkey=x", "unsupported"),
        ("git::https://host/a?ref=-x", "malformed"),
        ("git::https://host/a?ref=%zz", "malformed"),
        ("https://host/a.zip", "https://host/a.zip // "),
        ("https://host/a.zip//x/*?k=v&archive=tar.gz", "https://host/a.zip?k=v&archive=tar.gz // x/*"),
        ("https://host/a?checksum=md5:00", "https://host/a?checksum=md5:00 // "),
        ("https://host/a.zip//../x", "malformed"),
        ("s3::https://s3.amazonaws.com/b/x.zip", "unsupported"),
        ("gcs::https://www.googleapis.com/b", "unsupported"),
        ("hg::http://host/x", "unsupported"),
        ("/abs/x", "unsupported"),
        ("file:///abs/x", "unsupported"),
        ("foo::bar", "? bar"),
        ("example.com/x.zip", "? example.com/x.zip"),
        ("localhost:1/x", "malformed"),
        ("", "malformed"),
        ("a\nb", "malformed"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn addresses_that_must_be_of_a_registry() {
    for (text, problem) in [
        ("./a", "can't use local directory"),
        ("a/b", "three or four slash-separated"),
        ("github.com/a/b/c", "reserved for installing directly"),
        ("xn--a.example/a/b/c", "not in punycode"),
        ("host/a/b/c", "at least one dot"),
        ("ho_st.example/a/b/c", "invalid module registry hostname"),
        ("host.example/a/b", "three more components"),
        ("-a/b/c", "invalid namespace"),
        ("a/b_/c", "invalid module name"),
        ("a/b/c?ref=x", "query string"),
        ("a/b/C", "invalid target system"),
    ] {
        let error = parse_registry_source(text).expect_err(text).to_string();
        assert!(error.contains(problem), "{text}: {error}");
    }
}

#[test]
fn what_is_shown_can_be_parsed_again() {
    for text in
        ["a/b/c//d/e", "git@h:o/r//x?ref=a%26b", "https://h/x.zip//d?archive=zip", "github.com/a/b/c/d"]
    {
        let source = parse_module_source(text).unwrap();
        assert_eq!(parse_module_source(&source.to_string()).unwrap(), source, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn never_panics(text in ".*", parts in "[a-z./:@?&=%*-]{0,40}") {
        for text in [text, parts] {
            if let Ok(source) = parse_module_source(&text) {
                let _ = (source.package(), source.to_string());
            }
        }
    }
}

#[test]
fn how_much_history_an_address_asks_for() {
    for (query, expected) in [
        ("", None),
        ("?depth=1", Some(1)),
        ("?depth=25&ref=x", Some(25)),
        ("?depth=0", Some(0)),
        ("?depth=-3", Some(-3)),
        ("?depth=all", None),
        ("?depth=", None),
    ] {
        let source = parse_module_source(&format!("git::https://host/a.git{query}")).unwrap();
        let ModuleSource::Remote(RemoteSource { getter: Getter::Git { depth, .. }, .. }) = &source else {
            panic!("{source:?}")
        };
        assert_eq!(*depth, expected, "{query}");
        assert!(!source.package().contains("depth"));
    }
}
