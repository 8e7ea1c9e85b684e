//! What the safety governor lets through, as the operator says it.

use clap::{Args, ValueEnum};
use evenkeel_plan::governor::Limits;

/// What becomes of a plan that destroys more than the limits say.
#[derive(Clone, Debug, Args)]
pub struct GovernorArgs {
    /// What becomes of a plan that destroys much, or what holds data: "warn" says so, "strict" wants an approval of
    /// exactly that plan [default: warn, and strict for reconcile]
    #[arg(long, value_name = "HOW", env = "EVENKEEL_GOVERNOR")]
    pub governor: Option<GovernorChoice>,
    /// How many objects a plan may destroy before the governor has a say
    #[arg(long, value_name = "N", default_value_t = Limits::default().deletions_max, env = "EVENKEEL_MAX_DELETIONS")]
    pub max_deletions: usize,
    /// How many per cent of the stack a plan may destroy, from three objects on
    #[arg(long, value_name = "PERCENT", default_value_t = Limits::default().share_max_percent, value_parser = clap::value_parser!(u32).range(0..=100), env = "EVENKEEL_MAX_DELETION_SHARE")]
    pub max_deletion_share: u32,
}

/// What the governor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GovernorChoice {
    /// Nothing
    Off,
    /// It says what it would stop
    Warn,
    /// It stops what nobody has approved
    Strict,
}

impl GovernorArgs {
    /// The limits of a plan.
    pub fn limits(&self) -> Limits {
        Limits { deletions_max: self.max_deletions, share_max_percent: self.max_deletion_share }
    }
}

/// A plan's digest, whole: an approval is for exactly one plan.
pub fn digest(text: &str) -> Result<String, String> {
    let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    match text.len() == 64 && text.chars().all(is_digit) {
        true => Ok(text.to_owned()),
        false => {
            Err("give the whole digest that the stopped run has printed, 64 hexadecimal digits".to_owned())
        }
    }
}
