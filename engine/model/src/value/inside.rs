//! What is true of everything inside a value, summed up when the value is made: asking costs nothing,
//! however large the value is and however often it is asked.

use super::{Kind, Marks, Value};

/// The sum over a value and everything inside. It has no part in what the value is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Inside {
    /// How many values there are, counting shared ones each time, plus the sixteenth part of the bytes
    /// of text. It stops growing at the largest number.
    pub size: u32,
    /// How deep they nest, likewise.
    pub depth: u16,
    /// The marks on the parts, without those on the value itself.
    pub marks: Marks,
    /// Whether something is unknown.
    pub unknown: bool,
    /// Whether an infinite number is among them.
    pub infinity: bool,
}

impl Inside {
    /// Of a value whose parts have been summed up.
    pub fn of(kind: &Kind) -> Self {
        let mut sum = Self { size: 1, depth: 0, marks: Marks::NONE, unknown: false, infinity: false };
        match kind {
            Kind::Unknown(..) => sum.unknown = true,
            Kind::Number(number) => sum.infinity = number.is_infinite(),
            Kind::String(text) => sum.text(text),
            Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
                elements.iter().for_each(|element| sum.part(element));
            }
            Kind::Map(_, entries) | Kind::Object(entries) => {
                for (key, value) in entries.iter() {
                    sum.text(key);
                    sum.part(value);
                }
            }
            Kind::Null(_) | Kind::Bool(_) => {}
        }
        Self { depth: sum.depth.saturating_add(1), ..sum }
    }

    fn text(&mut self, text: &str) {
        let share = u32::try_from(text.len() / 16).unwrap_or(u32::MAX);
        self.size = self.size.saturating_add(share);
    }

    fn part(&mut self, part: &Value) {
        let Self { size, depth, marks: _, unknown, infinity } = part.inside;
        self.size = self.size.saturating_add(size);
        self.depth = self.depth.max(depth);
        self.marks = self.marks.union(part.all_marks());
        self.unknown |= unknown;
        self.infinity |= infinity;
    }
}
