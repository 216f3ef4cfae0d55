//! The derives are serde's and schemars', made on a hidden copy of the type: what must not get lost on the way.
use inlay::schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use inlay::*;
use std::collections::BTreeMap;

fn read<T: DeserializeOwned>(json: Value) -> std::result::Result<T, String> {
    serde_json::from_value(json).map_err(|e| e.to_string())
}

fn schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
    SchemaGenerator::new(settings).subschema_for::<T>().to_value()
}

mod elsewhere {
    use super::*;

    /// A visitor's order.
    #[derive(Deserialize, Serialize, Debug, PartialEq, Clone)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub struct Order {
        /// How many
        #[schemars(range(min = 1, max = 9))]
        pub item_count: u32,
        #[serde(default = "euro", skip_serializing_if = "is_euro")]
        pub(super) currency: String,
        #[serde(rename = "when")]
        at: Option<u64>,
        #[serde(skip)]
        secret: u8,
    }

    fn euro() -> String {
        "EUR".to_owned()
    }

    fn is_euro(text: &str) -> bool {
        text == "EUR"
    }
}

#[test]
fn attributes_of_structs_and_fields_count() {
    let order: elsewhere::Order = read(json!({ "itemCount": 2, "when": 5 })).unwrap();
    assert_eq!((order.item_count, order.currency.as_str()), (2, "EUR"));
    assert_eq!(serde_json::to_value(&order).unwrap(), json!({ "itemCount": 2, "when": 5 }));
    assert!(read::<elsewhere::Order>(json!({ "itemCount": 2, "x": 1 })).unwrap_err().contains("unknown field `x`"));
    assert!(read::<elsewhere::Order>(json!({})).unwrap_err().contains("missing field `itemCount`"));
    let expected = json!({
        "type": "object", "description": "A visitor's order.", "additionalProperties": false,
        "required": ["itemCount"],
        "properties": {
            "itemCount": { "type": "integer", "format": "uint32", "minimum": 1, "maximum": 9,
                "description": "How many" },
            "currency": { "type": "string" },
            "when": { "type": ["integer", "null"], "format": "uint64", "minimum": 0 },
        },
    });
    assert_eq!(schema::<elsewhere::Order>(), expected);
    assert_eq!(elsewhere::Order::schema_name(), "Order");
}

#[derive(Deserialize, Serialize, Debug, PartialEq)]
#[serde(default)]
struct Page {
    limit: u32,
    search: String,
}

impl Default for Page {
    fn default() -> Page {
        Page { limit: 12, search: "all".to_owned() }
    }
}

#[test]
fn a_whole_type_may_have_a_default() {
    assert_eq!(read::<Page>(json!({ "limit": 3 })).unwrap(), Page { limit: 3, ..Page::default() });
    let schema = schema::<Page>();
    assert_eq!(schema["properties"]["limit"]["default"], 12);
    assert_eq!(schema["properties"]["search"]["default"], "all");
    assert_eq!(schema.get("required"), None);
}

#[derive(Deserialize, Serialize, Debug, PartialEq, Default, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Size {
    #[default]
    Small,
    VeryLarge,
}

#[derive(Deserialize, Serialize, Debug, PartialEq)]
#[serde(tag = "type", content = "value")]
enum Tagged {
    None,
    One(u32),
    Named { size: Size },
}

#[derive(Deserialize, Serialize, Debug, PartialEq)]
#[serde(untagged)]
enum Loose {
    Number(i64),
    Text(String),
    Many(Vec<Loose>),
}

#[test]
fn enums_of_all_kinds() {
    assert_eq!(read::<Size>(json!("very-large")).unwrap(), Size::VeryLarge);
    assert_eq!(schema::<Size>(), json!({ "type": "string", "enum": ["small", "very-large"] }));
    for value in [Tagged::None, Tagged::One(1), Tagged::Named { size: Size::Small }] {
        assert_eq!(read::<Tagged>(serde_json::to_value(&value).unwrap()).unwrap(), value);
    }
    assert_eq!(serde_json::to_value(Tagged::One(1)).unwrap(), json!({ "type": "One", "value": 1 }));
    let loose = json!([1, "a", [2]]);
    let read_loose: Loose = read(loose.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read_loose).unwrap(), loose);
    assert!(schema::<Tagged>()["oneOf"].is_array());
    assert!(schema::<Loose>()["anyOf"].is_array());
}

#[derive(Deserialize, Serialize, Debug, PartialEq)]
struct Tree {
    name: String,
    #[serde(default)]
    children: Vec<Self>,
    parent: Option<Box<Tree>>,
}

#[test]
fn types_may_contain_themselves_also_as_self() {
    let json = json!({ "name": "a", "children": [{ "name": "b", "children": [], "parent": null }], "parent": null });
    let tree: Tree = read(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(&tree).unwrap(), json);
    assert_eq!(schema::<Tree>()["properties"]["children"]["items"], json!({ "$ref": "#/$defs/Tree" }));
}

#[derive(Deserialize, Serialize, Debug, PartialEq)]
struct Wrapper(u8);

#[derive(Deserialize, Serialize, Debug, PartialEq)]
struct Pair(u8, String);

#[derive(Deserialize, Serialize, Debug, PartialEq)]
struct Unit;

#[derive(Deserialize, Serialize, Debug, PartialEq)]
#[serde(transparent)]
struct Transparent {
    inner: BTreeMap<String, Wrapper>,
}

#[derive(Deserialize, Serialize, Debug, PartialEq)]
struct Flat {
    #[serde(flatten)]
    page: Page,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Deserialize, Serialize, Debug, PartialEq)]
#[serde(try_from = "String", into = "String")]
struct Even(u32);

impl TryFrom<String> for Even {
    type Error = String;
    fn try_from(text: String) -> std::result::Result<Even, String> {
        let number: u32 = text.parse().map_err(|_| "not a number".to_owned())?;
        if number.is_multiple_of(2) { Ok(Even(number)) } else { Err("not even".to_owned()) }
    }
}

impl From<Even> for String {
    fn from(even: Even) -> String {
        even.0.to_string()
    }
}

impl Clone for Even {
    fn clone(&self) -> Even {
        Even(self.0)
    }
}

#[test]
fn tuples_units_and_conversions() {
    assert_eq!(read::<Wrapper>(json!(7)).unwrap(), Wrapper(7));
    assert_eq!(read::<Pair>(json!([7, "x"])).unwrap(), Pair(7, "x".to_owned()));
    assert_eq!(serde_json::to_value(Unit).unwrap(), Value::Null);
    let map = json!({ "a": 1 });
    assert_eq!(serde_json::to_value(read::<Transparent>(map.clone()).unwrap()).unwrap(), map);
    let flat: Flat = read(json!({ "limit": 1, "other": true })).unwrap();
    assert_eq!((flat.page.limit, &flat.rest["other"]), (1, &json!(true)));
    assert_eq!(read::<Even>(json!("4")).unwrap(), Even(4));
    assert!(read::<Even>(json!("5")).unwrap_err().contains("not even"));
    assert_eq!(serde_json::to_value(Even(6)).unwrap(), json!("6"));
    assert_eq!(schema::<Even>()["type"], "string");
}

#[derive(Serialize)]
struct Line<'a, 'b: 'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'b str>,
}

#[test]
fn what_is_only_written_may_borrow() {
    let line = Line { name: "rope", note: None };
    assert_eq!(serde_json::to_value(&line).unwrap(), json!({ "name": "rope" }));
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only its schema is looked at")]
struct Bounded {
    #[schemars(length(min = 2, max = 4), regex(pattern = "^[a-z]+$"))]
    word: String,
    #[schemars(email)]
    email: String,
    #[schemars(extend("enum" = ["a", "b"]))]
    choice: String,
    #[schemars(length(max = 3))]
    list: Vec<u8>,
}

#[test]
fn bounds_reach_the_schema() {
    let schema = schema::<Bounded>();
    let word = json!({ "type": "string", "minLength": 2, "maxLength": 4, "pattern": "^[a-z]+$" });
    assert_eq!(schema["properties"]["word"], word);
    assert_eq!(schema["properties"]["email"]["format"], "email");
    assert_eq!(schema["properties"]["choice"]["enum"], json!(["a", "b"]));
    assert_eq!(schema["properties"]["list"]["maxItems"], 3);
}
