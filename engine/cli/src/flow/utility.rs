//! The utility providers, with the files of this machine that they may touch.

use std::path::PathBuf;
use std::sync::Arc;

use evenkeel_provider::{Providers, ReadFile};
use evenkeel_provider_builtin::HostFiles as Own;
use evenkeel_provider_utility::{HostFiles, RevisionFiles};

use crate::args::Global;
use crate::settings::age::OperatorKeys;

/// Puts the utility providers among the others.
pub fn add_utility(providers: &mut Providers, files: HostFiles) {
    for provider in evenkeel_provider_utility::providers(files, Arc::new(OperatorKeys::of_environment())) {
        providers.0.insert(provider.spec().address().clone(), provider);
    }
}

/// Lets the providers that read files which configuration names read what the utility providers may.
pub fn let_read(providers: &mut Providers, files: &HostFiles) {
    let files: Arc<dyn ReadFile> = Arc::new(files.clone());
    for provider in providers.0.values_mut() {
        if let Some(reading) = provider.reading(files.clone()) {
            *provider = reading;
        }
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use evenkeel_model::Value;
    use evenkeel_provider::{BoxFuture, Connection, Provider, ProviderError, ProviderSpec};

    use super::*;

    /// Remembers what it could read when it was given files.
    struct Reader {
        inner: Arc<dyn Provider>,
        seen: Arc<Mutex<Vec<String>>>,
    }

    impl Provider for Reader {
        fn spec(&self) -> &dyn ProviderSpec {
            self.inner.spec()
        }

        fn configure(&self, config: Value) -> BoxFuture<'_, Result<Arc<dyn Connection>, ProviderError>> {
            self.inner.configure(config)
        }

        fn reading(&self, files: Arc<dyn ReadFile>) -> Option<Arc<dyn Provider>> {
            let read = |path: &str| files.read("reading", path).map(|bytes| bytes.len().to_string());
            let told =
                ["here.txt", "../outside.txt"].map(|path| read(path).unwrap_or_else(|_| "refused".into()));
            self.seen.lock().expect("nobody panics").extend(told);
            Some(self.inner.clone())
        }
    }

    #[test]
    fn a_revision_names_only_files_that_are_allowed() {
        let folder = tempfile::tempdir().expect("a directory");
        let (allowed, other) = (folder.path().join("allowed"), folder.path().join("other"));
        for directory in [&allowed, &other] {
            std::fs::create_dir(directory).expect("a directory");
            std::fs::write(directory.join("config"), "").expect("a file");
        }
        let base = folder.path().to_owned();
        let of_revision = HostFiles { base: base.clone(), allowed: vec![allowed], ..HostFiles::default() };
        let own = HostFiles { base: base.clone(), own: Some(base), ..HostFiles::default() };
        let outside = other.join("config").display().to_string();
        for (path, may) in [
            ("allowed/config", true),
            ("other/config", false),
            ("allowed/../other/config", false),
            (&*outside, false),
        ] {
            assert_eq!((of_revision.may_name(path), own.may_name(path)), (may, true), "{path}");
        }
    }

    #[test]
    fn providers_read_what_stands_in_the_directory_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a directory");
        let root = folder.path().join("root");
        std::fs::create_dir(&root).expect("a directory");
        std::fs::write(root.join("here.txt"), "hello").expect("a file");
        std::fs::write(folder.path().join("outside.txt"), "secret").expect("a file");
        let files = HostFiles { base: root.clone(), own: Some(root), ..HostFiles::default() };
        let mut providers = Providers::default();
        let seen = Arc::<Mutex<Vec<String>>>::default();
        for inner in
            evenkeel_provider_utility::providers(HostFiles::default(), Arc::new(evenkeel_age::NoKeys))
        {
            let address = inner.spec().address().clone();
            providers.0.insert(address, Arc::new(Reader { inner, seen: seen.clone() }));
        }
        let count = providers.0.len();
        let_read(&mut providers, &files);
        assert_eq!(*seen.lock().expect("nobody panics"), ["5", "refused"].repeat(count));
    }
}
