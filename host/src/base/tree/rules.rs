//! What no schema can say of a tree: forms and their controls, ids and keys, options and fields that fit together.
use super::finding::{Findings, Rule, shown};
use super::nodes::{Nodes, Place};
use super::url::{UrlUse, safe_url};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// The name under which a node sends a value, if it is a control.
pub(super) fn control_name<'t>(place: &Place<'t>) -> Option<&'t str> {
    match place.kind {
        "Input" | "Textarea" | "Select" | "RadioGroup" | "Checkbox" | "DatePicker" => place.str("name"),
        "Text" => place.get("editable").and_then(Value::as_object)?.get("name").and_then(Value::as_str),
        _ => None,
    }
}

/// The form in which a node is, and its own name there.
pub(super) type Scoped<'t> = (Option<usize>, &'t str);

pub fn check(nodes: &Nodes<'_>, findings: &mut Findings) {
    let mut seen = Seen::default();
    let controls: HashSet<Scoped<'_>> =
        nodes.0.iter().filter_map(|place| Some((place.form, control_name(place)?))).collect();
    for (at, place) in nodes.0.iter().enumerate() {
        seen.unique(nodes, at, place, findings);
        match place.kind {
            "Form" | "Card" => form(nodes, at, place, findings),
            "Button" => button(nodes, at, place, findings),
            "Select" | "RadioGroup" => options(nodes, at, place, findings),
            "Chart" => chart(nodes, at, place, findings),
            "Markdown" => links(nodes, at, place, findings),
            "Label" => {
                let name = place.str("fieldName").unwrap_or_default();
                if !name.is_empty() && !controls.contains(&(place.form, name)) {
                    let message = format!("the label is for {}, which is no control of its form", shown(name));
                    findings.add(Rule::LabelWithoutControl, nodes.prop(at, "fieldName"), message);
                }
            }
            _ => {}
        }
    }
}

#[derive(Default)]
struct Seen<'t> {
    ids: HashSet<&'t str>,
    keys: HashSet<(Option<usize>, &'t str)>,
    names: HashSet<Scoped<'t>>,
}

impl<'t> Seen<'t> {
    fn unique(&mut self, nodes: &Nodes<'t>, at: usize, place: &Place<'t>, findings: &mut Findings) {
        if let Some(id) = place.str("id").filter(|id| !self.ids.insert(id)) {
            findings.add(Rule::DuplicateId, nodes.prop(at, "id"), format!("another node has the id {}", shown(id)));
        }
        if let Some(key) = place.str("key").filter(|key| !self.keys.insert((place.parent, key))) {
            let message = format!("a sibling has the key {}", shown(key));
            findings.add(Rule::DuplicateKey, nodes.prop(at, "key"), message);
        }
        if let Some(name) = control_name(place).filter(|name| !self.names.insert((place.form, name))) {
            let message = format!("another control of this form is called {}", shown(name));
            findings.add(Rule::DuplicateName, nodes.pointer(at), message);
        }
    }
}

fn form(nodes: &Nodes<'_>, at: usize, place: &Place<'_>, findings: &mut Findings) {
    if !place.is_form() {
        return;
    }
    if place.form.is_some() {
        let message = format!("a {} stands in a form", if place.kind == "Form" { "Form" } else { "Card with asForm" });
        return findings.add(Rule::NestedForm, nodes.pointer(at), message);
    }
    let own_buttons = || nodes.below(at).iter().filter(|below| below.kind == "Button" && below.form == Some(at));
    let submits = own_buttons().any(|button| button.is("submit"));
    let (action, named) = match place.kind {
        "Card" => (place.get("confirm").and_then(|confirm| confirm.get("action")), "confirm"),
        _ => (place.get("onSubmitAction"), "onSubmitAction"),
    };
    let confirm = place.kind == "Card" && action.is_some();
    if !submits && !confirm && (action.is_some() || place.kind == "Card") {
        let message = "nothing submits this form: give it a Button with submit: true";
        findings.add(Rule::FormWithoutSubmit, nodes.pointer(at), message);
    }
    let acts_itself = || own_buttons().any(|button| button.is("submit") && button.get("onClickAction").is_some());
    if submits && action.is_none() && !acts_itself() {
        let message = format!("submitting this form does nothing: it has no {named}");
        findings.add(Rule::FormWithoutAction, nodes.pointer(at), message);
    }
}

fn button(nodes: &Nodes<'_>, at: usize, place: &Place<'_>, findings: &mut Findings) {
    let acts = place.get("onClickAction").is_some();
    match (place.is("submit"), place.form) {
        (true, None) if !acts => {
            let message = "the button submits, but stands in no form";
            findings.add(Rule::SubmitOutsideForm, nodes.prop(at, "submit"), message);
        }
        (false, _) if !acts && !place.is("disabled") => {
            findings.add(Rule::ButtonWithoutAction, nodes.pointer(at), "pressing this button does nothing");
        }
        _ => {}
    }
}

fn options(nodes: &Nodes<'_>, at: usize, place: &Place<'_>, findings: &mut Findings) {
    let options = place.get("options").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut values = HashSet::new();
    for (index, option) in options.iter().enumerate() {
        let Some(value) = option.get("value").and_then(Value::as_str) else { continue };
        if !values.insert(value) {
            let pointer = format!("{}/{index}/value", nodes.prop(at, "options"));
            findings.add(Rule::DuplicateOption, pointer, format!("another option has the value {}", shown(value)));
        }
    }
    if options.is_empty() {
        findings.add(Rule::NoOptions, nodes.prop(at, "options"), "there is nothing to choose from");
    } else if let Some(default) = place.str("defaultValue").filter(|d| !d.is_empty() && !values.contains(d)) {
        let message = format!("{} is none of the options", shown(default));
        findings.add(Rule::DefaultNotAnOption, nodes.prop(at, "defaultValue"), message);
    }
}

/// Addresses of Markdown's links and pictures. Renderers read them once more: this one is for the author.
fn links(nodes: &Nodes<'_>, at: usize, place: &Place<'_>, findings: &mut Findings) {
    let text = place.str("value").unwrap_or_default();
    for rest in text.match_indices("](").filter_map(|(begin, sign)| text.get(begin + sign.len()..)) {
        let url = rest.split([')', ' ', '\n', '"']).next().unwrap_or_default().trim_matches(['<', '>']);
        if !url.is_empty() && safe_url(url, UrlUse::Link).is_none() {
            let message = format!("the address {} is never opened", shown(url));
            findings.add(Rule::ScriptUrl, nodes.prop(at, "value"), message);
        }
    }
}

fn chart(nodes: &Nodes<'_>, at: usize, place: &Place<'_>, findings: &mut Findings) {
    let rows = || place.get("data").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
    let fields: HashSet<&str> = rows().flat_map(Map::keys).map(String::as_str).collect();
    if fields.is_empty() {
        return;
    }
    let mut look = |name: &str, pointer: String| {
        if !fields.contains(name) {
            findings.add(Rule::UnknownField, pointer, format!("no row of the data has a field {}", shown(name)));
        }
    };
    let axis = place.get("xAxis");
    if let Some(name) = axis.and_then(Value::as_str) {
        look(name, nodes.prop(at, "xAxis"));
    } else if let Some(name) = axis.and_then(|axis| axis.get("dataKey")).and_then(Value::as_str) {
        look(name, format!("{}/dataKey", nodes.prop(at, "xAxis")));
    }
    let series = place.get("series").and_then(Value::as_array).into_iter().flatten();
    for (index, one) in series.enumerate() {
        if let Some(name) = one.get("dataKey").and_then(Value::as_str) {
            look(name, format!("{}/{index}/dataKey", nodes.prop(at, "series")));
        }
    }
}
