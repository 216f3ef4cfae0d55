use super::*;
use crate::base::tree::check;
use proptest::prelude::*;

/// A tree of few words, so that two of them are often alike.
fn node() -> impl Strategy<Value = Value> {
    let id = prop_oneof![3 => Just(None), 2 => "[a-d]{1,3}".prop_map(Some)];
    let text = prop::sample::select(vec!["", "a", "ab", "abc", "x", "é😀", "é"]);
    let leaf = (prop::sample::select(vec!["Text", "Markdown", "Title"]), id.clone(), text, any::<bool>());
    let leaf = leaf.prop_map(|(kind, id, value, streaming)| {
        let mut node = json!({"type": kind, "value": value, "id": id});
        if streaming {
            node["streaming"] = json!(true);
        }
        node
    });
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let many = prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from);
        let children = prop_oneof![4 => many, 1 => inner];
        (prop::sample::select(vec!["Row", "Col"]), "[e-h]?", children, prop::option::of(0..2)).prop_map(
            |(kind, id, children, gap)| {
                let id = (!id.is_empty()).then_some(id);
                json!({"type": kind, "id": id, "gap": gap, "children": children})
            },
        )
    })
}

fn root() -> impl Strategy<Value = Value> {
    prop::collection::vec(node(), 0..4).prop_map(|children| json!({"type": "Card", "id": "root", "children": children}))
}

/// Changes a few things: grows texts, exchanges a node for another, takes one away.
fn changed(tree: &Value, choices: &[u8], other: &Value) -> Value {
    fn walk(node: &mut Value, choices: &mut impl Iterator<Item = u8>, other: &Value) {
        match choices.next().unwrap_or(0) {
            1 => {
                if let Some(Value::String(text)) = node.get_mut("value") {
                    text.push_str("more");
                }
            }
            2 => *node = other["children"].get(0).cloned().unwrap_or_else(|| node.clone()),
            3 => node["gap"] = json!(9),
            4 => {
                if let Some(Value::Array(children)) = node.get_mut("children") {
                    children.pop();
                }
            }
            _ => {}
        }
        match node.get_mut("children") {
            Some(Value::Array(children)) => children.iter_mut().for_each(|child| walk(child, choices, other)),
            Some(child @ Value::Object(_)) => walk(child, choices, other),
            _ => {}
        }
    }
    let mut tree = tree.clone();
    walk(&mut tree, &mut std::iter::once(0).chain(choices.iter().copied()), other);
    tree
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn small_updates_lead_from_the_old_tree_to_the_new(before in root(), other in root(), choices in prop::collection::vec(0u8..8, 24)) {
        for after in [changed(&before, &choices, &other), other] {
            prop_assert!(check(&before).is_empty() && check(&after).is_empty());
            let updates = diff(&before, &after, Fineness::Small);
            prop_assert_eq!(apply(&before, &updates), Some(wire(after)), "{:?}", updates);
        }
    }

    #[test]
    fn chatkit_s_updates_lose_nothing_but_growth_without_a_name(before in root(), other in root(), choices in prop::collection::vec(0u8..3, 24)) {
        let after = wire(changed(&before, &choices, &other));
        // Of two nodes with one id, nobody knows which is meant.
        prop_assume!([&before, &after].iter().all(|tree| counts(tree).values().all(|count| *count == 1)));
        let updates = diff(&before, &after, Fineness::ChatKit);
        let reached = apply(&before, &updates).expect("every update has its place");
        prop_assert!(!is_replaced(&reached, &after), "{reached} is not {after}");
        if let [Update::Root(_)] = updates.as_slice() {
            prop_assert_eq!(reached, after);
        }
    }
}

#[test]
fn the_smallest_node_with_a_name_is_replaced() {
    let before = json!({"type": "Card", "children": [
        {"type": "Col", "id": "list", "children": [{"type": "Text", "value": "a", "id": "t"}, {"type": "Text", "value": "b"}]},
        {"type": "Text", "value": "far ".repeat(100)}]});
    let mut after = before.clone();
    after["children"][0]["children"][1]["value"] = json!("c");
    let updates = diff(&before, &after, Fineness::Small);
    assert_eq!(updates, [Update::Component { id: "list".into(), component: after["children"][0].clone() }]);
    let mut grown = before.clone();
    grown["children"][0]["children"][0]["value"] = json!("ab");
    let delta = Update::Text { id: "t".into(), delta: "b".into(), done: true };
    assert_eq!(diff(&before, &grown, Fineness::Small), std::slice::from_ref(&delta));
    assert_eq!(diff(&before, &grown, Fineness::ChatKit), [delta]);
    // Nothing names what changed: the whole tree.
    let mut far = before.clone();
    far["children"][1]["value"] = json!("x");
    assert_eq!(diff(&before, &far, Fineness::Small), [Update::Root(far)]);
}

#[test]
fn updates_that_have_no_place_are_seen() {
    let tree = json!({"type": "Card", "children": []});
    let text = Update::Text { id: "t".into(), delta: "x".into(), done: true };
    assert_eq!(apply(&tree, &[text]), None);
    assert_eq!(apply(&tree, &[Update::Component { id: "t".into(), component: Value::Null }]), None);
}

/// The updates that the reference's own library gives for its cases.
#[test]
fn the_reference_s_cases() {
    let Ok(golden) = std::env::var("INLAY_GOLDEN") else { return };
    let cases = std::fs::read_to_string(std::path::Path::new(&golden).join("widget_diff_cases.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&cases).unwrap();
    assert!(cases.len() >= 24);
    for case in cases {
        let updates = diff(&case["before"], &case["after"], Fineness::ChatKit);
        let updates: Vec<Value> = updates.iter().map(Update::to_json).collect();
        assert_eq!(Value::from(updates), case["updates"], "{}", case["name"]);
        let small = diff(&case["before"], &case["after"], Fineness::Small);
        assert_eq!(apply(&case["before"], &small), Some(wire(case["after"].clone())), "{}", case["name"]);
    }
}
