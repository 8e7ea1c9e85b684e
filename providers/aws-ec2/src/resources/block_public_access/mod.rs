//! `aws_vpc_block_public_access_options` and `aws_vpc_block_public_access_exclusion`: whether the VPCs of
//! an account in a region can be reached from the internet, and which are left out of that.

mod exclusion;
mod options;

pub use exclusion::VpcBlockPublicAccessExclusion;
pub use options::VpcBlockPublicAccessOptions;

use super::common::Limits;

const LIMITS: Limits = Limits { create: 1_800, update: 1_800, delete: 1_800 };
