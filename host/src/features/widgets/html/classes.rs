//! Props that say how something looks, as classes of `assets/widgets.css`.
//!
//! The pages allow no inline styles, so free values go to the nearest step of a scale that the stylesheet knows. A class
//! name is made of `&'static str` and of numbers from the scales here; text of a widget never becomes part of one.
use super::colour::{self, Use};
use super::node::Node;
use serde_json::Value;

/// Spacing, in px. ChatKit's unit of spacing is 4 px.
const SPACE: &[u16] = &[0, 2, 4, 8, 12, 16, 20, 24, 32, 48];
/// Width and height, in px.
const SIZE: &[u16] =
    &[1, 2, 4, 6, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 56, 64, 80, 100, 120, 160, 200, 240, 320, 400, 480, 640];
/// Bounds of width and height, in px.
const BOUND: &[u16] = &[80, 160, 240, 320, 480];
const BORDER: &[u16] = &[0, 1, 2, 4, 8];
/// Margins, which are rarer than paddings.
const MARGIN: &[u16] = &[0, 4, 8, 16, 24];
const PERCENT: &[u16] = &[25, 33, 50, 66, 75, 100];
const RATIOS: &[(f64, &str)] = &[
    (0.5625, "ar-9-16"),
    (0.6667, "ar-2-3"),
    (0.75, "ar-3-4"),
    (1.0, "ar-1"),
    (1.3333, "ar-4-3"),
    (1.5, "ar-3-2"),
    (1.7778, "ar-16-9"),
    (2.0, "ar-2-1"),
    (2.3333, "ar-21-9"),
];

/// The value of a `class` attribute.
#[derive(Default)]
pub(super) struct Classes(String);

impl Classes {
    pub(super) fn of(first: &'static str) -> Classes {
        Classes(first.to_owned())
    }

    pub(super) fn add(&mut self, class: &'static str) -> &mut Classes {
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        self.0.push_str(class);
        self
    }

    pub(super) fn add_if(&mut self, on: bool, class: &'static str) -> &mut Classes {
        if on { self.add(class) } else { self }
    }

    pub(super) fn add_some(&mut self, class: Option<&'static str>) -> &mut Classes {
        if let Some(class) = class { self.add(class) } else { self }
    }

    /// `prefix` with a number of a scale, such as `gap-8`.
    pub(super) fn step(&mut self, prefix: &'static str, step: u16) -> &mut Classes {
        self.add(prefix).0.push_str(&step.to_string());
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Picks the class that belongs to a word; other words have none.
macro_rules! words {
    ($value:expr; $($word:literal => $class:literal),* $(,)?) => {
        match $value { $(Some($word) => Some($class),)* _ => None }
    };
}
pub(super) use words;

/// The scale's step nearest to `value`, the lower one of two equally near.
fn nearest(scale: &[u16], value: f64) -> u16 {
    let distance = |step: &u16| (f64::from(*step) - value).abs();
    scale.iter().copied().min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0)
}

/// A length in px: a number in `unit` px, or a CSS length in px, rem or em. `None` for all else.
pub(super) fn px(value: &Value, unit: f64) -> Option<f64> {
    let amount = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    match value {
        Value::Number(number) => number.as_f64().map(|number| number * unit),
        Value::String(text) => {
            let text = text.trim();
            if let Some(number) = text.strip_suffix("px") {
                amount(number)
            } else if let Some(number) = text.strip_suffix("rem").or_else(|| text.strip_suffix("em")) {
                amount(number).map(|number| number * 16.0)
            } else {
                amount(text).map(|number| number * unit)
            }
        }
        _ => None,
    }
}

fn percent(value: &Value) -> Option<f64> {
    value.as_str()?.trim().strip_suffix('%')?.parse().ok().filter(|number: &f64| number.is_finite())
}

pub(super) fn space(classes: &mut Classes, prefix: &'static str, value: Option<&Value>) {
    spaced(classes, prefix, SPACE, value);
}

fn spaced(classes: &mut Classes, prefix: &'static str, scale: &[u16], value: Option<&Value>) {
    if let Some(px) = value.and_then(|value| px(value, 4.0)) {
        classes.step(prefix, nearest(scale, px));
    }
}

/// One value, or one for each side; the more exact key wins.
fn spacing(classes: &mut Classes, value: Option<&Value>, prefixes: [&'static str; 5], scale: &[u16]) {
    let [all, top, end, bottom, start] = prefixes;
    let Some(value) = value else { return };
    let Some(sides) = Node::new(value) else { return spaced(classes, all, scale, Some(value)) };
    let pick = |side: &str, axis: &str| sides.get(side).or_else(|| sides.get(axis));
    spaced(classes, top, scale, pick("top", "y"));
    spaced(classes, end, scale, pick("right", "x"));
    spaced(classes, bottom, scale, pick("bottom", "y"));
    spaced(classes, start, scale, pick("left", "x"));
}

pub(super) fn padding(classes: &mut Classes, node: Node) {
    spacing(classes, node.get("padding"), ["p-", "pt-", "pe-", "pb-", "ps-"], SPACE);
}

pub(super) fn margin(classes: &mut Classes, node: Node) {
    spacing(classes, node.get("margin"), ["m-", "mt-", "me-", "mb-", "ms-"], MARGIN);
}

/// The room above and below a line.
pub(super) fn around(classes: &mut Classes, value: Option<&Value>) {
    spaced(classes, "my-", MARGIN, value);
}

/// The least room that a spacer takes.
pub(super) fn least(classes: &mut Classes, value: Option<&Value>) {
    if let Some(px) = value.and_then(|value| px(value, 1.0)) {
        classes.step("basis-", nearest(MARGIN, px));
    }
}

/// `width`, `height`, their bounds, `size` for both, and `aspectRatio`.
pub(super) fn sizes(classes: &mut Classes, node: Node) {
    let either = |one: &str, both: &str| node.get(one).or_else(|| node.get(both));
    length(classes, ["w-", "wp-"], SIZE, either("width", "size"));
    length(classes, ["h-", "hp-"], SIZE, either("height", "size"));
    length(classes, ["nw-", ""], BOUND, either("minWidth", "minSize"));
    length(classes, ["nh-", ""], BOUND, either("minHeight", "minSize"));
    length(classes, ["xw-", ""], BOUND, either("maxWidth", "maxSize"));
    length(classes, ["xh-", ""], BOUND, either("maxHeight", "maxSize"));
    if let Some(ratio) = node.get("aspectRatio").and_then(ratio) {
        let distance = |known: f64| (known.ln() - ratio.ln()).abs();
        classes.add_some(RATIOS.iter().min_by(|a, b| distance(a.0).total_cmp(&distance(b.0))).map(|known| known.1));
    }
}

fn length(classes: &mut Classes, [in_px, in_percent]: [&'static str; 2], scale: &[u16], value: Option<&Value>) {
    let Some(value) = value else { return };
    if let Some(px) = px(value, 1.0) {
        classes.step(in_px, nearest(scale, px));
    } else if let Some(percent) = percent(value).filter(|_| !in_percent.is_empty()) {
        classes.step(in_percent, nearest(PERCENT, percent));
    }
}

fn ratio(value: &Value) -> Option<f64> {
    let ratio = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => match text.split_once('/') {
            Some((width, height)) => width.trim().parse::<f64>().ok()? / height.trim().parse::<f64>().ok()?,
            None => text.trim().parse().ok()?,
        },
        _ => return None,
    };
    (ratio.is_finite() && ratio > 0.0).then_some(ratio)
}

pub(super) fn radius(classes: &mut Classes, node: Node) {
    classes.add_some(words!(node.str("radius"); "2xs" => "r-2xs", "xs" => "r-xs", "sm" => "r-sm", "md" => "r-md",
        "lg" => "r-lg", "xl" => "r-xl", "2xl" => "r-2xl", "3xl" => "r-3xl", "4xl" => "r-4xl", "full" => "r-full",
        "100%" => "r-half", "none" => "r-none"));
}

pub(super) fn flex(classes: &mut Classes, node: Node) {
    let Some(flex) = node.get("flex") else { return };
    let text = super::node::text_of(flex);
    let mut parts = text.split_whitespace();
    classes.add_some(match (parts.next(), parts.next()) {
        (Some("auto"), _) => Some("f-auto"),
        (Some("none" | "0"), _) => Some("f-none"),
        (Some("1"), _) => Some("f-1"),
        (Some("2"), _) => Some("f-2"),
        (Some("3"), _) => Some("f-3"),
        (Some(many), _) if many.parse::<f64>().is_ok_and(|many| many > 3.0) => Some("f-4"),
        _ => None,
    });
}

pub(super) fn alignment(classes: &mut Classes, node: Node) {
    classes.add_some(words!(node.str("align"); "start" => "ai-start", "center" => "ai-center", "end" => "ai-end",
        "baseline" => "ai-baseline", "stretch" => "ai-stretch"));
    classes.add_some(words!(node.str("justify"); "start" => "jc-start", "center" => "jc-center", "end" => "jc-end",
        "between" => "jc-between", "around" => "jc-around", "evenly" => "jc-evenly", "stretch" => "jc-stretch"));
    classes.add_some(words!(node.str("wrap"); "wrap" => "fw-wrap", "wrap-reverse" => "fw-reverse",
        "nowrap" => "fw-nowrap"));
}

/// `border`: a width in px, one border, or one for each side. One colour serves all sides: the thickest side's.
pub(super) fn border(classes: &mut Classes, value: Option<&Value>) {
    let Some(value) = value else { return };
    let sided = Node::new(value)
        .filter(|node| ["top", "right", "bottom", "left", "x", "y"].iter().any(|s| node.get(s).is_some()));
    let Some(sides) = sided else {
        edge(classes, "ew-", value);
        return edge_look(classes, Some(value));
    };
    let mut thickest: Option<&Value> = None;
    for (prefix, side, axis) in
        [("et-", "top", "y"), ("ee-", "right", "x"), ("eb-", "bottom", "y"), ("es-", "left", "x")]
    {
        let Some(side) = sides.get(side).or_else(|| sides.get(axis)) else { continue };
        edge(classes, prefix, side);
        if thickest.is_none_or(|other| edge_size(other) < edge_size(side)) {
            thickest = Some(side);
        }
    }
    edge_look(classes, thickest);
}

fn edge_size(border: &Value) -> f64 {
    border.as_f64().or_else(|| Node::new(border)?.number("size")).unwrap_or(0.0)
}

fn edge(classes: &mut Classes, prefix: &'static str, border: &Value) {
    classes.step(prefix, nearest(BORDER, edge_size(border)));
}

fn edge_look(classes: &mut Classes, border: Option<&Value>) {
    let Some(look) = border.and_then(Node::new) else { return };
    colour::add(classes, Use::Edge, look.get("color"));
    classes
        .add_some(words!(look.str("style"); "dashed" => "ed-dashed", "dotted" => "ed-dotted", "double" => "ed-double",
        "groove" => "ed-groove", "ridge" => "ed-ridge", "inset" => "ed-inset", "outset" => "ed-outset"));
}

/// Everything that Box, Row, Col and Form share.
pub(super) fn container(classes: &mut Classes, node: Node) {
    alignment(classes, node);
    flex(classes, node);
    space(classes, "gap-", node.get("gap"));
    padding(classes, node);
    margin(classes, node);
    border(classes, node.get("border"));
    radius(classes, node);
    colour::add(classes, Use::Fill, node.get("background"));
    sizes(classes, node);
}

/// Everything that Text, Title, Caption and Label share, but for the size.
pub(super) fn type_look(classes: &mut Classes, node: Node) {
    colour::add(classes, Use::Text, node.get("color"));
    classes.add_some(words!(node.str("weight"); "normal" => "wt-normal", "medium" => "wt-medium",
        "semibold" => "wt-semibold", "bold" => "wt-bold"));
    classes.add_some(words!(node.str("textAlign"); "start" => "ta-start", "center" => "ta-center", "end" => "ta-end"));
    classes.add_if(node.is("truncate"), "truncate").add_if(node.is("italic"), "italic");
    classes.add_if(node.is("lineThrough"), "through");
    if let Some(lines) = node.number("maxLines").filter(|lines| *lines >= 1.0 && !node.is("truncate")) {
        classes.step("clamp-", nearest(&[1, 2, 3, 4, 5, 6, 8, 10], lines));
    }
    length(classes, ["w-", "wp-"], SIZE, node.get("width"));
}

/// A control's or button's height, ChatKit's ControlSize.
pub(super) fn control_size(classes: &mut Classes, node: Node) {
    classes.add_some(words!(node.str("size"); "3xs" => "cz-3xs", "2xs" => "cz-2xs", "xs" => "cz-xs", "sm" => "cz-sm",
        "lg" => "cz-lg", "xl" => "cz-xl", "2xl" => "cz-2xl", "3xl" => "cz-3xl"));
}
