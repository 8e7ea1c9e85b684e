//! Hosts that may be asked, and those that may not. `localhost` and `127.0.0.1` are two hosts here.

use std::sync::atomic::{AtomicBool as Flag, Ordering};

use super::server::{missing, ok, serve};
use super::*;
use crate::tests::{Scene, http};

const REFUSED: &str = "allowed_hosts";

fn limited(hosts: &str) -> Place {
    let text = format!("allowed_hosts = [{hosts}]");
    let (settings, diagnostics) = parse_module_settings("modules.hcl", text.as_bytes());
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    Place { settings, ..Place::new() }
}

fn refused<T: std::fmt::Debug>(result: Result<T, ModuleError>) {
    check_error(result, "Failed to download module", REFUSED);
}

#[test]
fn archives_pages_and_redirects() {
    let elsewhere = serve(|_| ok(zip(&[("main.tf", "# elsewhere")])));
    let far = elsewhere.url.replace("127.0.0.1", "localhost");
    let (redirect, page) = (format!("Location: {far}/a.zip"), format!("X-Terraform-Get: {far}/a.zip"));
    let server = serve(move |request| match request.path.as_str() {
        "/a.zip" => ok(zip(&[("main.tf", "# here")])),
        "/near.zip" => ("302 Found", vec!["Location: /a.zip".into()], Vec::new()),
        "/far.zip" => ("302 Found", vec![redirect.clone()], Vec::new()),
        "/page" => ("200 OK", vec![page.clone()], Vec::new()),
        _ => missing(),
    });
    let (url, port) = (&server.url, server.url.rsplit(':').next().unwrap());
    for hosts in ["\"127.0.0.1\"".to_owned(), format!("\"x.example\", \"127.0.0.1:{port}\"")] {
        let place = limited(&hosts);
        for path in ["a.zip", "near.zip"] {
            let resolved = place.resolve(&format!("{url}/{path}"), "").unwrap();
            assert_eq!(text(&resolved.files, "main.tf"), "# here");
        }
        for path in ["far.zip", "page"] {
            refused(place.resolve(&format!("{url}/{path}"), ""));
        }
    }
    for hosts in ["", "\"127.0.0.1:1\"", "\"*.0.0.1:1\"", "\"localhost\""] {
        refused(limited(hosts).resolve(&format!("{url}/a.zip"), ""));
    }
    // What is not a host to both who read it is none.
    let place = limited("\"127.0.0.1\"");
    for address in [format!("{far}/a.zip"), format!("git::{far}/a"), "git::ssh://git@localhost/a".into()] {
        refused(place.resolve(&address, ""));
    }
    assert_eq!(*elsewhere.asked.lock().unwrap(), Vec::<String>::new());
}

#[test]
fn registries_and_where_they_send_us() {
    let elsewhere = serve(|_| missing());
    let far = elsewhere.url.replace("127.0.0.1", "localhost");
    let location = format!("X-Terraform-Get: git::{far}/a.git");
    let server = serve(move |request| match request.path.as_str() {
        "/a/b/c/versions" => ok(r#"{"modules":[{"versions":[{"version":"1.0.0"}]}]}"#),
        _ => ("204 No Content", vec![location.clone()], Vec::new()),
    });
    let mut place = limited("\"127.0.0.1\"");
    refused(place.resolve("r.example/a/b/c", ""));
    place.settings.services.insert("r.example".into(), far.clone().into());
    refused(place.resolve("r.example/a/b/c", ""));
    place.settings.services.insert("r.example".into(), server.url.clone().into());
    refused(place.resolve("r.example/a/b/c", ""));
    assert_eq!(server.asked.lock().unwrap().len(), 2);
    // A mirror is asked, too.
    place.settings.mirrors.push(mirror("", MirrorPlace::Git(format!("{far}/{{name}}.git").into())));
    refused(place.resolve("r.example/a/b/c", ""));
    assert_eq!(*elsewhere.asked.lock().unwrap(), Vec::<String>::new());
}

#[test]
fn lock_files_say_no_more_than_sources() {
    let place = limited("\"127.0.0.1\"");
    let elsewhere = serve(|_| missing());
    let far = elsewhere.url.replace("127.0.0.1", "localhost");
    let locked = Locked {
        version: Some("1.0.0".into()),
        package: Some(format!("git::{far}/a.git").into()),
        commit: Some("7c1f791efd61f326ed6102d564d1a65d1eceedf0".into()),
        hash: "h1:x".into(),
    };
    refused(place.locked("r.example/a/b/c", &locked));
    refused(place.locked(&format!("git::{far}/a.git"), &Locked { package: None, ..locked }));
    assert_eq!(*elsewhere.asked.lock().unwrap(), Vec::<String>::new());
}

#[test]
fn repositories_that_moved() {
    let scene = Scene::empty();
    scene.write("main.tf", "# moved");
    scene.commit("one");
    let repository = http::serve(scene.directory(), |_, _| http::Answer::Serve);
    let near = format!("http://{}", repository.address);
    let far = near.replace("127.0.0.1", "localhost");
    let honest = Flag::new(true);
    let old = serve(move |request| {
        let (_, rest) = request.path.split_once(".git").unwrap_or_default();
        let to = |base: &str| vec![format!("Location: {base}/work/.git{rest}?{}", request.query)];
        match request.path.as_str() {
            path if path.starts_with("/near.git") => ("302 Found", to(&near), Vec::new()),
            path if path.starts_with("/far.git") => ("302 Found", to(&far), Vec::new()),
            // Says one thing to us and another one to Git.
            _ if honest.swap(false, Ordering::Relaxed) => ok(""),
            _ => ("302 Found", to(&near), Vec::new()),
        }
    });
    let place = limited("\"127.0.0.1\"");
    let resolved = place.resolve(&format!("git::{}/near.git", old.url), "").unwrap();
    assert_eq!(text(&resolved.files, "main.tf"), "# moved");
    let asked = repository.asked.load(Ordering::Acquire);
    refused(place.resolve(&format!("git::{}/far.git", old.url), ""));
    place.resolve(&format!("git::{}/liar.git", old.url), "").unwrap_err();
    assert_eq!(repository.asked.load(Ordering::Acquire), asked);
    // Repositories of this machine are no host's.
    let file = format!("git::file://{}", scene.path("work").display());
    assert_eq!(text(&place.resolve(&file, "").unwrap().files, "main.tf"), "# moved");
}
