//! State snapshot, journal entries and the fold between them.
