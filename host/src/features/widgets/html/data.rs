//! Tables and charts. A chart is shown as the table of its data, which everybody can read.
use super::classes::{self, Classes, words};
use super::layout::Render;
use super::node::{Node, text_of};
use super::writer::Html;
use serde_json::Value;

/// Opens a table that scrolls sideways by itself, also by the keyboard. The caller closes two elements.
pub(super) fn open_table<'h>(html: &'h mut Html, label: &str) -> &'h mut Html {
    let around = html.tag("div").attr("class", "iw-scroll").attr("role", "region").attr("aria-label", label);
    around.attr("tabindex", "0").open().tag("table").attr("class", "iw-table").open()
}

impl<'a> Render<'a> {
    pub(super) fn table(&mut self, node: Node<'a>, depth: usize) {
        open_table(&mut self.html, "Table").tag("tbody").open();
        for row in node.children() {
            if depth < 4 || !self.spend() {
                break;
            }
            self.html.tag("tr").open();
            match Node::new(row).filter(|row| row.kind() == "Table.Row") {
                Some(row) => {
                    for cell in row.children() {
                        self.cell(cell, row.is("header"), depth - 2);
                    }
                }
                None => self.cell(row, false, depth - 1),
            }
            self.html.close();
        }
    }

    /// A cell; anything else in its place is shown as the content of one.
    fn cell(&mut self, value: &'a Value, is_header: bool, depth: usize) {
        let Some(node) = Node::new(value).filter(|_| self.spend()) else { return };
        let is_cell = node.kind() == "Table.Cell";
        let mut classes = Classes::default();
        if is_cell {
            let align = node.str("align").or(node.str("textAlign"));
            classes.add_some(words!(align; "start" => "ta-start", "center" => "ta-center", "end" => "ta-end"));
            classes::padding(&mut classes, node);
        }
        let span = node.number("colSpan").filter(|span| is_cell && (2.0..=100.0).contains(span));
        let tag = self.html.tag(if is_header { "th" } else { "td" }).class(&classes);
        let tag = tag.attr_if("scope", is_header.then_some("col"));
        match span {
            Some(span) => tag.number("colspan", span as u32).open(),
            None => tag.open(),
        };
        if is_cell {
            self.html.text(&node.text("value"));
            self.children(node, depth);
        } else {
            self.node(value, depth);
        }
        self.html.close();
    }

    pub(super) fn chart(&mut self, node: Node<'a>) {
        let axis = node.get("xAxis");
        let key = axis.and_then(|axis| axis.as_str().or_else(|| Node::new(axis)?.str("dataKey"))).unwrap_or_default();
        let ticks = axis.and_then(Node::new).and_then(|axis| axis.node("labels"));
        let series: Vec<Node> = node.list("series").iter().filter_map(Node::new).take(20).collect();
        open_table(&mut self.html, "Chart data").tag("thead").open().tag("tr").open();
        self.html.tag("th").attr("scope", "col").text(key);
        for one in &series {
            let label = one.some_text("label").unwrap_or_else(|| one.text("dataKey"));
            self.html.tag("th").attr("scope", "col").attr("class", "ta-end").text(&label);
        }
        self.html.close().close().tag("tbody").open();
        for row in node.list("data").iter().filter_map(Node::new) {
            if !self.spend() {
                break;
            }
            let tick = row.text(key);
            let tick = ticks.and_then(|ticks| ticks.some_text(&tick)).unwrap_or(tick);
            self.html.tag("tr").open().tag("th").attr("scope", "row").text(&tick);
            for one in &series {
                let value = one.str("dataKey").and_then(|key| row.get(key)).map(text_of).unwrap_or_default();
                self.html.tag("td").attr("class", "ta-end").text(&value);
            }
            self.html.close();
        }
    }
}
