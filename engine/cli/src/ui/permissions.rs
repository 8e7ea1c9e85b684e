//! Showing what a probe of permissions found.

use evenkeel_model::{Diagnostic, Diagnostics};

use super::Ui;
use crate::flow::permissions::Permissions;
use crate::render;

impl Ui {
    /// Shows what was found, and says whether everything that could be told is allowed.
    pub fn permissions(&self, found: &Permissions) -> bool {
        let is_allowed = found.missing.is_empty();
        match self.json {
            true => {
                let level = if is_allowed { "info" } else { "error" };
                let extra = serde_json::json!({"permissions": render::permissions::document(found)});
                let text = render::permissions::summary(found);
                self.emit(render::json::message(level, &text, "permissions", extra));
            }
            false => self.text(&render::permissions::text(found)),
        }
        if !is_allowed {
            let detail = "The plan needs permissions that these credentials do not have: they are in the table. It was not \
                          tried, and nothing was changed.";
            self.diagnostics(&Diagnostics::from(Diagnostic::error("Missing permissions", detail)), None);
        }
        is_allowed
    }
}
