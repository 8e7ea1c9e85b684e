//! The entries of the fuzz targets; see `entries.rs`.

pub mod entries;
#[path = "../../../engine/lang/tests/lab/mod.rs"]
pub mod lab;
