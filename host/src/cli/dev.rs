//! `inlay dev`: serves an author's own widgets and plugins, and shows every change at once.
use super::{Place, block_on, print, say};
use crate::app::{self, Failure, Project};
use crate::features::dev::Said;
use crate::settings::{Settings, Sources};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};

/// The data folder of development, in the author's folder: apart from what a host in service has.
const DATA: &str = ".inlay";

#[derive(Args)]
pub struct DevArgs {
    /// The folder with your widgets and plugins
    #[arg(default_value = ".", value_name = "PATH")]
    folder: PathBuf,
    /// Address and port to listen on [default: 127.0.0.1:3000]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    #[command(flatten)]
    place: Place,
}

pub fn run(args: DevArgs) -> Result<(), Failure> {
    let DevArgs { folder, listen, place } = args;
    let folder = fs::canonicalize(&folder).map_err(|e| {
        let path = folder.display();
        format!("The folder {path} cannot be opened: {e}. Make it, or name another one: inlay dev PATH")
    })?;
    if !folder.is_dir() {
        return Err(format!("{} is a file; inlay dev works on a folder", folder.display()).into());
    }
    let data = place.data.clone().map_or_else(|| own_data(&folder), Ok)?;
    let settings = settings(place.config, listen, &data)?;
    crate::telemetry::init(&settings.log);
    print(&greeting(&folder))?;
    block_on(app::serve(settings, Some(Project { folder, say: tell })))
}

/// A data folder that version control leaves out. Errors: it cannot be made.
fn own_data(folder: &Path) -> Result<PathBuf, Failure> {
    let data = folder.join(DATA);
    let cannot = |e| format!("{} cannot be made: {e}. Name another data folder with --data DIR", data.display());
    fs::create_dir_all(&data).map_err(cannot)?;
    fs::write(data.join(".gitignore"), "*\n").map_err(cannot)?;
    Ok(data)
}

fn settings(config: Option<PathBuf>, listen: Option<String>, data: &Path) -> Result<Settings, Failure> {
    const FLAG: &str = "inlay dev";
    let on = |name, value: &str| (name, FLAG, value.to_owned());
    let mut flags = vec![
        on("dev.enabled", "true"),
        // A plugin that fails is what its author works on: it is not taken out of force, and says what it says.
        on("watch.breaker", "false"),
        on("watch.rollback", "false"),
        on("watch.offender_stops", "0"),
        // One author's browser and tools are one address.
        on("limits.per_ip", "0"),
        ("data.dir", "--data", data.to_string_lossy().into_owned()),
    ];
    flags.extend(listen.map(|listen| ("server.listen", "--listen", listen)));
    Ok(Settings::load(&Sources::of_process(config, flags))?)
}

fn greeting(folder: &Path) -> String {
    format!(
        "Working on {}: save a file, and what it makes is shown at once in /playground.

  A widget  is a .widget file, or a folder with widget.toml and template.jinja.
  A plugin  is a Rust crate with an inlay.toml beside its Cargo.toml.
{}",
        folder.display(),
        if is_empty(folder) { START } else { "" }
    )
}

/// What to do where there is nothing yet.
const START: &str = r#"
There is nothing here yet. This makes a first widget; type it in another terminal, in this folder:

  mkdir hello && cd hello
  printf 'name = "hello"\ntitle = "Hello"\n' > widget.toml
  echo '{"type": "Card", "children": [{"type": "Title", "value": {{ ("Hello, " ~ name) | tojson }}}]}' > template.jinja
  echo '{"name": "Ada"}' > sample.json

Or open /playground, choose a widget to start from, and export it into this folder.
"#;

/// Hidden entries, the data folder among them, are nobody's work.
fn is_empty(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return true };
    entries.flatten().all(|entry| entry.file_name().to_string_lossy().starts_with('.'))
}

fn tell(said: Said) {
    match said {
        Said::Done(line) => say(&format!("  ok     {line}")),
        Said::Wrong(text) => say(&format!("  WRONG  {text}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_folder_says_how_to_begin() {
        let folder = std::env::temp_dir().join(format!("inlay-dev-empty-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let data = own_data(&folder).unwrap();
        assert!(greeting(&folder).contains("There is nothing here yet"), "the data folder does not count");
        assert_eq!(fs::read_to_string(data.join(".gitignore")).unwrap(), "*\n");
        fs::write(folder.join("a.widget"), "{}").unwrap();
        assert!(!greeting(&folder).contains("nothing here"));
        fs::remove_dir_all(folder).unwrap();
    }
}
