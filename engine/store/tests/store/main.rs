//! The store at its seam: what is written comes back, and nothing else does, whatever happens to
//! the process, the clock, the file and the disk.

mod audit;
mod backup;
mod damage;
mod files;
mod fold;
mod group;
mod journal;
mod kill;
mod leases;
mod mounts;
mod opening;
mod power;
mod secrets;
mod support;
