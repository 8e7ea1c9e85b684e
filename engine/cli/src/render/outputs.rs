//! The root outputs after apply, and for `output`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use evenkeel_model::Value;

use super::style::{Paint, Style};
use super::{text, value};

/// `Outputs:` and a line for each; nothing where there is none. The flag says that an output must
/// not be shown.
pub fn outputs(outputs: &BTreeMap<Arc<str>, (Value, bool)>, style: Style) -> String {
    if outputs.is_empty() {
        return String::new();
    }
    let mut out = format!("{}\n\n", style.paint(Paint::BoldGreen, "Outputs:"));
    for (name, (output, sensitive)) in outputs {
        let shown = if *sensitive { "<sensitive>".to_owned() } else { value::value(output, 0, style) };
        let _ = writeln!(out, "{} = {shown}", text::name(name));
    }
    out
}
