//! Archives, unpacked in memory.
//!
//! Nothing is written to disk and no link is followed by the operating system: the entries become a
//! tree of names, and the same rules that collect the files of a revision collect those of a
//! package. What would lead out of the archive is an error, and so is more than the limits allow.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::SourceError;
use crate::gather::{Kind, Limits, Listing, Tree, gather};
use crate::path;

use super::error::ModuleError;
use super::package::Files;

/// Formats of archives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.zip`
    Zip,
    /// `.tar.gz`
    TarGz,
    /// `.tar.bz2`
    TarBz2,
    /// `.tar.xz`
    TarXz,
    /// Not compressed: what the cache has.
    Tar,
}

/// What names end in.
const ENDINGS: [(&str, Format); 8] = [
    ("zip", Format::Zip),
    ("tar.gz", Format::TarGz),
    ("tgz", Format::TarGz),
    ("tar.bz2", Format::TarBz2),
    ("tar.tbz2", Format::TarBz2),
    ("tbz2", Format::TarBz2),
    ("tar.xz", Format::TarXz),
    ("txz", Format::TarXz),
];

/// Text shrinks to a tenth; what shrinks more than this is made to be unpacked.
const RATIO_MAX: u64 = 250;

/// Small archives may shrink as they like.
const RATIO_FREE_BYTES: u64 = 32 << 20;

/// What an xz archive may need to be unpacked: its strongest preset takes 65 MiB.
const XZ_MEMORY_KIB: u32 = 256 << 10;

/// A target of a link is a path.
const TARGET_BYTES_MAX: u64 = 4096;

impl Format {
    /// The format that is called by its ending.
    pub fn named(name: &str) -> Option<Self> {
        ENDINGS.iter().find(|(ending, _)| *ending == name).map(|(_, format)| *format)
    }

    /// The format of a file or URL, and its name without the ending.
    pub fn of(name: &str) -> Option<(Self, &str)> {
        ENDINGS.iter().find_map(|(ending, format)| {
            let stem = name.strip_suffix(ending)?.strip_suffix('.')?;
            Some((*format, stem))
        })
    }
}

/// The files of an archive; `url` is for messages.
pub fn unpack(
    bytes: &[u8],
    format: Format,
    url: &str,
    limits: &Limits,
    interrupt: &AtomicBool,
) -> Result<Files, ModuleError> {
    let mut unpacking = Unpacking {
        entries: BTreeMap::new(),
        limits,
        bytes_max: limits
            .total_bytes_max
            .min(RATIO_MAX.saturating_mul(bytes.len() as u64).max(RATIO_FREE_BYTES)),
        bytes: 0,
        interrupt,
    };
    let unpacked = match format {
        Format::Zip => unpacking.zip(bytes),
        Format::Tar => unpacking.tar(bytes),
        Format::TarGz => unpacking.tar(flate2::read::MultiGzDecoder::new(bytes)),
        Format::TarBz2 => unpacking.tar(bzip2::read::MultiBzDecoder::new(bytes)),
        Format::TarXz => unpacking.tar(lzma_rust2::XzReader::new_mem_limit(bytes, true, XZ_MEMORY_KIB)),
    };
    if interrupt.load(Ordering::Relaxed) {
        return Err(SourceError::Interrupted.into());
    }
    unpacked.map_err(|reason| ModuleError::Archive { url: url.to_owned(), reason })?;
    Ok(gather(&mut unpacking, "", url, limits, interrupt)?.files)
}

enum Entry {
    Directory(Listing),
    File(Vec<u8>),
    Link(String),
}

struct Unpacking<'a> {
    entries: BTreeMap<String, Entry>,
    limits: &'a Limits,
    /// For all files together.
    bytes_max: u64,
    bytes: u64,
    interrupt: &'a AtomicBool,
}

impl Unpacking<'_> {
    fn zip(&mut self, bytes: &[u8]) -> Result<(), String> {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
        for index in 0..archive.len() {
            let file = archive.by_index(index).map_err(|error| error.to_string())?;
            let name = file.name().map_err(|error| error.to_string())?.into_owned();
            let (directory, link) = (file.is_dir(), file.is_symlink());
            self.add(&name, directory, link, file)?;
        }
        Ok(())
    }

    /// All that is compressed is read before the first entry is: only at the end of it the formats
    /// say whether it was whole.
    fn tar(&mut self, reader: impl Read) -> Result<(), String> {
        // What surrounds the files takes a kilobyte for each.
        let limit = self.bytes_max.saturating_add(self.limits.files_max.saturating_mul(2048));
        let mut whole = Vec::new();
        let read = reader.take(limit.saturating_add(1)).read_to_end(&mut whole);
        read.map_err(|error| format!("it is damaged: {error}"))?;
        if whole.len() as u64 > limit {
            return Err(format!("it grows to more than {limit} bytes"));
        }
        let mut archive = tar::Archive::new(whole.as_slice());
        let entries = archive.entries().map_err(|error| error.to_string())?;
        for entry in entries {
            self.tar_entry(entry.map_err(|error| error.to_string())?)?;
        }
        Ok(())
    }

    fn tar_entry(&mut self, entry: tar::Entry<'_, impl Read>) -> Result<(), String> {
        let text = |bytes: &[u8]| {
            String::from_utf8(bytes.to_vec()).map_err(|_| "a name in it is not UTF-8".to_owned())
        };
        let name = text(&entry.path_bytes())?;
        let kind = entry.header().entry_type();
        let target = entry.link_name_bytes().map(|target| text(&target)).transpose()?.unwrap_or_default();
        match kind {
            tar::EntryType::Directory => self.add(&name, true, false, io::empty()),
            tar::EntryType::Symlink => self.add(&name, false, true, target.as_bytes()),
            tar::EntryType::Link => {
                let real = self.name(&target)?;
                let Some(Entry::File(contents)) = self.entries.get(&real) else {
                    return Err(format!("{name:?} is a link to {target:?}, which is not there"));
                };
                let contents = contents.clone();
                self.add(&name, false, false, contents.as_slice())
            }
            tar::EntryType::Regular | tar::EntryType::Continuous => self.add(&name, false, false, entry),
            // What describes other entries is not one, and devices are none that configuration has.
            _ => Ok(()),
        }
    }

    fn add(&mut self, name: &str, directory: bool, link: bool, contents: impl Read) -> Result<(), String> {
        if self.interrupt.load(Ordering::Relaxed) {
            return Err("interrupted".into());
        }
        let name = self.name(name)?;
        if directory {
            return self.directory(&name);
        }
        if name.is_empty() {
            return Err("a file in it has no name".into());
        }
        let limit = if link { TARGET_BYTES_MAX } else { self.limits.file_bytes_max };
        let contents = self.contents(&name, contents, limit)?;
        let (entry, kind) = if link {
            let target =
                String::from_utf8(contents).map_err(|_| format!("the link {name:?} is not UTF-8"))?;
            (Entry::Link(target), Kind::Link)
        } else {
            (Entry::File(contents), Kind::File)
        };
        self.insert(&name, entry, kind)
    }

    fn contents(&mut self, name: &str, reader: impl Read, limit: u64) -> Result<Vec<u8>, String> {
        let mut contents = Vec::new();
        let room = self.bytes_max.saturating_sub(self.bytes).min(limit);
        let read = reader.take(room.saturating_add(1)).read_to_end(&mut contents);
        read.map_err(|error| format!("{name:?} is damaged: {error}"))?;
        if contents.len() as u64 > limit {
            return Err(format!("{name:?} has more than {limit} bytes"));
        }
        if contents.len() as u64 > room {
            return Err(format!("it grows to more than {} bytes", self.bytes_max));
        }
        self.bytes = self.bytes.saturating_add(contents.len() as u64);
        Ok(contents)
    }

    /// The path of an entry inside the archive.
    fn name(&self, name: &str) -> Result<String, String> {
        let wrong = |what: &str| Err(format!("the name {:?} in it {what}", shortened(name)));
        if name.starts_with('/') || name.contains(['\\', '\0']) {
            return wrong("is no path inside it");
        }
        if name.split('/').any(|part| part == "..") {
            return wrong("leads out of it");
        }
        let clean = path::resolve("", name).unwrap_or_default();
        if clean.len() as u64 > self.limits.path_bytes_max
            || clean.split('/').count() as u64 > self.limits.depth_max
        {
            return wrong("is too long");
        }
        Ok(clean)
    }

    fn insert(&mut self, name: &str, entry: Entry, kind: Kind) -> Result<(), String> {
        if self.entries.len() as u64 >= self.limits.files_max {
            return Err(format!("it has more than {} entries", self.limits.files_max));
        }
        let above = path::parent(name);
        self.directory(above)?;
        if matches!(self.entries.get(name), Some(Entry::Directory(_))) {
            return Err(format!("{name:?} is a file and a directory in it"));
        }
        self.entries.insert(name.to_owned(), entry);
        if let Some(Entry::Directory(listing)) = self.entries.get_mut(above) {
            let own = name.rsplit('/').next().unwrap_or(name);
            listing.insert(own.to_owned(), kind);
        }
        Ok(())
    }

    /// Makes a directory and those above it.
    fn directory(&mut self, name: &str) -> Result<(), String> {
        let mut above = String::new();
        self.entries.entry(String::new()).or_insert_with(|| Entry::Directory(Listing::new()));
        for part in name.split('/').filter(|part| !part.is_empty()) {
            let next = path::join(&above, part);
            match self.entries.get(&next) {
                Some(Entry::Directory(_)) => {}
                Some(_) => return Err(format!("{next:?} is a file and a directory in it")),
                None => {
                    if self.entries.len() as u64 >= self.limits.files_max {
                        return Err(format!("it has more than {} entries", self.limits.files_max));
                    }
                    self.entries.insert(next.clone(), Entry::Directory(Listing::new()));
                    if let Some(Entry::Directory(listing)) = self.entries.get_mut(&above) {
                        listing.insert(part.to_owned(), Kind::Directory);
                    }
                }
            }
            above = next;
        }
        Ok(())
    }
}

fn shortened(name: &str) -> String {
    name.chars().take(100).collect()
}

impl Tree for Unpacking<'_> {
    fn list(&mut self, directory: &str) -> Result<Listing, SourceError> {
        match self.entries.get(directory) {
            Some(Entry::Directory(listing)) => Ok(listing.clone()),
            _ => Ok(Listing::new()),
        }
    }

    fn size(&mut self, file: &str) -> Result<u64, SourceError> {
        match self.entries.get(file) {
            Some(Entry::File(contents)) => Ok(contents.len() as u64),
            _ => Ok(0),
        }
    }

    fn contents(&mut self, file: &str, _: u64) -> Result<Vec<u8>, SourceError> {
        match self.entries.get(file) {
            Some(Entry::File(contents)) => Ok(contents.clone()),
            _ => Ok(Vec::new()),
        }
    }

    fn target(&mut self, link: &str) -> Result<String, SourceError> {
        match self.entries.get(link) {
            Some(Entry::Link(target)) => Ok(target.clone()),
            _ => Ok(String::new()),
        }
    }
}
