//! The committed corpora of the fuzz targets go through the same functions as when fuzzing.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test may read its data")]
#![allow(dead_code, reason = "shared with other tests that use more of it")]

#[path = "../../../tests/fuzz/src/entries.rs"]
mod entries;
mod lab;

#[test]
fn every_corpus_is_replayed() {
    let corpora = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus");
    for (name, entry) in entries::TARGETS {
        let files = std::fs::read_dir(corpora.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        for file in files {
            let path = file.expect("a file").path();
            println!("{}", path.display());
            entry(&std::fs::read(path).expect("a readable file"));
        }
    }
}
