//! One object as `state show` writes it: like the block that would declare it.

use evenkeel_model::schema::Schema;
use evenkeel_model::{InstanceAddress, ResourceMode, Value};

use super::compare::{self, Noted};
use super::style::{Paint, Style};
use super::text;
use super::write::Writer;

/// The object with all its attributes.
pub fn object(
    address: &InstanceAddress,
    value: &Value,
    schema: Option<&Schema>,
    tainted: bool,
    style: Style,
) -> String {
    let resource = &address.resource;
    let keyword = match resource.mode {
        ResourceMode::Managed => "resource",
        ResourceMode::Data => "data",
        ResourceMode::Ephemeral => "ephemeral",
    };
    let heading = format!("# {}:", text::line(&address.to_string()));
    let tainted = if tainted { " (tainted)" } else { "" };
    let node = compare::objects(None, Some(value), schema, &Noted::default());
    format!(
        "{}{tainted}\n{keyword} {} {} {}\n",
        style.paint(Paint::Bold, heading),
        text::quote(&resource.kind),
        text::quote(&resource.name),
        Writer::values(style).node(&node, 0),
    )
}
