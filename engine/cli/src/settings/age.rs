//! Where the keys of age are that open what is sealed in a repository: the operator says so in the environment, as to
//! sops, and never a configuration.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

use evenkeel_age::{Identities, Keys};

const KEY: &str = "SOPS_AGE_KEY";
const FILE: &str = "SOPS_AGE_KEY_FILE";
const COMMAND: &str = "SOPS_AGE_KEY_CMD";

/// What the command sees of what is to be opened.
const RECIPIENT: &str = "SOPS_AGE_RECIPIENT";

/// Below the directory of the user's configuration.
const USER_FILE: &str = "sops/age/keys.txt";

/// So long a command may take.
const WAIT: Duration = Duration::from_secs(60);

/// A longer text holds no keys.
const BYTES_MAX: u64 = 1 << 20;

/// The name of the variable that holds keys in clear.
pub const SECRET_VARIABLE: &str = KEY;

/// What was found in one place, or why nothing was.
type Found = Result<Identities, String>;

/// The operator's keys, which are looked for when something is to be opened.
#[derive(Default)]
pub struct OperatorKeys {
    environment: Environment,
    held: OnceLock<Vec<Found>>,
    told: Mutex<BTreeMap<Option<String>, Found>>,
}

/// The variables that say where keys are.
#[derive(Default)]
struct Environment {
    key: Option<String>,
    file: Option<PathBuf>,
    command: Option<String>,
    user_file: Option<PathBuf>,
}

impl OperatorKeys {
    /// As the environment of this process has it.
    pub fn of_environment() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let text = |name: &str| set(name).and_then(|value| value.into_string().ok());
        let home = |below: &str| set("HOME").map(|home| Path::new(&home).join(below));
        let mac = cfg!(target_os = "macos");
        let usual = || home(if mac { "Library/Application Support" } else { ".config" });
        let directory = set("XDG_CONFIG_HOME").map(PathBuf::from).or_else(usual);
        let environment = Environment {
            key: text(KEY),
            file: set(FILE).map(PathBuf::from),
            command: text(COMMAND),
            user_file: directory.map(|directory| directory.join(USER_FILE)),
        };
        Self { environment, ..Self::default() }
    }

    /// What does not depend on what is to be opened.
    fn held(&self) -> &[Found] {
        self.held.get_or_init(|| {
            let Environment { key, file, user_file, .. } = &self.environment;
            let user_file = user_file.as_ref().filter(|file| file.exists());
            let key = key.as_deref().map(|text| parse(KEY, text));
            let file = file.as_ref().map(|file| read(&format!("{FILE} ({})", file.display()), file));
            let user_file = user_file.map(|file| read(&file.display().to_string(), file));
            [key, file, user_file].into_iter().flatten().collect()
        })
    }

    /// What the command says, which is asked once for each recipient.
    fn told(&self, recipient: Option<&str>) -> Option<Found> {
        let line = self.environment.command.as_deref()?;
        let recipient = recipient.filter(|recipient| is_plain(recipient));
        let Ok(mut told) = self.told.lock() else { return Some(Err(format!("{COMMAND} cannot be run"))) };
        let found = told.entry(recipient.map(str::to_owned)).or_insert_with(|| {
            let answer = run(line, recipient).map_err(|why| format!("{COMMAND}: {why}"))?;
            parse(COMMAND, &answer)
        });
        Some(found.clone())
    }
}

impl Keys for OperatorKeys {
    fn identities(&self, recipient: Option<&str>) -> Result<Arc<Identities>, String> {
        let found = self.held().iter().cloned().chain(self.told(recipient));
        let (mut identities, mut problems) = (Identities::default(), Vec::new());
        for found in found {
            match found {
                Ok(more) => identities = identities.with(more),
                Err(why) => problems.push(why),
            }
        }
        match (identities.is_empty(), problems.is_empty()) {
            (false, _) => Ok(Arc::new(identities)),
            (true, false) => Err(format!("there is no key of age: {}.", problems.join("; "))),
            (true, true) => Err("there is no key of age.".into()),
        }
    }
}

/// Whether a recipient, which a repository names, holds nothing but letters and digits.
fn is_plain(recipient: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    recipient.starts_with("age1") && recipient.len() < 5000 && recipient.bytes().all(plain)
}

fn parse(origin: &str, text: &str) -> Found {
    Identities::parse(text).map_err(|why| format!("{origin}: {why}"))
}

fn read(origin: &str, path: &Path) -> Found {
    let file = std::fs::File::open(path).map_err(|error| format!("{origin}: {error}"))?;
    let mut text = String::new();
    file.take(BYTES_MAX).read_to_string(&mut text).map_err(|error| format!("{origin}: {error}"))?;
    parse(origin, &text)
}

/// What a command says on its standard output. What it says on its standard error is for people and goes there.
fn run(line: &str, recipient: Option<&str>) -> Result<String, String> {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", line]).stdin(Stdio::null()).stdout(Stdio::piped());
    match recipient {
        Some(recipient) => command.env(RECIPIENT, recipient),
        None => command.env_remove(RECIPIENT),
    };
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let (tell, told) = mpsc::channel();
    let stdout = child.stdout.take();
    std::thread::spawn(move || {
        let mut answer = String::new();
        let read = stdout.map(|stdout| stdout.take(BYTES_MAX).read_to_string(&mut answer));
        // Nobody may listen any more.
        drop(tell.send(read.and_then(Result::ok).map(|_| answer)));
    });
    let answer = told.recv_timeout(WAIT);
    if answer.is_err() {
        // It may have ended by itself meanwhile.
        drop(child.kill());
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    match answer {
        Err(_) => Err(format!("it gave no answer within {} seconds", WAIT.as_secs())),
        Ok(_) if !status.success() => Err(format!("it failed: {status}")),
        Ok(answer) => answer.ok_or_else(|| "its answer is no text".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: &str = "AGE-SECRET-KEY-19D8A6M4F9EWA2U0Y2WH4NJADW7HQC3TK6F4DSK7VGPX5LF3CUQPSDYZJGS";

    fn keys(environment: Environment) -> OperatorKeys {
        OperatorKeys { environment, ..OperatorKeys::default() }
    }

    fn count(keys: &OperatorKeys) -> Result<String, String> {
        keys.identities(Some("age1x")).map(|identities| format!("{identities:?}"))
    }

    #[test]
    fn keys_of_all_places_are_tried() {
        let folder = tempfile::tempdir().expect("a directory");
        let file = folder.path().join("keys.txt");
        std::fs::write(&file, format!("# a comment\n\n{SOME}\n")).expect("a file");
        let found = keys(Environment {
            key: Some(format!("{SOME} {SOME}")),
            file: Some(file.clone()),
            command: Some(format!("echo {SOME}")),
            user_file: Some(file),
        });
        assert_eq!(count(&found).as_deref(), Ok("Identities(5)"));
    }

    #[test]
    fn a_place_without_keys_is_told_where_there_are_no_others() {
        assert_eq!(count(&keys(Environment::default())), Err("there is no key of age.".into()));
        let missing = || Some(PathBuf::from("/does/not/exist"));
        let told =
            count(&keys(Environment { file: missing(), ..Environment::default() })).expect_err("no key");
        assert!(told.contains("SOPS_AGE_KEY_FILE (/does/not/exist)"), "{told}");
        let other = keys(Environment { file: missing(), key: Some(SOME.into()), ..Environment::default() });
        assert_eq!(count(&other).as_deref(), Ok("Identities(1)"));
        let wrong = keys(Environment { key: Some(format!("{SOME}\nwrong")), ..Environment::default() });
        let told = count(&wrong).expect_err("no key");
        assert_eq!(told, "there is no key of age: SOPS_AGE_KEY: line 2 is no key of age.");
    }

    #[test]
    fn the_command_is_asked_once_for_a_recipient_and_sees_no_other_text() {
        let folder = tempfile::tempdir().expect("a directory");
        let log = folder.path().join("log");
        let line = format!("echo \"<$SOPS_AGE_RECIPIENT>\" >> {}; echo {SOME}", log.display());
        let asked = keys(Environment { command: Some(line), ..Environment::default() });
        for recipient in ["age1abc", "age1abc", "age1$(rm -r x)", "--help", "age1;x"] {
            asked.identities(Some(recipient)).expect("a key");
        }
        assert_eq!(std::fs::read_to_string(log).expect("a file"), "<age1abc>\n<>\n");
        let failing =
            keys(Environment { command: Some("echo secret; exit 3".into()), ..Environment::default() });
        let told = count(&failing).expect_err("no key");
        assert!(told.contains("exit status: 3") && !told.contains("secret"), "{told}");
    }
}
