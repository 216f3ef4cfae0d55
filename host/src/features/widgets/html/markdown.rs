//! A safe subset of Markdown: raw HTML is shown as the text it is, links and images pass the list of schemes, and
//! nesting is bounded.
use super::classes::Classes;
use super::data::open_table;
use super::layout::Render;
use super::node::Node;
use super::type_text::heading;
use super::writer::{Html, UrlUse, safe_url};
use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};

/// Elements within each other; what is nested deeper keeps its text and loses its elements.
const MAX_NESTING: usize = 20;
/// Events after which the rest of a text is left out.
const MAX_EVENTS: usize = 20_000;

impl<'a> Render<'a> {
    pub(super) fn markdown(&mut self, node: Node<'a>) {
        self.html.tag("div").class(&Classes::of("iw-md")).attr("dir", "auto").open();
        let level = usize::from(self.options.heading.clamp(1, 5));
        write(&mut self.html, &node.text("value"), level);
    }
}

struct Writing<'h> {
    html: &'h mut Html,
    level: usize,
    /// For each open Markdown tag, how many elements were open before it.
    open: Vec<usize>,
    /// Inside an image: its address, and the text that describes it.
    image: Option<(usize, Option<String>, String)>,
    in_table: bool,
    in_head: bool,
}

pub(super) fn write(html: &mut Html, text: &str, level: usize) {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let bottom = html.depth();
    let mut writing = Writing { html, level, open: Vec::new(), image: None, in_table: false, in_head: false };
    for event in Parser::new_ext(text, options).take(MAX_EVENTS) {
        writing.event(event);
    }
    writing.html.close_to(bottom);
}

impl Writing<'_> {
    fn event(&mut self, event: Event) {
        match event {
            Event::Start(tag) => {
                self.open.push(self.html.depth());
                if self.image.is_none() && self.has_room(&tag) {
                    self.start(tag);
                }
            }
            Event::End(end) => {
                self.end();
                if end == TagEnd::TableHead && self.in_table && self.image.is_none() {
                    self.in_head = false;
                    self.html.tag("tbody").open();
                }
                self.in_table &= end != TagEnd::Table;
            }
            Event::Text(text)
            | Event::InlineHtml(text)
            | Event::Html(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text)
            | Event::FootnoteReference(text) => self.text(&text),
            Event::Code(text) if self.image.is_none() => {
                self.html.tag("code").text(&text);
            }
            Event::Code(text) => self.text(&text),
            Event::SoftBreak => self.text("\n"),
            Event::HardBreak if self.image.is_none() => {
                self.html.tag("br").void();
            }
            Event::HardBreak => self.text(" "),
            Event::Rule => {
                self.html.tag("hr").attr("class", "iw-hr").void();
            }
            Event::TaskListMarker(done) => self.text(if done { "☑ " } else { "☐ " }),
        }
    }

    /// Whether a tag's element may still be opened. A list needs room for its items, a table for its cells; their parts
    /// are opened exactly when they are.
    fn has_room(&self, tag: &Tag) -> bool {
        let depth = self.open.len();
        match tag {
            Tag::Table(_) => depth + 2 <= MAX_NESTING,
            Tag::TableHead | Tag::TableRow | Tag::TableCell => self.in_table,
            Tag::List(_) => depth < MAX_NESTING,
            _ => depth <= MAX_NESTING,
        }
    }

    fn text(&mut self, text: &str) {
        match &mut self.image {
            Some((_, _, alt)) => alt.push_str(text),
            None => {
                self.html.text(text);
            }
        }
    }

    fn start(&mut self, tag: Tag) {
        let html = &mut *self.html;
        match tag {
            Tag::Paragraph => html.tag("p").open(),
            Tag::Heading { level, .. } => html.tag(heading(self.level + level as usize)).open(),
            Tag::BlockQuote(_) => html.tag("blockquote").open(),
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => {
                html.tag("pre").open().tag("code").open()
            }
            Tag::List(None) => html.tag("ul").open(),
            Tag::List(Some(first)) => match u32::try_from(first) {
                Ok(first) if first != 1 => html.tag("ol").number("start", first).open(),
                _ => html.tag("ol").open(),
            },
            Tag::Item => html.tag("li").open(),
            Tag::Emphasis => html.tag("em").open(),
            Tag::Strong => html.tag("strong").open(),
            Tag::Strikethrough => html.tag("del").open(),
            Tag::Table(_) => {
                self.in_table = true;
                open_table(html, "Table")
            }
            Tag::TableHead => {
                self.in_head = true;
                html.tag("thead").open().tag("tr").open()
            }
            Tag::TableRow => html.tag("tr").open(),
            Tag::TableCell if self.in_head => html.tag("th").attr("scope", "col").open(),
            Tag::TableCell => html.tag("td").open(),
            Tag::Link { link_type: LinkType::Email, dest_url, .. } => {
                html.tag("a").attr("href", &format!("mailto:{dest_url}")).open()
            }
            Tag::Link { dest_url, .. } => match safe_url(&dest_url, UrlUse::Link) {
                Some(url) => html.tag("a").attr("href", &url).attr("rel", "nofollow noopener noreferrer").open(),
                None => html,
            },
            Tag::Image { dest_url, .. } => {
                self.image = Some((self.open.len(), safe_url(&dest_url, UrlUse::Image), String::new()));
                html
            }
            // Raw HTML blocks hold only text events here; the rest is switched off.
            _ => html,
        };
    }

    fn end(&mut self) {
        let Some(depth) = self.open.pop() else { return };
        let ends_image = self.image.as_ref().is_some_and(|image| image.0 > self.open.len());
        if let Some((_, url, alt)) = self.image.take_if(|_| ends_image) {
            match url {
                Some(url) => {
                    let tag = self.html.tag("img").attr("class", "iw-img").attr("src", &url).attr("alt", &alt);
                    tag.attr("loading", "lazy").attr("referrerpolicy", "no-referrer").void()
                }
                None => self.html.text(&alt),
            };
        }
        if self.image.is_none() && self.html.depth() > depth {
            self.html.close_to(depth);
        }
    }
}
