//! Form controls, each with its label, its faults and what was typed before.
use super::actions::Wire;
use super::classes::{self, Classes, words};
use super::fields::Scope;
use super::layout::Render;
use super::node::{Node, cut};
use super::writer::Tag;
use std::borrow::Cow;

/// What all controls share, gathered before the first tag is written.
struct Control<'a> {
    scope: Scope,
    /// `None` where the tree's name cannot be sent: the control is shown all the same.
    name: Option<&'a str>,
    id: String,
    /// The accessible name, where no label of the tree gives one.
    label: Option<String>,
    labelled_by: Option<String>,
    described_by: Option<String>,
    faults: Vec<&'a str>,
    required: bool,
    disabled: bool,
    on_change: Wire,
    /// Whether the control was given a form of its own.
    own_form: bool,
}

impl Control<'_> {
    /// The attributes of an element that is the control itself.
    fn write<'h>(&self, tag: Tag<'h>) -> Tag<'h> {
        let tag = tag.attr("id", &self.id).attr_if("name", self.name).attr_if("aria-label", self.label.as_deref());
        self.write_state(tag).flag("required", self.required)
    }

    fn write_state<'h>(&self, tag: Tag<'h>) -> Tag<'h> {
        let tag = tag.flag("disabled", self.disabled).attr_if("aria-describedby", self.described_by.as_deref());
        tag.attr_if("aria-invalid", self.described_by.as_ref().map(|_| "true"))
    }
}

impl<'a> Render<'a> {
    pub(super) fn input(&mut self, node: Node<'a>) {
        let kind = words!(node.str("inputType"); "number" => "number", "email" => "email", "password" => "password",
            "tel" => "tel", "url" => "url")
        .unwrap_or("text");
        self.line_input(node, kind, node.text("defaultValue"), "iw-input");
    }

    /// `Text` with `editable`.
    pub(super) fn editable(&mut self, node: Node<'a>, editable: Node<'a>) {
        self.line_input(editable, "text", node.text("value"), "iw-input iw-editable");
    }

    fn line_input(&mut self, node: Node<'a>, kind: &'static str, default: Cow<'a, str>, base: &'static str) {
        let control = self.begin(node, "");
        let value = self.value(&control, default);
        let mut classes = Classes::of(base);
        classes::control_size(&mut classes, node);
        classes.add_if(node.is("pill"), "pill").add_if(node.str("variant") == Some("soft"), "iv-soft");
        let tag = self.html.tag("input").attr("type", kind).class(&classes);
        let tag = control.write(tag).attr_if("pattern", pattern(node)).attr_if("placeholder", node.str("placeholder"));
        let purpose = words!(Some(kind); "email" => "email", "tel" => "tel", "url" => "url", "password" => "off");
        let tag = tag.attr_if("autocomplete", purpose).flag("autofocus", node.is("autoFocus"));
        let tag = tag.attr_if("step", (kind == "number").then_some("any"));
        // A password is never sent back.
        let value = if kind == "password" { "" } else { &*value };
        tag.attr_if("value", (!value.is_empty()).then_some(value)).void();
        self.end(control);
    }

    pub(super) fn textarea(&mut self, node: Node<'a>) {
        let control = self.begin(node, "");
        let value = self.value(&control, node.text("defaultValue"));
        let mut classes = Classes::of("iw-input iw-area");
        classes.add_if(node.str("variant") == Some("soft"), "iv-soft");
        classes.add_if(node.is("autoResize"), "iw-grow");
        let rows = node.number("rows").unwrap_or(4.0).clamp(1.0, 40.0) as u32;
        let tag = control.write(self.html.tag("textarea").class(&classes)).number("rows", rows);
        let tag = tag.attr_if("placeholder", node.str("placeholder")).flag("autofocus", node.is("autoFocus"));
        // A line end right after the tag is not part of the value, so one is written to keep the value's own.
        tag.open().raw("\n").text(&value).close();
        self.end(control);
    }

    pub(super) fn select(&mut self, node: Node<'a>) {
        let control = self.begin(node, "");
        let chosen = self.value(&control, node.text("defaultValue"));
        let mut classes = Classes::of("iw-input iw-select");
        classes::control_size(&mut classes, node);
        classes.add_if(node.is("pill"), "pill").add_if(node.is("block"), "block");
        classes.add_some(words!(node.str("variant"); "soft" => "iv-soft", "solid" => "iv-soft", "ghost" => "iv-ghost"));
        control.write(self.html.tag("select").class(&classes)).open();
        let placeholder = node.some_text("placeholder");
        if placeholder.is_some() || node.is("clearable") || node.text("defaultValue").is_empty() {
            self.html.tag("option").attr("value", "").text(placeholder.as_deref().unwrap_or("Choose…"));
        }
        for option in node.list("options").iter().filter_map(Node::new) {
            if !self.spend() {
                break;
            }
            let value = option.text("value");
            let tag = self.html.tag("option").attr("value", &value).flag("selected", value == chosen);
            tag.flag("disabled", option.is("disabled")).open().text(&option.some_text("label").unwrap_or(value));
            if let Some(more) = option.some_text("description") {
                self.html.text(" – ").text(&more);
            }
            self.html.close();
        }
        self.html.close();
        self.end(control);
    }

    pub(super) fn radio_group(&mut self, node: Node<'a>) {
        let control = self.begin(node, "ariaLabel");
        let chosen = self.value(&control, node.text("defaultValue"));
        let mut classes = Classes::of("iw-radios");
        classes.add_if(node.str("direction") == Some("row"), "iw-dir-row");
        let tag = self.html.tag("div").class(&classes).attr("id", &control.id).attr("role", "radiogroup");
        let tag = tag.attr_if("aria-labelledby", control.labelled_by.as_deref());
        let tag = tag.attr_if("aria-label", control.label.as_deref());
        let tag = tag.attr_if("aria-describedby", control.described_by.as_deref());
        tag.attr_if("aria-invalid", control.described_by.as_ref().map(|_| "true")).open();
        for option in node.list("options").iter().filter_map(Node::new) {
            if !self.spend() {
                break;
            }
            let value = option.text("value");
            self.html.tag("label").attr("class", "iw-check").open();
            let tag = self.html.tag("input").attr("type", "radio").attr_if("name", control.name).attr("value", &value);
            let tag = tag.flag("checked", value == chosen).flag("required", control.required);
            tag.flag("disabled", control.disabled || option.is("disabled")).void();
            self.html.tag("span").text(&option.some_text("label").unwrap_or(value));
            self.html.close();
        }
        self.html.close();
        self.end(control);
    }

    pub(super) fn checkbox(&mut self, node: Node<'a>) {
        let control = self.begin(node, "label");
        let default = node.is("defaultChecked") || node.str("defaultChecked") == Some("true");
        // An unticked box is not sent: in a form shown again, absence means that it was not ticked.
        let checked = match self.fields.is_refused(control.scope) && control.scope != 0 {
            true => control.name.and_then(|name| self.fields.typed(control.scope, name)).is_some_and(|v| v != "false"),
            false => default,
        };
        let label = node.some_text("label");
        let control = Control { label: if label.is_some() { None } else { control.label.clone() }, ..control };
        self.html.tag("label").attr("class", "iw-check").open();
        let tag = self.html.tag("input").attr("type", "checkbox");
        control.write(tag).attr("value", "true").flag("checked", checked).void();
        if let Some(label) = label {
            self.html.tag("span").text(&label);
        }
        self.html.close();
        self.end(control);
    }

    pub(super) fn date_picker(&mut self, node: Node<'a>) {
        let control = self.begin(node, "");
        let value = self.value(&control, node.text("defaultValue"));
        let mut classes = Classes::of("iw-input");
        classes::control_size(&mut classes, node);
        classes.add_if(node.is("pill"), "pill").add_if(node.is("block"), "block");
        let tag = control.write(self.html.tag("input").attr("type", "date").class(&classes));
        let tag = tag.attr_if("min", node.str("min").and_then(date)).attr_if("max", node.str("max").and_then(date));
        tag.attr_if("value", date(&value)).void();
        self.end(control);
    }

    /// Opens the field around a control, and a form where a change alone sends an action and no form is open.
    fn begin(&mut self, node: Node<'a>, label_prop: &str) -> Control<'a> {
        let scope = self.scope();
        let raw_name = node.str("name").unwrap_or_default();
        let on_change = self.wire(node.get("onChangeAction"));
        let own_form = self.form.is_none() && matches!(on_change, Wire::Post(_) | Wire::Show(_));
        if own_form {
            match &on_change {
                Wire::Post(json) => self.open_own_form(&json.clone()),
                wire => self.open_form(&Classes::of("iw-act"), &wire.clone()),
            }
        }
        self.html.tag("div").attr("class", "iw-field").open();
        let id = self.fields.take_control_id(scope, raw_name);
        let labelled_by = self.fields.label_id(scope, raw_name).map(str::to_owned);
        let spoken = [label_prop, "placeholder"].iter().find_map(|prop| node.some_text(prop));
        let label = spoken.unwrap_or_else(|| Cow::Owned(raw_name.replace(['_', '.', '-'], " "))).into_owned();
        let label = labelled_by.is_none().then_some(label);
        let faults: Vec<&str> =
            self.fields.faults(scope, raw_name).map(|fault| fault.message.as_str()).take(10).collect();
        let described_by = (!faults.is_empty()).then(|| format!("{id}-fault"));
        let (required, disabled) = (node.is("required"), node.is("disabled"));
        let name = Some(raw_name).filter(|name| can_be_sent(name));
        Control { scope, name, id, label, labelled_by, described_by, faults, required, disabled, on_change, own_form }
    }

    fn end(&mut self, control: Control<'a>) {
        if let Some(id) = &control.described_by {
            self.html.tag("p").attr("class", "iw-fault").attr("id", id).open();
            for fault in &control.faults {
                self.html.text(fault).text(" ");
            }
            self.html.close();
        }
        self.html.close();
        match &control.on_change {
            Wire::Post(json) if !self.in_get_form() => self.apply_button(json),
            Wire::Show(_) if control.own_form => self.apply_button(""),
            _ => {}
        }
        if control.own_form {
            self.html.close();
        }
    }

    fn in_get_form(&self) -> bool {
        self.form.as_ref().is_some_and(|form| matches!(form.submit, Wire::Show(_)))
    }

    /// What was typed before, or else the default.
    fn value(&self, control: &Control<'a>, default: Cow<'a, str>) -> Cow<'a, str> {
        control.name.and_then(|name| self.fields.typed(control.scope, name)).unwrap_or(default)
    }
}

/// Our own fields cannot be taken by a control of a tree.
fn can_be_sent(name: &str) -> bool {
    (1..=200).contains(&name.len()) && !name.to_ascii_lowercase().starts_with("inlay-") && !name.contains('\0')
}

fn pattern(node: Node<'_>) -> Option<&str> {
    node.str("pattern").filter(|pattern| pattern.len() <= 500)
}

/// The date of an ISO date-time.
fn date(text: &str) -> Option<&str> {
    let date = cut(text, 10);
    let digit_or_dash =
        |(index, byte): (usize, u8)| if index == 4 || index == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    (date.len() == 10 && date.bytes().enumerate().all(digit_or_dash)).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_names() {
        assert_eq!(date("2026-03-04T10:00:00Z"), Some("2026-03-04"));
        assert_eq!(date("tomorrow"), None);
        assert_eq!(date("2026-03-0é"), None);
        assert!(can_be_sent("user.name") && !can_be_sent("Inlay-Action") && !can_be_sent(""));
    }
}
