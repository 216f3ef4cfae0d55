use super::*;
use crate::base::tree::finding::Area;
use crate::base::tree::schema::schema;
use crate::base::tree::wire;
use proptest::prelude::*;
use serde_json::json;

fn read(body: Value) -> Result<Subject> {
    match body {
        Value::Object(body) => Subject::read(body),
        _ => panic!("an object"),
    }
}

#[test]
fn a_request_says_what_it_wants_looked_at() {
    let tree = json!({"type": "Card", "children": []});
    assert!(matches!(read(json!({"widget": tree})), Ok(Subject::Tree(_))));
    assert!(matches!(read(tree), Ok(Subject::Tree(_))));
    assert!(matches!(read(json!({"template": "x", "data": null})), Ok(Subject::Template { .. })));
    let file = json!({"version": "1.0", "name": "x", "template": "t", "inlay": {"sample": {"a": 1}}});
    for file in [file.clone(), Value::from(file.to_string())] {
        let Ok(Subject::Template { data, .. }) = read(json!({"file": file})) else { panic!("a template") };
        assert_eq!(data, json!({"a": 1}));
    }
    for (body, code) in [
        (json!({}), Code::InvalidBody),
        (json!({"widget": 1, "template": ""}), Code::InvalidBody),
        (json!({"template": 1}), Code::InvalidBody),
        (json!({"template": "", "data": []}), Code::InvalidBody),
        (json!({"file": {}}), Code::InvalidWidget),
        (json!({"file": "{"}), Code::InvalidWidget),
    ] {
        assert_eq!(read(body.clone()).unwrap_err().code, code, "{body}");
    }
}

#[test]
fn findings_lead_to_the_line_of_the_template() {
    let template = "{\"type\": \"Card\", \"children\": [\n  {% for a in list %}\n  {\"type\": \"Tilte\", \"value\": {{ a | tojson }}},\n  {% endfor %}\n  {\"type\": \"Image\", \"src\": \"/x\"}\n]}";
    let subject = read(json!({"template": template, "data": {"list": ["x", "y"]}})).unwrap();
    let report = validate(&subject, &Lens::default());
    let found: Vec<_> = report.findings.iter().map(|f| (f.pointer.as_str(), f.line, f.code)).collect();
    let unknown = "unknown_component";
    assert_eq!(
        found,
        [
            ("/children/0/type", Some(3), unknown),
            ("/children/1/type", Some(3), unknown),
            ("/children/2/alt", Some(5), "image_without_alt")
        ]
    );
    assert!(!report.valid && report.figures.is_some_and(|f| f.nodes == 4));
}

#[test]
fn templates_that_give_no_tree_are_findings_too() {
    let codes = |body: Value| {
        let report = validate(&read(body).unwrap(), &Lens::default());
        report.findings.iter().map(|f| (f.code, f.line)).collect::<Vec<_>>()
    };
    assert_eq!(codes(json!({"template": "{\n{{ missing }}"})), [("template_fails", Some(2))]);
    assert_eq!(codes(json!({"template": "{% for %}"})), [("template_fails", Some(1))]);
    assert_eq!(codes(json!({"template": "{"})), [("not_json", Some(1))]);
    assert_eq!(
        codes(json!({"template": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"}))[0]
            .0,
        "past_a_bound"
    );
    let good = "{\"type\": \"Basic\"}";
    assert_eq!(codes(json!({"template": good, "schema": {"required": ["a"]}})), [("data_misfit", None)]);
    assert_eq!(codes(json!({"template": good, "schema": 5})), [("schema_invalid", None)]);
    assert_eq!(codes(json!({"template": "[1]"})), [("invalid_root", Some(1))]);
}

#[test]
fn the_profiler_weighs_and_advises() {
    let template = "{\"type\": \"Card\", \"children\": [{% for n in range(60) %}\n{\"type\": \"Row\", \"children\": [{\"type\": \"Text\", \"value\": \"{{ n }}\"}]}{{ \",\" if not loop.last else \"\" }}\n{% endfor %}]}";
    let subject = read(json!({"template": template})).unwrap();
    let before = Baseline { bytes: 1_000, gzip_bytes: 100, nodes: 121, depth: 3, steps: 1 };
    let seen = profile(&subject, &Lens::default(), Some(&before));
    let size = seen.size.unwrap();
    assert_eq!((size.nodes, size.depth), (121, 3));
    assert!(size.gzip_bytes < size.bytes / 4 && size.steps > 100, "{size:?}");
    assert_eq!(seen.components.get("Row"), Some(&60));
    assert_eq!(seen.lines[0].cost.visits, 120, "two expressions in sixty rounds: {:?}", seen.lines);
    let change = seen.change.unwrap();
    assert!(change.nodes_percent == 0.0 && change.bytes_percent > 100.0);
    let all = seen.recommendations.join("\n");
    for part in
        ["60 times Row below \"\": show them in pages", "without a key each", "has grown by", "Line 2 of the template"]
    {
        assert!(all.contains(part), "{part}: {all}");
    }
    let times = seen.times.unwrap();
    assert!(times.runs >= 1 && times.render_us.is_some_and(|us| us > 0.0) && times.reference_us > 0.0);
    let bare = profile(&read(json!({"type": "Card", "children": []})).unwrap(), &Lens::default(), None);
    assert!(bare.recommendations.is_empty() && bare.lines.is_empty() && bare.size.is_some());
    let deep = (0..60).fold(json!({}), |inner, _| json!({"type": "Col", "children": [inner]}));
    assert!(profile(&Subject::Tree(deep), &Lens::default(), None).size.is_none());
}

/// The schema and the validation are made from one table; that they read it alike is what this asks.
fn agree(schema: &Schema, tree: &Value) -> std::result::Result<(), TestCaseError> {
    if !crate::base::tree::check(tree).is_empty() {
        return Ok(());
    }
    let seen = review(tree, &Bounds::default());
    let structure: Vec<_> = seen.findings.list.iter().filter(|f| f.area == Area::Structure).collect();
    let by_schema = schema.check(&wire(tree.clone()));
    prop_assert_eq!(
        structure.is_empty(),
        by_schema.is_ok(),
        "{}\nfindings {:?}\nschema {:?}",
        tree,
        structure,
        by_schema
    );
    Ok(())
}

/// Trees that are nearly right: made from the vocabulary, with a mistake here and there.
fn nearly_right() -> impl Strategy<Value = Value> {
    use crate::base::tree::vocabulary::{COMPONENTS, Children, Kind, Type};
    fn value(of: &'static Type, seed: &mut impl Iterator<Item = u16>) -> Value {
        let n = usize::from(seed.next().unwrap_or(0));
        if n % 23 == 22 {
            return [json!(7), json!("x"), json!([]), json!({}), json!(null), json!(true), json!(1.5)][n / 23 % 7]
                .clone();
        }
        match &of.kind {
            Kind::Anything => json!({"a": [null, 1]}),
            Kind::Text | Kind::Name | Kind::Url | Kind::Date | Kind::Colour => json!("text"),
            Kind::Bool => json!(n % 2 == 0),
            Kind::False => json!(false),
            Kind::Number => json!(n as f64 / 2.0),
            Kind::Integer => json!(n),
            Kind::Word(all) => json!(all[n % all.len()]),
            Kind::Icon => json!(["plus", "lucide:x", "vendor:y"][n % 3]),
            Kind::Shape(shape) => object(shape.props.iter(), seed),
            Kind::Either(first, second) => object(if n % 2 == 0 { first } else { second }.props.iter(), seed),
            Kind::Tagged(shapes) => {
                let shape = shapes[n % shapes.len()];
                let mut value = object(shape.props.iter(), seed);
                value["type"] = json!(shape.name);
                value
            }
            Kind::List(of) => (0..n % 3).map(|_| value(of, seed)).collect(),
            Kind::Map(of) => json!({"a": value(of, seed)}),
            Kind::OneOf(types) => value(types[n % types.len()], seed),
        }
    }
    fn object(
        props: impl Iterator<Item = &'static crate::base::tree::vocabulary::Prop>,
        seed: &mut impl Iterator<Item = u16>,
    ) -> Value {
        let mut members = Map::new();
        for prop in props {
            let n = seed.next().unwrap_or(0);
            if (prop.required && n % 29 != 28) || n % 4 == 3 {
                members.insert(prop.name.to_owned(), value(prop.of, seed));
            }
            if n % 61 == 60 {
                members.insert("stray".into(), json!(1));
            }
        }
        Value::Object(members)
    }
    fn node(group: Option<usize>, depth: usize, seed: &mut impl Iterator<Item = u16>) -> Value {
        let n = usize::from(seed.next().unwrap_or(0));
        let component = &COMPONENTS[group.unwrap_or(n % COMPONENTS.len())];
        let mut members = object(component.props(), seed);
        members["type"] = json!(component.name);
        let groups = component.children.groups();
        let fitting: Vec<usize> = (0..COMPONENTS.len()).filter(|at| groups.contains(&COMPONENTS[*at].group)).collect();
        if depth > 0 && !fitting.is_empty() {
            let mut child = || {
                let n = usize::from(seed.next().unwrap_or(0));
                node((n % 17 != 16).then_some(fitting[n % fitting.len()]), depth - 1, seed)
            };
            members["children"] = match component.children {
                Children::One(_) => child(),
                _ => (0..n % 4).map(|_| child()).collect(),
            };
        }
        members
    }
    prop::collection::vec(any::<u16>(), 200).prop_map(|numbers| {
        let mut seed = numbers.into_iter();
        let root = usize::from(seed.next().unwrap_or(0)) % 3;
        node(Some(root), 3, &mut seed)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn schema_and_validation_agree(tree in nearly_right(), any in crate::base::tree::review::tests::any_json()) {
        static SCHEMA: std::sync::LazyLock<Schema> = std::sync::LazyLock::new(|| Schema::compile(&schema()).unwrap());
        agree(&SCHEMA, &tree)?;
        agree(&SCHEMA, &any)?;
    }
}

#[test]
fn nearly_right_trees_are_often_right() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let right = (0..200).filter(|_| {
        let tree = nearly_right().new_tree(&mut runner).unwrap().current();
        review(&tree, &Bounds::default()).findings.list.iter().all(|f| f.area != Area::Structure)
    });
    let right = right.count();
    assert!((20..=180).contains(&right), "{right} of 200 are right: the property would prove little");
}
