//! Walking the tree: roots, containers, lists, forms. Other files write the leaves.
use super::actions::{OpenForm, Wire};
use super::classes::{self, Classes, words};
use super::colour::{self, Use};
use super::fields::{Fields, Scope, field_of};
use super::node::Node;
use super::writer::{Html, UrlUse, safe_url};
use super::{HtmlOptions, MAX_DEPTH, MAX_NODES};
use serde_json::Value;

/// One rendering of one tree.
pub(super) struct Render<'a> {
    pub html: Html,
    pub options: &'a HtmlOptions<'a>,
    pub fields: Fields<'a>,
    /// The form that is open; HTML does not nest them.
    pub form: Option<OpenForm>,
    /// Whether the widget's title was written: the first title is its heading.
    pub titled: bool,
    pub in_list: bool,
    forms: Scope,
    left: usize,
    /// Whether the list of faults was written.
    summarised: bool,
}

impl<'a> Render<'a> {
    pub(super) fn new(tree: &'a Value, options: &'a HtmlOptions<'a>) -> Render<'a> {
        let fields = Fields::of(tree, options);
        let (html, form, titled, in_list, forms) = (Html::default(), None, false, false, 0);
        Render { html, options, fields, form, titled, in_list, forms, left: MAX_NODES, summarised: false }
    }

    pub(super) fn run(mut self, tree: &'a Value) -> String {
        self.node(tree, MAX_DEPTH);
        if self.is_spent() {
            self.html.close_to(0);
            self.html.tag("p").attr("class", "iw-note").text("This widget is too large to be shown in full.");
        }
        self.html.finish()
    }

    pub(super) fn scope(&self) -> Scope {
        self.form.as_ref().map_or(0, |form| form.scope)
    }

    /// Counts one more node, option or cell; `false` when no more may be shown.
    pub(super) fn spend(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        !self.is_spent()
    }

    fn is_spent(&self) -> bool {
        self.left == 0 || self.html.is_full()
    }

    /// Writes a node and what is below it, at most `depth` levels.
    pub(super) fn node(&mut self, value: &'a Value, depth: usize) {
        let Some(node) = Node::new(value).filter(|_| !self.is_spent()) else { return };
        if depth == 0 {
            self.left = self.left.saturating_sub(1);
            self.html.tag("p").attr("class", "iw-note").text("What is nested deeper is not shown.");
            return;
        }
        self.left -= 1;
        let open = self.html.depth();
        match node.kind() {
            "Card" => self.card(node, depth),
            "ListView" => self.list_view(node, depth),
            "Basic" => self.basic(node, depth),
            "ListViewItem" => self.list_item(node, depth, "div"),
            "Box" => self.container("iw-box", node, depth),
            "Row" => self.container("iw-row", node, depth),
            "Col" => self.container("iw-col", node, depth),
            "Form" => self.form_node(node, depth),
            "Text" => self.text_node(node),
            "Title" => self.title(node),
            "Caption" => self.caption(node),
            "Markdown" => self.markdown(node),
            "Label" => self.label(node),
            "Badge" => self.badge(node),
            "Icon" => self.icon(node),
            "Image" => self.image(node),
            "Divider" => self.divider(node),
            "Spacer" => self.spacer(node),
            "Button" => self.button(node),
            "Checkbox" => self.checkbox(node),
            "Input" => self.input(node),
            "Textarea" => self.textarea(node),
            "Select" => self.select(node),
            "RadioGroup" => self.radio_group(node),
            "DatePicker" => self.date_picker(node),
            "Chart" => self.chart(node),
            "Table" => self.table(node, depth),
            _ => self.children(node, depth),
        }
        self.html.close_to(open);
    }

    pub(super) fn children(&mut self, node: Node<'a>, depth: usize) {
        for child in node.children() {
            self.node(child, depth - 1);
        }
    }

    fn theme(classes: &mut Classes, node: Node) {
        classes.add_some(words!(node.str("theme"); "light" => "on-light", "dark" => "on-dark"));
    }

    /// Opens the root's element. A name makes it a landmark; without one it is a plain group.
    fn open_root(&mut self, classes: &Classes, collapsed: bool) {
        let title = self.options.title.filter(|title| !title.is_empty());
        let tag = self.html.tag(if collapsed { "details" } else { "section" }).class(classes);
        tag.attr_if("aria-label", title).open();
        if self.fields.is_refused(0) {
            self.fault_summary();
        }
    }

    fn basic(&mut self, node: Node<'a>, depth: usize) {
        let mut classes = Classes::of("iw iw-basic");
        Self::theme(&mut classes, node);
        classes.add(if node.str("direction") == Some("row") { "iw-row" } else { "iw-col" });
        classes::alignment(&mut classes, node);
        classes::space(&mut classes, "gap-", node.get("gap"));
        classes::padding(&mut classes, node);
        self.open_root(&classes, false);
        self.children(node, depth);
    }

    fn card(&mut self, node: Node<'a>, depth: usize) {
        let mut classes = Classes::of("iw iw-card");
        Self::theme(&mut classes, node);
        classes.add_some(words!(node.str("size"); "sm" => "iw-sm", "lg" => "iw-lg", "full" => "iw-full"));
        classes::border(&mut classes, node.get("border"));
        colour::add(&mut classes, Use::Fill, node.get("background"));
        let collapsed = node.is("collapsed") && self.form.is_none();
        self.open_root(&classes, collapsed);
        self.status(node, collapsed);

        let action = |button: &str| node.node(button).and_then(|button| button.get("action"));
        let as_form = node.is("asForm") && self.form.is_none();
        if as_form {
            let submit = self.wire(action("confirm"));
            self.enter_form(&Classes::of("iw-form"), submit);
        }
        let mut body = Classes::of("iw-body");
        match node.get("padding") {
            Some(padding) if !padding.is_object() => classes::space(&mut body, "pad-", Some(padding)),
            _ => classes::padding(&mut body, node),
        }
        self.html.tag("div").class(&body).open();
        self.children(node, depth);
        self.html.close();
        self.card_buttons(node, as_form);
        if as_form {
            self.leave_form();
        }
    }

    fn card_buttons(&mut self, node: Node<'a>, as_form: bool) {
        let (confirm, cancel) = (node.node("confirm"), node.node("cancel"));
        if confirm.is_none() && cancel.is_none() {
            return;
        }
        self.html.tag("div").attr("class", "iw-foot").open();
        if let Some(cancel) = cancel {
            let classes = Classes::of("iw-btn bv-outline");
            let wire = self.wire(cancel.get("action"));
            self.card_button(&classes, wire, false, &cancel.text("label"));
        }
        if let Some(confirm) = confirm {
            let classes = Classes::of("iw-btn bv-solid");
            let wire = self.wire(confirm.get("action"));
            self.card_button(&classes, wire, as_form, &confirm.text("label"));
        }
        self.html.close();
    }

    /// `status`: a line above the content; of a collapsed card, the part that stays.
    fn status(&mut self, node: Node<'a>, collapsed: bool) {
        let status = node.node("status");
        if status.is_none() && !collapsed {
            return;
        }
        self.html.tag(if collapsed { "summary" } else { "div" }).attr("class", "iw-status").open();
        if let Some(url) = status.and_then(|status| status.str("favicon")).and_then(|url| safe_url(url, UrlUse::Image))
        {
            let tag = self.html.tag("img").attr("class", "iw-favicon").attr("src", &url).attr("alt", "");
            tag.attr("width", "16").attr("height", "16").attr("loading", "lazy").void();
        } else if let Some(name) = status.and_then(|status| status.str("icon")) {
            super::icons::write(&mut self.html, name, &Classes::of("iw-icon"));
        }
        let text = status.and_then(|status| status.some_text("text"));
        self.html.tag("span").text(text.as_deref().unwrap_or("More"));
        self.html.close();
    }

    fn list_view(&mut self, node: Node<'a>, depth: usize) {
        let mut classes = Classes::of("iw iw-list");
        Self::theme(&mut classes, node);
        self.open_root(&classes, false);
        self.status(node, false);
        let items = node.children();
        let limit = node.number("limit").filter(|limit| *limit >= 1.0).map_or(items.len(), |limit| limit as usize);
        let (first, more) = items.split_at_checked(limit).unwrap_or((items, &[]));
        self.list_items(first, depth);
        if !more.is_empty() {
            self.html.tag("details").attr("class", "iw-more").open();
            self.html.tag("summary").attr("class", "iw-btn bv-ghost").text(&format!("Show {} more", more.len()));
            self.list_items(more, depth);
            self.html.close();
        }
    }

    fn list_items(&mut self, items: &'a [Value], depth: usize) {
        // The role is said again: without it, lists whose markers the stylesheet hides are no lists in Safari.
        self.html.tag("ul").attr("class", "iw-items").attr("role", "list").open();
        for item in items {
            match Node::new(item).filter(|node| node.kind() == "ListViewItem" && depth > 1) {
                Some(node) if self.spend() => self.list_item(node, depth - 1, "li"),
                Some(_) => break,
                None => {
                    self.html.tag("li").attr("class", "iw-item").open();
                    self.node(item, depth - 1);
                    self.html.close();
                }
            }
        }
        self.html.close();
    }

    /// A row. One with an action gets a button spread over all of it, named by the row's content, so that buttons and
    /// fields inside of the row stay usable.
    fn list_item(&mut self, node: Node<'a>, depth: usize, element: &'static str) {
        let outside = self.html.depth();
        let wire = self.wire(node.get("onClickAction"));
        let mut classes = Classes::of("iw-item");
        classes.add_if(matches!(wire, Wire::Post(_) | Wire::Show(_)), "iw-click");
        self.html.tag(element).class(&classes).open();
        let mut classes = Classes::of("iw-row");
        classes::alignment(&mut classes, node);
        classes::space(&mut classes, "gap-", node.get("gap"));
        let id = self.fields.fresh_id();
        self.html.tag("div").class(&classes).attr("id", &id).open();
        let was_in_list = std::mem::replace(&mut self.in_list, true);
        self.children(node, depth);
        self.in_list = was_in_list;
        self.html.close();
        self.spread_button(wire, &id);
        self.html.close_to(outside);
    }

    fn container(&mut self, base: &'static str, node: Node<'a>, depth: usize) {
        let mut classes = Classes::of(base);
        classes.add_if(base == "iw-box" && node.str("direction") == Some("row"), "iw-dir-row");
        classes::container(&mut classes, node);
        self.html.tag("div").class(&classes).open();
        self.children(node, depth);
    }

    /// A form within a form cannot be said in HTML; the inner one's fields belong to the outer one.
    fn form_node(&mut self, node: Node<'a>, depth: usize) {
        if self.form.is_some() {
            return self.container("iw-col", node, depth);
        }
        let mut classes =
            Classes::of(if node.str("direction") == Some("row") { "iw-form iw-row" } else { "iw-form iw-col" });
        classes::container(&mut classes, node);
        let submit = self.wire(node.get("onSubmitAction"));
        self.enter_form(&classes, submit);
        self.children(node, depth);
        self.missing_button();
        self.leave_form();
    }

    /// Numbers forms in the same order as `Fields` does.
    fn enter_form(&mut self, classes: &Classes, submit: Wire) {
        self.forms += 1;
        self.form = Some(OpenForm { scope: self.forms, submit: submit.clone() });
        self.open_form(classes, &submit);
        self.default_button();
        if self.fields.is_refused(self.forms) {
            self.fault_summary();
        }
    }

    fn leave_form(&mut self) {
        self.html.close();
        self.form = None;
    }

    /// All faults in one place, each with a link to its field.
    fn fault_summary(&mut self) {
        let Some(refused) = self.fields.refused.filter(|refused| !refused.faults.is_empty()) else { return };
        if std::mem::replace(&mut self.summarised, true) {
            return;
        }
        self.html.tag("div").attr("class", "iw-faults").attr("role", "alert").open();
        self.html.tag("p").attr("class", "wt-semibold").text(match refused.faults.len() {
            1 => "One thing is not right yet:",
            _ => "Some things are not right yet:",
        });
        self.html.tag("ul").open();
        for fault in refused.faults.iter().take(100) {
            self.html.tag("li").open();
            let field = field_of(fault);
            match self.fields.control(self.fields.refused_form, &field) {
                Some(control) => {
                    let link = format!("#{}", control.id);
                    self.html.tag("a").attr("href", &link).text(&fault.message)
                }
                None => self.html.text(&fault.message),
            };
            self.html.close();
        }
        self.html.close().close();
    }
}
