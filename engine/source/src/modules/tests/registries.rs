//! Registries, and mirrors in their place.

use super::server::{Reply, Server, missing, ok, serve};
use super::*;
use crate::tests::Scene;

const MODULE: &str = "registry.example/org/vpc/aws";

/// A registry with these versions, whose packages are archives with the version in them.
fn registry(versions: &'static [&'static str]) -> Server {
    serve(move |request| match request.path.split_once("/v1/org/vpc/aws/") {
        Some((_, "versions")) => {
            let listed: Vec<String> = versions.iter().map(|v| format!("{{\"version\":\"{v}\"}}")).collect();
            ok(format!("{{\"modules\":[{{\"versions\":[{}]}}]}}", listed.join(",")))
        }
        Some((_, rest)) if rest.ends_with("/download") => {
            let version = rest.trim_end_matches("/download");
            let at = format!("X-Terraform-Get: /files/{version}?archive=tar.gz&signature=s3cret//*");
            let at = at.replace("//*", "").replace("?", "//*?");
            ("204 No Content", vec![at], Vec::new())
        }
        _ => match request.path.strip_prefix("/files/") {
            Some(version) => ok(tar_gz(&[(&*format!("vpc-{version}/main.tf"), version)])),
            None => missing(),
        },
    })
}

fn place(server: &Server) -> Place {
    let mut place = Place::new();
    place.settings.services.insert("registry.example".into(), format!("{}/v1/", server.url).into());
    place
}

#[test]
fn the_newest_version_that_fits() {
    let place = place(&registry(&["1.0.0", "v1.2.0", "1.10.0", "2.0.0-rc1", "nonsense", "1.9.0"]));
    for (constraint, expected) in [
        ("", "1.10.0"),
        ("~> 1.2", "1.10.0"),
        ("< 1.10", "1.9.0"),
        ("~> 1.2.0", "1.2.0"),
        (">= 2.0.0-alpha", ""),
        ("2.0.0-rc1", "2.0.0-rc1"),
        ("~> 3.0", ""),
    ] {
        let resolved = place.resolve(MODULE, constraint);
        if expected.is_empty() {
            check_error(
                resolved,
                "Unresolvable module version constraint",
                "newest available version is 1.10.0",
            );
            continue;
        }
        let Resolved { locked, files } = resolved.unwrap();
        assert_eq!(locked.version.as_deref(), Some(expected), "{constraint}");
        assert_eq!(names(&files), [format!("vpc-{expected}/main.tf")]);
        // A link that expires is not kept.
        let package = locked.package.as_deref().unwrap();
        assert!(package.contains("//*") && !package.contains("s3cret"), "{package}");
        assert_eq!(parse_module_source(package).unwrap().subdirectory(), "*");
        // Without the cache the registry is asked for exactly this version again.
        place.forget();
        assert_eq!(place.locked(MODULE, &locked).unwrap(), files);
    }
}

#[test]
fn tokens_are_for_the_registry() {
    let server = registry(&["1.0.0"]);
    let mut place = place(&server);
    place.settings.tokens.insert("registry.example".into(), Token("t0ken".into()));
    place.resolve(MODULE, "").unwrap();
    for asked in server.asked.lock().unwrap().iter() {
        assert_eq!(asked.ends_with("Bearer t0ken"), asked.starts_with("/v1/"), "{asked}");
    }
}

#[test]
fn registries_that_do_not_behave() {
    type Answer = fn(&str) -> Reply;
    let answers: [(Answer, &str, &str); 8] = [
        (|_| missing(), "Module not found", "cannot be found in the module registry at registry.example"),
        (
            |_| ("401 Unauthorized", vec![], vec![]),
            "Error accessing remote module registry",
            "refuses access",
        ),
        (|_| ("503 Busy", vec![], vec![]), "Error accessing remote module registry", "status 503"),
        (|_| ok("<html>"), "Error accessing remote module registry", "not JSON"),
        (|_| ok("{}"), "Error accessing remote module registry", "no versions"),
        (|_| ok("{\"modules\":[{\"versions\":[]}]}"), "Module has no versions", "no versions available"),
        (
            |path| match path.ends_with("versions") {
                true => ok("{\"modules\":[{\"versions\":[{\"version\":\"1.0.0\"}]}]}"),
                false => ok("{}"),
            },
            "Error accessing remote module registry",
            "does not say where",
        ),
        (
            |path| match path.ends_with("versions") {
                true => ok("{\"modules\":[{\"versions\":[{\"version\":\"1.0.0\"}]}]}"),
                false => ok("{\"location\":\"a/b/c\"}"),
            },
            "Invalid package location from module registry",
            "must be the address of a package",
        ),
    ];
    for (answer, summary, message) in answers {
        let place = place(&serve(move |request| answer(&request.path)));
        check_error(place.resolve(MODULE, ""), summary, message);
    }
}

#[test]
fn a_directory_in_place_of_a_registry() {
    let mut place = Place::new();
    place.settings.offline = true;
    place.settings.mirrors.push(mirror("", directory(&place.path("mirror"))));
    place.write("mirror/registry.example/org/vpc/aws/1.0.0/main.tf", b"# one");
    place.write("mirror/registry.example/org/vpc/aws/1.0.0/up.tf", b"x = \"../../../secret\"");
    place.write("mirror/registry.example/org/vpc/aws/2.0.0.zip", &zip(&[("main.tf", "# two")]));
    place.write("mirror/registry.example/org/vpc/aws/2.1.0.tar.gz", &tar_gz(&[("main.tf", "# three")]));
    for (constraint, version, expected) in
        [("~> 1.0", "1.0.0", "# one"), ("< 2.1", "2.0.0", "# two"), ("", "2.1.0", "# three")]
    {
        let Resolved { locked, files } = place.resolve(MODULE, constraint).unwrap();
        assert_eq!((locked.version.as_deref(), text(&files, "main.tf")), (Some(version), expected));
        place.forget();
        assert_eq!(place.locked(MODULE, &locked).unwrap(), files);
    }
    check_error(place.resolve("registry.example/org/other/aws", ""), "Module has no versions", "");
}

#[test]
fn a_repository_in_place_of_a_registry() {
    let scene = Scene::empty();
    for version in ["v1.0.0", "1.1.0", "v2.0.0-beta"] {
        scene.write("main.tf", version);
        scene.commit(version);
        scene.git(&["tag", version]);
    }
    let mut place = Place::new();
    place.settings.offline = true;
    place.reach = Reach::Network;
    let template = format!("file://{}", scene.path("{namespace}-work").display()).replace("{namespace}-", "");
    place.settings.mirrors.push(mirror("registry.example/org", MirrorPlace::Git(template.into())));
    for (constraint, version, expected) in [("", "1.1.0", "1.1.0"), ("1.0.0", "1.0.0", "v1.0.0")] {
        let Resolved { locked, files } = place.resolve(MODULE, constraint).unwrap();
        assert_eq!((locked.version.as_deref(), text(&files, "main.tf")), (Some(version), expected));
        assert_eq!(locked.commit.as_deref().unwrap().len(), 40);
        place.forget();
        assert_eq!(place.locked(MODULE, &locked).unwrap(), files);
    }
    check_error(place.resolve("registry.terraform.io/a/b/c", ""), "Failed to download module", "offline");
    // What a mirror may reach, a source may not.
    let work = format!("git::file://{}", scene.directory().join("work").display());
    check_error(place.resolve(&work, ""), "Failed to download module", "where a revision may not reach");
}
