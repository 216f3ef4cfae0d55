//! Colours: ChatKit's tokens and hues as classes; any other CSS colour becomes the hue and step nearest to it.
use super::classes::{Classes, words};
use super::node::Node;
use serde_json::Value;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Text,
    Fill,
    Edge,
}

/// A step with its lightness in OKLCH; the stylesheet gives each step the same one.
const STEPS: &[(u16, f64)] = &[
    (0, 1.0),
    (25, 0.985),
    (50, 0.97),
    (75, 0.955),
    (100, 0.935),
    (200, 0.88),
    (300, 0.81),
    (400, 0.73),
    (500, 0.63),
    (600, 0.54),
    (700, 0.46),
    (800, 0.38),
    (900, 0.3),
    (950, 0.24),
    (1000, 0.17),
];
/// Percentages of the text colour.
const ALPHAS: &[u16] = &[2, 5, 10, 15, 20, 30, 50, 70, 90];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Colour {
    Shade { hue: usize, step: u16 },
    Alpha(u16),
}

/// Hue names, and their classes for text and fill, for the dark theme's text and fill, and for edges.
const HUES: &[(&str, &str, &str, &str)] = &[
    ("gray", "h-gray", "dh-gray", "eh-gray"),
    ("red", "h-red", "dh-red", "eh-red"),
    ("orange", "h-orange", "dh-orange", "eh-orange"),
    ("yellow", "h-yellow", "dh-yellow", "eh-yellow"),
    ("green", "h-green", "dh-green", "eh-green"),
    ("blue", "h-blue", "dh-blue", "eh-blue"),
    ("purple", "h-purple", "dh-purple", "eh-purple"),
    ("pink", "h-pink", "dh-pink", "eh-pink"),
];

/// Adds the classes of a `Color`: one string, or `{light, dark}` (`duo`). Unknown colours add nothing.
pub(super) fn add(classes: &mut Classes, usage: Use, value: Option<&Value>) {
    let Some(value) = value else { return };
    match Node::new(value) {
        None => one(classes, usage, value.as_str().unwrap_or_default()),
        Some(pair) => {
            let (light, dark) = (pair.str("light").unwrap_or_default(), pair.str("dark").unwrap_or_default());
            match (parse(light), parse(dark)) {
                (Some(Colour::Shade { hue, step }), Some(Colour::Shade { hue: dark_hue, step: dark_step }))
                    if usage != Use::Edge =>
                {
                    shade(classes, usage, hue, step);
                    classes.add("duo").add_some(HUES.get(dark_hue).map(|names| names.2)).step("ds-", dark_step);
                }
                // The stylesheet keeps no pairs for edges: the plain edge fits both themes.
                (Some(_), Some(_)) if usage == Use::Edge => {}
                _ => one(classes, usage, light),
            }
        }
    }
}

fn one(classes: &mut Classes, usage: Use, name: &str) {
    let name = name.trim();
    if let Some(class) = token(usage, name) {
        classes.add(class);
        return;
    }
    match parse(name) {
        Some(Colour::Shade { hue, step }) => {
            shade(classes, usage, hue, step);
            if usage == Use::Fill {
                // Whatever the theme, what stands on a light fill is dark and on a dark one light.
                classes.add(if step <= 500 { "on-light" } else { "on-dark" });
            }
        }
        Some(Colour::Alpha(step)) => {
            classes.add(match usage {
                Use::Text => "ink-a",
                Use::Fill => "fill-a",
                Use::Edge => "edge-a",
            });
            classes.step("a-", step);
        }
        None => {}
    }
}

fn shade(classes: &mut Classes, usage: Use, hue: usize, step: u16) {
    let Some((_, plain, _, edge)) = HUES.get(hue) else { return };
    match usage {
        Use::Text => classes.add("ink").add(plain).step("s-", step),
        Use::Fill => classes.add("fill").add(plain).step("s-", step),
        Use::Edge => classes.add(edge).step("esh-", step),
    };
}

fn token(usage: Use, name: &str) -> Option<&'static str> {
    match usage {
        Use::Text => words!(Some(name); "prose" => "c-prose", "primary" => "c-primary", "emphasis" => "c-emphasis",
            "secondary" => "c-secondary", "tertiary" => "c-tertiary", "success" => "c-success", "warning" => "c-warning",
            "danger" => "c-danger", "info" => "c-info", "discovery" => "c-discovery"),
        Use::Fill => words!(Some(name); "surface" => "b-surface", "surface-secondary" => "b-surface-2",
            "surface-tertiary" => "b-surface-3", "surface-elevated" => "b-surface-up",
            "surface-elevated-secondary" => "b-surface-up-2"),
        Use::Edge => words!(Some(name); "default" => "e-default", "subtle" => "e-subtle", "strong" => "e-strong"),
    }
}

fn parse(name: &str) -> Option<Colour> {
    let hue_of = |word: &str| HUES.iter().position(|names| names.0 == word);
    if let Some((word, number)) = name.rsplit_once('-')
        && let Ok(number) = number.parse::<u16>()
    {
        if word == "alpha" {
            return Some(Colour::Alpha(nearest(ALPHAS.iter().map(|a| (*a, f64::from(*a))), f64::from(number))));
        }
        let hue = hue_of(word)?;
        return Some(Colour::Shade {
            hue,
            step: nearest(STEPS.iter().map(|s| (s.0, f64::from(s.0))), f64::from(number)),
        });
    }
    match name {
        "white" => Some(Colour::Shade { hue: 0, step: 0 }),
        "black" => Some(Colour::Shade { hue: 0, step: 1000 }),
        _ => hue_of(name).map(|hue| Colour::Shade { hue, step: 500 }).or_else(|| rgb(name).map(nearest_shade)),
    }
}

/// The first `#rgb`, `#rrggbb` or `rgb(r, g, b)` in a CSS value; of a gradient, its first colour.
fn rgb(css: &str) -> Option<[f64; 3]> {
    if let Some((_, rest)) = css.split_once('#') {
        let digits: Vec<u32> = rest.chars().map_while(|c| c.to_digit(16)).take(8).collect();
        let channel = |high: u32, low: u32| f64::from(high * 16 + low) / 255.0;
        return match *digits.as_slice() {
            [r, g, b] | [r, g, b, _] => Some([channel(r, r), channel(g, g), channel(b, b)]),
            [r, r2, g, g2, b, b2, ..] => Some([channel(r, r2), channel(g, g2), channel(b, b2)]),
            _ => None,
        };
    }
    let (_, rest) = css.split_once("rgb(").or_else(|| css.split_once("rgba("))?;
    let mut numbers = rest
        .split(|c: char| c == ',' || c == ')' || c == '/' || c.is_whitespace())
        .filter_map(|part| part.parse::<f64>().ok())
        .map(|number| (number / 255.0).clamp(0.0, 1.0));
    Some([numbers.next()?, numbers.next()?, numbers.next()?])
}

fn nearest_shade([r, g, b]: [f64; 3]) -> Colour {
    let linear = |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
    let luminance = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    // The cube root of luminance is close enough to OKLCH's lightness to choose a step.
    let step = nearest(STEPS.iter().copied(), luminance.cbrt());
    let (max, min) = (r.max(g).max(b), r.min(g).min(b));
    let spread = max - min;
    if spread < 0.06 {
        return Colour::Shade { hue: 0, step };
    }
    let sextant = if max == r {
        ((g - b) / spread).rem_euclid(6.0)
    } else if max == g {
        (b - r) / spread + 2.0
    } else {
        (r - g) / spread + 4.0
    };
    let hue = match sextant * 60.0 {
        angle if angle < 15.0 => 1,
        angle if angle < 40.0 => 2,
        angle if angle < 70.0 => 3,
        angle if angle < 170.0 => 4,
        angle if angle < 255.0 => 5,
        angle if angle < 300.0 => 6,
        angle if angle < 345.0 => 7,
        _ => 1,
    };
    Colour::Shade { hue, step }
}

fn nearest(scale: impl Iterator<Item = (u16, f64)>, value: f64) -> u16 {
    scale.min_by(|a, b| (a.1 - value).abs().total_cmp(&(b.1 - value).abs())).map_or(0, |step| step.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn classes(usage: Use, value: Value) -> String {
        let mut classes = Classes::default();
        add(&mut classes, usage, Some(&value));
        classes.as_str().to_owned()
    }

    #[test]
    fn tokens_hues_and_free_colours_become_classes() {
        assert_eq!(classes(Use::Text, json!("secondary")), "c-secondary");
        assert_eq!(classes(Use::Text, json!("blue-700")), "ink h-blue s-700");
        assert_eq!(classes(Use::Fill, json!("blue-100")), "fill h-blue s-100 on-light");
        assert_eq!(classes(Use::Fill, json!("purple-800")), "fill h-purple s-800 on-dark");
        assert_eq!(
            classes(Use::Fill, json!({"light": "yellow-50", "dark": "yellow-900"})),
            "fill h-yellow s-50 duo dh-yellow ds-900"
        );
        assert_eq!(classes(Use::Edge, json!("gray-123")), "eh-gray esh-100");
        assert_eq!(classes(Use::Fill, json!("alpha-70")), "fill-a a-70");
        assert_eq!(
            classes(Use::Fill, json!("linear-gradient(135deg, #fff6d9 0%, #ceb0fb 100%)")),
            "fill h-yellow s-50 on-light"
        );
        assert_eq!(classes(Use::Text, json!("rgb(255, 0, 0)")), "ink h-red s-500");
        assert_eq!(classes(Use::Text, json!("#FFF")), "ink h-gray s-0");
    }

    #[test]
    fn what_is_no_colour_adds_nothing() {
        for hostile in [
            "red;position:fixed",
            "x\" onload=\"y",
            "url(javascript:1)",
            "blue-",
            "-100",
            "#",
            "#zz",
            "rgb(",
            "transparent",
        ] {
            assert_eq!(classes(Use::Fill, json!(hostile)), "", "{hostile}");
        }
        assert_eq!(classes(Use::Text, json!({"light": 1})), "");
        assert_eq!(classes(Use::Text, json!(["blue"])), "");
    }
}
