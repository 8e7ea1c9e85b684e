//! Subnet groups of RDS.

use aws_sdk_rds as rds;
use rds::types::DbSubnetGroup;

use crate::group::{Found, service, tags_by_arn};

service! {
    /// The service.
    Rds, rds: "aws_db_subnet_group", "RDS DB Subnet Group",
    describe_db_subnet_groups(set_db_subnet_group_name) -> db_subnet_groups,
    create_db_subnet_group, modify_db_subnet_group, delete_db_subnet_group,
    db_subnet_group_name, db_subnet_group_description,
    { tags_by_arn!(); }
}

fn found(group: DbSubnetGroup, _: &str) -> Found {
    Found {
        name: group.db_subnet_group_name.unwrap_or_default(),
        arn: group.db_subnet_group_arn.unwrap_or_default(),
        description: group.db_subnet_group_description.unwrap_or_default(),
        vpc_id: group.vpc_id,
        subnets: group.subnets.unwrap_or_default().into_iter().filter_map(|s| s.subnet_identifier).collect(),
        network_types: group.supported_network_types.unwrap_or_default(),
        tags: None,
    }
}
