//! Who holds the key that a store's data key is wrapped with.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::cipher::{Cipher, random};
use super::{Wrapped, command};
use crate::error::{Fault, StoreError};
use crate::file::{directory, private};

/// Bytes of a key.
const LENGTH: usize = 32;

/// A longer key file is none.
const FILE_MAX: u64 = 4096;

/// A key of 32 bytes. It cannot be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; LENGTH]);

impl fmt::Debug for Key {
    /// Its name alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.name())
    }
}

impl Key {
    /// A key that nobody has.
    pub fn drawn() -> Result<Self, String> {
        random().map(Self)
    }

    /// The key that a text stands for: 32 bytes in base 64.
    pub fn parse(text: &str) -> Option<Self> {
        STANDARD.decode(text.trim()).ok()?.try_into().ok().map(Self)
    }

    /// The key of these bytes, if they are as many as a key has.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// What tells it from others, and nothing else about it.
    pub fn name(&self) -> String {
        let digest = Sha256::new().chain_update(b"evenkeel key name\n").chain_update(self.0).finalize();
        digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The key of digests that goes with it, which tells nothing about it.
    pub(crate) fn digest_key(&self) -> [u8; LENGTH] {
        Sha256::new().chain_update(b"evenkeel digest key\n").chain_update(self.0).finalize().into()
    }

    /// What it is; for whoever keeps it sealed.
    pub fn bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }

    pub(crate) fn text(&self) -> String {
        STANDARD.encode(self.0)
    }
}

/// Where the key is that wraps the data key of a store.
#[derive(Clone, Debug, Default)]
pub enum KeySource {
    /// In a file beside the store, made when it is needed.
    #[default]
    Beside,
    /// In a file somewhere else, made when it is needed.
    File(PathBuf),
    /// It was given.
    Given {
        /// Where it comes from, for messages.
        origin: Arc<str>,
        /// The key.
        key: Key,
    },
    /// With a command, which wraps and unwraps.
    Command(Arc<str>),
    /// Nowhere: for stores that are gone with the process.
    Nowhere,
}

impl KeySource {
    fn kind(&self) -> &'static str {
        match self {
            Self::Beside | Self::File(_) => "file",
            Self::Given { .. } => "given",
            Self::Command(_) => "command",
            Self::Nowhere => "nowhere",
        }
    }

    /// Where the key is, for messages.
    pub fn describe(&self, store: &Path) -> String {
        match self {
            Self::Beside => format!("the key file {}", key_file(store).display()),
            Self::File(file) => format!("the key file {}", file.display()),
            Self::Given { origin, .. } => format!("the key in {origin}"),
            Self::Command(_) => "the key command".to_owned(),
            Self::Nowhere => "the memory of this process".to_owned(),
        }
    }
}

/// The key file beside a store.
pub(crate) fn key_file(store: &Path) -> PathBuf {
    let mut name: OsString = store.as_os_str().to_owned();
    name.push(".key");
    name.into()
}

/// What a holder made of a data key.
pub(crate) struct Held {
    pub(crate) holder: &'static str,
    pub(crate) holder_name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Wraps a data key with the key of a source; a key file that is not there is made.
pub(crate) fn wrap(source: &KeySource, store: &Path, data: &Key) -> Result<Held, Fault> {
    let holder = source.kind();
    let with = |key: &Key| {
        let bytes = Cipher::new(key).seal(&beside(data), data.bytes()).map_err(Fault::Damaged)?;
        Ok(Held { holder, holder_name: key.name(), bytes })
    };
    match source {
        KeySource::Beside => with(&make_file(&key_file(store), store)?),
        KeySource::File(file) => with(&make_file(file, store)?),
        KeySource::Given { key, .. } => with(key),
        KeySource::Command(line) => {
            let bytes =
                command::run(line, "wrap", data.bytes()).map_err(|why| unavailable(source, store, why))?;
            Ok(Held { holder, holder_name: String::new(), bytes })
        }
        KeySource::Nowhere => Ok(Held { holder, holder_name: String::new(), bytes: data.bytes().to_vec() }),
    }
}

/// The data key that was wrapped.
pub(crate) fn unwrap(source: &KeySource, store: &Path, wrapped: &Wrapped) -> Result<Key, Fault> {
    if source.kind() != wrapped.holder {
        return Err(wrong(source, store, wrapped));
    }
    let with = |key: &Key| {
        let named = wrapped.name.as_bytes();
        let bytes = Cipher::new(key).open(&[PREFIX, named].concat(), &wrapped.bytes);
        bytes.and_then(|bytes| Key::from_bytes(&bytes)).ok_or_else(|| wrong(source, store, wrapped))
    };
    match source {
        KeySource::Beside => with(&read_file(&key_file(store), source, store)?),
        KeySource::File(file) => with(&read_file(file, source, store)?),
        KeySource::Given { key, .. } => with(key),
        KeySource::Command(line) => {
            let bytes = command::run(line, "unwrap", &wrapped.bytes)
                .map_err(|why| unavailable(source, store, why))?;
            let key = Key::from_bytes(&bytes).filter(|key| key.name() == wrapped.name);
            key.ok_or_else(|| wrong(source, store, wrapped))
        }
        KeySource::Nowhere => Key::from_bytes(&wrapped.bytes).ok_or_else(|| wrong(source, store, wrapped)),
    }
}

const PREFIX: &[u8] = b"evenkeel data key 1\n";

fn beside(data: &Key) -> Vec<u8> {
    [PREFIX, data.name().as_bytes()].concat()
}

fn unavailable(source: &KeySource, store: &Path, why: impl fmt::Display) -> Fault {
    let detail = format!("{}: {why}", source.describe(store));
    StoreError::KeyUnavailable { path: store.to_owned(), detail }.into()
}

fn wrong(source: &KeySource, store: &Path, wrapped: &Wrapped) -> Fault {
    let with = match (wrapped.holder.as_str(), wrapped.holder_name.as_str()) {
        ("command", _) => "by a key command".to_owned(),
        ("file", name) => format!("by the key {name} of a key file"),
        (_, name) => format!("by the key {name}, which was given"),
    };
    let given = source.describe(store);
    StoreError::KeyWrong { path: store.to_owned(), with, given }.into()
}

fn read_file(file: &Path, source: &KeySource, store: &Path) -> Result<Key, Fault> {
    match fs::metadata(file).map(|metadata| metadata.len()) {
        Ok(0..=FILE_MAX) => {}
        Ok(_) => return Err(unavailable(source, store, "it is too long for a key file")),
        Err(error) => return Err(unavailable(source, store, error)),
    }
    let text = fs::read_to_string(file).map_err(|error| unavailable(source, store, error))?;
    Key::parse(&text).ok_or_else(|| unavailable(source, store, "it is not 32 bytes in base 64"))
}

/// The key of a file, drawn where there is none. It is whole or not there, also after a crash.
fn make_file(file: &Path, store: &Path) -> Result<Key, Fault> {
    let source = KeySource::File(file.to_owned());
    match fs::symlink_metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        _ => return read_file(file, &source, store),
    }
    let key = Key::drawn().map_err(Fault::Damaged)?;
    write_new(file, &key).map_err(|error| unavailable(&source, store, error))?;
    // Whoever was first has made it.
    read_file(file, &source, store)
}

fn write_new(file: &Path, key: &Key) -> std::io::Result<()> {
    let mut draft: OsString = file.as_os_str().to_owned();
    draft.push(format!(".{}.tmp", std::process::id()));
    let draft = PathBuf::from(draft);
    let mut out = private().write(true).create(true).truncate(true).open(&draft)?;
    let written = writeln!(out, "{}", key.text()).and_then(|()| out.sync_all());
    // A link and no renaming, which would take the place of a key that others made meanwhile.
    let made = written.and_then(|()| match fs::hard_link(&draft, file) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        // Not every file system has links.
        Err(_) if !file.exists() => fs::rename(&draft, file),
        other => other,
    });
    // What cannot be removed is in nobody's way.
    drop(fs::remove_file(&draft));
    drop(File::open(directory(file)).and_then(|directory| directory.sync_all()));
    made
}
