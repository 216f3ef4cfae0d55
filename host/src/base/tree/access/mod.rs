//! Whether people can use a widget who do not see it, do not hear it, or do not use a mouse: what can be judged from the
//! tree alone. Each finding names its success criterion of WCAG 2.2.
mod contrast;

use super::finding::{Findings, Rule, shown};
use super::nodes::{Nodes, Place};
use super::rules::{Scoped, control_name};
use super::vocabulary::words::TITLE_SIZE;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

pub fn check(nodes: &Nodes<'_>, findings: &mut Findings) {
    let labels: HashSet<Scoped<'_>> = nodes
        .0
        .iter()
        .filter(|place| place.kind == "Label" && place.says("value"))
        .filter_map(|place| Some((place.form, place.str("fieldName")?)))
        .collect();
    let forms = forms(nodes);
    let mut headings = Headings::default();
    let mut focused = false;
    for (at, place) in nodes.0.iter().enumerate() {
        match place.kind {
            "Image" => image(nodes, at, place, findings),
            "Button" => button(nodes, at, place, findings),
            "ListViewItem" => item(nodes, at, place, findings),
            "Table" => table(nodes, at, place, findings),
            "Chart" => chart(nodes, at, place, findings),
            "Title" => headings.title(nodes, at, place, findings),
            "Markdown" => markdown(nodes, at, place, findings),
            "Label" if !place.says("value") => {
                findings.add(Rule::EmptyHeading, nodes.prop(at, "value"), "the label is empty");
            }
            _ => {}
        }
        if let Some(name) = control_name(place)
            && !labels.contains(&(place.form, name))
        {
            let beside_button = place.form.is_some_and(|form| forms.get(&form) == Some(&(1, true)));
            control(nodes, at, place, beside_button, findings);
        }
        let asks =
            place.is("autoFocus") || place.get("editable").and_then(|e| e.get("autoFocus")) == Some(&true.into());
        if asks && std::mem::replace(&mut focused, true) {
            findings.add(Rule::SeveralAutofocus, nodes.pointer(at), "another control asks for the focus, too");
        }
        if place.str("size") == Some("3xs") && (place.kind == "Button" || control_name(place).is_some()) {
            let message = "the size 3xs is 22 pixels high in some renderers; 24 are needed";
            findings.add(Rule::SmallTarget, nodes.prop(at, "size"), message);
        }
    }
    contrast::check(nodes, findings);
}

fn image(nodes: &Nodes<'_>, at: usize, place: &Place<'_>, findings: &mut Findings) {
    let pointer = || nodes.prop(at, "alt");
    match place.str("alt") {
        None => {
            let hint = "Say what the picture shows, or \"\" if it only decorates".to_owned();
            findings.add_with(Rule::ImageWithoutAlt, pointer(), "the picture has no alt", Some(hint));
        }
        Some(alt) if is_file_name(alt) => {
            let message = format!("{} is the name of a file, not what the picture shows", shown(alt));
            findings.add(Rule::AltIsAFileName, pointer(), message);
        }
        Some(_) => {}
    }
}

fn is_file_name(alt: &str) -> bool {
    let alt = alt.trim().to_ascii_lowercase();
    let ends = [".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".avif"].iter().any(|end| alt.ends_with(end));
    !alt.contains(char::is_whitespace) && (ends || alt.starts_with("http://") || alt.starts_with("https://"))
}

fn button(nodes: &Nodes<'_>, at: usize, place: &Place<'_>, findings: &mut Findings) {
    if place.says("label") || place.says("ariaLabel") {
        return;
    }
    let has_icon = place.get("iconStart").or(place.get("iconEnd")).is_some();
    let message = if has_icon { "a button with an icon alone has no name" } else { "the button has no name" };
    let hint = if has_icon { "Give it a label, or ariaLabel, which is Inlay's own" } else { "Give it a label" };
    findings.add_with(Rule::ButtonWithoutName, nodes.pointer(at), message, Some(hint.to_owned()));
}

/// The row's text is the name of what is pressed.
fn item(nodes: &Nodes<'_>, at: usize, place: &Place<'_>, findings: &mut Findings) {
    let read = |below: &Place<'_>| match below.kind {
        "Text" | "Title" | "Caption" | "Markdown" | "Label" | "Table.Cell" => below.says("value"),
        "Badge" | "Button" | "Checkbox" => below.says("label"),
        "Image" => below.says("alt"),
        _ => false,
    };
    if place.get("onClickAction").is_some() && !nodes.below(at).iter().any(read) {
        findings.add(
            Rule::ItemWithoutName,
            nodes.pointer(at),
            "the row can be pressed, but holds no text that names it",
        );
    }
}

/// How many controls each form has, and whether a button with a name submits it.
fn forms(nodes: &Nodes<'_>) -> HashMap<usize, (usize, bool)> {
    let mut forms = HashMap::new();
    for place in &nodes.0 {
        let Some(form) = place.form else { continue };
        let facts = forms.entry(form).or_insert((0, false));
        facts.0 += usize::from(control_name(place).is_some());
        facts.1 |= place.kind == "Button" && place.is("submit") && (place.says("label") || place.says("ariaLabel"));
    }
    forms
}

/// A control without a label of its own in the tree. `beside_button`: it is the only one of its form, and what the button
/// says that submits it says what it is for (technique G167); its placeholder is its name then.
fn control(nodes: &Nodes<'_>, at: usize, place: &Place<'_>, beside_button: bool, findings: &mut Findings) {
    let own = match place.kind {
        "Checkbox" => place.says("label"),
        "RadioGroup" => place.says("ariaLabel"),
        _ => false,
    };
    if own {
        return;
    }
    let editable = place.get("editable").and_then(|editable| editable.get("placeholder")).and_then(Value::as_str);
    let placeholder = place.says("placeholder") || editable.is_some_and(|text| !text.trim().is_empty());
    let name = control_name(place).unwrap_or_default();
    let hint = match place.kind {
        "Checkbox" => "Give it a label".to_owned(),
        "RadioGroup" => {
            format!("Give it an ariaLabel, or put a Label with the fieldName {} into its form", shown(name))
        }
        _ => format!("Put a Label with the fieldName {} into its form", shown(name)),
    };
    if placeholder && beside_button {
        return;
    }
    if placeholder {
        let message = format!("the {} is named by its placeholder alone", place.kind);
        findings.add_with(Rule::PlaceholderAsLabel, nodes.pointer(at), message, Some(hint));
    } else {
        let message = format!("the {} has no label", place.kind);
        findings.add_with(Rule::ControlWithoutLabel, nodes.pointer(at), message, Some(hint));
    }
}

fn table(nodes: &Nodes<'_>, at: usize, place: &Place<'_>, findings: &mut Findings) {
    let mut rows = nodes.below(at).iter().filter(|below| below.kind == "Table.Row" && below.parent == Some(at));
    if place.get("children").is_some() && !rows.any(|row| row.is("header")) {
        findings.add(Rule::TableWithoutHeader, nodes.pointer(at), "the table has no row with header: true");
    }
}

fn chart(nodes: &Nodes<'_>, at: usize, place: &Place<'_>, findings: &mut Findings) {
    for (index, series) in place.get("series").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let label = series.get("label").and_then(Value::as_str).unwrap_or_default();
        if label.trim().is_empty() {
            let pointer = format!("{}/{index}/label", nodes.prop(at, "series"));
            findings.add(
                Rule::SeriesWithoutLabel,
                pointer,
                "the series has no label: people hear the name of its field",
            );
        }
    }
}

/// Titles, in their order. Small ones are not headings, and neither are those in rows of a list.
#[derive(Default)]
struct Headings {
    /// The rank of the first one, which is the widget's heading.
    first: Option<usize>,
    /// One past the last node of the list that was seen last.
    list_end: usize,
}

impl Headings {
    fn title(&mut self, nodes: &Nodes<'_>, at: usize, place: &Place<'_>, findings: &mut Findings) {
        if !place.says("value") {
            return findings.add(Rule::EmptyHeading, nodes.prop(at, "value"), "the title is empty");
        }
        let size = place.str("size").unwrap_or("md");
        let Some(rank) = TITLE_SIZE.iter().position(|one| *one == size).filter(|rank| *rank > 0) else { return };
        if self.in_list(nodes, at) {
            return;
        }
        let first = *self.first.get_or_insert(rank);
        if rank > first {
            let words = TITLE_SIZE.get(first).copied().unwrap_or_default();
            let message =
                format!("this title is larger ({size}) than the widget's first, which is its heading ({words})");
            findings.add(Rule::HeadingOrder, nodes.prop(at, "size"), message);
        }
    }

    fn in_list(&mut self, nodes: &Nodes<'_>, at: usize) -> bool {
        if at < self.list_end {
            return true;
        }
        let mut above = nodes.get(at).and_then(|place| place.parent);
        while let Some(place) = above.and_then(|above| nodes.get(above)) {
            if place.kind == "ListViewItem" {
                self.list_end = place.end;
                return true;
            }
            above = place.parent;
        }
        false
    }
}

/// Headings of Markdown: none is more than one rank below the one before.
fn markdown(nodes: &Nodes<'_>, at: usize, place: &Place<'_>, findings: &mut Findings) {
    let (mut before, mut in_code) = (None, false);
    for line in place.str("value").unwrap_or_default().lines() {
        let line = line.trim_start();
        in_code ^= line.starts_with("```") || line.starts_with("~~~");
        let rank = line.bytes().take_while(|b| *b == b'#').count();
        let is_heading = (1..=6).contains(&rank) && line.get(rank..).is_some_and(|rest| rest.starts_with(' '));
        if in_code || !is_heading {
            continue;
        }
        if before.is_some_and(|before: usize| rank > before + 1) {
            let message = format!("a heading of rank {rank} follows one of rank {}", before.unwrap_or_default());
            return findings.add(Rule::HeadingOrder, nodes.prop(at, "value"), message);
        }
        before = Some(rank);
    }
}

#[cfg(test)]
mod tests;
