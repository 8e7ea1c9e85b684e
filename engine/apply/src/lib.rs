//! The sans-io execution machine and the driver that runs its commands.
