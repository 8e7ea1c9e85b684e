//! The native AWS provider.
