//! Which paths outside its own directory a configuration file names.
//!
//! A scan of the text, not an evaluation: it must run before anything can be parsed, and finding
//! too much costs only time. So it takes every literal with a `..` between its slashes, wherever it
//! stands, and leaves out only lines that are comments. A path whose `..` is itself computed
//! (`"${var.up}/x"`) is not found.

/// The paths with `..` in them that the text names, as written: up to the first character that
/// ends a literal, and up to the last whole part where an interpolation or a pattern goes on.
pub fn upward_paths(text: &[u8]) -> Vec<&str> {
    let mut found = Vec::new();
    for line in text.split(|byte| *byte == b'\n') {
        if !is_comment(line) && line.windows(2).any(|two| two == b"..") {
            upward_paths_of_line(line, &mut found);
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Those of them that may be sources of modules: they stand on a line with that word.
pub fn upward_sources(text: &[u8]) -> Vec<&str> {
    let mut found = Vec::new();
    for line in text.split(|byte| *byte == b'\n') {
        if !is_comment(line) && line.windows(6).any(|six| six == b"source") {
            upward_paths_of_line(line, &mut found);
        }
    }
    found
}

fn is_comment(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    line.starts_with(b"#") || line.starts_with(b"//")
}

fn upward_paths_of_line<'a>(line: &'a [u8], found: &mut Vec<&'a str>) {
    let mut rest = line;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| ends_path(*byte)).unwrap_or(rest.len());
        let (literal, after) = rest.split_at(end);
        if let Some(path) =
            std::str::from_utf8(literal).ok().and_then(|literal| upward(literal, after.first()))
        {
            found.push(path);
        }
        rest = after.get(1..).unwrap_or_default();
    }
}

fn upward<'a>(literal: &'a str, next: Option<&u8>) -> Option<&'a str> {
    let goes_on = next.is_some_and(|byte| b"$%*?[{".contains(byte));
    let path = if goes_on { literal.rsplit_once('/').map(|(whole, _)| whole)? } else { literal };
    path.split('/').any(|part| part == "..").then_some(path)
}

/// Quotes end a literal, `$` and `%` begin an interpolation, `*`, `?`, `[` and `{` a pattern.
fn ends_path(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte.is_ascii_control() || b"\"'`$%*?[]{}(),;<>|\\".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (text, expected) in [
            ("source = \"../modules/network\"", vec!["../modules/network"]),
            ("source = \"./modules/../../x\"", vec!["./modules/../../x"]),
            ("x = file(\"${path.module}/../../policy.json\")", vec!["/../../policy.json"]),
            ("x = \"${path.module}/../${var.env}.json\"", vec!["/.."]),
            ("x = \"../conf-${var.env}.json\"", vec![".."]),
            ("fileset(\"..\", \"**\")", vec![".."]),
            ("fileset(\"../files\", \"../x/*.json\")", vec!["../files", "../x"]),
            ("# see ../../other", vec![]),
            ("  // see ../../other", vec![]),
            ("a = [1...]\nb = x[*]...", vec![]),
            ("{\"source\":\"../m\",\"y\":\"../m\"}", vec!["../m"]),
            ("\"...\" \"a..b\"", vec![]),
        ] {
            assert_eq!(upward_paths(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn sources() {
        let text =
            b"module \"m\" { source = \"../m\" }\n  policy = file(\"../x.json\")\n}\n\"source\": \"../n\",";
        assert_eq!(upward_sources(text), ["../m", "../n"]);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text: Vec<u8>, dots in "[./\"$ {}a\n]*") {
            upward_paths(&text);
            upward_paths(dots.as_bytes());
        }
    }
}
