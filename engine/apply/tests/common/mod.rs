//! Plans built by hand, a finisher that needs no configuration, and a bench that steps a machine and
//! checks the protocol at every command.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

pub mod bench;
pub mod plans;
pub mod spec;
