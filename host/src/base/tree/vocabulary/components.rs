//! The components.
use super::types::*;
use super::{Children, Component, Group, Prop, may, need, ours};

const USUAL: &[Group] = &[Group::Usual];
const SOME: Children = Children::Many { of: USUAL, required: false };
const ALWAYS: Children = Children::Many { of: USUAL, required: true };

static SIZES: [Prop; 10] = [
    may("height", &LENGTH),
    may("width", &LENGTH),
    may("size", &LENGTH),
    may("minHeight", &LENGTH),
    may("minWidth", &LENGTH),
    may("minSize", &LENGTH),
    may("maxHeight", &LENGTH),
    may("maxWidth", &LENGTH),
    may("maxSize", &LENGTH),
    may("aspectRatio", &RATIO),
];

static BOX: [Prop; 10] = [
    may("align", &ALIGN_WORD),
    may("justify", &JUSTIFY_WORD),
    may("wrap", &WRAP_WORD),
    may("flex", &FLEX),
    may("gap", &SPACE),
    may("padding", &SPACING),
    may("margin", &SPACING),
    may("border", &BORDERS),
    may("radius", &RADIUS_WORD),
    may("background", &COLOUR),
];

static DIRECTION: [Prop; 1] = [may("direction", &DIRECTION_WORD)];

static WORDS: [Prop; 6] = [
    need("value", &TEXT),
    may("color", &COLOUR),
    may("weight", &WEIGHT_WORD),
    may("textAlign", &TEXT_ALIGN_WORD),
    may("truncate", &BOOL),
    may("maxLines", &INTEGER),
];

/// What a line and a field of several lines share.
static TYPED: [Prop; 10] = [
    need("name", &NAME),
    may("defaultValue", &TEXT),
    may("required", &BOOL),
    may("pattern", &TEXT),
    may("placeholder", &TEXT),
    may("allowAutofillExtensions", &BOOL),
    may("autoSelect", &BOOL),
    may("autoFocus", &BOOL),
    may("disabled", &BOOL),
    may("variant", &INPUT_VARIANT_WORD),
];

static TYPED_SIZE: [Prop; 2] = [may("size", &CONTROL_SIZE_WORD), may("gutterSize", &GUTTER_SIZE_WORD)];

/// What controls share in which something is chosen.
static CHOSEN: [Prop; 9] = [
    need("name", &NAME),
    may("onChangeAction", &ACTION),
    may("placeholder", &TEXT),
    may("variant", &CONTROL_VARIANT_WORD),
    may("size", &CONTROL_SIZE_WORD),
    may("pill", &BOOL),
    may("block", &BOOL),
    may("clearable", &BOOL),
    may("disabled", &BOOL),
];

const fn component(
    name: &'static str,
    group: Group,
    children: Children,
    says: &'static str,
    props: &'static [&'static [Prop]],
) -> Component {
    Component { name, says, group, children, props }
}

pub static COMPONENTS: [Component; 30] = [
    component("Card", Group::Root, ALWAYS, "A bordered block: the usual root", &[&CARD]),
    component(
        "ListView",
        Group::Root,
        Children::Many { of: &[Group::Item], required: true },
        "A list of rows",
        &[&[may("limit", &LIMIT), may("status", &STATUS), may("theme", &THEME_WORD)]],
    ),
    component(
        "Basic",
        Group::Root,
        Children::Many { of: &[Group::Usual, Group::Root], required: false },
        "A root without a border, for previews",
        &[
            &DIRECTION,
            &[
                may("theme", &THEME_WORD),
                may("gap", &SPACE),
                may("padding", &SPACING),
                may("align", &ALIGN_WORD),
                may("justify", &JUSTIFY_WORD),
            ],
        ],
    ),
    component(
        "ListViewItem",
        Group::Item,
        ALWAYS,
        "A row of a list, which may be pressed",
        &[&[may("onClickAction", &ACTION), may("gap", &SPACE), may("align", &ALIGN_WORD)]],
    ),
    component("Box", Group::Usual, SOME, "A container", &[&BOX, &SIZES, &DIRECTION]),
    component("Row", Group::Usual, SOME, "A container that lays out sideways", &[&BOX, &SIZES]),
    component("Col", Group::Usual, SOME, "A container that lays out downwards", &[&BOX, &SIZES]),
    component(
        "Form",
        Group::Usual,
        SOME,
        "A container whose controls are sent together",
        &[&BOX, &SIZES, &DIRECTION, &[may("onSubmitAction", &ACTION)]],
    ),
    component("Transition", Group::Usual, Children::One(USUAL), "One component that changes softly", &[]),
    component("Text", Group::Usual, Children::None, "Text, which may be a field to edit", &[&WORDS, &TEXT_PROPS]),
    component("Title", Group::Usual, Children::None, "A heading", &[&WORDS, &[may("size", &TITLE_SIZE_WORD)]]),
    component("Caption", Group::Usual, Children::None, "Small text", &[&WORDS, &[may("size", &CAPTION_SIZE_WORD)]]),
    component(
        "Markdown",
        Group::Usual,
        Children::None,
        "Text with Markdown",
        &[&[need("value", &TEXT), may("streaming", &BOOL)]],
    ),
    component("Label", Group::Usual, Children::None, "The label of a control", &[&LABEL]),
    component("Badge", Group::Usual, Children::None, "A word with a ground of its own", &[&BADGE]),
    component(
        "Icon",
        Group::Usual,
        Children::None,
        "A drawn sign",
        &[&[need("name", &ICON), may("color", &COLOUR), may("size", &ICON_SIZE_WORD)]],
    ),
    component("Image", Group::Usual, Children::None, "A picture", &[&IMAGE, &SIZES]),
    component(
        "Divider",
        Group::Usual,
        Children::None,
        "A line between things",
        &[&[may("color", &COLOUR), may("size", &LENGTH), may("spacing", &SPACE), may("flush", &BOOL)]],
    ),
    component("Spacer", Group::Usual, Children::None, "Takes the room that is left", &[&[may("minSize", &LENGTH)]]),
    component("Button", Group::Usual, Children::None, "A button", &[&BUTTON]),
    component("Checkbox", Group::Usual, Children::None, "A box to tick", &[&CHECKBOX]),
    component(
        "Input",
        Group::Usual,
        Children::None,
        "A field of one line",
        &[&TYPED, &TYPED_SIZE, &[may("inputType", &INPUT_TYPE_WORD), may("pill", &BOOL)]],
    ),
    component(
        "Textarea",
        Group::Usual,
        Children::None,
        "A field of several lines",
        &[&TYPED, &TYPED_SIZE, &[may("rows", &INTEGER), may("maxRows", &INTEGER), may("autoResize", &BOOL)]],
    ),
    component(
        "Select",
        Group::Usual,
        Children::None,
        "One of several, in a menu",
        &[&CHOSEN, &[need("options", &OPTIONS), may("defaultValue", &TEXT), may("searchable", &BOOL)]],
    ),
    component("RadioGroup", Group::Usual, Children::None, "One of several, all in sight", &[&RADIO_GROUP]),
    component(
        "DatePicker",
        Group::Usual,
        Children::None,
        "A date",
        &[
            &CHOSEN,
            &[
                may("defaultValue", &DATE),
                may("min", &DATE),
                may("max", &DATE),
                may("side", &SIDE_WORD),
                may("align", &TEXT_ALIGN_WORD),
            ],
        ],
    ),
    component("Chart", Group::Usual, Children::None, "Bars, areas and lines", &[&CHART, &SIZES]),
    component("Table", Group::Usual, Children::Many { of: &[Group::Row], required: false }, "A table", &[]),
    component(
        "Table.Row",
        Group::Row,
        Children::Many { of: &[Group::Cell], required: false },
        "A row of a table",
        &[&[may("header", &BOOL)]],
    ),
    component("Table.Cell", Group::Cell, SOME, "A cell of a table", &[&CELL]),
];

static CARD: [Prop; 10] = [
    may("size", &CARD_SIZE_WORD),
    may("background", &COLOUR),
    may("border", &BORDERS),
    may("padding", &SPACING),
    may("status", &STATUS),
    may("collapsed", &BOOL),
    may("asForm", &BOOL),
    may("confirm", &CARD_ACTION),
    may("cancel", &CARD_ACTION),
    may("theme", &THEME_WORD),
];

static TEXT_PROPS: [Prop; 7] = [
    may("streaming", &BOOL),
    may("italic", &BOOL),
    may("lineThrough", &BOOL),
    may("width", &LENGTH),
    may("size", &TEXT_SIZE_WORD),
    may("minLines", &INTEGER),
    may("editable", &EDITABLE_OR_NOT),
];

static LABEL: [Prop; 6] = [
    need("value", &TEXT),
    need("fieldName", &NAME),
    may("size", &TEXT_SIZE_WORD),
    may("weight", &WEIGHT_WORD),
    may("textAlign", &TEXT_ALIGN_WORD),
    may("color", &COLOUR),
];

static BADGE: [Prop; 5] = [
    need("label", &TEXT),
    may("color", &BADGE_COLOUR_WORD),
    may("variant", &BADGE_VARIANT_WORD),
    may("size", &BADGE_SIZE_WORD),
    may("pill", &BOOL),
];

static IMAGE: [Prop; 10] = [
    need("src", &URL),
    may("alt", &TEXT),
    may("fit", &FIT_WORD),
    may("position", &POSITION_WORD),
    may("radius", &RADIUS_WORD),
    may("frame", &BOOL),
    may("flush", &BOOL),
    may("margin", &SPACING),
    may("background", &COLOUR),
    may("flex", &FLEX),
];

static BUTTON: [Prop; 15] = [
    may("label", &TEXT),
    may("submit", &BOOL),
    may("onClickAction", &ACTION),
    may("iconStart", &ICON),
    may("iconEnd", &ICON),
    may("style", &BUTTON_STYLE_WORD),
    may("iconSize", &BUTTON_ICON_SIZE_WORD),
    may("color", &BUTTON_COLOUR_WORD),
    may("variant", &CONTROL_VARIANT_WORD),
    may("size", &CONTROL_SIZE_WORD),
    may("pill", &BOOL),
    may("uniform", &BOOL),
    may("block", &BOOL),
    may("disabled", &BOOL),
    ours("ariaLabel", &TEXT),
];

static CHECKBOX: [Prop; 6] = [
    need("name", &NAME),
    may("label", &TEXT),
    may("defaultChecked", &BOOL),
    may("onChangeAction", &ACTION),
    may("disabled", &BOOL),
    may("required", &BOOL),
];

static RADIO_GROUP: [Prop; 8] = [
    need("name", &NAME),
    may("options", &RADIO_OPTIONS),
    may("ariaLabel", &TEXT),
    may("onChangeAction", &ACTION),
    may("defaultValue", &TEXT),
    may("direction", &DIRECTION_WORD),
    may("disabled", &BOOL),
    may("required", &BOOL),
];

static CHART: [Prop; 9] = [
    need("data", &DATA),
    need("series", &SERIES),
    need("xAxis", &AXIS),
    may("showYAxis", &BOOL),
    may("showLegend", &BOOL),
    may("showTooltip", &BOOL),
    may("barGap", &INTEGER),
    may("barCategoryGap", &INTEGER),
    may("flex", &FLEX),
];

static CELL: [Prop; 8] = [
    may("width", &LENGTH),
    may("padding", &SPACING),
    may("colSpan", &INTEGER),
    may("rowSpan", &INTEGER),
    may("align", &TEXT_ALIGN_WORD),
    may("vAlign", &TEXT_ALIGN_WORD),
    may("colSize", &COLUMN_SIZE_WORD),
    ours("value", &TEXT),
];
