//! The `filter` blocks that data sources of EC2 share.

use crate::calls::Filter;
use evenkeel_model::Value;

/// The filters of a decoded configuration.
pub(super) fn filters_of(config: &Value) -> Vec<Filter> {
    let blocks = config.get("filter").and_then(Value::as_elements).unwrap_or_default();
    blocks
        .iter()
        .filter_map(|block| {
            let values = block.get("values").and_then(Value::as_elements).unwrap_or_default();
            Some(Filter::new(block.get_str("name")?, values.iter().filter_map(Value::as_str)))
        })
        .collect()
}
