//! The Terraform language: from the files of a snapshot to a [`config::Configuration`], and from
//! its expressions to values.
//!
//! [`parse`] turns text into our own syntax tree ([`ast`]), [`config`] gives the
//! tree its meaning (variables, resources, modules, ...), [`eval`] evaluates expressions against a
//! [`eval::Scope`] that the caller provides, [`fmt`] lays files out. Nothing here knows what a plan is, and nothing reads
//! anything but its arguments: file functions see the snapshot only, time is handed in.

pub mod ast;
pub mod config;
pub mod eval;
pub mod fmt;
pub mod functions;
pub mod parse;
