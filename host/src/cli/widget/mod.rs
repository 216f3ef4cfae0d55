//! `inlay widget`: render, pack and unpack widget files without a host.
mod exchange;
mod looked_at;
mod profile;
mod test;
mod validate;

pub use looked_at::NotUnderstood;

use super::{explain, print, say};
use crate::app::Failure;
use crate::base::error::{Code, Error};
use crate::base::tree;
use crate::base::widget_file::{Folder, WidgetFile};
use crate::platform::schema::Schema;
use crate::platform::templates::{RenderLimits, Template};
use clap::Subcommand;
use serde_json::{Map, Value};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The files of the readable form; anything else in such a folder is none of ours.
const READABLE: [&str; 9] = [
    "widget.toml",
    "template.jinja",
    "schema.json",
    "params.json",
    "sample.json",
    "preview.json",
    "encoded.json",
    "inlay.json",
    "other.json",
];

/// Lies in the folder as well, but belongs to `inlay widget test`.
const CASES: &str = "cases.json";

#[derive(Subcommand)]
pub enum Verb {
    /// Render a widget and print its tree as JSON
    Render {
        /// A .widget file, or a folder in the readable form
        file: PathBuf,
        /// The template's input: JSON, @FILE, or @- for stdin [default: the widget's own sample]
        #[arg(long, value_name = "JSON|@FILE")]
        data: Option<String>,
        /// Fail when the input does not fit the widget's schema, as the host does, instead of warning
        #[arg(long)]
        strict: bool,
        /// Print the tree as it is sent: without nulls
        #[arg(long)]
        wire: bool,
    },
    /// Check widgets strictly: structure, rules, accessibility, limits. Exit code 1: it has errors; 2: no widget is there
    Validate(validate::ValidateArgs),
    /// Say what widgets weigh and take, which lines of a template cost most, and what could be better
    Profile(profile::ProfileArgs),
    /// Print the JSON Schema of every component and property
    Schema,
    /// Run the cases that lie beside widgets: cases.json in a folder, NAME.cases.json beside NAME.widget
    Test(test::TestArgs),
    /// Turn a .widget file of ChatKit's tools into a folder, try it, and say what will not be as it seems
    Import(exchange::ImportArgs),
    /// Write a widget as a .widget file with everything that ChatKit's tools look for
    Export(exchange::ExportArgs),
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
        /// The folder to make [default: the widget's name, in the working directory]
        #[arg(long, short, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

pub fn run(verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Validate(args) => validate::run(&args),
        Verb::Profile(args) => profile::run(&args),
        Verb::Schema => validate::print_schema(),
        Verb::Render { file, data, strict, wire } => {
            let widget = read(&file)?;
            let data = match data {
                Some(data) => input(&data)?,
                None => sample(&widget),
            };
            match check(&widget, &data) {
                Err(misfit) if strict => return Err(misfit),
                Err(misfit) => say(&format!("warning: {}", explain(&misfit))),
                Ok(()) => {}
            }
            let template = Template::compile(&widget.name, &widget.template).map_err(Error::from)?;
            let tree = template.render(&data, &RenderLimits::default()).map_err(Error::from)?;
            let sent = tree::wire(tree.clone());
            for fault in tree::within(&tree::figures(&sent), &tree::WARN) {
                say(&format!("warning: the widget has {}", fault.message));
            }
            print(&format!("{:#}", if wire { sent } else { tree }))
        }
        Verb::Test(args) => test::run(args),
        Verb::Import(args) => exchange::import(args),
        Verb::Export(args) => exchange::export(args),
        Verb::Pack { dir, out } => {
            let text = format!("{:#}\n", WidgetFile::from_folder(&read_folder(&dir)?)?.to_json());
            match out {
                Some(out) => Ok(std::fs::write(&out, text).map_err(|e| cannot("be written", &out, &e))?),
                None => print(&text),
            }
        }
        Verb::Unpack { file, out } => {
            let widget = WidgetFile::parse(&read_text(&file)?)?;
            let dir = out.map_or_else(|| folder_name(&widget.name), Ok)?;
            write_folder(&dir, &widget.to_folder())?;
            print(&dir.display().to_string())
        }
    }
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> String {
    format!("{} cannot {what}: {error}", path.display())
}

fn read_text(path: &Path) -> Result<String, Failure> {
    Ok(std::fs::read_to_string(path).map_err(|e| cannot("be read", path, &e))?)
}

fn read(path: &Path) -> Result<WidgetFile, Failure> {
    Ok(if path.is_dir() {
        WidgetFile::from_folder(&read_folder(path)?)?
    } else {
        WidgetFile::parse(&read_text(path)?)?
    })
}

fn read_folder(dir: &Path) -> Result<Folder, Failure> {
    let mut folder = Folder::new();
    for entry in std::fs::read_dir(dir).map_err(|e| cannot("be read", dir, &e))? {
        let path = entry.map_err(|e| cannot("be read", dir, &e))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if READABLE.contains(&name.as_str()) {
            folder.insert(name, read_text(&path)?);
        } else if name != CASES {
            say(&format!("warning: {} is not part of a widget and is left out", path.display()));
        }
    }
    Ok(folder)
}

/// Writes where nothing is yet: a widget that lies there is its author's work.
fn write_folder(dir: &Path, folder: &Folder) -> Result<(), Failure> {
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.map(std::fs::create_dir_all).transpose().map_err(|e| cannot("be made", dir, &e))?;
    std::fs::create_dir(dir).map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => format!("{} is there already; name another folder with --out DIR", dir.display()),
        _ => cannot("be made", dir, &e),
    })?;
    for (name, text) in folder {
        let path = dir.join(name);
        std::fs::write(&path, text).map_err(|e| cannot("be written", &path, &e))?;
    }
    Ok(())
}

/// The widget's name, if it can safely be a folder's: it comes out of a file that anybody may have written.
fn folder_name(name: &str) -> Result<PathBuf, Failure> {
    let safe = |b: u8| b.is_ascii_alphanumeric() || b"-_ ".contains(&b);
    if !name.is_empty() && name.len() <= 64 && name.bytes().all(safe) {
        return Ok(PathBuf::from(name));
    }
    Err(format!("the widget's name, {name:?}, cannot name a folder; give one with --out DIR").into())
}

/// JSON as it stands on the command line, or in a file.
fn input(data: &str) -> Result<Value, Failure> {
    let text = match data.strip_prefix('@') {
        None => data.to_owned(),
        Some("-") => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(|e| format!("stdin cannot be read: {e}"))?;
            text
        }
        Some(file) => read_text(Path::new(file))?,
    };
    Ok(serde_json::from_str(&text).map_err(|e| format!("the value of --data is not JSON: {e}"))?)
}

fn sample(widget: &WidgetFile) -> Value {
    let sample = widget.inlay.as_ref().and_then(|extra| extra.get("sample")).cloned();
    sample.unwrap_or_else(|| Value::Object(Map::new()))
}

/// Whether the data fits the widget's schema. ChatKit's own renderer never asks, and some of its public widgets come with
/// a schema that their sample breaks; so it is for the caller to say how much this matters.
fn check(widget: &WidgetFile, data: &Value) -> Result<(), Failure> {
    let Some(schema) = &widget.json_schema else { return Ok(()) };
    let schema = Schema::compile(schema).map_err(|e| format!("the widget's schema cannot be used: {e}"))?;
    Ok(schema.check(data).map_err(|faults| {
        Error::new(Code::InvalidParameters, "The data does not fit the widget's schema").with_faults(faults)
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const FILE: &str = r#"{"version": "1.0", "name": "hello",
        "template": "{\"type\": \"Card\", \"children\": [{\"type\": \"Text\", \"value\": {{ who | tojson }}, \"id\": null}]}",
        "jsonSchema": {"type": "object", "required": ["who"], "properties": {"who": {"type": "string"}}},
        "inlay": {"title": "Hello", "sample": {"who": "you"}}, "later": [1]}"#;

    fn temporary(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("inlay-widget-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        path
    }

    #[test]
    fn data_is_held_against_the_schema() {
        let widget = WidgetFile::parse(FILE).unwrap();
        assert_eq!(sample(&widget), json!({"who": "you"}));
        assert!(check(&widget, &sample(&widget)).is_ok());
        let shown = explain(&check(&widget, &json!({"who": 1})).unwrap_err());
        assert!(shown.contains("does not fit the widget's schema") && shown.contains("at /who"), "{shown}");
    }

    #[test]
    fn folders_and_files_turn_into_each_other() {
        let dir = temporary("turn");
        let widget = WidgetFile::parse(FILE).unwrap();
        write_folder(&dir, &widget.to_folder()).unwrap();
        std::fs::write(dir.join("notes.txt"), "mine").unwrap();
        assert_eq!(WidgetFile::from_folder(&read_folder(&dir).unwrap()).unwrap(), widget);
        assert!(write_folder(&dir, &widget.to_folder()).unwrap_err().to_string().contains("--out"));
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn every_file_of_the_readable_form_is_known() {
        let everything = json!({"version": "1.0", "name": "n", "template": "t", "jsonSchema": {}, "encodedWidget": "e",
            "outputJsonPreview": {}, "inlay": {"title": "t", "params": {}, "sample": {}, "input": {}}, "x": 1});
        let folder = WidgetFile::from_json(&everything).unwrap().to_folder();
        let mut known = READABLE.to_vec();
        known.sort_unstable();
        assert_eq!(folder.keys().map(String::as_str).collect::<Vec<_>>(), known);
    }

    #[test]
    fn a_name_from_a_file_leads_nowhere_else() {
        assert_eq!(folder_name("my-widget").unwrap(), PathBuf::from("my-widget"));
        for bad in ["", "..", "../x", "/etc", "a/b", "a\0b", "é"] {
            assert!(folder_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn data_comes_from_the_line_or_a_file() {
        assert_eq!(input("{\"a\": 1}").unwrap(), json!({"a": 1}));
        let file = temporary("data");
        std::fs::write(&file, "[2]").unwrap();
        assert_eq!(input(&format!("@{}", file.display())).unwrap(), json!([2]));
        std::fs::remove_file(file).unwrap();
        assert!(input("nonsense").unwrap_err().to_string().contains("--data is not JSON"));
        assert!(input("@/nowhere.json").unwrap_err().to_string().contains("/nowhere.json cannot be read"));
    }
}
