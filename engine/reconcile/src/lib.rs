//! The sans-io controller of one stack.
