//! A tree's whole review: structure, rules, accessibility, limits.
use super::finding::{Findings, Rule};
use super::nodes::Nodes;
use super::{Figures, MAX_NESTING, WARN, access, figures, kind_of, nesting_within, rules, strict, wire};
use serde_json::Value;

/// From when on a tree is too heavy.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes of the wire form as compact JSON.
    pub bytes: usize,
    /// Nodes inside each other, the root being 1.
    pub depth: usize,
    pub nodes: usize,
    /// Whether to be past one is an error, not a warning.
    pub strict: bool,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { bytes: WARN.bytes, depth: WARN.depth, nodes: WARN.nodes, strict: false }
    }
}

pub struct Review {
    /// In the order of their places.
    pub findings: Findings,
    /// Of the wire form; all 0 for what is no object or nested too deeply.
    pub figures: Figures,
}

impl Review {
    pub fn is_valid(&self) -> bool {
        self.findings.errors == 0
    }
}

/// Reviews any JSON, in time linear in its size (but for sorting at most 200 findings).
pub fn review(tree: &Value, bounds: &Bounds) -> Review {
    let mut findings = Findings { strict_limits: bounds.strict, ..Findings::default() };
    let mut weight = Figures { bytes: 0, nodes: 0, depth: 0 };
    if !nesting_within(tree, MAX_NESTING) {
        let message = format!("more than {MAX_NESTING} lists and objects inside each other");
        findings.add(Rule::TooDeep, "", message);
    } else if !tree.is_object() {
        findings.add(Rule::InvalidRoot, "", format!("the root must be an object, not {}", kind_of(tree)));
    } else {
        let nodes = Nodes::of(tree);
        strict::check(&nodes, &mut findings);
        rules::check(&nodes, &mut findings);
        access::check(&nodes, &mut findings);
        weight = figures(&wire(tree.clone()));
        limits(&weight, bounds, &mut findings);
        let order = |pointer: &str| pointer.split('/').map(step).collect::<Vec<_>>();
        findings.list.sort_by_cached_key(|finding| order(&finding.pointer));
    }
    Review { findings, figures: weight }
}

/// Numbers are ordered as numbers.
fn step(step: &str) -> (usize, String) {
    step.parse().map_or_else(|_| (0, step.to_owned()), |index| (index, String::new()))
}

fn limits(figures: &Figures, bounds: &Bounds, findings: &mut Findings) {
    if figures.bytes > bounds.bytes {
        let message = format!("the tree has {} bytes; above {} it loads slowly", figures.bytes, bounds.bytes);
        findings.add(Rule::TooManyBytes, "", message);
    }
    if figures.nodes > bounds.nodes {
        let message = format!("the tree has {} nodes; above {} it shows slowly", figures.nodes, bounds.nodes);
        findings.add(Rule::TooManyNodes, "", message);
    }
    if figures.depth > bounds.depth {
        let message =
            format!("the tree has {} nodes inside each other; above {} it is hard to use", figures.depth, bounds.depth);
        findings.add(Rule::DepthPastLimit, "", message);
    }
}

#[cfg(test)]
pub mod tests;
