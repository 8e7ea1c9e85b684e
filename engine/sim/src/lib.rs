//! Deterministic simulation of the whole loop from one seed.
