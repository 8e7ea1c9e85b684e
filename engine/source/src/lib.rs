//! Configuration of a Git revision, or of a directory, as an in-memory snapshot.
