//! Credentials that people keep for all tools: the netrc file and Git's own helpers.
//!
//! Both belong to whoever runs this. Git's helper is started outside of any repository, so that no
//! repository's configuration has a say in what is run.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::Credentials;

/// What the netrc file has for a host.
pub fn from_netrc(host: &str) -> Option<Credentials> {
    let path = std::env::var_os("NETRC").map(PathBuf::from);
    let path = path.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".netrc")))?;
    lookup(&std::fs::read_to_string(path).ok()?, host)
}

/// The entry for a host, or the default one.
fn lookup(text: &str, host: &str) -> Option<Credentials> {
    let mut words = text.split_whitespace();
    let (mut here, mut username, mut password) = (false, None, None);
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" if here && password.is_some() => break,
            "machine" => here = words.next() == Some(host),
            "default" => here = true,
            "login" if here => username = words.next(),
            "password" if here => password = words.next(),
            "login" | "password" | "account" => drop(words.next()),
            _ => {}
        }
    }
    Some(Credentials { username: username.unwrap_or_default().to_owned(), password: password?.to_owned() })
}

/// What Git's helpers have for a URL. Nobody is asked questions.
pub fn from_git(url: &str) -> Option<Credentials> {
    let mut command = Command::new("git");
    command.args(["-c", "core.askPass=", "credential", "fill"]).current_dir("/");
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_CONFIG", "GIT_ASKPASS", "SSH_ASKPASS"] {
        command.env_remove(name);
    }
    command.env("GIT_TERMINAL_PROMPT", "0").env("GCM_INTERACTIVE", "never");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    child.stdin.take()?.write_all(question(url)?.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    answer(&String::from_utf8(output.stdout).ok()?)
}

fn question(url: &str) -> Option<String> {
    let (protocol, rest) = url.split_once("://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let clean = [protocol, host, path].iter().all(|part| !part.contains(['\n', '\r', '\0']));
    clean.then(|| format!("protocol={protocol}\nhost={host}\npath={path}\n\n"))
}

fn answer(text: &str) -> Option<Credentials> {
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    Some(Credentials { username: value("username")?.to_owned(), password: value("password")?.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_netrc() {
        let text = "machine a.example\n  login me\n  password s3cret\nmachine b.example password only\ndefault login d password x\n";
        for (host, expected) in
            [("a.example", ("me", "s3cret")), ("b.example", ("", "only")), ("c.example", ("d", "x"))]
        {
            let found = lookup(text, host).unwrap();
            assert_eq!((&*found.username, &*found.password), expected, "{host}");
        }
        assert_eq!(lookup("machine a.example login me", "a.example"), None);
    }

    #[test]
    fn questions_have_one_line_each() {
        assert_eq!(question("https://h:1/a/b").unwrap(), "protocol=https\nhost=h:1\npath=a/b\n\n");
        assert_eq!(question("https://h/a\nhost=evil"), None);
        assert_eq!(answer("username=me\npassword=x=y\n").unwrap().password, "x=y");
    }
}
