//! What can be found in a tree: each kind of finding with its stable word, its weight, and where it is about
//! accessibility, the success criterion of WCAG 2.2.
use serde::Serialize;

/// Findings that one report lists; the rest is counted.
const MOST: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Warning,
    Error,
}

/// What sort of finding it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Area {
    /// The JSON Schema says the same.
    Structure,
    /// What no schema can say: forms, ids, what fits together.
    Rules,
    Accessibility,
    Limits,
    /// The template, or its input: there is no tree to look at, or another one than the author meant.
    Template,
}

macro_rules! rules {
    ($($name:ident = $word:literal, $area:ident, $severity:ident, $criterion:expr, $says:literal;)*) => {
        /// Every kind of finding. The word is stable: programs may compare it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Rule { $(#[doc = $says] $name,)* }
        impl Rule {
            pub const ALL: &'static [Rule] = &[$(Rule::$name,)*];
            pub fn word(self) -> &'static str { match self { $(Rule::$name => $word,)* } }
            pub fn area(self) -> Area { match self { $(Rule::$name => Area::$area,)* } }
            pub fn severity(self) -> Severity { match self { $(Rule::$name => Severity::$severity,)* } }
            /// Number and name of the WCAG 2.2 success criterion.
            pub fn criterion(self) -> Option<&'static str> { match self { $(Rule::$name => $criterion,)* } }
            /// What is found, for the documentation.
            pub fn says(self) -> &'static str { match self { $(Rule::$name => $says,)* } }
        }
    };
}

rules! {
    InvalidRoot = "invalid_root", Structure, Error, None, "The root is not a `Card`, `ListView` or `Basic`";
    NotANode = "not_a_node", Structure, Error, None, "Something else stands where a node is expected, or a node has no `type`";
    TooDeep = "too_deep", Structure, Error, None, "More than 100 lists and objects inside each other: no reader takes that";
    UnknownComponent = "unknown_component", Structure, Error, None, "There is no component of this name";
    MisplacedComponent = "misplaced_component", Structure, Error, None, "The component may not stand there";
    UnexpectedChildren = "unexpected_children", Structure, Error, None, "The component has no children, or only one";
    MissingProp = "missing_prop", Structure, Error, None, "A property that the component needs is absent or null";
    UnknownProp = "unknown_prop", Structure, Error, None, "The component has no property of this name";
    WrongType = "wrong_type", Structure, Error, None, "A value is of another type than its property takes";
    UnknownWord = "unknown_word", Structure, Error, None, "A value is none of the words that its property takes";
    UnknownIcon = "unknown_icon", Structure, Error, None, "There is no icon of this name";
    EmptyName = "empty_name", Structure, Error, None, "A name that is needed to send something is empty";

    ScriptUrl = "script_url", Rules, Error, None, "An address would run a script, or has a scheme that is never loaded";
    UnknownColour = "unknown_colour", Rules, Warning, None, "A colour is neither a token nor a CSS colour";
    InvalidDate = "invalid_date", Rules, Warning, None, "A date is no ISO date or date-time";
    DuplicateId = "duplicate_id", Rules, Warning, None, "Two nodes have one `id`: updates reach only the last";
    DuplicateKey = "duplicate_key", Rules, Warning, None, "Two siblings have one `key`: they cannot be told apart";
    DuplicateName = "duplicate_name", Rules, Warning, None, "Two controls of one form have one `name`: one value is lost";
    NestedForm = "nested_form", Rules, Error, None, "A form stands in a form";
    SubmitOutsideForm = "submit_outside_form", Rules, Warning, None, "A button submits, but stands in no form";
    FormWithoutSubmit = "form_without_submit", Rules, Warning, None, "A form has an action, but no button that submits it";
    FormWithoutAction = "form_without_action", Rules, Warning, None, "A form can be submitted, but has no action";
    ButtonWithoutAction = "button_without_action", Rules, Warning, None, "A button neither has an action nor submits";
    LabelWithoutControl = "label_without_control", Rules, Warning, Some("1.3.1 Info and Relationships"), "A label names a control that its form does not have";
    DuplicateOption = "duplicate_option", Rules, Warning, None, "Two options have one value";
    NoOptions = "no_options", Rules, Warning, None, "There is nothing to choose from";
    DefaultNotAnOption = "default_not_an_option", Rules, Warning, None, "The default value is none of the options";
    UnknownField = "unknown_field", Rules, Warning, None, "No row of a chart's data has a field of this name";

    ImageWithoutAlt = "image_without_alt", Accessibility, Error, Some("1.1.1 Non-text Content"), "A picture has no `alt`; \"\" says that it only decorates";
    AltIsAFileName = "alt_is_a_file_name", Accessibility, Warning, Some("1.1.1 Non-text Content"), "An `alt` is the name of a file or an address";
    SeriesWithoutLabel = "series_without_label", Accessibility, Warning, Some("1.1.1 Non-text Content"), "A chart's series has no label";
    ControlWithoutLabel = "control_without_label", Accessibility, Error, Some("3.3.2 Labels or Instructions"), "A control has no `Label`, `label` or `ariaLabel`";
    PlaceholderAsLabel = "placeholder_as_label", Accessibility, Warning, Some("3.3.2 Labels or Instructions"), "A control is named by its placeholder alone, which goes away when one types";
    ButtonWithoutName = "button_without_name", Accessibility, Error, Some("4.1.2 Name, Role, Value"), "A button has neither `label` nor `ariaLabel`";
    ItemWithoutName = "item_without_name", Accessibility, Error, Some("4.1.2 Name, Role, Value"), "A row that can be pressed holds no text";
    EmptyHeading = "empty_heading", Accessibility, Warning, Some("2.4.6 Headings and Labels"), "A title or label is empty";
    HeadingOrder = "heading_order", Accessibility, Warning, Some("1.3.1 Info and Relationships"), "Headings do not follow each other by their rank";
    TableWithoutHeader = "table_without_header", Accessibility, Warning, Some("1.3.1 Info and Relationships"), "A table has no row with `header: true`";
    LowContrast = "low_contrast", Accessibility, Error, Some("1.4.3 Contrast (Minimum)"), "Text has too little contrast with what is behind it";
    LowContrastIcon = "low_contrast_icon", Accessibility, Warning, Some("1.4.11 Non-text Contrast"), "An icon has too little contrast with what is behind it";
    SmallTarget = "small_target", Accessibility, Warning, Some("2.5.8 Target Size (Minimum)"), "What can be pressed is smaller than 24 by 24 pixels";
    SeveralAutofocus = "several_autofocus", Accessibility, Warning, Some("2.4.3 Focus Order"), "More than one control asks for the focus";

    TooManyBytes = "too_many_bytes", Limits, Warning, None, "The tree has more bytes than `widgets.warn_bytes`";
    TooManyNodes = "too_many_nodes", Limits, Warning, None, "The tree has more than 1,000 nodes";
    TemplateFails = "template_fails", Template, Error, None, "The template does not compile, or fails while it runs";
    NotJson = "not_json", Template, Error, None, "What the template prints is not JSON, or text stands where it may not";
    PastABound = "past_a_bound", Template, Error, None, "The template takes too many steps, or prints too much";
    SchemaInvalid = "schema_invalid", Template, Error, None, "The schema of the input cannot be used";
    DataMisfit = "data_misfit", Template, Error, None, "The input does not fit its schema; the pointer leads into the input";

    DepthPastLimit = "depth_past_limit", Limits, Warning, None, "The tree is nested deeper than `widgets.warn_depth`";
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// JSON pointer into the tree, "" for the whole.
    pub pointer: String,
    /// Line of the template that made it, 1 being the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    pub severity: Severity,
    pub area: Area,
    pub code: &'static str,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The success criterion of WCAG 2.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wcag: Option<&'static str>,
}

/// Findings, bounded.
#[derive(Debug, Default)]
pub struct Findings {
    pub list: Vec<Finding>,
    pub errors: usize,
    pub warnings: usize,
    /// Whether limits are errors.
    pub strict_limits: bool,
}

impl Findings {
    pub fn add(&mut self, rule: Rule, pointer: impl Into<String>, message: impl Into<String>) {
        self.add_with(rule, pointer, message, None);
    }

    pub fn add_with(
        &mut self,
        rule: Rule,
        pointer: impl Into<String>,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        let severity = match rule.area() {
            Area::Limits if self.strict_limits => Severity::Error,
            _ => rule.severity(),
        };
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
        }
        if self.list.len() < MOST {
            let (area, code, wcag) = (rule.area(), rule.word(), rule.criterion());
            let (pointer, message) = (pointer.into(), message.into());
            self.list.push(Finding { pointer, line: None, severity, area, code, message, hint, wcag });
        }
    }

    /// Findings that are counted, but not listed.
    pub fn more(&self) -> usize {
        (self.errors + self.warnings).saturating_sub(self.list.len())
    }
}

/// A text from a tree for a message: short, and without signs that would disturb a terminal.
pub fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut cut: String = text.chars().take(LONGEST).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    format!("{cut:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_unique_and_plain() {
        let mut words: Vec<_> = Rule::ALL.iter().map(|rule| rule.word()).collect();
        assert!(words.iter().all(|w| w.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
        let count = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), count);
        let about_people = |rule: &&Rule| rule.area() == Area::Accessibility;
        assert!(Rule::ALL.iter().filter(about_people).all(|rule| rule.criterion().is_some()));
    }

    #[test]
    fn reports_are_bounded_and_still_count() {
        let mut findings = Findings::default();
        for _ in 0..1_000 {
            findings.add(Rule::NotANode, "", "x");
        }
        assert_eq!((findings.list.len(), findings.errors, findings.more()), (MOST, 1_000, 800));
        assert_eq!(shown("a\u{1b}[2J"), "\"a\\u{1b}[2J\"");
        assert!(shown(&"é".repeat(1_000)).len() < 100);
    }
}
