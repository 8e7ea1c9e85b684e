//! Files in the language that are named by whoever runs a command, read as far as the parser takes them.

use std::fs::File;
use std::io::{Error, Read};
use std::path::Path;

use evenkeel_lang::parse::FILE_BYTES_MAX;

/// The contents of a file. Of one that is too large so much is read that the parser sees that it is.
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    read_from(File::open(path)?)
}

/// The same of what is open already.
pub fn read_from(input: impl Read) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    input.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
