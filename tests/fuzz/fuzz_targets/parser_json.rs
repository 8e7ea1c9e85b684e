#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| evenkeel_fuzz::entries::parser_json(data));
