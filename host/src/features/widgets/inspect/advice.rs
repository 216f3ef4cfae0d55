//! What could be better, in words.
use super::profile::Profile;
use crate::base::tree::nodes::{Nodes, Place};
use crate::base::tree::review::Bounds;
use std::collections::HashMap;

/// Siblings of one kind above which people page rather than scroll.
const MANY: usize = 50;
/// Siblings of one kind from which on a key is worth its bytes.
const SOME: usize = 5;
/// Bytes of a picture inside the tree that should be a file.
const PICTURE: usize = 4_096;

pub(super) fn advice(nodes: &Nodes<'_>, profile: &Profile, bounds: &Bounds) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(size) = &profile.size {
        if size.bytes > bounds.bytes {
            said.push(heaviest(nodes, size.bytes));
        }
        if size.depth > bounds.depth {
            said.push(format!(
                "{} nodes stand inside each other. A Row or Col that holds only one other can be left away; its gap and \
                 padding go to the inner one.",
                size.depth
            ));
        }
    }
    siblings(nodes, &mut said);
    pictures_and_streams(nodes, &mut said);
    template(profile, &mut said);
    if let Some(change) = profile.change.as_ref().filter(|change| change.bytes_percent > 10.0) {
        said.push(format!("The tree has grown by {} % since its figures were kept.", change.bytes_percent));
    }
    said
}

/// Where most of the bytes are: the deepest node that holds half of them.
fn heaviest(nodes: &Nodes<'_>, bytes: usize) -> String {
    let weigh = |place: &Place<'_>| serde_json::to_string(place.node).map_or(0, |text| text.len());
    let mut at = 0;
    while let Some(child) = nodes
        .below(at)
        .iter()
        .enumerate()
        .skip(1)
        .filter(|(_, place)| place.parent == Some(at))
        .map(|(offset, place)| (at + offset, weigh(place)))
        .find(|(_, weight)| weight * 2 > bytes)
    {
        at = child.0;
    }
    format!(
        "The tree has {bytes} bytes, most of them below {:?}. Send fewer rows at once, and leave properties away that are \
         the renderer's own choice.",
        nodes.pointer(at)
    )
}

fn siblings(nodes: &Nodes<'_>, said: &mut Vec<String>) {
    let mut groups: HashMap<(Option<usize>, &str), (usize, bool)> = HashMap::new();
    for place in &nodes.0 {
        let group = groups.entry((place.parent, place.kind)).or_insert((0, true));
        *group = (group.0 + 1, group.1 && (place.get("key").is_some() || place.get("id").is_some()));
    }
    let mut groups: Vec<_> =
        groups.into_iter().filter_map(|((parent, kind), group)| Some((parent?, kind, group))).collect();
    groups.sort_unstable_by_key(|(parent, kind, _)| (*parent, *kind));
    for (parent, kind, (count, keyed)) in groups {
        let holds_others = matches!(kind, "Row" | "Col" | "Box" | "ListViewItem" | "Form" | "Table.Row");
        let pointer = nodes.pointer(parent);
        if count > MANY {
            said.push(format!(
                "{count} times {kind} below {pointer:?}: show them in pages, with a limit and a way to the next."
            ));
        }
        if count >= SOME && !keyed && holds_others {
            said.push(format!(
                "{count} times {kind} below {pointer:?} without a key each: with keys an update moves what is there, and the \
                 focus and typed text stay."
            ));
        }
    }
}

fn pictures_and_streams(nodes: &Nodes<'_>, said: &mut Vec<String>) {
    for (at, place) in nodes.0.iter().enumerate() {
        let picture = place.str("src").filter(|src| src.starts_with("data:") && src.len() > PICTURE);
        if let Some(src) = picture {
            let bytes = src.len();
            said.push(format!(
                "The picture at {:?} is {bytes} bytes inside the tree: serve it as a file, which is kept.",
                nodes.pointer(at)
            ));
        }
        let streams = matches!(place.kind, "Text" | "Markdown") && place.is("streaming");
        if streams && place.get("id").is_none() {
            said.push(format!(
                "The text at {:?} streams, but has no id: what it grows by cannot be sent.",
                nodes.pointer(at)
            ));
        }
        // A widget with very many of either needs no longer list.
        if said.len() >= 20 {
            return;
        }
    }
}

fn template(profile: &Profile, said: &mut Vec<String>) {
    if let Some(line) = profile.lines.first().filter(|line| line.percent >= 40.0 && line.cost.visits >= 20) {
        said.push(format!(
            "Line {} of the template takes {} % of its steps in {} rounds: set what stays the same before the loop, or send \
             less data.",
            line.cost.line, line.percent, line.cost.visits
        ));
    }
    if let Some(times) = profile.times.as_ref().filter(|times| times.to_reference.is_some_and(|ratio| ratio > 20.0)) {
        said.push(format!(
            "It takes {} times as long as a card with ten rows. What its template computes may be better computed by the \
             query that its data comes from.",
            times.to_reference.unwrap_or_default()
        ));
    }
}
