//! The managed resource types, one file each, by service.

pub mod ec2;
pub mod s3;
