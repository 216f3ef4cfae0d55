//! `inlay backup` and `inlay restore`.
use super::{Place, block_on, print, say};
use crate::app::{Failure, upkeep};
use crate::features::backup::To;
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

#[derive(Args)]
pub struct BackupArgs {
    /// The file to write, readable for its owner alone; "-" for stdout. One that is there is replaced when the new one is whole
    file: PathBuf,
    /// Leave the keys out. Without them, sessions and tokens end with a restore, and what plugins keep as secrets cannot be read
    #[arg(long)]
    without_keys: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub struct RestoreArgs {
    /// A file that `inlay backup` has written; "-" for stdin
    file: PathBuf,
    /// Put it in the place of the database and keys that are there, which are kept aside
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    place: Place,
}

pub fn backup(args: BackupArgs) -> Result<(), Failure> {
    let settings = args.place.settings()?;
    let to = if args.file == Path::new("-") { To::Stdout } else { To::File(args.file.clone()) };
    let made = block_on(async {
        let made = upkeep::backup(&settings, &to, !args.without_keys, &mut progress("copied")).await?;
        let keys = match (args.without_keys, made.keys) {
            (true, _) => "without keys".to_owned(),
            (false, 0) => "no keys: there are none in the data folder".to_owned(),
            (false, n) => format!("{n} keys"),
        };
        let text = format!("{} of database, {keys}", size(made.database_bytes + made.log_bytes));
        Ok((made, text))
    });
    let (made, text) = made?;
    let said = match &to {
        To::Stdout => {
            say(&format!("The backup is whole: {text}"));
            Ok(())
        }
        To::File(file) => print(&format!("{} is whole: {text}", file.display())),
    };
    made.end_with_the_process();
    said
}

pub fn restore(args: RestoreArgs) -> Result<(), Failure> {
    let settings = args.place.settings()?;
    let restored = block_on(upkeep::restore(&settings, &args.file, args.replace, &mut progress("unpacked")))?;
    let made = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_millis(restored.made_at_ms));
    let dir = settings.data.dir.display();
    let mut text = format!("{dir} is restored to the backup of {made}, made by Inlay {}.", restored.version);
    if restored.keys == 0 {
        text.push_str(" It held no keys: those that are there stay in use, or new ones are made.");
    }
    if let Some(aside) = restored.aside {
        text.push_str(&format!(
            "\nWhat was there before is in {}; remove it when you do not need it.",
            aside.display()
        ));
    }
    print(&text)
}

/// A line on stderr every few seconds of long work.
fn progress(what: &'static str) -> impl FnMut(u64, u64) {
    const EVERY: Duration = Duration::from_secs(3);
    let mut last = Instant::now();
    move |done, of| {
        if last.elapsed() >= EVERY {
            last = Instant::now();
            say(&format!("inlay: {what} {} of {}", size(done), size(of)));
        }
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_048_576 => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{} MiB", bytes.div_ceil(1 << 20)),
    }
}
