//! Archives of every format, and those that were made to do harm.

use std::io::{Read as _, Write as _};

use super::*;

const FILES: [(&str, &str); 3] = [("main.tf", "# main"), ("modules/a/main.tf", "# a"), ("README.md", "read")];

fn unpacked(bytes: &[u8], format: Format) -> Result<Files, ModuleError> {
    unpack(bytes, format, "https://h/x", &Limits::default(), &AtomicBool::new(false))
}

fn tar_of(append: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    append(&mut builder);
    builder.into_inner().unwrap()
}

/// An entry whose name is written as it is, whatever the library thinks of it.
fn raw(builder: &mut tar::Builder<Vec<u8>>, kind: tar::EntryType, name: &str, link: &str, contents: &[u8]) {
    let mut header = tar::Header::new_gnu();
    let gnu = header.as_gnu_mut().unwrap();
    gnu.name[..name.len()].copy_from_slice(name.as_bytes());
    gnu.linkname[..link.len()].copy_from_slice(link.as_bytes());
    header.set_entry_type(kind);
    header.set_size(contents.len() as u64);
    header.set_cksum();
    builder.append(&header, contents).unwrap();
}

#[test]
fn every_format_has_the_same_files() {
    let gz = tar_gz(&FILES);
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&*gz).read_to_end(&mut plain).unwrap();
    let mut bz2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bz2.write_all(&plain).unwrap();
    let mut xz = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::default()).unwrap();
    xz.write_all(&plain).unwrap();
    let archives = [
        (gz, Format::TarGz),
        (bz2.finish().unwrap(), Format::TarBz2),
        (xz.finish().unwrap(), Format::TarXz),
        (plain, Format::Tar),
        (zip(&FILES), Format::Zip),
    ];
    let expected = hash(&unpacked(&archives[0].0, archives[0].1).unwrap());
    for (bytes, format) in &archives {
        let files = unpacked(bytes, *format).unwrap_or_else(|error| panic!("{format:?}: {error}"));
        assert_eq!(names(&files), ["README.md", "main.tf", "modules/a/main.tf"], "{format:?}");
        assert_eq!(hash(&files), expected, "{format:?}");
        // What ends in the middle is an error, or at most lacks what was not files.
        for length in (0..bytes.len()).step_by(bytes.len() / 50 + 1) {
            let _ = unpacked(&bytes[..length], *format);
        }
        let compressed = *format != Format::Tar;
        for end in [bytes.len() / 2, bytes.len() - 9, bytes.len() - 1].into_iter().filter(|_| compressed) {
            let error = unpacked(&bytes[..end], *format).expect_err(&format!("{format:?} {end}"));
            assert!(error.to_string().contains("cannot unpack"), "{error}");
        }
        check_error(unpacked(b"<html>", *format), "Failed to download module", "cannot unpack");
    }
}

#[test]
fn names_that_lead_out_are_refused() {
    for (name, message) in [
        ("../x.tf", "leads out of it"),
        ("a/../../x.tf", "leads out of it"),
        ("/etc/x.tf", "is no path inside it"),
        ("a\\..\\x.tf", "is no path inside it"),
    ] {
        let tar = tar_of(|builder| raw(builder, tar::EntryType::Regular, name, "", b"x"));
        check_error(unpacked(&tar, Format::Tar), "Failed to download module", message);
        check_error(unpacked(&zip(&[(name, "x")]), Format::Zip), "Failed to download module", message);
    }
}

#[test]
fn links_stay_inside() {
    use tar::EntryType::{Link, Regular, Symlink};
    let tar = tar_of(|builder| {
        raw(builder, Regular, "shared/a.tf", "", b"# a");
        raw(builder, Symlink, "live/a.tf", "../shared/a.tf", b"");
        raw(builder, Link, "live/b.tf", "shared/a.tf", b"");
        raw(builder, tar::EntryType::Char, "live/device", "", b"");
        raw(builder, tar::EntryType::XGlobalHeader, "pax_global_header", "", b"20 comment=0123456\n");
    });
    let files = unpacked(&tar, Format::Tar).unwrap();
    assert_eq!(names(&files), ["live/a.tf", "live/b.tf", "shared/a.tf"]);
    assert_eq!((text(&files, "live/a.tf"), text(&files, "live/b.tf")), ("# a", "# a"));
    for (kind, link, message) in [
        (Symlink, "/etc/passwd", "leads out of the configuration"),
        (Symlink, "../../x", "leads out of the configuration"),
        (Symlink, "x.tf", "leads back to itself"),
        (Link, "/etc/passwd", "is no path inside it"),
        (Link, "../x", "leads out of it"),
        (Link, "gone", "which is not there"),
    ] {
        let tar = tar_of(|builder| raw(builder, kind, "live/x.tf", link, b""));
        check_error(unpacked(&tar, Format::Tar), "Failed to download module", message);
    }
    // A file behind a link is not written through it.
    let tar = tar_of(|builder| {
        raw(builder, Symlink, "out", "/tmp", b"");
        raw(builder, Regular, "out/x.tf", "", b"x");
    });
    check_error(unpacked(&tar, Format::Tar), "Failed to download module", "a file and a directory");
}

#[test]
fn bombs_do_not_go_off() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let mut header = tar::Header::new_gnu();
    header.set_path("zeros").unwrap();
    header.set_size(1 << 30);
    header.set_cksum();
    encoder.write_all(header.as_bytes()).unwrap();
    for _ in 0..1 << 10 {
        encoder.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 2 << 20);
    check_error(unpacked(&bomb, Format::TarGz), "Failed to download module", "bytes");

    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for file in 0..40 {
        writer.start_file(format!("{file}"), zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let bomb = writer.finish().unwrap().into_inner();
    check_error(unpacked(&bomb, Format::Zip), "Failed to download module", "grows to more than");

    let many: Vec<String> = (0..50).map(|file| format!("d{file}/x")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "")).collect();
    let limits = Limits { files_max: 60, ..Limits::default() };
    let result = unpack(&zip(&many), Format::Zip, "u", &limits, &AtomicBool::new(false));
    check_error(result, "Failed to download module", "more than 60 entries");
}

#[test]
fn giving_up() {
    let result = unpack(&zip(&FILES), Format::Zip, "u", &Limits::default(), &AtomicBool::new(true));
    assert!(matches!(result, Err(ModuleError::Source(SourceError::Interrupted))));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, cases: 64, ..Default::default() })]

    #[test]
    fn never_panics(noise: Vec<u8>, at in 0_usize..2000, with: u8) {
        for (format, mut bytes) in [(Format::Zip, zip(&FILES)), (Format::TarGz, tar_gz(&FILES)), (Format::TarXz, noise)] {
            let _ = unpacked(&bytes, format);
            let length = bytes.len();
            if let Some(byte) = bytes.get_mut(at % length.max(1)) {
                *byte = with;
            }
            let _ = unpacked(&bytes, format);
        }
    }
}
