//! Marks: what travels with a value through every operation.

/// Properties that travel with a value through every operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Marks(u8);

impl Marks {
    /// No mark.
    pub const NONE: Self = Self(0);
    /// Must not be shown.
    pub const SENSITIVE: Self = Self(1);
    /// Must not be stored.
    pub const EPHEMERAL: Self = Self(2);
    /// Repeats what must not be shown: it is not shown either, and otherwise it is as free as any other
    /// value, because nobody declared it sensitive.
    pub const ECHO: Self = Self(4);

    /// The marks of both.
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These marks without those of `other`.
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all marks of `other` are here.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These marks as far as somebody declared them.
    pub fn declared(self) -> Self {
        self.without(Self::ECHO)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}
