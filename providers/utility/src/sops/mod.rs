//! The provider `carlpett/sops`: files in the repository that sops sealed with age, as data.
//!
//! A file is read into a tree (`json`, `yaml`, `dotenv`, `ini`), opened and checked as a whole (`unseal`), and written
//! again in clear as sops would write it; `data` is what that text says. Which keys open it is the operator's to say
//! ([`Keys`]), and which files may be read is what it is for `file` ([`HostFiles`]).

mod cipher;
mod dotenv;
mod flatten;
mod format;
mod ini;
mod json;
mod layout;
mod metadata;
mod moment;
mod nested;
mod node;
mod number;
mod problem;
mod reading;
mod rules;
mod unseal;
mod yaml;

use std::sync::Arc;

use evenkeel_age::Keys;

use self::node::Scalar;
use self::reading::Sops;
use crate::family::Family;
use crate::local::HostFiles;

/// What is said of a file that nobody sealed.
const NO_METADATA: &str = "it was not sealed by sops: it has no metadata of it";

/// The provider, with what it may read and who holds the keys.
pub(crate) fn family(files: HostFiles, keys: Arc<dyn Keys>) -> Family {
    let made = |schema_text, origin| Sops { schema_text, origin, files: files.clone(), keys: keys.clone() };
    Family::new("sops", "1.4.1", include_str!("../../../../schemas/sops/provider.json"))
        .published_by("carlpett")
        .data(
            "sops_external",
            made(include_str!("../../../../schemas/sops/data.sops_external.json"), reading::Origin::Text),
        )
        .data(
            "sops_file",
            made(include_str!("../../../../schemas/sops/data.sops_file.json"), reading::Origin::File),
        )
        .ephemeral(
            "sops_external",
            made(
                include_str!("../../../../schemas/sops/ephemeral.sops_external.json"),
                reading::Origin::Text,
            ),
        )
        .ephemeral(
            "sops_file",
            made(include_str!("../../../../schemas/sops/ephemeral.sops_file.json"), reading::Origin::File),
        )
}

/// A value where all values are texts.
fn text_of(value: &Scalar) -> String {
    match value {
        Scalar::Null => String::new(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Float(value) => number::printed(*value),
        Scalar::Text(text) | Scalar::Comment(text) => text.clone(),
        Scalar::Time(moment) => moment.rfc3339(),
    }
}

#[cfg(test)]
mod tests;
