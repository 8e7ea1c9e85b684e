//! Writes what is digested: every part with its kind and its length, so that different contents never
//! read the same. It goes into the digest as it comes; no document is built for it.

use evenkeel_model::value::{Kind, Refinements};
use evenkeel_model::{Marks, Type, Value};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::DigestKey;

/// So much is gathered before it is digested: the parts are small, and each call costs.
const GATHERED: usize = 16 * 1024;

/// What was written so far.
pub(super) struct Content {
    sha: Sha256,
    gathered: Vec<u8>,
}

impl Content {
    pub(super) fn new() -> Self {
        Self { sha: Sha256::new(), gathered: Vec::with_capacity(GATHERED * 2) }
    }

    /// The digest in hexadecimal, keyed where there is a key.
    pub(super) fn finish(mut self, key: Option<&DigestKey>) -> String {
        use std::fmt::Write;
        self.sha.update(&self.gathered);
        let bytes = self.sha.finalize();
        let bytes = match key {
            None => bytes,
            Some(key) => Hmac::<Sha256>::new(&key.block().into()).chain_update(bytes).finalize().into_bytes(),
        };
        bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// What kind of thing follows.
    pub(super) fn tag(&mut self, tag: u8) -> &mut Self {
        if self.gathered.len() >= GATHERED {
            self.sha.update(&self.gathered);
            self.gathered.clear();
        }
        self.gathered.push(tag);
        self
    }

    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        self.gathered.extend_from_slice(&number.to_le_bytes());
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.number(text.len() as u64);
        self.gathered.extend_from_slice(text.as_bytes());
        self
    }

    /// Anything that is written as text, without making the text first.
    pub(super) fn shown(&mut self, shown: impl std::fmt::Display) -> &mut Self {
        use std::io::Write;
        let length_at = self.gathered.len();
        self.number(0);
        let begins = self.gathered.len();
        // Writing to memory does not fail.
        let _ = write!(self.gathered, "{shown}");
        let length = (self.gathered.len() - begins) as u64;
        if let Some(place) = self.gathered.get_mut(length_at..begins) {
            place.copy_from_slice(&length.to_le_bytes());
        }
        self
    }

    /// Whether it is there, and what it is.
    pub(super) fn option<T>(&mut self, option: Option<T>, write: impl FnOnce(&mut Self, T)) -> &mut Self {
        match option {
            None => self.tag(b'-'),
            Some(inner) => {
                write(self.tag(b'+'), inner);
                self
            }
        }
    }

    /// How many there are, and each.
    pub(super) fn all<T>(
        &mut self,
        items: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
        mut write: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        let items = items.into_iter();
        self.number(items.len() as u64);
        items.for_each(|item| write(self, item));
        self
    }

    pub(super) fn value(&mut self, value: &Value) {
        let marks = value.marks();
        let sensitive = u8::from(marks.contains(Marks::SENSITIVE));
        let ephemeral = u8::from(marks.contains(Marks::EPHEMERAL));
        let echo = u8::from(marks.contains(Marks::ECHO));
        self.tag(sensitive | ephemeral << 1 | echo << 2);
        match value.kind() {
            Kind::Unknown(ty, refinements) => {
                self.tag(b'u').ty(ty);
                self.option(refinements.as_deref(), Self::refinements);
            }
            Kind::Null(ty) => self.tag(b'0').ty(ty),
            Kind::Bool(value) => {
                self.tag(b'b').tag(u8::from(*value));
            }
            Kind::Number(number) => {
                self.tag(b'n').shown(number);
            }
            Kind::String(text) => {
                self.tag(b's').text(text);
            }
            Kind::List(ty, elements) => {
                self.tag(b'l').ty(ty);
                self.all(elements.iter(), Self::value);
            }
            Kind::Set(ty, elements) => {
                self.tag(b'e').ty(ty);
                self.all(elements.iter(), Self::value);
            }
            Kind::Tuple(elements) => {
                self.tag(b't').all(elements.iter(), Self::value);
            }
            Kind::Map(ty, entries) => {
                self.tag(b'm').ty(ty);
                self.all(entries.iter(), |content, (key, value)| content.text(key).value(value));
            }
            Kind::Object(attributes) => {
                self.tag(b'o')
                    .all(attributes.iter(), |content, (name, value)| content.text(name).value(value));
            }
        }
    }

    fn ty(&mut self, ty: &Type) {
        match ty {
            Type::Dynamic => {
                self.tag(b'd');
            }
            Type::Bool => {
                self.tag(b'b');
            }
            Type::Number => {
                self.tag(b'n');
            }
            Type::String => {
                self.tag(b's');
            }
            Type::List(element) => self.tag(b'l').ty(element),
            Type::Set(element) => self.tag(b'e').ty(element),
            Type::Map(element) => self.tag(b'm').ty(element),
            Type::Tuple(elements) => {
                self.tag(b't').all(elements.iter(), Self::ty);
            }
            Type::Object(object) => {
                self.tag(b'o').all(&object.attributes, |content, (name, ty)| content.text(name).ty(ty));
                self.all(&object.optional, |content, name| {
                    content.text(name);
                });
            }
        }
    }

    fn refinements(&mut self, refinements: &Refinements) {
        let Refinements { not_null, prefix, min, max, length_min, length_max } = refinements;
        self.tag(u8::from(*not_null));
        self.option(prefix.as_deref(), |content, prefix| {
            content.text(prefix);
        });
        for bound in [min, max] {
            self.option(bound.as_ref(), |content, (number, inclusive)| {
                content.shown(number).tag(u8::from(*inclusive));
            });
        }
        for length in [length_min, length_max] {
            self.option(*length, |content, length| {
                content.number(length);
            });
        }
    }
}
