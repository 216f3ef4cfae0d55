//! Trees per second: rendered, checked and made ready to send, of every bundled widget with its own sample, beside jinja2
//! and json in Python in the same run, in turns. Both do the same work: template and data in, checked JSON text out.
use crate::Done;
use inlay_host::base::tree::review::{Bounds, review};
use inlay_host::base::widget_file::{Folder, WidgetFile};
use inlay_host::platform::templates::{RenderLimits, Template};
use serde_json::{Value, json};
use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;

/// The other side, which answers one line of JSON for each line of JSON.
struct Python(Child);

impl Python {
    /// `None` where there is no Python, or jinja2 is neither there nor can be installed.
    fn start(root: &Path) -> Option<Python> {
        let script = root.join("tests/bench/jinja.py");
        let has = |python: &Path| {
            let asked = Command::new(python).args(["-c", "import jinja2"]).stderr(Stdio::null()).status();
            asked.is_ok_and(|status| status.success())
        };
        let mut python = PathBuf::from("python3");
        if !has(&python) {
            let venv = root.join("target/bench-python");
            println!("jinja2 is not there: installing it into {}", venv.display());
            Command::new("python3").args(["-m", "venv"]).arg(&venv).status().ok()?;
            python = venv.join("bin/python");
            Command::new(&python).args(["-m", "pip", "install", "--quiet", "jinja2"]).status().ok()?;
        }
        let child = Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        child.ok().map(Python)
    }

    fn ask(&mut self, question: &Value) -> Done<Value> {
        let stdin = self.0.stdin.as_mut().ok_or("no stdin")?;
        writeln!(stdin, "{question}")?;
        stdin.flush()?;
        let mut line = String::new();
        BufReader::with_capacity(1 << 20, self.0.stdout.as_mut().ok_or("no stdout")?).read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs per second over this time.
fn per_second(time: Duration, mut work: impl FnMut()) -> f64 {
    let (began, mut runs) = (Instant::now(), 0u32);
    while began.elapsed() < time {
        for _ in 0..16 {
            work();
        }
        runs += 16;
    }
    f64::from(runs) / began.elapsed().as_secs_f64()
}

pub fn measure(seconds: u64) -> Done<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut python = Python::start(&root);
    println!("\nTrees per second, one thread: rendered, checked and ready to send; beside jinja2 and json in Python");
    let mut all = Vec::new();
    for folder in folders(&root)? {
        let file = read(&folder)?;
        let sample = file.inlay.as_ref().and_then(|inlay| inlay.get("sample")).cloned().unwrap_or_else(|| json!({}));
        all.push(one(&file, &sample, &mut python, Duration::from_millis(seconds * 1000 / 20))?);
    }
    Ok(Value::from(all))
}

fn one(file: &WidgetFile, sample: &Value, python: &mut Option<Python>, time: Duration) -> Done<Value> {
    let template = Template::compile(&file.name, &file.template)?;
    let (limits, bounds) = (RenderLimits::default(), Bounds::default());
    let text = template.render_wire(sample, &limits)?.json;
    let tree: Value = serde_json::from_str(&text)?;
    let question = json!({"template": file.template, "data": sample, "seconds": time.as_secs_f64()});
    let (mut ours, mut theirs, mut strict) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(per_second(time, || drop(black_box(template.render_wire(black_box(sample), &limits)))));
        strict.push(per_second(time, || {
            drop(black_box(template.render_wire(black_box(sample), &limits)));
            drop(black_box(review(black_box(&tree), &bounds)));
        }));
        if let Some(python) = python {
            let answer = python.ask(&question)?;
            // What one side cannot render, or renders otherwise, is not compared.
            if answer.get("tree") == Some(&tree) {
                theirs.extend(answer.get("per_second").and_then(Value::as_f64));
            }
        }
    }
    let median = |values: &mut Vec<f64>| crate::percentile(values, 0.5);
    let (ours, strict) = (median(&mut ours), median(&mut strict));
    let theirs = (!theirs.is_empty()).then(|| median(&mut theirs));
    let beside = theirs.map_or("nothing that makes the same tree".to_owned(), |theirs| {
        format!("{theirs:>7.0}/s: {:>5.1} times", ours / theirs)
    });
    println!(
        "{:<24} {:>6} bytes {ours:>8.0}/s beside {beside}; with the strict validation {strict:>8.0}/s",
        file.name,
        text.len()
    );
    let times = theirs.map(|theirs| ours / theirs);
    Ok(
        json!({"widget": file.name, "bytes": text.len(), "per_second": ours, "strict_per_second": strict, "python_per_second": theirs, "times": times}),
    )
}

fn folders(root: &Path) -> Done<Vec<PathBuf>> {
    let mut all = Vec::new();
    let mut parents = vec![root.join("widgets")];
    for plugin in std::fs::read_dir(root.join("plugins"))? {
        parents.push(plugin?.path().join("widgets"));
    }
    for parent in parents.iter().filter(|parent| parent.is_dir()) {
        for entry in std::fs::read_dir(parent)? {
            all.push(entry?.path());
        }
    }
    all.retain(|path| path.join("widget.toml").is_file());
    all.sort();
    Ok(all)
}

fn read(folder: &Path) -> Done<WidgetFile> {
    let mut files = Folder::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Ok(text) = std::fs::read_to_string(&path) {
            files.insert(name, text);
        }
    }
    Ok(WidgetFile::from_folder(&files)?)
}
