//! The types of properties.
use super::words::*;
use super::{Kind, Prop, Shape, Type, may, need};

macro_rules! types {
    ($($name:ident = $word:literal, $says:literal, $kind:expr;)*) => {
        $(pub static $name: Type = Type { name: $word, says: $says, kind: $kind };)*
    };
}

types! {
    TEXT = "Text", "a text", Kind::Text;
    NAME = "Name", "a text that is not empty", Kind::Name;
    BOOL = "Bool", "true or false", Kind::Bool;
    FALSE = "False", "false", Kind::False;
    NUMBER = "Number", "a number", Kind::Number;
    INTEGER = "Integer", "a whole number", Kind::Integer;
    ANYTHING = "Anything", "anything", Kind::Anything;
    ICON = "IconName", "the name of an icon", Kind::Icon;
    URL = "PictureUrl", "the address of a picture", Kind::Url;
    DATE = "Date", "an ISO date or date-time", Kind::Date;

    ONE_COLOUR = "OneColour", "the name of a colour or a CSS colour", Kind::Colour;
    PAIR = "ColourPair", "{light, dark}", Kind::Shape(&Shape { name: "ColourPair", props: &[need("light", &ONE_COLOUR), need("dark", &ONE_COLOUR)] });
    COLOUR = "Colour", "a colour, or {light, dark} with one for each theme", Kind::OneOf(&[&ONE_COLOUR, &PAIR]);

    LENGTH = "Length", "a number of pixels or a CSS length", Kind::OneOf(&[&NUMBER, &TEXT]);
    SPACE = "Space", "a number of spacing units or a CSS length", Kind::OneOf(&[&NUMBER, &TEXT]);
    FLEX = "Flex", "a number or a CSS flex value", Kind::OneOf(&[&NUMBER, &TEXT]);
    RATIO = "Ratio", "a number or a CSS ratio such as \"16 / 9\"", Kind::OneOf(&[&NUMBER, &TEXT]);
    SIDES = "Sides", "an object with top, right, bottom, left, x, y", Kind::Shape(&Shape { name: "Sides", props: &EDGES });
    SPACING = "Spacing", "a number, a CSS length, or an object with top, right, bottom, left, x, y", Kind::OneOf(&[&NUMBER, &TEXT, &SIDES]);

    EDGE = "Edge", "{size, color, style}", Kind::Shape(&EDGE_SHAPE);
    BORDER = "Border", "a number of pixels or {size, color, style}", Kind::OneOf(&[&INTEGER, &EDGE]);
    BORDERS = "Borders", "a number of pixels, {size, color, style}, or an object with top, right, bottom, left, x, y",
        Kind::OneOf(&[&INTEGER, &EDGES_OR_SIDES]);
    EDGES_OR_SIDES = "EdgesOrSides", "{size, color, style}, or an object with top, right, bottom, left, x, y",
        Kind::Either(&BORDER_SIDES, &EDGE_SHAPE);

    ALIGN_WORD = "Align", "a word", Kind::Word(ALIGN);
    JUSTIFY_WORD = "Justify", "a word", Kind::Word(JUSTIFY);
    WRAP_WORD = "Wrap", "a word", Kind::Word(WRAP);
    DIRECTION_WORD = "Direction", "a word", Kind::Word(DIRECTION);
    RADIUS_WORD = "Radius", "a word", Kind::Word(RADIUS);
    WEIGHT_WORD = "Weight", "a word", Kind::Word(WEIGHT);
    TEXT_ALIGN_WORD = "TextAlign", "a word", Kind::Word(TEXT_ALIGN);
    THEME_WORD = "Theme", "a word", Kind::Word(THEME);
    BORDER_STYLE_WORD = "BorderStyle", "a word", Kind::Word(BORDER_STYLE);
    CARD_SIZE_WORD = "CardSize", "a word", Kind::Word(CARD_SIZE);
    TEXT_SIZE_WORD = "TextSize", "a word", Kind::Word(TEXT_SIZE);
    TITLE_SIZE_WORD = "TitleSize", "a word", Kind::Word(TITLE_SIZE);
    CAPTION_SIZE_WORD = "CaptionSize", "a word", Kind::Word(CAPTION_SIZE);
    BADGE_SIZE_WORD = "BadgeSize", "a word", Kind::Word(BADGE_SIZE);
    ICON_SIZE_WORD = "IconSize", "a word", Kind::Word(ICON_SIZE);
    BUTTON_ICON_SIZE_WORD = "ButtonIconSize", "a word", Kind::Word(BUTTON_ICON_SIZE);
    CONTROL_SIZE_WORD = "ControlSize", "a word", Kind::Word(CONTROL_SIZE);
    GUTTER_SIZE_WORD = "GutterSize", "a word", Kind::Word(GUTTER_SIZE);
    COLUMN_SIZE_WORD = "ColumnSize", "a word", Kind::Word(COLUMN_SIZE);
    BADGE_COLOUR_WORD = "BadgeColour", "a word", Kind::Word(BADGE_COLOUR);
    BUTTON_COLOUR_WORD = "ButtonColour", "a word", Kind::Word(BUTTON_COLOUR);
    BADGE_VARIANT_WORD = "BadgeVariant", "a word", Kind::Word(BADGE_VARIANT);
    CONTROL_VARIANT_WORD = "ControlVariant", "a word", Kind::Word(CONTROL_VARIANT);
    INPUT_VARIANT_WORD = "InputVariant", "a word", Kind::Word(INPUT_VARIANT);
    BUTTON_STYLE_WORD = "ButtonStyle", "a word", Kind::Word(BUTTON_STYLE);
    FIT_WORD = "Fit", "a word", Kind::Word(FIT);
    POSITION_WORD = "Position", "a word", Kind::Word(POSITION);
    INPUT_TYPE_WORD = "InputType", "a word", Kind::Word(INPUT_TYPE);
    SIDE_WORD = "Side", "a word", Kind::Word(SIDE);
    AUTO_WORD = "Auto", "\"auto\"", Kind::Word(AUTO);
    HANDLER_WORD = "Handler", "a word", Kind::Word(HANDLER);
    LOADING_WORD = "LoadingBehavior", "a word", Kind::Word(LOADING);
    CURVE_WORD = "Curve", "a word", Kind::Word(CURVE);

    LIMIT = "Limit", "a whole number or \"auto\"", Kind::OneOf(&[&INTEGER, &AUTO_WORD]);
    ACTION = "Action", "an action: {type, payload, handler, loadingBehavior, streaming}", Kind::Shape(&ACTION_SHAPE);
    CARD_ACTION = "CardAction", "{label, action}", Kind::Shape(&Shape { name: "CardAction", props: &[need("label", &TEXT), need("action", &ACTION)] });
    STATUS = "Status", "{text, icon} or {text, favicon, frame}", Kind::Either(&FAVICON_STATUS, &ICON_STATUS);
    EDITABLE = "EditableField", "{name, placeholder, required, …}", Kind::Shape(&EDITABLE_SHAPE);
    EDITABLE_OR_NOT = "Editable", "false or {name, placeholder, required, …}", Kind::OneOf(&[&FALSE, &EDITABLE]);
    OPTION = "Option", "{value, label, disabled, description}", Kind::Shape(&OPTION_SHAPE);
    OPTIONS = "Options", "a list of {value, label}", Kind::List(&OPTION);
    RADIO_OPTION = "RadioOption", "{label, value, disabled}", Kind::Shape(&RADIO_OPTION_SHAPE);
    RADIO_OPTIONS = "RadioOptions", "a list of {label, value}", Kind::List(&RADIO_OPTION);

    DATUM = "Datum", "a text or a number", Kind::OneOf(&[&TEXT, &NUMBER]);
    ROW_OF_DATA = "DataRow", "an object of texts and numbers", Kind::Map(&DATUM);
    DATA = "Data", "a list of objects of texts and numbers", Kind::List(&ROW_OF_DATA);
    ONE_SERIES = "OneSeries", "a series: {type, dataKey, label}", Kind::Tagged(&[&BAR, &AREA, &LINE]);
    SERIES = "Series", "a list of series", Kind::List(&ONE_SERIES);
    TICKS = "Ticks", "an object of texts", Kind::Map(&TEXT);
    AXIS_OBJECT = "AxisObject", "{dataKey, hide, labels}", Kind::Shape(&AXIS_SHAPE);
    AXIS = "Axis", "the name of a field or {dataKey, hide, labels}", Kind::OneOf(&[&TEXT, &AXIS_OBJECT]);
}

static EDGES: [Prop; 6] = [
    may("top", &SPACE),
    may("right", &SPACE),
    may("bottom", &SPACE),
    may("left", &SPACE),
    may("x", &SPACE),
    may("y", &SPACE),
];

static EDGE_SHAPE: Shape =
    Shape { name: "Edge", props: &[need("size", &INTEGER), may("color", &COLOUR), may("style", &BORDER_STYLE_WORD)] };

static BORDER_SIDES: Shape = Shape {
    name: "Edges",
    props: &[
        may("top", &BORDER),
        may("right", &BORDER),
        may("bottom", &BORDER),
        may("left", &BORDER),
        may("x", &BORDER),
        may("y", &BORDER),
    ],
};

static ACTION_SHAPE: Shape = Shape {
    name: "Action",
    props: &[
        need("type", &NAME),
        may("payload", &ANYTHING),
        may("handler", &HANDLER_WORD),
        may("loadingBehavior", &LOADING_WORD),
        may("streaming", &BOOL),
    ],
};

static FAVICON_STATUS: Shape =
    Shape { name: "FaviconStatus", props: &[need("text", &TEXT), may("favicon", &URL), may("frame", &BOOL)] };
static ICON_STATUS: Shape = Shape { name: "IconStatus", props: &[need("text", &TEXT), may("icon", &ICON)] };

static EDITABLE_SHAPE: Shape = Shape {
    name: "EditableField",
    props: &[
        need("name", &NAME),
        may("autoFocus", &BOOL),
        may("autoSelect", &BOOL),
        may("autoComplete", &TEXT),
        may("allowAutofillExtensions", &BOOL),
        may("pattern", &TEXT),
        may("placeholder", &TEXT),
        may("required", &BOOL),
    ],
};

static OPTION_SHAPE: Shape = Shape {
    name: "Option",
    props: &[need("value", &TEXT), need("label", &TEXT), may("disabled", &BOOL), may("description", &TEXT)],
};

static RADIO_OPTION_SHAPE: Shape =
    Shape { name: "RadioOption", props: &[need("label", &TEXT), need("value", &TEXT), may("disabled", &BOOL)] };

static AXIS_SHAPE: Shape =
    Shape { name: "AxisObject", props: &[need("dataKey", &TEXT), may("hide", &BOOL), may("labels", &TICKS)] };

// A series' label may be null, and what is null is not sent: so it is not asked for here.
static BAR: Shape = Shape {
    name: "bar",
    props: &[need("dataKey", &TEXT), may("label", &TEXT), may("color", &COLOUR), may("stack", &TEXT)],
};
static AREA: Shape = Shape {
    name: "area",
    props: &[
        need("dataKey", &TEXT),
        may("label", &TEXT),
        may("color", &COLOUR),
        may("stack", &TEXT),
        may("curveType", &CURVE_WORD),
    ],
};
static LINE: Shape = Shape {
    name: "line",
    props: &[need("dataKey", &TEXT), may("label", &TEXT), may("color", &COLOUR), may("curveType", &CURVE_WORD)],
};
