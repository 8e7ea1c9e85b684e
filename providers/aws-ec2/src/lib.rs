//! Narrow traits over aws-sdk-ec2, the only crate that names it.
