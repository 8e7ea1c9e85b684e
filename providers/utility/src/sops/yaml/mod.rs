//! YAML: its values for opening, and its text for writing it again with what was sealed in clear. What the file says
//! besides, comments and layout, stays as it stands.

mod read;
mod scalar;
mod write;

use super::cipher::DataKey;
use super::format::without_metadata;
use super::layout::Layout;
use super::node::{Branch, Node};
use super::problem::{Problem, invalid};
use read::Place;

/// A sealed file.
pub(super) struct Sealed<'t> {
    text: &'t str,
    /// Its documents, without metadata.
    pub(super) branches: Vec<Branch>,
    /// What the first of them says under `sops`.
    pub(super) metadata: Node,
    layout: Layout,
    places: Vec<Place>,
}

/// The documents of a sealed file.
pub(super) fn read_sealed(text: &str) -> Result<Sealed<'_>, Problem> {
    let file = read::file(text)?;
    let mut documents = file.documents.into_iter();
    let Some(first) = documents.next() else { return invalid(super::NO_METADATA) };
    let (first, metadata) = without_metadata(first)?;
    let mut branches = vec![first];
    for document in documents {
        branches.push(document.into_iter().filter(|(key, _)| key != super::format::METADATA).collect());
    }
    let values = file.places.iter().map(|place| place.range.clone()).collect();
    let dashes = file.places.iter().map(|place| place.dash).collect();
    let layout = Layout { values, dashes, comments: file.comments, cuts: file.cuts };
    Ok(Sealed { text, branches, metadata, layout, places: file.places })
}

/// The first document of a file in clear.
pub(super) fn read(text: &str) -> Result<Branch, Problem> {
    Ok(read::file(text)?.documents.into_iter().next().unwrap_or_default())
}

impl Sealed<'_> {
    /// The text in clear.
    pub(super) fn written(&self, key: &DataKey) -> String {
        let text = self.layout.written(self.text, &self.branches, key, |leaf| {
            let place = self.places.get(leaf.id);
            place.map(|place| write::scalar(&leaf.value, place)).unwrap_or_default()
        });
        match text.trim().is_empty() {
            true => "{}\n".into(),
            false => text,
        }
    }
}

/// The text with each of its values replaced by this one.
#[cfg(test)]
pub(super) fn with_values(text: &str, value: &str) -> String {
    let (mut out, mut from) = (String::new(), 0);
    for place in read::file(text).unwrap().places {
        out += text.get(from..place.range.start).unwrap();
        out += &write::scalar(&super::node::Scalar::Text(value.into()), &place);
        from = place.range.end;
    }
    out + text.get(from..).unwrap()
}
