//! `evenkeel-sim`: runs seeds and says what they found.

use std::process::ExitCode;
use std::time::Instant;

use evenkeel_sim::{Figures, Plant, run};

/// Planning makes and drops very many small values.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str =
    "Usage: evenkeel-sim [--seeds N] [--first-seed S] [--seed S] [--log] [--plant FAULT] [--keep-going]

  --seeds N       run N seeds (1000)
  --first-seed S  starting with this one (1)
  --seed S        run this seed only
  --log           print what happens
  --plant FAULT   call-before-intent, ignore-dependencies, drop-unresolved or ignore-governor
  --keep-going    run the other seeds after one that fails, and print no logs

Exits with 1 when a seed breaks an invariant.";

struct Arguments {
    first: u64,
    seeds: u64,
    log: bool,
    keep_going: bool,
    plant: Option<Plant>,
}

fn main() -> ExitCode {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let started = Instant::now();
    let mut figures = Figures::default();
    let mut failed = false;
    for seed in arguments.first..arguments.first.saturating_add(arguments.seeds) {
        let outcome = run(seed, arguments.plant, arguments.log);
        figures.add(&outcome.figures);
        print!("{}", outcome.log);
        if let Some(violation) = outcome.violation {
            failed = true;
            if !arguments.log && !arguments.keep_going {
                print!("{}", run(seed, arguments.plant, true).log);
            }
            println!("seed {seed} broke an invariant: {violation}");
            if !arguments.keep_going {
                break;
            }
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    let rate = figures.steps as f64 / seconds.max(0.001);
    println!("{figures}; {seconds:.1} s, {rate:.0} steps/s");
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments { first: 1, seeds: 1000, log: false, keep_going: false, plant: None };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seeds" => arguments.seeds = number(&word, words.next())?,
            "--first-seed" => arguments.first = number(&word, words.next())?,
            "--seed" => {
                arguments.first = number(&word, words.next())?;
                arguments.seeds = 1;
            }
            "--keep-going" => arguments.keep_going = true,
            "--log" => arguments.log = true,
            "--plant" => arguments.plant = Some(plant(words.next())?),
            _ => return Err(format!("unknown argument {word}")),
        }
    }
    Ok(arguments)
}

fn number(name: &str, value: Option<String>) -> Result<u64, String> {
    let value = value.ok_or_else(|| format!("{name} needs a number"))?;
    value.parse().map_err(|_| format!("{name} needs a number, not {value}"))
}

fn plant(value: Option<String>) -> Result<Plant, String> {
    match value.as_deref() {
        Some("call-before-intent") => Ok(Plant::CallBeforeIntentDurable),
        Some("ignore-dependencies") => Ok(Plant::IgnoreDependencies),
        Some("ignore-governor") => Ok(Plant::IgnoreGovernor),
        Some("drop-unresolved") => Ok(Plant::DropUnresolvedIntents),
        Some(other) => Err(format!("there is no fault {other} to plant")),
        None => Err("--plant needs the name of a fault".to_owned()),
    }
}
