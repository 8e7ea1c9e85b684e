//! The files of a package, and the hash that proves them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use sha2::{Digest, Sha256};

use crate::directory::hexadecimal;

/// Files by path, as a snapshot has them.
pub type Files = BTreeMap<Arc<str>, Arc<[u8]>>;

/// The hash of a directory as Go modules have it: `h1:` and the SHA-256 of the sorted list of the
/// SHA-256 of every file. None where a name would make the list ambiguous.
pub fn hash(files: &Files) -> Option<String> {
    let mut list = String::new();
    for (path, contents) in files {
        if path.contains('\n') {
            return None;
        }
        writeln!(list, "{}  {path}", hexadecimal(&Sha256::digest(contents))).ok()?;
    }
    let digest = Sha256::digest(list.as_bytes());
    Some(format!("h1:{}", base64::engine::general_purpose::STANDARD.encode(digest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_go_modules() {
        let file = |path: &str, text: &str| (Arc::from(path), Arc::from(text.as_bytes()));
        // Computed with another program.
        let files = [file("abc", "data for abc"), file("xyz", "data for xyz")].into();
        assert_eq!(hash(&files).unwrap(), "h1:EP6WfDoQTSk9klnxcjriWJOGztueJUywHNmWeq+efB8=");
        assert_eq!(hash(&Files::new()).unwrap(), "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(hash(&[file("a\nb", "")].into()), None);
    }
}
