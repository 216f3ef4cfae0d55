//! What must be known of a whole tree before its first element is written: which label belongs to which control, which
//! form has which buttons, and to which form a refusal belongs.
use super::node::Node;
use super::{HtmlOptions, MAX_DEPTH, MAX_NODES, Refused};
use crate::base::error::Fault;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// The number of a form in reading order, from 1; 0 is "in no form".
pub(super) type Scope = usize;

/// The buttons of one form.
#[derive(Default)]
pub(super) struct FormFacts<'a> {
    /// Whether the first button, which the Enter key presses, is the one that submits.
    pub first_submits: bool,
    pub has_submit: bool,
    buttons: usize,
    actions: Vec<&'a Value>,
}

/// The first control of a name in a form.
pub(super) struct Control {
    pub id: String,
    /// Whether it is a group of radio buttons, which a `<label>` cannot name.
    pub is_group: bool,
}

#[derive(Default)]
pub(super) struct Fields<'a> {
    controls: HashMap<Scope, HashMap<&'a str, Control>>,
    taken: HashSet<String>,
    labels: HashMap<Scope, HashMap<&'a str, String>>,
    forms: Vec<FormFacts<'a>>,
    prefix: String,
    count: usize,
    pub refused: Option<Refused<'a>>,
    /// The form that `refused` belongs to; 0 = none of them.
    pub refused_form: Scope,
}

impl<'a> Fields<'a> {
    pub(super) fn of(tree: &'a Value, options: &HtmlOptions<'a>) -> Fields<'a> {
        let is_slug = |name: &str| {
            (1..=64).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let prefix = if is_slug(options.name) { options.name } else { "widget" };
        let mut fields = Fields { prefix: format!("iw-{prefix}"), refused: options.refused, ..Fields::default() };
        let mut left = MAX_NODES;
        fields.walk(tree, 0, MAX_DEPTH, &mut left);
        if let Some(refused) = options.refused {
            fields.refused_form = fields.form_of(refused.action);
        }
        fields
    }

    /// A fresh id, unique on the page as long as the widget's name is.
    pub(super) fn fresh_id(&mut self) -> String {
        self.count += 1;
        format!("{}-{}", self.prefix, self.count)
    }

    pub(super) fn form(&self, scope: Scope) -> Option<&FormFacts<'a>> {
        self.forms.get(scope.checked_sub(1)?)
    }

    /// The id for a control; the second control of a name in one form (one of many checkboxes) gets an id of its own.
    pub(super) fn take_control_id(&mut self, scope: Scope, name: &str) -> String {
        match self.control(scope, name).map(|control| control.id.clone()) {
            Some(id) if self.taken.insert(id.clone()) => id,
            _ => self.fresh_id(),
        }
    }

    pub(super) fn control(&self, scope: Scope, name: &str) -> Option<&Control> {
        self.controls.get(&scope)?.get(name)
    }

    /// The id of the label of a control, if it has one.
    pub(super) fn label_id(&self, scope: Scope, name: &str) -> Option<&str> {
        self.labels.get(&scope)?.get(name).map(String::as_str)
    }

    /// What was typed into a control, where its form is shown again.
    pub(super) fn typed(&self, scope: Scope, name: &str) -> Option<Cow<'a, str>> {
        let refused = self.refused.filter(|_| scope == self.refused_form)?;
        let value = refused.values.get(name).or_else(|| {
            let (first, rest) = name.split_once('.')?;
            refused.values.get(first)?.pointer(&format!("/{}", rest.replace('.', "/")))
        })?;
        Some(super::node::text_of(value))
    }

    /// Whether this scope's form is shown again after a refusal.
    pub(super) fn is_refused(&self, scope: Scope) -> bool {
        self.refused.is_some() && scope == self.refused_form
    }

    pub(super) fn faults(&self, scope: Scope, name: &str) -> impl Iterator<Item = &'a Fault> {
        let faults = if self.is_refused(scope) { self.refused.map_or(&[][..], |refused| refused.faults) } else { &[] };
        let name = name.to_owned();
        faults.iter().filter(move |fault| field_of(fault) == name)
    }

    fn form_of(&self, action: Option<&Value>) -> Scope {
        match action {
            None => usize::from(!self.forms.is_empty()),
            Some(action) => self
                .forms
                .iter()
                .position(|form| form.actions.iter().any(|other| same_action(other, action)))
                .map_or(0, |index| index + 1),
        }
    }

    fn walk(&mut self, value: &'a Value, scope: Scope, depth: usize, left: &mut usize) {
        let Some(node) = Node::new(value).filter(|_| depth > 0 && *left > 0) else { return };
        *left -= 1;
        let outer = scope;
        let mut scope = scope;
        match node.kind() {
            "Form" if scope == 0 => scope = self.enter_form(node.get("onSubmitAction")),
            "Card" if scope == 0 && node.is("asForm") => {
                scope = self.enter_form(node.node("confirm").and_then(|confirm| confirm.get("action")));
                self.note_actions(scope, node.node("cancel").and_then(|cancel| cancel.get("action")));
            }
            "Button" => self.note_button(scope, node),
            "Label" => {
                if let Some(name) = node.str("fieldName") {
                    let id = self.fresh_id();
                    self.labels.entry(scope).or_default().entry(name).or_insert(id);
                }
            }
            "Text" => self.note_control(scope, node.node("editable")),
            "Input" | "Textarea" | "Select" | "RadioGroup" | "Checkbox" | "DatePicker" => {
                self.note_control(scope, Some(node));
                self.note_actions(scope, node.get("onChangeAction"));
            }
            _ => {}
        }
        for child in node.children() {
            self.walk(child, scope, depth - 1, left);
        }
        // A card's own buttons stand below its content, the confirming one last.
        if node.kind() == "Card" && scope != outer {
            if node.get("cancel").is_some() {
                self.note_other_button(scope);
            }
            if node.get("confirm").is_some() {
                self.note_submit(scope);
            }
        }
    }

    fn enter_form(&mut self, action: Option<&'a Value>) -> Scope {
        self.forms.push(FormFacts { actions: action.into_iter().collect(), ..FormFacts::default() });
        self.forms.len()
    }

    fn form_mut(&mut self, scope: Scope) -> Option<&mut FormFacts<'a>> {
        self.forms.get_mut(scope.checked_sub(1)?)
    }

    fn note_actions(&mut self, scope: Scope, action: Option<&'a Value>) {
        if let Some(form) = self.form_mut(scope) {
            form.actions.extend(action);
        }
    }

    fn note_submit(&mut self, scope: Scope) {
        if let Some(form) = self.form_mut(scope) {
            form.first_submits |= form.buttons == 0;
            form.has_submit = true;
            form.buttons += 1;
        }
    }

    fn note_button(&mut self, scope: Scope, node: Node<'a>) {
        self.note_actions(scope, node.get("onClickAction"));
        if node.is("submit") {
            self.note_submit(scope);
        } else {
            self.note_other_button(scope);
        }
    }

    fn note_other_button(&mut self, scope: Scope) {
        if let Some(form) = self.form_mut(scope) {
            form.buttons += 1;
        }
    }

    fn note_control(&mut self, scope: Scope, control: Option<Node<'a>>) {
        let is_group = control.is_some_and(|node| node.kind() == "RadioGroup");
        if let Some(name) = control.and_then(|node| node.str("name"))
            && self.control(scope, name).is_none()
        {
            let control = Control { id: self.fresh_id(), is_group };
            self.controls.entry(scope).or_default().insert(name, control);
        }
    }
}

/// The name of the control that a fault's pointer means: "/todo/title" is "todo.title".
pub(super) fn field_of(fault: &Fault) -> String {
    fault.pointer.trim_start_matches('/').replace('/', ".")
}

fn same_action(one: &Value, other: &Value) -> bool {
    let payload = |action: &Value| action.get("payload").filter(|payload| !payload.is_null()).cloned();
    one.get("type") == other.get("type") && payload(one) == payload(other)
}
