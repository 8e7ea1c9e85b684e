//! The Terraform language: parse, configuration, evaluation.
