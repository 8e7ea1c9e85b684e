//! The server as a program: `aws-server [--port N] [--settings JSON]`. It prints where it listens, as
//! JSON, and runs until its standard input ends, so that it never outlives the test that started it.

use std::io::{Read, Write};
use std::process::ExitCode;

use evenkeel_aws_server::{Server, Settings};

fn main() -> ExitCode {
    match start() {
        Ok(server) => {
            let mut out = std::io::stdout();
            let told = writeln!(out, "{{\"url\": \"{}\"}}", server.url()).and_then(|()| out.flush());
            if told.is_ok() {
                let _ = std::io::stdin().read_to_end(&mut Vec::new());
            }
            ExitCode::SUCCESS
        }
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "aws-server: {message}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<Server, String> {
    let (mut port, mut settings) = (0, Settings::default());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--port" => port = value.parse().map_err(|_| format!("{value} is no port"))?,
            "--settings" => settings = serde_json::from_str(&value).map_err(|error| error.to_string())?,
            _ => return Err(format!("unknown option {argument}")),
        }
    }
    Server::start(settings, port).map_err(|error| error.to_string())
}
