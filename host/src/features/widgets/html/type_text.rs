//! Leaves that show something: words, badges, icons, images, lines.
use super::classes::{self, Classes, words};
use super::colour::{self, Use};
use super::icons;
use super::layout::Render;
use super::node::Node;
use super::writer::{UrlUse, safe_url};

const HEADINGS: [&str; 6] = ["h1", "h2", "h3", "h4", "h5", "h6"];

/// The element for a heading of a level; levels past the last are the last.
pub(super) fn heading(level: usize) -> &'static str {
    HEADINGS.get(level.saturating_sub(1)).copied().unwrap_or("h6")
}

/// "auto" for text that may run from right to left.
fn direction(text: &str) -> Option<&'static str> {
    let is_rtl = |c: char| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}');
    text.contains(is_rtl).then_some("auto")
}

impl<'a> Render<'a> {
    pub(super) fn text_node(&mut self, node: Node<'a>) {
        if let Some(editable) = node.node("editable") {
            return self.editable(node, editable);
        }
        let mut classes = Classes::of("iw-text");
        classes.add_some(words!(node.str("size"); "xs" => "tx-xs", "sm" => "tx-sm", "md" => "tx-md", "lg" => "tx-lg",
            "xl" => "tx-xl"));
        classes::type_look(&mut classes, node);
        let text = node.text("value");
        self.html.tag("p").class(&classes).attr_if("dir", direction(&text)).text(&text);
    }

    /// The first title is the widget's heading; later ones are headings below it, but for small ones and those in rows.
    pub(super) fn title(&mut self, node: Node<'a>) {
        let level = usize::from(self.options.heading.clamp(1, 5));
        let size = node.str("size");
        let tag = match (self.titled, self.in_list || size == Some("sm")) {
            (false, false) => heading(level),
            (true, false) => heading(level + 1),
            (_, true) => "p",
        };
        self.titled |= tag != "p";
        let mut classes = Classes::of("iw-title");
        classes.add_some(words!(size; "sm" => "tt-sm", "lg" => "tt-lg", "xl" => "tt-xl", "2xl" => "tt-2xl",
            "3xl" => "tt-3xl", "4xl" => "tt-4xl", "5xl" => "tt-5xl"));
        classes::type_look(&mut classes, node);
        let text = node.text("value");
        self.html.tag(tag).class(&classes).attr_if("dir", direction(&text)).text(&text);
    }

    pub(super) fn caption(&mut self, node: Node<'a>) {
        let mut classes = Classes::of("iw-caption");
        classes.add_some(words!(node.str("size"); "sm" => "tc-sm", "lg" => "tc-lg"));
        classes::type_look(&mut classes, node);
        let text = node.text("value");
        self.html.tag("p").class(&classes).attr_if("dir", direction(&text)).text(&text);
    }

    pub(super) fn label(&mut self, node: Node<'a>) {
        let mut classes = Classes::of("iw-label");
        classes.add_some(words!(node.str("size"); "xs" => "tx-xs", "sm" => "tx-sm", "md" => "tx-md", "lg" => "tx-lg",
            "xl" => "tx-xl"));
        classes::type_look(&mut classes, node);
        let (scope, name) = (self.scope(), node.str("fieldName").unwrap_or_default());
        let id = self.fields.label_id(scope, name).unwrap_or_default().to_owned();
        let target = self.fields.control(scope, name).map(|control| (control.id.clone(), control.is_group));
        let text = node.text("value");
        match target {
            Some((control, false)) => self.html.tag("label").class(&classes).attr("id", &id).attr("for", &control),
            Some((_, true)) => self.html.tag("span").class(&classes).attr("id", &id),
            None => self.html.tag("span").class(&classes),
        }
        .text(&text);
    }

    pub(super) fn badge(&mut self, node: Node<'a>) {
        let mut classes = Classes::of("iw-badge");
        classes.add_some(words!(node.str("color"); "success" => "bg-success", "danger" => "bg-danger",
            "warning" => "bg-warning", "info" => "bg-info", "discovery" => "bg-discovery"));
        classes.add_some(words!(node.str("variant"); "solid" => "gv-solid", "outline" => "gv-outline"));
        classes.add_some(words!(node.str("size"); "sm" => "gz-sm", "lg" => "gz-lg"));
        classes.add_if(node.is("pill"), "pill");
        self.html.tag("span").class(&classes).text(&node.text("label"));
    }

    pub(super) fn icon(&mut self, node: Node<'a>) {
        let mut classes = Classes::of("iw-icon");
        classes.add_some(words!(node.str("size"); "xs" => "iz-xs", "sm" => "iz-sm", "md" => "iz-md", "lg" => "iz-lg",
            "xl" => "iz-xl", "2xl" => "iz-2xl", "3xl" => "iz-3xl"));
        colour::add(&mut classes, Use::Text, node.get("color"));
        let name = node.str("name").unwrap_or_default();
        icons::write(&mut self.html, if icons::is_known(name) { name } else { "dot" }, &classes);
    }

    /// The size in px goes into `width` and `height`, which are exact; the rest into classes.
    pub(super) fn image(&mut self, node: Node<'a>) {
        let Some(url) = node.str("src").and_then(|url| safe_url(url, UrlUse::Image)) else {
            if let Some(alt) = node.some_text("alt") {
                self.html.tag("p").attr("class", "iw-caption").text(&alt);
            }
            return;
        };
        let mut classes = Classes::of("iw-img");
        classes.add_some(words!(node.str("fit"); "contain" => "fit-contain", "fill" => "fit-fill",
            "scale-down" => "fit-down", "none" => "fit-none"));
        classes.add_some(words!(node.str("position"); "top left" => "at-tl", "top" => "at-t", "top right" => "at-tr",
            "left" => "at-l", "right" => "at-r", "bottom left" => "at-bl", "bottom" => "at-b", "bottom right" => "at-br"));
        classes.add_if(node.is("frame"), "iw-frame").add_if(node.is("flush"), "iw-flush");
        classes::radius(&mut classes, node);
        classes::margin(&mut classes, node);
        classes::flex(&mut classes, node);
        colour::add(&mut classes, Use::Fill, node.get("background"));
        classes::sizes(&mut classes, node);
        let exact = |key: &str| {
            let px = node.get(key).or_else(|| node.get("size")).and_then(|value| classes::px(value, 1.0))?;
            (px >= 1.0).then(|| (px.min(4096.0) as u32).to_string())
        };
        let tag = self.html.tag("img").class(&classes).attr("src", &url).attr("alt", &node.text("alt"));
        let tag = tag.attr_if("width", exact("width").as_deref()).attr_if("height", exact("height").as_deref());
        tag.attr("loading", "lazy").attr("decoding", "async").attr("referrerpolicy", "no-referrer").void();
    }

    pub(super) fn divider(&mut self, node: Node<'a>) {
        let mut classes = Classes::of("iw-hr");
        classes.add_if(node.is("flush"), "iw-flush");
        if let Some(px) = node.get("size").and_then(|size| classes::px(size, 1.0)) {
            classes.add_if(px >= 3.0, "hr-4").add_if((1.5..3.0).contains(&px), "hr-2");
        }
        colour::add(&mut classes, Use::Edge, node.get("color"));
        classes::around(&mut classes, node.get("spacing"));
        self.html.tag("hr").class(&classes).void();
    }

    /// Takes the room that is left; only to be seen.
    pub(super) fn spacer(&mut self, node: Node<'a>) {
        let mut classes = Classes::of("iw-spacer");
        classes::least(&mut classes, node.get("minSize"));
        self.html.tag("div").class(&classes).text("");
    }
}
