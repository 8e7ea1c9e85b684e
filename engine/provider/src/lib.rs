//! The contract between the engine and providers.
