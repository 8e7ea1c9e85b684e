//! What all services of the native AWS provider share: no service but STS is named here.
//!
//! Configuration is read once per provider block ([`config`]), calls go through [`context`],
//! failures through [`errors`]. A service is a crate beside this one: resource types and data
//! sources behind [`resource`], listed with their schemas by [`registry`].

pub mod ask_only;
pub mod config;
pub mod context;
pub mod credentials;
pub mod denied;
pub mod download;
pub mod each;
pub mod endpoints;
pub mod errors;
pub mod http;
pub mod listing;
pub mod names;
pub mod object;
pub mod pace;
pub mod plan;
pub mod regions;
pub mod registry;
pub mod resource;
pub mod retries;
pub mod shape;
pub mod tags;
pub mod wait;
