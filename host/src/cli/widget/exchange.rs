//! `inlay widget import` and `export`: widgets from and for ChatKit's tools.
use super::super::{print, say};
use super::{cannot, folder_name, read, read_text, write_folder};
use crate::app::Failure;
use crate::base::widget_file::WidgetFile;
use crate::features::widgets::exchange;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

#[derive(Args)]
pub struct ImportArgs {
    /// A .widget file of ChatKit's tools
    file: PathBuf,
    /// The folder to make [default: the widget's name, in the working directory]
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Call it so; what it was called becomes its title
    #[arg(long)]
    name: Option<String>,
    /// Fail on a warning, and make nothing
    #[arg(long)]
    strict: bool,
    /// Print the folder and the warnings as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct ExportArgs {
    /// A folder in the readable form, or a .widget file
    widget: PathBuf,
    /// Where to write it [default: stdout]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Leave out what is Inlay's own: the member "inlay"
    #[arg(long)]
    plain: bool,
}

pub fn import(args: ImportArgs) -> Result<(), Failure> {
    let mut file = WidgetFile::parse(&read_text(&args.file)?)?;
    if let Some(name) = args.name {
        let before = std::mem::replace(&mut file.name, name);
        file.inlay.get_or_insert_default().entry("title").or_insert_with(|| before.into());
    }
    let (file, warnings) = exchange::import(file);
    if !args.json {
        warnings.iter().for_each(|warning| say(&format!("warning: {warning}")));
    }
    let dir = match (args.strict && !warnings.is_empty(), args.out) {
        (true, _) => None,
        (false, Some(dir)) => Some(dir),
        (false, None) => Some(folder_name(&exchange::slug_of(&file.name))?),
    };
    if let Some(dir) = &dir {
        write_folder(dir, &file.to_folder())?;
    }
    let folder = dir.as_ref().map(|dir| dir.display().to_string());
    if args.json {
        print(&format!("{:#}", json!({"folder": folder, "name": file.name, "warnings": warnings})))?;
    } else if let Some(folder) = &folder {
        print(folder)?;
    }
    match folder {
        Some(_) => Ok(()),
        None => Err(format!("{} warnings; nothing was made", warnings.len()).into()),
    }
}

pub fn export(args: ExportArgs) -> Result<(), Failure> {
    let (mut file, warning) = exchange::export(read(&args.widget)?);
    warning.iter().for_each(|warning| say(&format!("warning: {warning}")));
    if args.plain {
        file.inlay = None;
    }
    let text = format!("{:#}\n", file.to_json());
    match args.out {
        Some(out) => Ok(std::fs::write(&out, text).map_err(|e| cannot("be written", &out, &e))?),
        None => print(&text),
    }
}
