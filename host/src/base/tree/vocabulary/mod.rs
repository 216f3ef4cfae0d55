//! Every component, property, type and word of a widget tree, said once. From these tables come the strict validation,
//! the published JSON Schema and the page of it in the documentation; none of them knows a component by itself.
mod components;
mod types;
pub mod words;

pub use components::COMPONENTS;

use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a property's value may be.
pub enum Kind {
    Text,
    /// A text that is not empty.
    Name,
    Bool,
    /// `false`, and not `true`.
    False,
    Number,
    Integer,
    /// One of these words.
    Word(&'static [&'static str]),
    Icon,
    Colour,
    /// An address of a picture.
    Url,
    /// An ISO date or date-time.
    Date,
    Anything,
    Shape(&'static Shape),
    /// The second shape for an object that has members of the second alone, else the first.
    Either(&'static Shape, &'static Shape),
    /// An object that says by its member `type` which of these it is.
    Tagged(&'static [&'static Shape]),
    List(&'static Type),
    /// An object with names of the author's own.
    Map(&'static Type),
    /// No two of them are objects.
    OneOf(&'static [&'static Type]),
}

/// A kind with the name that the schema knows it by, and the words in which a message asks for it.
pub struct Type {
    pub name: &'static str,
    pub says: &'static str,
    pub kind: Kind,
}

pub struct Prop {
    pub name: &'static str,
    pub of: &'static Type,
    pub required: bool,
    /// Inlay's own, not ChatKit's: other renderers pass over it.
    pub ours: bool,
}

/// An object that is not a node.
pub struct Shape {
    pub name: &'static str,
    pub props: &'static [Prop],
}

impl Shape {
    pub fn prop(&self, name: &str) -> Option<&'static Prop> {
        self.props.iter().find(|prop| prop.name == name)
    }

    /// Which of two shapes an object is meant to have.
    pub fn choose(first: &'static Shape, second: &'static Shape, object: &Map<String, Value>) -> &'static Shape {
        let has_of = |one: &Shape, other: &Shape| {
            let alone = |prop: &&Prop| other.prop(prop.name).is_none();
            one.props.iter().filter(alone).any(|prop| object.get(prop.name).is_some_and(|value| !value.is_null()))
        };
        if has_of(second, first) && !has_of(first, second) { second } else { first }
    }
}

/// Where a component may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// At the root, and in a `Basic`.
    Root,
    /// Wherever components may be.
    Usual,
    /// In a `ListView` alone.
    Item,
    /// In a `Table` alone.
    Row,
    /// In a `Table.Row` alone.
    Cell,
}

/// What a component may hold.
#[derive(Clone, Copy)]
pub enum Children {
    None,
    /// One node.
    One(&'static [Group]),
    /// A list of nodes, or one node.
    Many {
        of: &'static [Group],
        required: bool,
    },
}

impl Children {
    pub fn groups(self) -> &'static [Group] {
        match self {
            Children::None => &[],
            Children::One(groups) | Children::Many { of: groups, .. } => groups,
        }
    }
}

pub struct Component {
    pub name: &'static str,
    pub says: &'static str,
    pub group: Group,
    pub children: Children,
    /// Properties beside `type`, `key`, `id` and `children`; sets that several components share are lists of their own.
    pub props: &'static [&'static [Prop]],
}

impl Component {
    pub fn props(&self) -> impl Iterator<Item = &'static Prop> {
        self.props.iter().flat_map(|set| set.iter())
    }
}

/// A component with its properties by name.
pub struct Known {
    pub component: &'static Component,
    pub props: HashMap<&'static str, &'static Prop>,
}

static BY_NAME: LazyLock<HashMap<&'static str, Known>> = LazyLock::new(|| {
    let known = |component: &'static Component| {
        let props = component.props().map(|prop| (prop.name, prop)).collect();
        (component.name, Known { component, props })
    };
    COMPONENTS.iter().map(known).collect()
});

pub fn component(name: &str) -> Option<&'static Known> {
    BY_NAME.get(name)
}

/// Whether an icon is one of ChatKit's, or of a vendor's set.
pub fn is_icon(name: &str) -> bool {
    let vendor = ["vendor:", "lucide:"].iter().any(|prefix| name.starts_with(prefix));
    vendor || words::ICONS.contains(&name)
}

const fn need(name: &'static str, of: &'static Type) -> Prop {
    Prop { name, of, required: true, ours: false }
}

const fn may(name: &'static str, of: &'static Type) -> Prop {
    Prop { name, of, required: false, ours: false }
}

const fn ours(name: &'static str, of: &'static Type) -> Prop {
    Prop { name, of, required: false, ours: true }
}

/// The word that is most like `word`, if one is like it at all: what somebody may have meant.
pub fn nearest<'w>(word: &str, among: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    /// A longer one is no slip of the finger, and comparing takes time.
    const LONGEST: usize = 40;
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    let slips = 1 + lower.chars().count() / 4;
    let distance = |one: &str| strsim::osa_distance(&lower, &one.to_lowercase());
    among
        .map(|one| (distance(one), one))
        .filter(|(far, _)| *far <= slips)
        .min_by_key(|(far, _)| *far)
        .map(|(_, one)| one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_said_once() {
        let mut components: Vec<_> = COMPONENTS.iter().map(|c| c.name).collect();
        components.sort_unstable();
        let count = components.len();
        components.dedup();
        assert_eq!((components.len(), count), (30, 30));
        for component in &COMPONENTS {
            let mut names: Vec<_> = component.props().map(|p| p.name).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{} says a property twice", component.name);
            assert!(["type", "key", "id", "children"].iter().all(|base| !names.contains(base)));
        }
        assert_eq!(words::ICONS.len(), 64, "the names of the reference");
    }

    #[test]
    fn the_nearest_word_is_what_was_meant() {
        let near = |word| nearest(word, ["Button", "Badge", "Title", "Text"].into_iter());
        assert_eq!(near("Buton"), Some("Button"));
        assert_eq!(near("button"), Some("Button"));
        assert_eq!(near("Tilte"), Some("Title"));
        assert_eq!(near("Carousel"), None);
        assert_eq!(near(""), None);
        assert_eq!(near(&"x".repeat(10_000)), None);
    }
}
