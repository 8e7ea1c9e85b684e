//! The one list of what the database services have.

use crate::each::Each;
use crate::elasticache::ElastiCache;
use crate::group::Group;
use crate::rds::Rds;
use crate::redshift::Redshift;

evenkeel_provider_aws_core::service! {
    resources {
        Each(Group(Rds)) => "aws_db_subnet_group",
        Each(Group(ElastiCache)) => "aws_elasticache_subnet_group",
        Each(Group(Redshift)) => "aws_redshift_subnet_group",
    }
    data {}
}
