//! `inlay widget`: render, pack and unpack widget files without a host.
use crate::app::Failure;
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Subcommand)]
pub enum Verb {
    /// Render a widget and print its tree as JSON
    Render {
        /// A .widget file, or a folder in the readable form
        file: PathBuf,
        /// The template's input: JSON, or @FILE [default: the widget's sample]
        #[arg(long, value_name = "JSON|@FILE")]
        data: Option<String>,
    },
    /// Turn a folder in the readable form into a .widget file
    Pack {
        dir: PathBuf,
        /// Where to write it [default: stdout]
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Turn a .widget file into a folder in the readable form
    Unpack {
        file: PathBuf,
        /// The folder to make [default: the widget's name, beside the file]
        #[arg(long, short, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

pub fn run(_verb: Verb) -> Result<(), Failure> {
    Ok(())
}
