//! The verbs of the command line. Answers go to stdout, errors to stderr; exit code 0 is success, 1 a failure, 2 a
//! command that was not understood, 3 a plugin version that was stored and waits for approval.
mod audit;
mod backup;
mod banner;
mod dev;
mod doctor;
mod door;
mod people;
mod key;
mod plugin;
mod token;
mod watch;
mod widget;

pub use banner::{banner, print_reset};

use crate::app::{self, Failure};
use crate::base::error::{Code, Error};
use crate::platform::wasm;
use crate::settings::{Settings, Sources};
use clap::{Args, Parser, Subcommand};
use std::future::Future;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    name = "inlay",
    version,
    about = "Widgets and chat whose actions run in sandboxed WASM plugins",
    after_help = "Without a verb, `inlay` serves. Every setting, its unit and its default: `inlay config --defaults`.",
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    serve: ServeArgs,
}

/// Where the settings and the data are; every verb that needs them takes these.
#[derive(Args, Clone, Debug, Default)]
struct Place {
    /// Settings file [default: $INLAY_CONFIG, else ./inlay.config.toml if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Data folder: database, keys, plugins [default: ./data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Args, Clone, Debug, Default)]
struct ServeArgs {
    /// Address and port to listen on [default: 127.0.0.1:3000]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum Verb {
    /// Serve widgets and run actions (what `inlay` alone does)
    Serve(ServeArgs),
    /// Work on widgets and plugins: serve them, and show every change at once
    Dev(dev::DevArgs),
    /// Bring the database up to this version
    Migrate(Place),
    /// Write the database and the keys into one file; a host may be at work meanwhile
    Backup(backup::BackupArgs),
    /// Put a backup into a data folder that no host is using
    Restore(backup::RestoreArgs),
    /// Print the settings in force and where each value came from; secrets stay hidden
    Config {
        #[command(flatten)]
        serve: ServeArgs,
        /// Print the defaults with their documentation instead: a file to start from
        #[arg(long)]
        defaults: bool,
    },
    /// Check what the host needs, and say what to do where something is missing
    Doctor(ServeArgs),
    /// Try widgets out and convert their files
    #[command(subcommand)]
    Widget(widget::Verb),
    /// See and change the plugins of a data folder; a host may be running on it
    #[command(subcommand)]
    Plugin(plugin::Verb),
    /// Read the audit log, the newest line first; a host may be at work meanwhile
    Audit(audit::AuditArgs),
    /// Make accounts, help their owners and lock them out; a host may be running on the data folder
    #[command(subcommand)]
    User(people::Verb),
    /// See, make and end API keys; a host may be running on the data folder
    #[command(subcommand)]
    Key(key::Verb),
    /// Make credentials
    #[command(subcommand)]
    Token(token::Verb),
    /// The compiler's own process; the host starts it
    #[command(name = wasm::COMPILE_VERB, hide = true)]
    Compile { arguments: Vec<String> },
}

impl Place {
    fn settings(&self) -> Result<Settings, Failure> {
        ServeArgs { listen: None, place: self.clone() }.settings()
    }
}

impl ServeArgs {
    fn settings(&self) -> Result<Settings, Failure> {
        let dir = self.place.data.as_ref().map(|dir| ("data.dir", "--data", dir.to_string_lossy().into_owned()));
        let listen = self.listen.as_ref().map(|listen| ("server.listen", "--listen", listen.clone()));
        let flags = dir.into_iter().chain(listen).collect();
        Ok(Settings::load(&Sources::of_process(self.place.config.clone(), flags))?)
    }
}

/// Reads the command line and does what it says.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Fails only when nobody reads.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    if let Some(Verb::Compile { arguments }) = &cli.verb {
        let not_for_people = ExitCode::from(2);
        return wasm::Job::of(arguments).map_or(not_for_people, |job| wasm::run_compiler(&job));
    }
    match execute(cli.verb.unwrap_or(Verb::Serve(cli.serve))) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough.
        Err(failure) if broken_pipe(&failure) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&format!("inlay: {}", explain(&failure)));
            match () {
                () if failure.is::<plugin::Waits>() => ExitCode::from(3),
                () if failure.is::<widget::NotUnderstood>() => ExitCode::from(2),
                () => ExitCode::FAILURE,
            }
        }
    }
}

fn execute(verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Serve(args) => {
            let settings = args.settings()?;
            crate::telemetry::init(&settings.log);
            block_on(app::serve(settings, None))
        }
        Verb::Dev(args) => dev::run(args),
        Verb::Migrate(place) => {
            let applied = block_on(app::upkeep::migrate(&place.settings()?))?;
            match applied.as_slice() {
                [] => print("The database is up to date."),
                names => print(&format!("Applied: {}", names.join(", "))),
            }
        }
        Verb::Backup(args) => backup::backup(args),
        Verb::Restore(args) => backup::restore(args),
        Verb::Config { defaults: true, .. } => print(crate::settings::DEFAULTS),
        Verb::Config { serve, .. } => print(&serve.settings()?.layers.to_toml()),
        Verb::Doctor(args) => doctor::run(args.settings()),
        Verb::Audit(args) => audit::run(&args),
        Verb::Widget(verb) => widget::run(verb),
        Verb::Plugin(verb) => plugin::run(verb),
        Verb::User(verb) => people::run(verb),
        Verb::Key(verb) => key::run(verb),
        // `run` has dealt with it: its exit codes are its own.
        Verb::Compile { .. } => Ok(()),
        Verb::Token(verb) => token::run(verb),
    }
}

fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

/// Writes a line, or several, to stdout.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.trim_end_matches('\n').as_bytes())?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// Writes a line to stderr, if anybody is there to read it.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn broken_pipe(failure: &Failure) -> bool {
    failure.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// The error and its causes. Here, unlike in an answer over HTTP, the causes may be seen.
fn explain(failure: &Failure) -> String {
    let mut text = match failure.downcast_ref::<Error>() {
        Some(error) if error.code == Code::Internal && error.source.is_some() => String::new(),
        Some(error) => {
            // Some details are made from their only fault.
            let faults = error.faults.iter().filter(|fault| !error.detail.contains(&fault.message));
            let faults = faults.map(|fault| match fault.pointer.as_str() {
                "" => format!("\n  {}", fault.message),
                pointer => format!("\n  at {pointer}: {}", fault.message),
            });
            format!("{}{}", error.detail, faults.collect::<String>())
        }
        None => failure.to_string(),
    };
    let mut cause = failure.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(if text.is_empty() { "" } else { "\n  because: " });
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use std::time::Duration;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn verbs_are_read() {
        let parse = |line: &str| Cli::try_parse_from(line.split_whitespace());
        assert!(parse("inlay").unwrap().verb.is_none());
        let serve = parse("inlay --listen 127.0.0.1:0 --data x").unwrap().serve;
        assert_eq!((serve.listen.as_deref(), serve.place.data), (Some("127.0.0.1:0"), Some(PathBuf::from("x"))));
        assert!(matches!(parse("inlay serve --listen 127.0.0.1:0 --data x").unwrap().verb, Some(Verb::Serve(_))));
        let Some(Verb::Token(token::Verb::Create { expires, .. })) =
            parse("inlay token create --role admin --expires 90s --data d").unwrap().verb
        else {
            panic!("another verb")
        };
        assert_eq!(expires, Duration::from_secs(90));
        assert!(parse("inlay widget render w.widget --data {\"a\":1}").is_ok());
        assert!(parse("inlay plugin load x.wasm --grant all").is_ok());
        for bad in ["inlay token create --role owner", "inlay token create --role admin --expires soon", "inlay sevre"]
        {
            assert_eq!(parse(bad).err().map(|e| e.exit_code()), Some(2), "{bad}");
        }
    }

    #[test]
    fn causes_are_told_once_and_internal_ones_without_the_words_for_clients() {
        let disk = std::io::Error::other("the disk is gone");
        let failure: Failure = Error::internal(disk).into();
        assert_eq!(explain(&failure), "the disk is gone");
        let failure: Failure = Error::new(Code::Database, "The database cannot be opened").caused_by("code 14").into();
        assert_eq!(explain(&failure), "The database cannot be opened\n  because: code 14");
    }
}
