//! Source text as ChatKit's editor shows it: JSX of a tree, zod of a JSON Schema.
use serde_json::{Map, Value};

/// The tree as JSX, two blanks to a level.
pub fn jsx(tree: &Value) -> String {
    let mut text = String::new();
    element(tree, 0, &mut text);
    text
}

fn element(node: &Value, level: usize, into: &mut String) {
    let indent = "  ".repeat(level);
    let Some(members) = node.as_object() else { return };
    let kind = members.get("type").and_then(Value::as_str).unwrap_or("Box");
    into.push_str(&format!("{indent}<{kind}"));
    for (name, value) in
        members.iter().filter(|(name, value)| !["type", "children"].contains(&name.as_str()) && !value.is_null())
    {
        into.push_str(&format!(" {name}={}", attribute(value)));
    }
    let children: Vec<&Value> = super::super::cases::children(node).collect();
    if children.is_empty() {
        into.push_str(" />");
        return;
    }
    into.push('>');
    for child in children {
        into.push('\n');
        element(child, level + 1, into);
    }
    into.push_str(&format!("\n{indent}</{kind}>"));
}

/// JSX has no escapes in quotes, so a text that would need one stands in braces, as everything that is no text.
fn attribute(value: &Value) -> String {
    match value {
        Value::String(text)
            if !text.contains(['"', '\\', '&', '{', '}', '<', '>']) && !text.contains(char::is_control) =>
        {
            format!("\"{text}\"")
        }
        other => format!("{{{other}}}"),
    }
}

/// The schema as zod. What zod's plain forms cannot say is `z.any()`: the JSON Schema beside it is what counts.
pub fn zod(schema: &Value) -> String {
    format!("import {{ z }} from \"zod\"\n\nexport default {}", shape(schema, 0))
}

fn shape(schema: &Value, level: usize) -> String {
    let Some(members) = schema.as_object() else { return "z.any()".to_owned() };
    if let Some(values) = members.get("enum").and_then(Value::as_array) {
        let all = values.iter().map(|value| format!("z.literal({value})")).collect();
        return union(all);
    }
    match members.get("type") {
        Some(Value::String(kind)) => of_type(kind, members, level),
        Some(Value::Array(kinds)) => {
            union(kinds.iter().filter_map(Value::as_str).map(|kind| of_type(kind, members, level)).collect())
        }
        _ => "z.any()".to_owned(),
    }
}

fn union(all: Vec<String>) -> String {
    match all.as_slice() {
        [] => "z.any()".to_owned(),
        [one] => one.clone(),
        more => format!("z.union([{}])", more.join(", ")),
    }
}

fn of_type(kind: &str, schema: &Map<String, Value>, level: usize) -> String {
    match kind {
        "string" => "z.string()".to_owned(),
        "integer" => "z.number().int()".to_owned(),
        "number" => "z.number()".to_owned(),
        "boolean" => "z.boolean()".to_owned(),
        "null" => "z.null()".to_owned(),
        "array" => {
            format!("z.array({})", schema.get("items").map_or("z.any()".to_owned(), |items| shape(items, level)))
        }
        "object" => object(schema, level),
        _ => "z.any()".to_owned(),
    }
}

fn object(schema: &Map<String, Value>, level: usize) -> String {
    let required = schema.get("required").and_then(Value::as_array);
    let needed = |name: &str| required.is_some_and(|names| names.iter().any(|one| one == name));
    let members = schema.get("properties").and_then(Value::as_object);
    let indent = "  ".repeat(level + 1);
    let lines = members.into_iter().flatten().map(|(name, member)| {
        let optional = if needed(name) { "" } else { ".optional()" };
        format!("{indent}{}: {}{optional},\n", Value::from(name.as_str()), shape(member, level + 1))
    });
    format!("z.object({{\n{}{}}})", lines.collect::<String>(), "  ".repeat(level))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_tree_reads_like_the_editor_s_view() {
        let tree = json!({"type": "Card", "key": null, "size": "md", "children": [
            {"type": "Row", "gap": 2, "padding": {"x": 1}, "children": {"type": "Text", "value": "a \"b\"\n"}}, {"type": "Divider", "flush": true}]});
        let expected = "<Card size=\"md\">\n  <Row gap={2} padding={{\"x\":1}}>\n    <Text value={\"a \\\"b\\\"\\n\"} />\n  </Row>\n  <Divider flush={true} />\n</Card>";
        assert_eq!(jsx(&tree), expected);
    }

    #[test]
    fn a_schema_reads_like_zod() {
        let schema = json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "array", "items": {"type": ["string", "null"]}},
            "b": {"enum": ["x", 1]}, "c": {"$ref": "#/$defs/c"}}});
        let expected = "z.object({\n  \"a\": z.array(z.union([z.string(), z.null()])),\n  \"b\": z.union([z.literal(\"x\"), z.literal(1)]).optional(),\n  \"c\": z.any().optional(),\n})";
        assert_eq!(zod(&schema), format!("import {{ z }} from \"zod\"\n\nexport default {expected}"));
    }
}
