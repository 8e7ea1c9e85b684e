//! S3: buckets and what is in them.
