//! The words of properties that take one of a few.

pub const ALIGN: &[&str] = &["start", "center", "end", "baseline", "stretch"];
pub const JUSTIFY: &[&str] = &["start", "center", "end", "between", "around", "evenly", "stretch"];
pub const WRAP: &[&str] = &["nowrap", "wrap", "wrap-reverse"];
pub const DIRECTION: &[&str] = &["row", "col"];
pub const RADIUS: &[&str] = &["2xs", "xs", "sm", "md", "lg", "xl", "2xl", "3xl", "4xl", "full", "100%", "none"];
pub const WEIGHT: &[&str] = &["normal", "medium", "semibold", "bold"];
pub const TEXT_ALIGN: &[&str] = &["start", "center", "end"];
pub const THEME: &[&str] = &["light", "dark"];
pub const BORDER_STYLE: &[&str] = &["solid", "dashed", "dotted", "double", "groove", "ridge", "inset", "outset"];

pub const CARD_SIZE: &[&str] = &["sm", "md", "lg", "full"];
pub const TEXT_SIZE: &[&str] = &["xs", "sm", "md", "lg", "xl"];
/// From small to large, as the order of headings is judged by it.
pub const TITLE_SIZE: &[&str] = &["sm", "md", "lg", "xl", "2xl", "3xl", "4xl", "5xl"];
pub const CAPTION_SIZE: &[&str] = &["sm", "md", "lg"];
pub const BADGE_SIZE: &[&str] = &["sm", "md", "lg"];
pub const ICON_SIZE: &[&str] = &["xs", "sm", "md", "lg", "xl", "2xl", "3xl"];
pub const BUTTON_ICON_SIZE: &[&str] = &["sm", "md", "lg", "xl", "2xl"];
pub const CONTROL_SIZE: &[&str] = &["3xs", "2xs", "xs", "sm", "md", "lg", "xl", "2xl", "3xl"];
pub const GUTTER_SIZE: &[&str] = &["2xs", "xs", "sm", "md", "lg", "xl"];
pub const COLUMN_SIZE: &[&str] = &["xs", "sm", "md", "lg", "xl"];

pub const BADGE_COLOUR: &[&str] = &["secondary", "success", "danger", "warning", "info", "discovery"];
pub const BUTTON_COLOUR: &[&str] =
    &["primary", "secondary", "info", "discovery", "success", "caution", "warning", "danger"];
pub const BADGE_VARIANT: &[&str] = &["solid", "soft", "outline"];
pub const CONTROL_VARIANT: &[&str] = &["solid", "soft", "outline", "ghost"];
pub const INPUT_VARIANT: &[&str] = &["soft", "outline"];
pub const BUTTON_STYLE: &[&str] = &["primary", "secondary"];

pub const FIT: &[&str] = &["cover", "contain", "fill", "scale-down", "none"];
pub const POSITION: &[&str] =
    &["top left", "top", "top right", "left", "center", "right", "bottom left", "bottom", "bottom right"];
pub const INPUT_TYPE: &[&str] = &["number", "email", "text", "password", "tel", "url"];
pub const SIDE: &[&str] = &["top", "bottom", "left", "right"];
pub const AUTO: &[&str] = &["auto"];
pub const HANDLER: &[&str] = &["server", "client"];
pub const LOADING: &[&str] = &["auto", "none", "self", "container"];
pub const CURVE: &[&str] = &[
    "basis",
    "basisClosed",
    "basisOpen",
    "bumpX",
    "bumpY",
    "bump",
    "linear",
    "linearClosed",
    "natural",
    "monotoneX",
    "monotoneY",
    "monotone",
    "step",
    "stepBefore",
    "stepAfter",
];

/// Tokens of colours by what they are for; a renderer has its own colour for each.
pub const TEXT_COLOUR: &[&str] =
    &["prose", "primary", "emphasis", "secondary", "tertiary", "success", "warning", "danger", "info", "discovery"];
pub const SURFACE_COLOUR: &[&str] =
    &["surface", "surface-secondary", "surface-tertiary", "surface-elevated", "surface-elevated-secondary"];
pub const BORDER_COLOUR: &[&str] = &["default", "subtle", "strong"];
pub const HUE: &[&str] = &["gray", "red", "orange", "yellow", "green", "blue", "purple", "pink"];

pub const ICONS: &[&str] = &[
    "agent",
    "analytics",
    "atom",
    "batch",
    "bolt",
    "book-open",
    "book-closed",
    "book-clock",
    "bug",
    "calendar",
    "chart",
    "check",
    "check-circle",
    "check-circle-filled",
    "chevron-left",
    "chevron-right",
    "circle-question",
    "clock",
    "compass",
    "confetti",
    "cube",
    "desktop",
    "document",
    "dot",
    "dots-horizontal",
    "dots-vertical",
    "empty-circle",
    "external-link",
    "globe",
    "keys",
    "lab",
    "images",
    "info",
    "lifesaver",
    "lightbulb",
    "mail",
    "map-pin",
    "maps",
    "mobile",
    "name",
    "notebook",
    "notebook-pencil",
    "page-blank",
    "phone",
    "play",
    "plus",
    "profile",
    "profile-card",
    "reload",
    "star",
    "star-filled",
    "search",
    "sparkle",
    "sparkle-double",
    "square-code",
    "square-image",
    "square-text",
    "suitcase",
    "settings-slider",
    "user",
    "wreath",
    "write",
    "write-alt",
    "write-alt2",
];
