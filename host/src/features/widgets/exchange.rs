//! Widgets from and for ChatKit's tools: what their `encodedWidget` says, and one of our own making.
//!
//! ChatKit's runtime reads neither `encodedWidget` nor `outputJsonPreview`; its editor does. What a file brings is kept as it
//! is. What is made here shows the sample: a template cannot be turned back into the JSX that the editor edits.
mod source;

use crate::base::secret::{hex, sha256};
use crate::base::widget_file::WidgetFile;
use crate::platform::schema::Schema;
use crate::platform::templates::{RenderLimits, Template};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

const SAMPLE: &str = "sample";

/// What ChatKit's editor keeps of a widget; `None` when there is nothing, or nothing that can be read.
pub fn decoded(file: &WidgetFile) -> Option<Map<String, Value>> {
    let encoded = file.encoded.as_ref()?.as_str()?.trim_end_matches('=');
    match serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()? {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

fn sample(file: &WidgetFile) -> Option<&Value> {
    file.inlay.as_ref().and_then(|extra| extra.get(SAMPLE))
}

/// A widget as it came out of ChatKit's tools, ready to be worked on: the editor's default state becomes the sample.
/// With it come warnings about what will not be as its author may think.
pub fn import(mut file: WidgetFile) -> (WidgetFile, Vec<String>) {
    let mut warnings = Vec::new();
    let decoded = decoded(&file);
    if decoded.is_none() && file.encoded.is_some() {
        warnings.push(
            "encodedWidget holds nothing of the editor's (perhaps only the template); it is kept as it is".into(),
        );
    }
    let state = decoded.as_ref().and_then(|members| members.get("defaultState"));
    if let (None, Some(state)) = (sample(&file), state) {
        file.inlay.get_or_insert_default().insert(SAMPLE.into(), state.clone());
    }
    let slug = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !(1..=64).contains(&file.name.len()) || !file.name.bytes().all(slug) {
        warnings.push(format!(
            "Inlay serves no widget called {:?}: a name has 1 to 64 of a-z, 0-9 and '-'. Give it one with --name {}",
            file.name,
            slug_of(&file.name)
        ));
    }
    if file.json_schema.is_none() {
        warnings.push("there is no jsonSchema, so that data is not checked".into());
    }
    warnings.extend(tried(&file));
    (file, warnings)
}

/// "Author preview" -> "author-preview"
pub fn slug_of(name: &str) -> String {
    let words = name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), " ");
    let slug = words.split_whitespace().collect::<Vec<_>>().join("-");
    if slug.is_empty() { "widget".to_owned() } else { slug.chars().take(64).collect() }
}

/// What becomes of the sample.
fn tried(file: &WidgetFile) -> Vec<String> {
    let template = match Template::compile(&file.name, &file.template) {
        Ok(template) => template,
        Err(fault) => return vec![fault.to_string()],
    };
    let Some(sample) = sample(file) else {
        return vec!["there is no sample to try it with; write sample.json".into()];
    };
    let mut warnings = Vec::new();
    match file.json_schema.as_ref().map(Schema::compile) {
        Some(Err(why)) => warnings.push(format!("the schema cannot be used: {why}")),
        Some(Ok(schema)) => {
            let faults = schema.check(sample).err().unwrap_or_default();
            let said = faults
                .iter()
                .map(|fault| format!("the sample does not fit the schema: {}: {}", fault.pointer, fault.message));
            warnings.extend(said);
        }
        None => {}
    }
    match template.render(sample, &RenderLimits::default()) {
        Err(fault) => warnings.push(format!("the sample cannot be shown: {fault}")),
        Ok(tree) => {
            let differs =
                file.preview.as_ref().is_some_and(|preview| !super::cases::differences(preview, &tree).is_empty());
            if differs {
                warnings
                    .push("outputJsonPreview is not what the template makes of the sample; it is out of date".into());
            }
        }
    }
    warnings
}

/// A `.widget` file with everything that ChatKit's tools look for. What `import` added is left out again, so that a file
/// which only went through Inlay is the same file. With it comes why nothing was made, where the sample cannot be shown.
pub fn export(mut file: WidgetFile) -> (WidgetFile, Option<String>) {
    let empty = Value::Object(Map::new());
    let state = sample(&file).cloned();
    if file.encoded.is_none() {
        let state = state.as_ref().unwrap_or(&empty);
        let template = Template::compile(&file.name, &file.template);
        let tree = template.and_then(|template| template.render(state, &RenderLimits::default()));
        let tree = match tree {
            Ok(tree) => tree,
            Err(fault) => return (file, Some(format!("without encodedWidget: the sample cannot be shown: {fault}"))),
        };
        file.encoded = Some(encoded(&file, state, &tree).into());
        file.preview.get_or_insert(tree);
    } else if state.is_some() && decoded(&file).and_then(|members| members.get("defaultState").cloned()) == state {
        let only = |extra: &Map<String, Value>| extra.len() == 1;
        file.inlay = file.inlay.filter(|extra| !only(extra));
    }
    (file, None)
}

fn encoded(file: &WidgetFile, state: &Value, tree: &Value) -> String {
    let title = file.inlay.as_ref().and_then(|extra| extra.get("title")).and_then(Value::as_str);
    let schema = file.json_schema.clone().unwrap_or_else(|| json!({"type": "object"}));
    let mark = hex(&sha256(format!("{}\n{}", file.name, file.template).as_bytes()));
    let members = json!({
        "id": format!("wig_{}", mark.get(..8).unwrap_or(&mark)),
        "name": title.unwrap_or(&file.name),
        "view": source::jsx(tree),
        "defaultState": state,
        "states": [],
        "schemaMode": "zod",
        "schema": source::zod(&schema),
        "jsonSchema": schema,
        "schemaValidity": "valid",
        "viewValidity": "valid",
        "defaultStateValidity": "valid",
    });
    URL_SAFE_NO_PAD.encode(members.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(more: Value) -> WidgetFile {
        let mut file = json!({"version": "1.0", "name": "hello",
            "template": "{\"type\": \"Card\", \"children\": [{\"type\": \"Text\", \"value\": {{ who | tojson }}}]}"});
        file.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        WidgetFile::from_json(&file).unwrap()
    }

    #[test]
    fn what_was_imported_comes_out_as_it_was() {
        let state = URL_SAFE_NO_PAD.encode(r#"{"id": "wig_1", "view": "<Card/>", "defaultState": {"who": "you"}}"#);
        let file = hello(
            json!({"encodedWidget": state, "jsonSchema": {"type": "object"}, "outputJsonPreview": {"type": "Card"}, "x": [1]}),
        );
        let (imported, warnings) = import(file.clone());
        assert_eq!(sample(&imported), Some(&json!({"who": "you"})));
        assert_eq!(warnings, ["outputJsonPreview is not what the template makes of the sample; it is out of date"]);
        assert_eq!(export(imported.clone()).0, file);
        let mut worked_on = imported;
        worked_on.inlay.get_or_insert_default().insert("title".into(), "Hello".into());
        assert_eq!(export(worked_on.clone()).0, worked_on, "what was added stays");
    }

    #[test]
    fn what_an_editor_needs_is_made_where_it_is_missing() {
        let schema = json!({"type": "object", "required": ["who"], "properties": {"who": {"type": "string"}}});
        let file = hello(json!({"jsonSchema": schema, "inlay": {"title": "Hello", "sample": {"who": "\"you\""}}}));
        let exported = export(file.clone()).0;
        assert_eq!((&exported.template, &exported.inlay), (&file.template, &file.inlay));
        assert_eq!(exported.preview.as_ref().unwrap()["children"][0]["value"], "\"you\"");
        let editor = decoded(&exported).unwrap();
        assert_eq!((&editor["name"], &editor["defaultState"]), (&json!("Hello"), &json!({"who": "\"you\""})));
        assert_eq!(editor["view"], "<Card>\n  <Text value={\"\\\"you\\\"\"} />\n</Card>");
        assert_eq!(import(exported.clone()).1, [""; 0]);
        assert_eq!(export(exported.clone()).0, exported, "a second time changes nothing");
    }

    #[test]
    fn warnings_say_what_will_not_be_as_it_seems() {
        let warned = |more: Value| import(hello(more)).1.join("\n");
        assert!(warned(json!({"name": "My Widget"})).contains("--name my-widget"));
        assert!(warned(json!({"encodedWidget": "e3t9fQ"})).contains("nothing of the editor's"));
        assert!(warned(json!({"inlay": {"sample": {}}})).contains("line 1"));
        assert!(
            warned(json!({"inlay": {"sample": {"who": 1}}, "jsonSchema": {"properties": {"who": {"type": "string"}}}}))
                .contains("/who")
        );
        assert!(warned(json!({"template": "{{"})).contains("line 1"));
        let (kept, why) = export(hello(json!({"x": 1})));
        assert_eq!((kept.encoded, kept.other["x"].clone()), (None, json!(1)));
        assert!(why.unwrap().contains("line 1"));
        assert_eq!(slug_of(" Größe & Form!"), "gr-e-form");
        assert_eq!(slug_of("…"), "widget");
    }
}
