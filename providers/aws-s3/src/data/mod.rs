//! What can be read of S3 without managing it, one file per data source.

mod bucket;
mod bucket_policy;
mod canonical_user_id;
mod object;
mod objects;

pub use bucket::Bucket;
pub use bucket_policy::BucketPolicy;
pub use canonical_user_id::CanonicalUserId;
pub use object::Object;
pub use objects::Objects;
