//! Colours by their names: tokens, hues with a step, CSS colours; and what each looks like, where that can be known.
//!
//! Tokens and hues have the values of `host/assets/widgets.css`; a test holds the two together.
use super::named_colours::NAMED;
use super::vocabulary::words::{BORDER_COLOUR, HUE, SURFACE_COLOUR, TEXT_COLOUR};

/// Red, green and blue from 0 to 1, as they are written (sRGB).
pub type Rgb = [f64; 3];

/// What a colour's name stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Paint {
    Solid(Rgb),
    /// The theme's text colour, this opaque (0 to 1), over what is behind.
    Veil(f64),
}

/// Tokens in the light and the dark theme.
pub(super) const TOKENS: [(&str, u32, u32); 18] = [
    ("prose", 0x0d0d0d, 0xf3f3f3),
    ("primary", 0x0d0d0d, 0xf3f3f3),
    ("emphasis", 0x0d0d0d, 0xf3f3f3),
    ("secondary", 0x5b5b63, 0xb4b4bc),
    ("tertiary", 0x6b6b74, 0xa0a0aa),
    ("success", 0x0b7a3c, 0x5fd08d),
    ("warning", 0x96540a, 0xf0b257),
    ("danger", 0xc62828, 0xff8f8a),
    ("info", 0x0b63ce, 0x7db8ff),
    ("discovery", 0x7434c9, 0xc6a2ff),
    ("surface", 0xffffff, 0x1c1c1f),
    ("surface-secondary", 0xf4f4f5, 0x27272b),
    ("surface-tertiary", 0xe9e9ec, 0x323238),
    ("surface-elevated", 0xffffff, 0x1c1c1f),
    ("surface-elevated-secondary", 0xf4f4f5, 0x27272b),
    ("default", 0xe3e3e8, 0x37373d),
    ("subtle", 0xe9e9ec, 0x323238),
    ("strong", 0x8a8a94, 0x7c7c88),
];

/// Chroma and angle of a hue in OKLCH, in the order of `HUE`.
const HUES: [(f64, f64); 8] =
    [(0.0, 286.0), (0.2, 25.0), (0.17, 52.0), (0.15, 90.0), (0.16, 150.0), (0.18, 257.0), (0.19, 300.0), (0.2, 350.0)];
/// A step's lightness, and which part of the hue's chroma it has.
const STEPS: [(u16, f64, f64); 15] = [
    (0, 1.0, 0.0),
    (25, 0.985, 0.06),
    (50, 0.97, 0.12),
    (75, 0.955, 0.18),
    (100, 0.935, 0.25),
    (200, 0.88, 0.5),
    (300, 0.81, 0.75),
    (400, 0.73, 0.95),
    (500, 0.63, 1.0),
    (600, 0.54, 0.97),
    (700, 0.46, 0.85),
    (800, 0.38, 0.7),
    (900, 0.3, 0.5),
    (950, 0.24, 0.4),
    (1000, 0.17, 0.25),
];
/// What begins a CSS colour, or a gradient, that is not looked into.
const FUNCTIONS: [&str; 17] = [
    "rgb(",
    "rgba(",
    "hsl(",
    "hsla(",
    "hwb(",
    "lab(",
    "lch(",
    "oklab(",
    "oklch(",
    "color(",
    "color-mix(",
    "light-dark(",
    "var(",
    "linear-gradient(",
    "radial-gradient(",
    "conic-gradient(",
    "repeating-linear-gradient(",
];
const KEYWORDS: [&str; 4] = ["transparent", "currentcolor", "inherit", "none"];

/// Names that somebody may have meant.
pub fn names() -> impl Iterator<Item = &'static str> {
    let tokens = TEXT_COLOUR.iter().chain(SURFACE_COLOUR).chain(BORDER_COLOUR).chain(HUE).copied();
    tokens.chain(NAMED.iter().map(|(name, _)| *name))
}

/// Whether a renderer could know the colour. Says nothing of the inside of a CSS function.
pub fn is_known(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    let see_through = text
        .strip_prefix('#')
        .is_some_and(|digits| matches!(digits.len(), 4 | 8) && digits.bytes().all(|b| b.is_ascii_hexdigit()));
    see_through
        || paint(&text, false).is_some()
        || KEYWORDS.contains(&text.as_str())
        || FUNCTIONS.iter().any(|function| text.starts_with(function) && text.ends_with(')'))
}

/// What the colour is in a theme. `None` where it is not known, or changes from place to place.
pub fn paint(text: &str, dark: bool) -> Option<Paint> {
    let text = text.trim();
    if let Some((_, light_value, dark_value)) = TOKENS.iter().find(|(name, ..)| *name == text) {
        return Some(Paint::Solid(rgb(if dark { *dark_value } else { *light_value })));
    }
    if let Some((hue, step)) = text.rsplit_once('-')
        && let Ok(step) = step.parse::<u16>()
        && step <= 1_000
    {
        return if hue == "alpha" { Some(Paint::Veil(f64::from(step.min(100)) / 100.0)) } else { shade(hue, step) };
    }
    if HUE.contains(&text) {
        return shade(text, 500);
    }
    let named = NAMED.binary_search_by(|(name, _)| (*name).cmp(text)).ok().and_then(|at| NAMED.get(at));
    named.map(|(_, value)| rgb(*value)).or_else(|| hex(text)).or_else(|| function(text)).map(Paint::Solid)
}

fn rgb(value: u32) -> Rgb {
    [16, 8, 0].map(|shift| f64::from((value >> shift) & 0xff) / 255.0)
}

/// "#rgb" or "#rrggbb", opaque.
fn hex(text: &str) -> Option<Rgb> {
    let digits = text.strip_prefix('#')?;
    let value = u32::from_str_radix(digits, 16).ok()?;
    match digits.len() {
        3 => Some(rgb(((value >> 8 & 0xf) * 0x11) << 16 | ((value >> 4 & 0xf) * 0x11) << 8 | ((value & 0xf) * 0x11))),
        6 => Some(rgb(value)),
        4 if value & 0xf == 0xf => hex(text.get(..4)?),
        8 if value & 0xff == 0xff => Some(rgb(value >> 8)),
        _ => None,
    }
}

/// "rgb(1, 2, 3)" or "rgb(1 2 3)", opaque.
fn function(text: &str) -> Option<Rgb> {
    let inside = text.strip_prefix("rgb(")?.strip_suffix(')')?;
    let parts = inside.split([',', ' ']).filter(|part| !part.is_empty());
    let mut numbers = parts.map(|part| part.parse::<f64>().ok().map(|n| (n / 255.0).clamp(0.0, 1.0)));
    let colour = [numbers.next()??, numbers.next()??, numbers.next()??];
    numbers.next().is_none().then_some(colour)
}

fn shade(hue: &str, step: u16) -> Option<Paint> {
    let (most, angle) = *HUES.get(HUE.iter().position(|one| *one == hue)?)?;
    let far = |step_of: u16| step_of.abs_diff(step);
    let (_, lightness, part) = *STEPS.iter().min_by_key(|(step, ..)| far(*step))?;
    let (a, b) = (most * part * angle.to_radians().cos(), most * part * angle.to_radians().sin());
    Some(Paint::Solid(oklab(lightness, a, b)))
}

/// From Oklab to sRGB; what the screen cannot show is cut off.
fn oklab(lightness: f64, a: f64, b: f64) -> Rgb {
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
    let linear = [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701 * s,
    ];
    linear.map(|c| {
        let c = c.clamp(0.0, 1.0);
        if c <= 0.003_130_8 { c * 12.92 } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 }
    })
}

/// Relative luminance as WCAG defines it, from 0 to 1.
pub fn luminance(colour: Rgb) -> f64 {
    let [r, g, b] = colour.map(|c| if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// Contrast ratio as WCAG defines it, from 1 to 21.
pub fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// A colour, `part` opaque, over another.
pub fn over(colour: Rgb, part: f64, behind: Rgb) -> Rgb {
    let [r, g, b] = colour;
    let [behind_r, behind_g, behind_b] = behind;
    [(r, behind_r), (g, behind_g), (b, behind_b)].map(|(top, behind)| top * part + behind * (1.0 - part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_hues_and_steps_are_those_of_the_stylesheet() {
        let css = include_str!("../../../assets/widgets.css");
        let variable = |name: &str| {
            let (_, rest) = css.split_once(&format!("--{name}: light-dark(")).unwrap();
            let (light, dark) = rest.split_once(')').unwrap().0.split_once(", ").unwrap();
            let value = |text: &str| hex(text).unwrap();
            (value(light), value(dark))
        };
        for (name, in_css) in [
            ("primary", "fg"),
            ("secondary", "fg-2"),
            ("tertiary", "fg-3"),
            ("success", "success"),
            ("warning", "warning"),
            ("danger", "danger"),
            ("info", "info"),
            ("discovery", "discovery"),
            ("surface", "surface"),
            ("surface-secondary", "surface-2"),
            ("surface-tertiary", "surface-3"),
            ("default", "edge"),
            ("strong", "edge-2"),
        ] {
            let paints = [false, true].map(|dark| paint(name, dark).unwrap());
            let (light, dark) = variable(in_css);
            assert_eq!(paints, [Paint::Solid(light), Paint::Solid(dark)], "{name}");
        }
        let number = |n: f64| n.to_string().replace("0.", ".");
        for (name, (chroma, angle)) in HUE.iter().zip(HUES) {
            assert!(css.contains(&format!(".h-{name}{{--k:{};--h:{angle}}}", number(chroma))), "{name}");
        }
        for (step, lightness, part) in STEPS {
            let rule = format!(".s-{step}{{--l:{};--f:{}}}", number(lightness), number(part));
            assert!(css.contains(&rule), "{rule}");
        }
    }

    #[test]
    fn names_are_sorted_and_known() {
        assert!(NAMED.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let known = [
            "red-500",
            "gray",
            "alpha-70",
            "tomato",
            "#fff",
            "#12ab34",
            "#12ab34cc",
            "rgb(1, 2, 3)",
            "Transparent",
            "oklch(.5 .2 20)",
            "linear-gradient(90deg, red, blue)",
            "surface-elevated",
            "var(--x)",
            "SECONDARY",
        ];
        assert!(known.iter().all(|name| is_known(name)), "{known:?}");
        let unknown = ["secundary", "", "red-", "mauve-5", "#12", "url(x)", "red;x", "blue-5000", "rgb(1,2,3"];
        for name in unknown {
            assert!(!is_known(name), "{name}");
        }
    }

    #[test]
    fn contrast_is_what_others_compute() {
        let (black, white) = ([0.0; 3], [1.0; 3]);
        assert!((contrast(black, white) - 21.0).abs() < 0.01);
        assert!((contrast(rgb(0x777777), white) - 4.48).abs() < 0.01);
        let Some(Paint::Solid(red)) = paint("red-500", false) else { panic!() };
        assert!(red.iter().zip([0.92, 0.27, 0.26]).all(|(is, about)| (is - about).abs() < 0.05), "{red:?}");
        assert_eq!(over(black, 0.5, white), [0.5; 3]);
    }
}
