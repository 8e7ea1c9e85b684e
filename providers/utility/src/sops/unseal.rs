//! The opening of a whole file: its key, each of its values in order, and the code over all of them, which tells
//! whether somebody changed, removed, added or moved one.

use evenkeel_age::Keys;
use sha2::{Digest, Sha512};

use super::cipher::{DataKey, place};
use super::metadata::Metadata;
use super::node::{Branch, Node, Scalar};
use super::problem::{Problem, invalid};
use super::rules::Rule;
use super::{metadata, number};

/// Deeper documents are refused.
pub(super) const DEPTH_MAX: usize = 128;

/// Documents with more values are refused.
pub(super) const VALUES_MAX: usize = 20_000;

/// So many bytes may the keys have together that lead to a value.
const PATH_BYTES_MAX: usize = 1024;

/// Refuses keys that are too long: every value is sealed with those that lead to it.
pub(super) fn check_path(path: &[String]) -> Result<(), Problem> {
    match path.iter().map(String::len).sum::<usize>() > PATH_BYTES_MAX {
        true => invalid("its keys are too long"),
        false => Ok(()),
    }
}

/// What the code over sealed values alone starts with: SHA-256 of "sops".
const SEALED_ALONE: [u8; 32] = [
    0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b, 0x0b,
    0x97, 0x5b, 0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
];

/// Opens all values of the documents in place, with the key that their metadata holds for one of ours. The key comes
/// back, for the comments.
pub(super) fn open(branches: &mut [Branch], metadata: &Node, keys: &dyn Keys) -> Result<DataKey, Problem> {
    let metadata = Metadata::parse(metadata)?;
    let key = metadata::data_key(&metadata, keys)?;
    let mut walk = Walk {
        key: &key,
        rule: &metadata.rule,
        sealed_alone: metadata.sealed_alone,
        values: 0,
        hash: Sha512::new(),
    };
    if metadata.sealed_alone {
        walk.hash.update(SEALED_ALONE);
    }
    for branch in branches {
        walk.branch(branch, &mut Vec::new())?;
    }
    let found: String = walk.hash.finalize().iter().map(|byte| format!("{byte:02X}")).collect();
    match key.open(&metadata.mac, &metadata.last_modified) {
        Ok(Scalar::Text(told)) if told == found => Ok(key),
        Ok(_) => invalid(
            "its values are not those that were sealed: the message authentication code (MAC) differs",
        ),
        Err(why) => invalid(format!("its message authentication code (MAC) cannot be opened: {why}")),
    }
}

struct Walk<'k> {
    key: &'k DataKey,
    rule: &'k Rule,
    sealed_alone: bool,
    values: usize,
    hash: Sha512,
}

impl Walk<'_> {
    fn branch(&mut self, branch: &mut Branch, path: &mut Vec<String>) -> Result<(), Problem> {
        for (name, node) in branch {
            path.push(name.clone());
            check_path(path)?;
            self.node(node, path, 0)?;
            path.pop();
        }
        Ok(())
    }

    /// Lists do not count in a path: their depth is counted apart.
    fn node(&mut self, node: &mut Node, path: &mut Vec<String>, lists: usize) -> Result<(), Problem> {
        if path.len() + lists > DEPTH_MAX {
            return invalid("it is nested too deeply");
        }
        match node {
            Node::Map(branch) => self.branch(branch, path),
            Node::List(elements) => elements.iter_mut().try_for_each(|node| self.node(node, path, lists + 1)),
            Node::Leaf(leaf) if leaf.value == Scalar::Null => Ok(()),
            Node::Leaf(_) if self.values == VALUES_MAX => invalid("it has too many values"),
            Node::Leaf(leaf) => {
                self.values += 1;
                let sealed = self.rule.is_sealed(path, leaf);
                if sealed {
                    leaf.value = self.value(&leaf.value, path)?;
                    leaf.opened = true;
                }
                if sealed || !self.sealed_alone {
                    self.hash.update(bytes(&leaf.value));
                }
                Ok(())
            }
        }
    }

    fn value(&self, value: &Scalar, path: &[String]) -> Result<Scalar, Problem> {
        let at = || path.iter().map(|key| key.escape_debug().to_string()).collect::<Vec<_>>().join(".");
        let Scalar::Text(sealed) = value else {
            return invalid(format!("the value at \"{}\" is not sealed, and should be", at()));
        };
        let opened = self.key.open(sealed, &place(path));
        opened.map_err(|why| Problem::invalid(format!("the value at \"{}\" cannot be opened: {why}", at())))
    }
}

/// What a value adds to the code.
fn bytes(value: &Scalar) -> Vec<u8> {
    match value {
        Scalar::Null | Scalar::Comment(_) => Vec::new(),
        Scalar::Bool(true) => b"True".to_vec(),
        Scalar::Bool(false) => b"False".to_vec(),
        Scalar::Int(number) => number.to_string().into_bytes(),
        Scalar::Float(number) => number::plain(*number).into_bytes(),
        Scalar::Text(text) => text.clone().into_bytes(),
        Scalar::Time(moment) => moment.rfc3339().into_bytes(),
    }
}
