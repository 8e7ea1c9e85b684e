//! Paths inside a snapshot: `/` between the parts, no leading `/`, no `.` or `..`.

/// `inner` below `directory`; either may be empty.
pub fn join(directory: &str, inner: &str) -> String {
    match (directory, inner) {
        ("", inner) => inner.to_owned(),
        (directory, "") => directory.to_owned(),
        (directory, inner) => format!("{directory}/{inner}"),
    }
}

/// The directory that holds `path`; the root holds itself.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// Where `relative` leads from `directory`, or none if it leaves the root.
pub fn resolve(directory: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Whether `path` is `directory` or lies below it.
pub fn is_within(path: &str, directory: &str) -> bool {
    directory.is_empty()
        || path == directory
        || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a file of this name is configuration, which must not silently be absent. Hidden files
/// and editors' backups are not, as in Terraform.
pub fn is_configuration(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ignored =
        name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'));
    !ignored
        && [".tf", ".tf.json", ".tfvars", ".tfvars.json", ".hcl"].iter().any(|suffix| name.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolving() {
        for (directory, relative, expected) in [
            ("", "a/b", Some("a/b")),
            ("live/prod", "../../modules/./vpc/", Some("modules/vpc")),
            ("live", "..", Some("")),
            ("live", "../..", None),
            ("", "../live", None),
            ("a", "b/../../../c", None),
        ] {
            assert_eq!(resolve(directory, relative).as_deref(), expected, "{directory} {relative}");
        }
    }

    #[test]
    fn within() {
        assert!(is_within("a/b", "a") && is_within("a", "a") && is_within("a", ""));
        assert!(!is_within("ab", "a") && !is_within("", "a"));
    }

    #[test]
    fn configuration() {
        assert!(is_configuration("a/main.tf") && is_configuration("x.auto.tfvars"));
        assert!(
            !is_configuration(".#main.tf") && !is_configuration("main.tf~") && !is_configuration("a.txt")
        );
    }
}
