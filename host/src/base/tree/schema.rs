//! The JSON Schema (draft 2020-12) of a widget tree as it is sent, made from the vocabulary.
use super::MAX_NESTING;
use super::vocabulary::{COMPONENTS, Children, Component, Group, Kind, Prop, Shape, Type, words};
use serde_json::{Map, Value, json};

/// Where it is published, seen from the host's root.
pub const PATH: &str = "/schemas/widget.json";

/// The whole schema. A tree is valid by it exactly when the strict validation finds no error of structure in it.
pub fn schema() -> Value {
    let mut defs = Defs(Map::new());
    let roots = defs.group(&[Group::Root]);
    for component in &COMPONENTS {
        let schema = component_schema(component, &mut defs);
        defs.0.insert(component.name.to_owned(), schema);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://inlay.dev/schemas/widget.json",
        "title": "Widget",
        "description": format!("A widget tree as it is sent, without nulls; at most {MAX_NESTING} lists and objects inside each other"),
        "$ref": roots,
        "$defs": defs.0,
    })
}

struct Defs(Map<String, Value>);

impl Defs {
    /// One of the components of these groups. Asked by `type` and not tried in turns, which would take time without bound.
    fn group(&mut self, groups: &[Group]) -> String {
        let name: String = groups.iter().map(|group| format!("{group:?}")).collect::<Vec<_>>().join("Or") + "Node";
        if !self.0.contains_key(&name) {
            let members = COMPONENTS.iter().filter(|component| groups.contains(&component.group));
            let names: Vec<&str> = members.map(|component| component.name).collect();
            let cases: Vec<Value> = names.iter().map(|name| case(name, name)).collect();
            let schema = json!({
                "type": "object",
                "required": ["type"],
                "properties": {"type": {"enum": names}},
                "allOf": cases,
            });
            self.0.insert(name.clone(), schema);
        }
        reference(&name)
    }

    fn kind(&mut self, of: &'static Type) -> Value {
        match &of.kind {
            Kind::Anything => json!(true),
            Kind::Text | Kind::Colour | Kind::Url | Kind::Date => json!({"type": "string"}),
            Kind::Name => json!({"type": "string", "minLength": 1}),
            Kind::Bool => json!({"type": "boolean"}),
            Kind::False => json!({"const": false}),
            Kind::Number => json!({"type": "number"}),
            Kind::Integer => json!({"type": "integer"}),
            Kind::Word(all) => json!({"enum": all}),
            _ => self.named(of),
        }
    }

    /// A type that is worth a definition of its own.
    fn named(&mut self, of: &'static Type) -> Value {
        if !self.0.contains_key(of.name) {
            // Its place is taken first: a type may hold itself.
            self.0.insert(of.name.to_owned(), Value::Null);
            let mut schema = match &of.kind {
                Kind::Icon => {
                    json!({"anyOf": [{"enum": words::ICONS}, {"type": "string", "pattern": "^(vendor|lucide):"}]})
                }
                Kind::Shape(shape) => self.shape(shape, false),
                Kind::Either(first, second) => {
                    let (first, second) = (self.shape(first, false), self.shape(second, false));
                    json!({"anyOf": [first, second]})
                }
                Kind::Tagged(shapes) => {
                    let names: Vec<&str> = shapes.iter().map(|shape| shape.name).collect();
                    let cases: Vec<Value> = shapes
                        .iter()
                        .map(|shape| {
                            let def = format!("{}{}", of.name, shape.name);
                            let schema = self.shape(shape, true);
                            self.0.insert(def.clone(), schema);
                            case(shape.name, &def)
                        })
                        .collect();
                    json!({"type": "object", "required": ["type"], "properties": {"type": {"enum": names}}, "allOf": cases})
                }
                Kind::List(of) => json!({"type": "array", "items": self.kind(of)}),
                Kind::Map(of) => json!({"type": "object", "additionalProperties": self.kind(of)}),
                Kind::OneOf(types) => {
                    let types: Vec<Value> = types.iter().map(|of| self.kind(of)).collect();
                    json!({"anyOf": types})
                }
                _ => self.kind(of),
            };
            if let Some(schema) = schema.as_object_mut() {
                schema.insert("description".into(), of.says.into());
            }
            self.0.insert(of.name.to_owned(), schema);
        }
        json!({"$ref": reference(of.name)})
    }

    fn shape(&mut self, shape: &'static Shape, tagged: bool) -> Value {
        let mut properties = Map::new();
        if tagged {
            properties.insert("type".into(), json!({"const": shape.name}));
        }
        self.properties(&mut properties, shape.props.iter());
        let mut required = required(shape.props.iter());
        if tagged {
            required.insert(0, "type");
        }
        json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
    }

    fn properties(&mut self, into: &mut Map<String, Value>, props: impl Iterator<Item = &'static Prop>) {
        for prop in props {
            let mut schema = self.kind(prop.of);
            if let Some(schema) = schema.as_object_mut().filter(|_| prop.ours) {
                schema.insert("$comment".into(), "Inlay's own: other renderers pass over it".into());
            }
            into.insert(prop.name.to_owned(), schema);
        }
    }
}

fn required(props: impl Iterator<Item = &'static Prop>) -> Vec<&'static str> {
    props.filter(|prop| prop.required).map(|prop| prop.name).collect()
}

fn reference(name: &str) -> String {
    format!("#/$defs/{name}")
}

fn case(tag: &str, def: &str) -> Value {
    json!({"if": {"properties": {"type": {"const": tag}}}, "then": {"$ref": reference(def)}})
}

fn component_schema(component: &'static Component, defs: &mut Defs) -> Value {
    let mut properties = Map::new();
    properties.insert("type".into(), json!({"const": component.name}));
    properties.insert("key".into(), json!({"type": "string"}));
    properties.insert("id".into(), json!({"type": "string"}));
    let mut needed = vec!["type"];
    match component.children {
        Children::None => {}
        Children::One(groups) => {
            let node = defs.group(groups);
            properties.insert("children".into(), json!({"$ref": node}));
        }
        Children::Many { of, required } => {
            let node = defs.group(of);
            let one_or_more = json!({"anyOf": [{"type": "array", "items": {"$ref": node}}, {"$ref": node}]});
            properties.insert("children".into(), one_or_more);
            needed.extend(required.then_some("children"));
        }
    }
    defs.properties(&mut properties, component.props());
    needed.extend(required(component.props()));
    json!({"description": component.says, "type": "object", "properties": properties, "required": needed, "additionalProperties": false})
}
