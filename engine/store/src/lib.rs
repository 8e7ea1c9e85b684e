//! State, journal, runs and leases in SQLite.
