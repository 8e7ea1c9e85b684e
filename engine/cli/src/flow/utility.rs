//! The utility providers, with the files of this machine that they may touch.

use std::path::PathBuf;

use evenkeel_provider::Providers;
use evenkeel_provider_builtin::HostFiles as Own;
use evenkeel_provider_utility::{HostFiles, RevisionFiles};

use crate::args::Global;

/// Puts the utility providers among the others.
pub fn add_utility(providers: &mut Providers, files: HostFiles) {
    for provider in evenkeel_provider_utility::providers(files) {
        providers.0.insert(provider.spec().address().clone(), provider);
    }
}

/// What a run may touch: files below the directories that the operator names, and to read also those of the
/// operator's own directory. Relative paths of a configuration start in that directory, as with Terraform,
/// and where the program was started for a commit, which is in no directory.
pub fn files(global: &Global, own: &Own) -> HostFiles {
    let here = std::env::current_dir().unwrap_or_default();
    let named = global.allow_local_files.iter().flat_map(std::env::split_paths);
    let named = named.filter(|path| !path.as_os_str().is_empty()).map(|path| here.join(path));
    // By both names of a directory that is a link, so that a plan, which follows none, knows it by either.
    let both = |path: PathBuf| path.canonicalize().into_iter().chain([path.clone()]).collect::<Vec<_>>();
    let allowed = named.flat_map(both).collect();
    let (base, own) = match own {
        Own::From(directory) => (here.join(directory), Some(here.join(directory))),
        Own::Refused => (here, None),
    };
    HostFiles { base: plain(base), own, allowed, revision: RevisionFiles::default() }
}

/// Without the `.` that a directory is often named with.
fn plain(path: PathBuf) -> PathBuf {
    path.components().collect()
}
