//! Values as cty has them: known, null of a type, or unknown with refinements; each with marks.
//!
//! Compound values share their parts, so a clone is cheap and nothing is copied deeply. Marks sit
//! on the value they were put on; [`Value::all_marks`] gathers those inside. What is often asked
//! about everything inside is summed up when a value is made, so that no question walks over it.

mod entries;
mod inside;
mod marks;
mod order;
mod set_order;

use crate::number::Number;
use crate::path::{Path, PathStep};
use crate::ty::{ObjectType, Type};
use std::sync::Arc;

use inside::Inside;
use set_order::SetKey;

pub use entries::{Entries, EntryIter};
pub use marks::Marks;

/// What is known of an unknown value.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Refinements {
    /// It will not be null.
    pub not_null: bool,
    /// It will start with this text (strings).
    pub prefix: Option<Arc<str>>,
    /// Lower bound and whether it is included (numbers).
    pub min: Option<(Number, bool)>,
    /// Upper bound and whether it is included (numbers).
    pub max: Option<(Number, bool)>,
    /// Smallest length (collections).
    pub length_min: Option<u64>,
    /// Largest length (collections).
    pub length_max: Option<u64>,
}

/// A value and its marks.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Value {
    /// Follows from `kind`. It stands first, so that most unequal values are told apart at once.
    inside: Inside,
    marks: Marks,
    kind: Kind,
}

/// A value without its marks; what `match` is done on.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Known only after apply. Refinements are shared and absent where nothing is known.
    Unknown(Type, Option<Arc<Refinements>>),
    /// No value, of a type.
    Null(Type),
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text in Unicode normal form C.
    String(Arc<str>),
    /// Elements of one type, in order.
    List(Type, Arc<[Value]>),
    /// Elements of one type, sorted and without duplicates.
    Set(Type, Arc<[Value]>),
    /// Elements of one type by key.
    Map(Type, Entries),
    /// Elements of any types, in order.
    Tuple(Arc<[Value]>),
    /// Values of any types by attribute name.
    Object(Entries),
}

impl From<Kind> for Value {
    fn from(kind: Kind) -> Self {
        Self { inside: Inside::of(&kind), marks: Marks::NONE, kind }
    }
}

impl Value {
    /// An unknown value of a type, about which nothing else is known.
    pub fn unknown(ty: Type) -> Self {
        Kind::Unknown(ty, None).into()
    }

    /// An unknown value that will not be null.
    pub fn unknown_not_null(ty: Type) -> Self {
        Kind::Unknown(ty, Some(Arc::new(Refinements { not_null: true, ..Refinements::default() }))).into()
    }

    /// An unknown value of a type of which something is known; where that leaves only one value,
    /// it is that value, and a list of known length is a list of unknown elements.
    pub fn unknown_refined(ty: Type, refinements: Refinements) -> Self {
        /// Longer lists than this stay unknown: their elements would only take space.
        const LENGTH_MAX: u64 = 1024;
        if ty == Type::Dynamic {
            return Self::unknown(ty);
        }
        let exact = refinements.length_max.filter(|most| refinements.length_min == Some(*most));
        match (&ty, exact) {
            (Type::List(element), Some(length)) if refinements.not_null && length <= LENGTH_MAX => {
                return Self::list(
                    (**element).clone(),
                    (0..length).map(|_| Self::unknown((**element).clone())),
                );
            }
            (Type::Set(element), Some(length)) if refinements.not_null && length <= 1 => {
                return Self::set(
                    (**element).clone(),
                    (0..length).map(|_| Self::unknown((**element).clone())),
                );
            }
            (Type::Map(element), Some(0)) if refinements.not_null => {
                return Self::map::<&str>((**element).clone(), []);
            }
            _ => {}
        }
        if let (true, Some((min, true)), Some((max, true))) =
            (refinements.not_null, &refinements.min, &refinements.max)
            && min == max
        {
            return Kind::Number(min.clone()).into();
        }
        let said = refinements != Refinements::default();
        Kind::Unknown(ty, said.then(|| Arc::new(refinements))).into()
    }

    /// Null of a type.
    pub fn null(ty: Type) -> Self {
        Kind::Null(ty).into()
    }

    /// Text. Normalised to NFC, as every string value is.
    pub fn string(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        if text.is_ascii() {
            return Kind::String(text.into()).into();
        }
        use unicode_normalization::UnicodeNormalization;
        Kind::String(text.nfc().collect::<String>().into()).into()
    }

    /// `true` or `false`.
    pub fn bool(value: bool) -> Self {
        Kind::Bool(value).into()
    }

    /// A number.
    pub fn number(value: impl Into<Number>) -> Self {
        Kind::Number(value.into()).into()
    }

    /// A list; the caller gives elements of exactly the element type.
    pub fn list(element: Type, elements: impl IntoIterator<Item = Self>) -> Self {
        Kind::List(element, elements.into_iter().collect()).into()
    }

    /// A set; sorts (in cty's order) and removes duplicates. Marks of elements move to the set, as
    /// in cty.
    pub fn set(element: Type, elements: impl IntoIterator<Item = Self>) -> Self {
        let mut marks = Marks::NONE;
        let mut sorted: Vec<Self> = elements
            .into_iter()
            .map(|element| {
                let (element, found) = element.unmark_deep();
                marks = marks.union(found);
                element
            })
            .collect();
        sorted.sort_by_cached_key(SetKey::new);
        // Two unknown values may turn out to differ, so both stay.
        sorted.dedup_by(|a, b| a == b && a.is_wholly_known());
        Self::from(Kind::Set(element, sorted.into())).with_marks(marks)
    }

    /// A map; the caller gives elements of exactly the element type.
    pub fn map<K: Into<Arc<str>>>(element: Type, entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value)).collect();
        Kind::Map(element, entries).into()
    }

    /// A tuple.
    pub fn tuple(elements: impl IntoIterator<Item = Self>) -> Self {
        Kind::Tuple(elements.into_iter().collect()).into()
    }

    /// An object.
    pub fn object<K: Into<Arc<str>>>(attributes: impl IntoIterator<Item = (K, Self)>) -> Self {
        let attributes = attributes.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Kind::Object(attributes).into()
    }

    /// An object without attributes.
    pub fn empty_object() -> Self {
        Self::object::<&str>([])
    }

    /// The value without looking at its marks.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The value itself, its own marks dropped.
    pub fn into_kind(self) -> Kind {
        self.kind
    }

    /// The marks on this value itself.
    pub fn marks(&self) -> Marks {
        self.marks
    }

    /// The marks on this value and on everything inside.
    pub fn all_marks(&self) -> Marks {
        self.marks.union(self.inside.marks)
    }

    /// The same value with marks added.
    pub fn with_marks(mut self, marks: Marks) -> Self {
        self.marks = self.marks.union(marks);
        self
    }

    /// The same value, marked sensitive.
    pub fn sensitive(self) -> Self {
        self.with_marks(Marks::SENSITIVE)
    }

    /// Whether this value itself is sensitive.
    pub fn is_sensitive(&self) -> bool {
        self.marks.contains(Marks::SENSITIVE)
    }

    /// The value without its own marks, and those marks.
    pub fn unmark(self) -> (Self, Marks) {
        let marks = self.marks;
        (Self { marks: Marks::NONE, ..self }, marks)
    }

    /// The value without any marks inside, and all that there were.
    pub fn unmark_deep(self) -> (Self, Marks) {
        let marks = self.all_marks();
        if self.inside.marks.is_empty() {
            return (self.unmark().0, marks);
        }
        (self.map_bottom_up(&mut |value| value.unmark().0), marks)
    }

    /// The value with the marks that somebody declared and no others, inside too.
    pub fn with_declared_marks(&self) -> Self {
        if !self.all_marks().contains(Marks::ECHO) {
            return self.clone();
        }
        self.map_bottom_up(&mut |value| {
            let (value, marks) = value.unmark();
            value.with_marks(marks.declared())
        })
    }

    /// Rebuilds the value from the inside out; `change` sees every value after its children.
    pub fn map_bottom_up(&self, change: &mut impl FnMut(Self) -> Self) -> Self {
        let marks = self.marks;
        let kind = match &self.kind {
            Kind::List(ty, elements) => {
                Kind::List(ty.clone(), elements.iter().map(|element| element.map_bottom_up(change)).collect())
            }
            Kind::Set(ty, elements) => {
                let elements: Vec<Self> =
                    elements.iter().map(|element| element.map_bottom_up(change)).collect();
                let set = Self::set(ty.clone(), elements);
                let marks = marks.union(set.marks);
                return change(set.with_marks(marks));
            }
            Kind::Map(ty, entries) => Kind::Map(
                ty.clone(),
                entries.iter().map(|(key, value)| (key.clone(), value.map_bottom_up(change))).collect(),
            ),
            Kind::Tuple(elements) => {
                Kind::Tuple(elements.iter().map(|element| element.map_bottom_up(change)).collect())
            }
            Kind::Object(attributes) => Kind::Object(
                attributes.iter().map(|(name, value)| (name.clone(), value.map_bottom_up(change))).collect(),
            ),
            leaf => leaf.clone(),
        };
        change(Self::from(kind).with_marks(marks))
    }

    /// How many values there are inside, counting shared ones each time, plus the sixteenth part of
    /// the bytes of text; `None` where that is above the limit or the nesting too deep.
    pub fn measure(&self, size_max: u64, depth_max: u32) -> Option<u64> {
        let size = u64::from(self.inside.size);
        (size <= size_max && u32::from(self.inside.depth) <= depth_max).then_some(size)
    }

    /// Whether the value itself is unknown.
    pub fn is_unknown(&self) -> bool {
        matches!(self.kind, Kind::Unknown(..))
    }

    /// Whether the value itself is known (though something inside may not be).
    pub fn is_known(&self) -> bool {
        !self.is_unknown()
    }

    /// Whether the value and everything inside is known.
    pub fn is_wholly_known(&self) -> bool {
        !self.inside.unknown
    }

    /// Whether an infinite number is inside, which can be computed with and not be stored.
    pub fn has_infinity(&self) -> bool {
        self.inside.infinity
    }

    /// Whether the value is null.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null(_))
    }

    /// Whether the value can be said not to be null: known and not null, or refined so.
    pub fn is_definitely_not_null(&self) -> bool {
        match &self.kind {
            Kind::Unknown(_, Some(refinements)) => refinements.not_null,
            Kind::Unknown(_, None) | Kind::Null(_) => false,
            _ => true,
        }
    }

    /// What is known of an unknown value.
    pub fn refinements(&self) -> Option<&Refinements> {
        match &self.kind {
            Kind::Unknown(_, refinements) => refinements.as_deref(),
            _ => None,
        }
    }

    /// The type of the value.
    pub fn ty(&self) -> Type {
        match &self.kind {
            Kind::Unknown(ty, _) | Kind::Null(ty) => ty.clone(),
            Kind::Bool(_) => Type::Bool,
            Kind::Number(_) => Type::Number,
            Kind::String(_) => Type::String,
            Kind::List(element, _) => Type::list(element.clone()),
            Kind::Set(element, _) => Type::set(element.clone()),
            Kind::Map(element, _) => Type::map(element.clone()),
            Kind::Tuple(elements) => Type::Tuple(elements.iter().map(Self::ty).collect()),
            Kind::Object(attributes) => Type::Object(Arc::new(ObjectType {
                attributes: attributes.iter().map(|(name, value)| (name.clone(), value.ty())).collect(),
                optional: Default::default(),
            })),
        }
    }

    /// The type of a list, set or map, which takes no walk over its elements.
    pub(crate) fn ty_of_collection(&self) -> Option<Type> {
        matches!(self.kind, Kind::List(..) | Kind::Set(..) | Kind::Map(..)).then(|| self.ty())
    }

    /// The text of a known string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a known bool.
    pub fn as_bool(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The value of a known number.
    pub fn as_number(&self) -> Option<&Number> {
        match &self.kind {
            Kind::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The value of a known whole number in range.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number().and_then(Number::to_i64)
    }

    /// The elements of a known list, set or tuple.
    pub fn as_elements(&self) -> Option<&[Self]> {
        match &self.kind {
            Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => Some(elements),
            _ => None,
        }
    }

    /// The entries of a known map or the attributes of a known object.
    pub fn as_entries(&self) -> Option<&Entries> {
        match &self.kind {
            Kind::Map(_, entries) | Kind::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// One attribute of a known object, or element of a known map.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_entries().and_then(|entries| entries.get(name))
    }

    /// One attribute as text: `None` when it is absent, null, unknown or no string.
    pub fn get_str(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Self::as_str)
    }

    /// One attribute as bool: `None` when it is absent, null, unknown or no bool.
    pub fn get_bool(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(Self::as_bool)
    }

    /// One attribute as a whole number: `None` when it is absent, null, unknown or no such number.
    pub fn get_i64(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(Self::as_i64)
    }

    /// The value at a path; `None` where the path leads nowhere. Set elements cannot be reached.
    pub fn at(&self, path: &Path) -> Option<&Self> {
        path.0.iter().try_fold(self, |value, step| match step {
            PathStep::Attribute(name) | PathStep::Key(name) => value.get(name),
            PathStep::Index(index) => value.as_elements().and_then(|elements| elements.get(*index)),
            PathStep::Element => None,
        })
    }

    /// A known object with one attribute set; other values are returned as they are.
    pub fn with_attribute(self, name: &str, value: Self) -> Self {
        match self.kind {
            Kind::Object(attributes) => {
                Self::from(Kind::Object(attributes.with(name, value))).with_marks(self.marks)
            }
            _ => self,
        }
    }

    /// Adds what `other` is marked with at the same places: how sensitivity of a configuration
    /// follows into planned and stored values.
    pub fn with_marks_of(&self, other: &Self) -> Self {
        if other.inside.marks.is_empty() {
            return self.clone().with_marks(other.marks);
        }
        let kind = match (&self.kind, &other.kind) {
            (Kind::List(ty, a), Kind::List(_, b)) => Kind::List(ty.clone(), marks_of_elements(a, b)),
            (Kind::Tuple(a), Kind::Tuple(b)) => Kind::Tuple(marks_of_elements(a, b)),
            (Kind::Map(ty, a), Kind::Map(_, b) | Kind::Object(b)) => {
                Kind::Map(ty.clone(), marks_of_entries(a, b))
            }
            (Kind::Object(a), Kind::Object(b) | Kind::Map(_, b)) => Kind::Object(marks_of_entries(a, b)),
            _ => return self.clone().with_marks(other.all_marks()),
        };
        Self::from(kind).with_marks(self.marks.union(other.marks))
    }
}

fn marks_of_elements(a: &[Value], b: &[Value]) -> Arc<[Value]> {
    a.iter()
        .enumerate()
        .map(|(i, value)| b.get(i).map_or_else(|| value.clone(), |other| value.with_marks_of(other)))
        .collect()
}

fn marks_of_entries(a: &Entries, b: &Entries) -> Entries {
    a.iter()
        .map(|(key, value)| {
            (key.clone(), b.get(key).map_or_else(|| value.clone(), |other| value.with_marks_of(other)))
        })
        .collect()
}

#[cfg(test)]
mod tests;
