//! Colours and width. Everything that is coloured goes through [`Style::paint`], so that plain
//! output is the same text without escape sequences.

/// How text is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether ANSI colours may be used.
    pub color: bool,
    /// The width to which sentences are wrapped, in characters; 0 for no wrapping.
    pub width: usize,
}

/// The few ways in which text stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    Bold,
    BoldGreen,
    BoldRed,
    Green,
    Yellow,
    Red,
    Cyan,
    Gray,
    Underline,
}

impl Paint {
    fn codes(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::BoldGreen => "1;32",
            Self::BoldRed => "1;31",
            Self::Green => "32",
            Self::Yellow => "33",
            Self::Red => "31",
            Self::Cyan => "36",
            Self::Gray => "90",
            Self::Underline => "4",
        }
    }
}

impl Style {
    /// No colours, no wrapping.
    pub const PLAIN: Self = Self { color: false, width: 0 };

    /// The text, standing out where colours are allowed.
    pub(super) fn paint(self, paint: Paint, text: impl AsRef<str>) -> String {
        let mut out = String::new();
        self.paint_to(&mut out, paint, text.as_ref());
        out
    }

    /// Writes what [`Style::paint`] gives.
    pub(super) fn paint_to(self, out: &mut String, paint: Paint, text: &str) {
        let colored = self.color && !text.is_empty();
        if colored {
            out.extend(["\u{1b}[", paint.codes(), "m"]);
        }
        out.push_str(text);
        if colored {
            out.push_str("\u{1b}[0m");
        }
    }
}
