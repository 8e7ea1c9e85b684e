//! EC2: networks, security groups, instances.
