//! Contrast of the colours that a tree gives, in the light and the dark theme, as Inlay's renderers show them: on a ground
//! of one given colour, what stands on it takes the colours of the theme that fits the ground.
//!
//! Where a colour cannot be known (a gradient, a CSS variable), nothing is said. The renderers' own colours are not
//! looked at here: their stylesheet is tested by itself.
use super::super::colour::{Paint, Rgb, contrast, luminance, over, paint};
use super::super::finding::{Findings, Rule};
use super::super::nodes::{Nodes, Place};
use serde_json::Value;

/// The lightness above which a ground is a light one; the renderers draw the line between the steps 500 and 600.
const LIGHT: f64 = 0.585;
const THEMES: [&str; 2] = ["light", "dark"];

/// What is behind a node in a reader's light and dark theme.
#[derive(Clone, Copy)]
struct Ground {
    /// `None` where it is not known.
    colour: [Option<Rgb>; 2],
    /// Whether the colours of the dark theme are in force.
    dark: [bool; 2],
    /// Whether the tree gave it.
    given: bool,
}

pub(super) fn check(nodes: &Nodes<'_>, findings: &mut Findings) {
    let surface = |dark| solid("surface", dark);
    let page = Ground { colour: [surface(false), surface(true)], dark: [false, true], given: false };
    let mut grounds: Vec<Ground> = Vec::with_capacity(nodes.0.len());
    for (at, place) in nodes.0.iter().enumerate() {
        let above = place.parent.and_then(|parent| grounds.get(parent)).copied().unwrap_or(page);
        let ground = of(place, above);
        grounds.push(ground);
        let (wanted, default, rule) = match place.kind {
            "Text" | "Title" | "Label" if place.says("value") => (least(place), "primary", Rule::LowContrast),
            "Caption" if place.says("value") => (least(place), "secondary", Rule::LowContrast),
            "Icon" if place.get("color").is_some() => (3.0, "primary", Rule::LowContrastIcon),
            _ => continue,
        };
        if place.get("color").is_none() && !ground.given {
            continue;
        }
        judge(nodes, at, place, &ground, default, wanted, rule, findings);
    }
}

/// Large text is easier to read: 24 pixels, or bold with 18.66.
fn least(place: &Place<'_>) -> f64 {
    let bold = place.str("weight") == Some("bold");
    let large = match (place.kind, place.str("size").unwrap_or("md")) {
        ("Title", "xl" | "2xl" | "3xl" | "4xl" | "5xl") => true,
        ("Title", "lg") | ("Text" | "Label", "xl") => bold,
        _ => false,
    };
    if large { 3.0 } else { 4.5 }
}

fn solid(name: &str, dark: bool) -> Option<Rgb> {
    match paint(name, dark) {
        Some(Paint::Solid(colour)) => Some(colour),
        _ => None,
    }
}

/// The one for a theme, of a colour or a pair.
fn pick(value: &Value, dark: bool) -> Option<&str> {
    value.as_str().or_else(|| value.get(if dark { "dark" } else { "light" })?.as_str())
}

fn seen(value: &Value, dark: bool, behind: Option<Rgb>) -> Option<Rgb> {
    match paint(pick(value, dark)?, dark)? {
        Paint::Solid(colour) => Some(colour),
        Paint::Veil(part) => Some(over(solid("primary", dark)?, part, behind?)),
    }
}

fn of(place: &Place<'_>, above: Ground) -> Ground {
    let mut ground = above;
    match place.str("theme") {
        Some("light") => ground.dark = [false; 2],
        Some("dark") => ground.dark = [true; 2],
        _ => {}
    }
    if ground.dark != above.dark {
        ground.colour = ground.dark.map(|dark| solid("surface", dark));
    }
    let Some(background) = place.get("background").filter(|_| place.kind != "Image") else { return ground };
    ground.given = true;
    let under = ground;
    for ((colour, dark), behind) in ground.colour.iter_mut().zip(under.dark).zip(under.colour) {
        *colour = seen(background, dark, behind);
    }
    // One shade for both themes: what stands on it changes instead.
    let text = background.as_str().unwrap_or_default();
    let is_shade = solid(text, false).is_some() && solid(text, false) == solid(text, true);
    if let Some(colour) = solid(text, false).filter(|_| is_shade) {
        ground.dark = [luminance(colour).cbrt() < LIGHT; 2];
    }
    ground
}

#[expect(clippy::too_many_arguments, reason = "one call, and each says something else")]
fn judge(
    nodes: &Nodes<'_>,
    at: usize,
    place: &Place<'_>,
    ground: &Ground,
    default: &str,
    wanted: f64,
    rule: Rule,
    findings: &mut Findings,
) {
    let default = Value::from(default);
    let colour = place.get("color").unwrap_or(&default);
    let mut low = Vec::new();
    for ((dark, behind), theme) in ground.dark.into_iter().zip(ground.colour).zip(THEMES) {
        let Some((behind, ink)) = behind.zip(seen(colour, dark, behind)) else { continue };
        let ratio = contrast(ink, behind);
        if ratio < wanted {
            // Cut, not rounded: 4.49 is not enough.
            low.push(format!("{:.2}:1 in the {theme} theme", (ratio * 100.0).floor() / 100.0));
        }
    }
    if low.is_empty() {
        return;
    }
    let pointer = if place.get("color").is_some() { nodes.prop(at, "color") } else { nodes.pointer(at) };
    let message = format!("the contrast is {}; {wanted}:1 is needed", low.join(" and "));
    let hint = "Give a colour for each theme: {\"light\": …, \"dark\": …}";
    findings.add_with(rule, pointer, message, Some(hint.to_owned()));
}
