//! Archives and repositories without a registry, and what the lock file and the cache make of them.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::server::{missing, ok, serve};
use super::*;
use crate::tests::{Scene, http};

#[test]
fn archives_by_name_by_parameter_and_by_page() {
    let server = serve(|request| match request.path.as_str() {
        "/a.zip" | "/plain" => ok(zip(&[("main.tf", "# zip")])),
        "/header" => ("200 OK", vec!["X-Terraform-Get: ./a.zip".into()], Vec::new()),
        "/meta" => ok("<html><head><meta name=\"terraform-get\" content=\"/a.zip?x=1&amp;y=2\"></head>"),
        "/circle" => ("200 OK", vec!["X-Terraform-Get: /circle".into()], Vec::new()),
        "/local" => ok("<meta name='terraform-get' content='a/b/c'>"),
        "/machine" => ("200 OK", vec!["X-Terraform-Get: git::file:///srv/x".into()], Vec::new()),
        "/silent" => ok("<html>"),
        "/moved.zip" => ("302 Found", vec!["Location: /a.zip".into()], Vec::new()),
        _ => missing(),
    });
    let place = Place::new();
    let sum = hexadecimal(&Sha256::digest(zip(&[("main.tf", "# zip")])));
    for path in [
        "a.zip",
        "plain?archive=zip",
        "header",
        "meta",
        "moved.zip",
        &format!("a.zip?checksum=sha256:{sum}"),
        &format!("a.zip?checksum={sum}"),
    ] {
        let address = format!("{}/{path}", server.url);
        let Resolved { locked, files } =
            place.resolve(&address, "").unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(text(&files, "main.tf"), "# zip", "{path}");
        place.forget();
        assert_eq!(place.locked(&address, &locked).unwrap(), files);
    }
    for (path, message) in [
        ("circle", "from one to the next"),
        ("local", "must be the address of a package"),
        ("machine", "does not know what is on this machine"),
        ("silent", "does not say where the package is"),
        ("gone.zip", "status 404"),
        ("plain?archive=rar", "is no format that is known"),
        ("a.zip?checksum=sha256:00", "checksum is"),
        ("a.zip?checksum=file:sums", "checksums are md5"),
    ] {
        let error = place.resolve(&format!("{}/{path}", server.url), "").unwrap_err();
        assert!(error.to_string().contains(message), "{path}: {error}");
    }
}

#[test]
fn a_connection_that_breaks() {
    let count = AtomicUsize::new(0);
    let server = serve(move |request| {
        let whole = zip(&[("main.tf", "# whole")]);
        let first = count.fetch_add(1, Ordering::Relaxed) == 0;
        if first || request.path == "/always.zip" {
            return ("200 OK", vec![format!("Content-Length: {}", whole.len())], whole[..9].to_vec());
        }
        ok(whole)
    });
    let place = Place::new();
    let once = place.resolve(&format!("{}/once.zip", server.url), "").unwrap();
    assert_eq!(text(&once.files, "main.tf"), "# whole");
    let always = place.resolve(&format!("{}/always.zip", server.url), "");
    check_error(always, "Failed to download module", "the connection broke");
    assert_eq!(fs::read_dir(place.path("cache/modules")).unwrap().count(), 1);
}

#[test]
fn answers_that_are_too_large() {
    let server = serve(|_| ("200 OK", vec![format!("Content-Length: {}", 1_u64 << 40)], vec![0; 10]));
    check_error(
        Place::new().resolve(&format!("{}/a.zip", server.url), ""),
        "Failed to download module",
        "more than",
    );
}

#[test]
fn passwords_are_not_shown() {
    let address = "https://me:s3cret@127.0.0.1:1/a.zip";
    let error = Place::new().resolve(address, "").unwrap_err();
    assert!(!format!("{error} {error:?} {}", error.remedy()).contains("s3cret"), "{error:?}");
}

#[test]
fn a_locked_commit_stays_what_it_is() {
    let scene = Scene::empty();
    scene.write("main.tf", "# one");
    let first = scene.commit("one");
    let address = format!("git::file://{}", scene.path("work").display());
    let place = Place::new();
    let Resolved { locked, files } = place.resolve(&address, "").unwrap();
    assert_eq!((locked.commit.as_deref(), text(&files, "main.tf")), (Some(&*first), "# one"));
    scene.write("main.tf", "# two");
    scene.commit("two");
    assert_eq!(text(&place.resolve(&address, "").unwrap().files, "main.tf"), "# two");
    place.forget();
    assert_eq!(text(&place.locked(&address, &locked).unwrap(), "main.tf"), "# one");
    // Nobody is asked for what is in the cache.
    fs::remove_dir_all(scene.path("work")).unwrap();
    let offline = place.offline().locked(&source(&address), &locked, &AtomicBool::new(false));
    assert_eq!(offline.unwrap(), files);
}

#[test]
fn a_repository_over_http() {
    let scene = Scene::empty();
    scene.write("sub/main.tf", "# one");
    let first = scene.commit("one");
    scene.git(&["tag", "v1"]);
    scene.write("sub/main.tf", "# two");
    scene.commit("two");
    let server = http::serve(scene.directory(), |path, _| match path.starts_with("/work/") {
        true => http::Answer::Serve,
        false => http::Answer::Refuse("404 Not Found", "X-Nothing: here".into()),
    });
    let address = format!("git::http://me:s3cret@{}/work/.git", server.address);
    let place = Place::new();
    for (query, expected) in
        [("?ref=v1", "# one"), (&*format!("?ref={first}&depth=1"), "# one"), ("", "# two")]
    {
        let address = format!("{address}//sub{query}");
        let Resolved { locked, files } = place.resolve(&address, "").unwrap();
        assert_eq!(text(&files, "sub/main.tf"), expected, "{query}");
        place.forget();
        assert_eq!(place.locked(&address, &locked).unwrap(), files);
    }
    let address = format!("git::http://me:s3cret@{}/gone.git", server.address);
    let error = place.resolve(&address, "").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
}

#[test]
fn other_files_than_those_that_are_locked_are_refused() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let server = serve(move |_| {
        let count = counted.fetch_add(1, Ordering::Relaxed);
        ok(zip(&[("main.tf", if count == 0 { "# good" } else { "# evil" })]))
    });
    let address = format!("{}/a.zip", server.url);
    let place = Place::new();
    let locked = place.resolve(&address, "").unwrap().locked;
    let kept = fs::read_dir(place.path("cache/modules")).unwrap().next().unwrap().unwrap().path();
    let whole = fs::read(&kept).unwrap();
    assert_eq!(text(&place.locked(&address, &locked).unwrap(), "main.tf"), "# good");
    // A cache that was tampered with is as good as none.
    let tampered = String::from_utf8(whole.clone()).unwrap().replace("# good", "# evil");
    for damaged in [tampered.into_bytes(), whole[..700].to_vec(), Vec::new()] {
        fs::write(&kept, damaged).unwrap();
        check_error(place.locked(&address, &locked), "Module does not match the lock file", &locked.hash);
    }
    assert!(count.load(Ordering::Relaxed) >= 4);
}

#[test]
fn many_at_the_same_time() {
    let server = serve(|_| ok(zip(&[("main.tf", "# same")])));
    let address = format!("{}/a.zip", server.url);
    let place = Place::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let Resolved { locked, files } = place.resolve(&address, "").unwrap();
                assert_eq!(place.locked(&address, &locked).unwrap(), files);
            });
        }
    });
    assert_eq!(fs::read_dir(place.path("cache/modules")).unwrap().count(), 1);
}

#[test]
fn a_revision_does_not_reach_this_machine() {
    let scene = Scene::empty();
    scene.write("main.tf", "# secret");
    scene.commit("one");
    let file = format!("file://{}", scene.path("work").display());
    let mut place = Place::new();
    place.reach = Reach::Network;
    check_error(
        place.resolve(&format!("git::{file}"), ""),
        "Failed to download module",
        "where a revision may not reach",
    );
    // Unless the operator says so.
    place.settings.rewrites.push(("https://git.example/".into(), format!("{file}/../").into()));
    let resolved = place.resolve("git::https://git.example/work", "").unwrap();
    assert_eq!(text(&resolved.files, "main.tf"), "# secret");
    place.write("archives/a.zip", &zip(&[("main.tf", "# file")]));
    let archives = format!("file://{}/", place.path("archives").display());
    place.settings.rewrites.push(("https://files.example/".into(), archives.into()));
    place.settings.offline = true;
    let resolved = place.resolve("https://files.example/a.zip", "").unwrap();
    assert_eq!(text(&resolved.files, "main.tf"), "# file");
    check_error(place.resolve("https://other.example/a.zip", ""), "Failed to download module", "offline");
}

#[test]
fn packages_have_no_submodules_and_no_links_out() {
    let scene = Scene::empty();
    scene.write("main.tf", "# main");
    scene.write("big.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
    let id = scene.commit("one");
    scene.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{id},sub")]);
    scene.git(&["commit", "-q", "-m", "submodule"]);
    let address = format!("git::file://{}", scene.path("work").display());
    let place = Place::new();
    let resolved = place.resolve(&address, "").unwrap();
    assert_eq!(names(&resolved.files), ["big.bin", "main.tf"]);
    std::os::unix::fs::symlink("/etc/passwd", scene.path("work/passwd.tf")).unwrap();
    scene.commit("link");
    check_error(place.resolve(&address, ""), "Failed to download module", "leads out");
}
