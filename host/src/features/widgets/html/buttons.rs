//! Buttons: what they look like, and which element does what they ask.
use super::actions::{ACTION_FIELD, Wire};
use super::classes::{self, Classes, words};
use super::icons;
use super::layout::Render;
use super::node::Node;

/// Said of a button whose action needs a client with JavaScript.
const CLIENT_ONLY: &str = "This needs the interactive client";

/// What stands on a button.
struct Face<'t> {
    label: &'t str,
    /// The accessible name, where the label alone does not say enough.
    name: Option<&'t str>,
    before: Option<&'t str>,
    after: Option<&'t str>,
    icon_size: Option<&'static str>,
}

/// The element that a button becomes.
enum Press {
    /// Submits the form it stands in, with this action's JSON as its value if there is one.
    Submit {
        json: Option<String>,
        validate: bool,
    },
    /// A form of its own.
    Own(String),
    Link(String),
    Dead {
        why: Option<&'static str>,
    },
}

impl<'a> Render<'a> {
    pub(super) fn button(&mut self, node: Node<'a>) {
        let submits = node.is("submit");
        let mut classes = Classes::of("iw-btn");
        let variant = words!(node.str("variant"); "solid" => "bv-solid", "soft" => "bv-soft", "outline" => "bv-outline",
            "ghost" => "bv-ghost");
        let by_style = words!(node.str("style"); "primary" => "bv-solid", "secondary" => "bv-outline");
        let usual = if submits { "bv-solid" } else { "bv-outline" };
        classes.add(variant.or(by_style).unwrap_or(usual));
        classes.add_some(words!(node.str("color"); "secondary" => "bc-secondary", "info" => "bc-info",
            "discovery" => "bc-discovery", "success" => "bc-success", "caution" => "bc-caution",
            "warning" => "bc-warning", "danger" => "bc-danger"));
        classes::control_size(&mut classes, node);
        classes.add_if(node.is("pill"), "pill").add_if(node.is("uniform"), "uniform").add_if(node.is("block"), "block");

        let label = node.text("label");
        let before = node.str("iconStart");
        let after = node.str("iconEnd");
        let only_icon = label.trim().is_empty();
        let icon_name = before.or(after).unwrap_or("button").replace(['-', ':'], " ");
        let name = node.str("ariaLabel").or(only_icon.then_some(icon_name.as_str()));
        let icon_size = words!(node.str("iconSize"); "sm" => "iz-sm", "md" => "iz-md", "lg" => "iz-lg", "xl" => "iz-xl",
            "2xl" => "iz-2xl");
        let face = Face { label: &label, name, before, after, icon_size };
        let wire = self.wire(node.get("onClickAction"));
        let press = if node.is("disabled") { Press::Dead { why: None } } else { self.press(wire, submits) };
        self.write_button(&classes, &face, press);
    }

    /// `confirm` or `cancel` of a card.
    pub(super) fn card_button(&mut self, classes: &Classes, wire: Wire, submits: bool, label: &str) {
        let label = if label.trim().is_empty() { "OK" } else { label };
        let face = Face { label, name: None, before: None, after: None, icon_size: None };
        let press = self.press(wire, submits);
        self.write_button(classes, &face, press);
    }

    fn press(&self, wire: Wire, submits: bool) -> Press {
        let client_only = Press::Dead { why: Some(CLIENT_ONLY) };
        let Some(form) = &self.form else {
            return match wire {
                Wire::Post(json) => Press::Own(json),
                Wire::Show(parameters) => self.show_link(&parameters).map_or(client_only, Press::Link),
                Wire::Client => client_only,
                Wire::None => Press::Dead { why: None },
            };
        };
        let form_shows = matches!(form.submit, Wire::Show(_));
        let wire = if submits && form.submit != Wire::None { form.submit.clone() } else { wire };
        match wire {
            Wire::Show(_) if submits && form_shows => Press::Submit { json: None, validate: true },
            Wire::Show(parameters) => self.show_link(&parameters).map_or(client_only, Press::Link),
            // A form that is sent by GET cannot carry an action.
            Wire::Post(_) if form_shows => client_only,
            Wire::Post(json) => Press::Submit { json: Some(json), validate: submits },
            Wire::Client => client_only,
            Wire::None => Press::Dead { why: None },
        }
    }

    fn write_button(&mut self, classes: &Classes, face: &Face, press: Press) {
        match press {
            Press::Link(url) => {
                self.html.tag("a").class(classes).attr("href", &url).attr_if("aria-label", face.name).open();
                return self.write_face(face);
            }
            Press::Own(json) => {
                self.open_own_form(&json);
                let tag = self.html.tag("button").class(classes).attr("type", "submit");
                tag.attr_if("aria-label", face.name).open();
                self.write_face(face);
                self.html.close();
                return;
            }
            Press::Submit { json, validate } => {
                let tag = self.html.tag("button").class(classes).attr("type", "submit");
                let tag = tag.attr_if("aria-label", face.name).flag("formnovalidate", !validate);
                match json {
                    Some(json) => tag.attr("name", ACTION_FIELD).attr("value", &json).open(),
                    None => tag.open(),
                };
            }
            Press::Dead { why } => {
                let tag = self.html.tag("button").class(classes).attr("type", "button").flag("disabled", true);
                tag.attr_if("aria-label", face.name).attr_if("title", why).open();
            }
        }
        self.write_face(face);
    }

    fn write_face(&mut self, face: &Face) {
        let mut icon = Classes::of("iw-icon");
        icon.add_some(face.icon_size);
        if let Some(name) = face.before {
            icons::write(&mut self.html, name, &icon);
        }
        if !face.label.trim().is_empty() {
            self.html.tag("span").text(face.label);
        }
        if let Some(name) = face.after {
            icons::write(&mut self.html, name, &icon);
        }
        self.html.close();
    }

    /// The unseen button over a whole row; `id` is the element whose text names it.
    pub(super) fn spread_button(&mut self, wire: Wire, id: &str) {
        match self.press(wire, false) {
            Press::Link(url) => {
                self.html.tag("a").attr("class", "iw-spread").attr("href", &url).attr("aria-labelledby", id).text("");
            }
            Press::Own(json) => {
                self.open_own_form(&json);
                let tag = self.html.tag("button").attr("class", "iw-spread").attr("type", "submit");
                tag.attr("aria-labelledby", id).text("").close();
            }
            Press::Submit { json: Some(json), .. } => {
                let tag = self.html.tag("button").attr("class", "iw-spread").attr("type", "submit");
                let tag = tag.attr("aria-labelledby", id).flag("formnovalidate", true);
                tag.attr("name", ACTION_FIELD).attr("value", &json).text("");
            }
            _ => {}
        }
    }
}
