//! Subnet groups of ElastiCache.

use aws_sdk_elasticache as elasticache;
use elasticache::types::CacheSubnetGroup;

use crate::group::{Found, service, tags_by_arn};

service! {
    /// The service.
    ElastiCache, elasticache: "aws_elasticache_subnet_group", "ElastiCache Subnet Group",
    describe_cache_subnet_groups(set_cache_subnet_group_name) -> cache_subnet_groups,
    create_cache_subnet_group, modify_cache_subnet_group, delete_cache_subnet_group,
    cache_subnet_group_name, cache_subnet_group_description,
    { tags_by_arn!(); }
}

fn found(group: CacheSubnetGroup, _: &str) -> Found {
    Found {
        name: group.cache_subnet_group_name.unwrap_or_default(),
        arn: group.arn.unwrap_or_default(),
        description: group.cache_subnet_group_description.unwrap_or_default(),
        vpc_id: group.vpc_id,
        subnets: group.subnets.unwrap_or_default().into_iter().filter_map(|s| s.subnet_identifier).collect(),
        network_types: Vec::new(),
        tags: None,
    }
}
