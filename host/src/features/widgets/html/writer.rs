//! The one place where HTML text is made.
//!
//! Element and attribute names are `&'static str`, so no input can become one; every value goes through one of two
//! escapers; open elements are remembered, so the output is well-formed whatever the tree was.
use super::classes::Classes;
pub(super) use crate::base::tree::url::{UrlUse, safe_url};

/// HTML after which no further node is begun. One node's own text may still go past it.
pub(super) const MAX_BYTES: usize = 2 * 1024 * 1024;

#[derive(Default)]
pub(super) struct Html {
    out: String,
    open: Vec<&'static str>,
}

impl Html {
    /// Begins an element; nothing is complete before one of `open`, `void` or `text`.
    pub(super) fn tag(&mut self, name: &'static str) -> Tag<'_> {
        self.out.push('<');
        self.out.push_str(name);
        Tag { html: self, name }
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        escape(&mut self.out, text);
        self
    }

    /// Text of ours, known when compiling: the only way past the escaper.
    pub(super) fn raw(&mut self, html: &'static str) -> &mut Self {
        self.out.push_str(html);
        self
    }

    /// HTML that this module made earlier, with a writer of its own.
    pub(super) fn made(&mut self, html: &str) -> &mut Self {
        self.out.push_str(html);
        self
    }

    /// Ends the innermost open element.
    pub(super) fn close(&mut self) -> &mut Self {
        if let Some(name) = self.open.pop() {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
        self
    }

    /// How many elements are open; give it to `close_to` later.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    pub(super) fn close_to(&mut self, depth: usize) {
        while self.open.len() > depth {
            self.close();
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.out.len() > MAX_BYTES
    }

    pub(super) fn finish(mut self) -> String {
        self.close_to(0);
        self.out
    }
}

/// An element whose attributes are being written.
#[must_use = "the element is not complete before open, void or text"]
pub(super) struct Tag<'h> {
    html: &'h mut Html,
    name: &'static str,
}

impl<'h> Tag<'h> {
    pub(super) fn attr(self, name: &'static str, value: &str) -> Self {
        let out = &mut self.html.out;
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        escape(out, value);
        out.push('"');
        self
    }

    pub(super) fn attr_if(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.attr(name, value),
            None => self,
        }
    }

    pub(super) fn flag(self, name: &'static str, on: bool) -> Self {
        if on {
            self.html.out.push(' ');
            self.html.out.push_str(name);
        }
        self
    }

    pub(super) fn number(self, name: &'static str, value: u32) -> Self {
        self.attr(name, &value.to_string())
    }

    pub(super) fn class(self, classes: &Classes) -> Self {
        if classes.is_empty() { self } else { self.attr("class", classes.as_str()) }
    }

    pub(super) fn open(self) -> &'h mut Html {
        self.html.out.push('>');
        self.html.open.push(self.name);
        self.html
    }

    /// For elements that have no content and no end tag.
    pub(super) fn void(self) -> &'h mut Html {
        self.html.out.push('>');
        self.html
    }

    pub(super) fn text(self, text: &str) -> &'h mut Html {
        self.open().text(text).close()
    }
}

/// One escaper for text and for double-quoted attributes. Control characters that HTML forbids are left out.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\0' => out.push('\u{fffd}'),
            '\n' | '\t' => out.push(c),
            '\r' => out.push('\n'),
            c if c.is_control() => {}
            c if is_noncharacter(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_allowed_schemes_pass() {
        let hostile = [
            "javascript:alert(1)",
            " JaVaScRiPt:alert(1)",
            "java\nscript:alert(1)",
            "\u{1}javascript:alert(1)",
            "java\tscript\r:alert(1)",
            "vbscript:x",
            "data:text/html,<script>",
            "file:///etc/passwd",
            "blob:x",
            "a b:c",
            "view-source:x",
            "javascript&colon;alert(1):",
            "",
            "  ",
            "java\u{0}script:x",
            "filesystem:x",
            ":x",
        ];
        for url in hostile {
            assert_eq!(safe_url(url, UrlUse::Link), None, "{url:?}");
            assert_eq!(safe_url(url, UrlUse::Image), None, "{url:?}");
        }
        for url in ["https://a.example/x?y=1:2", "http://a", "/x", "x/y:z", "?after=prod_12", "#top", "//cdn.example/a"]
        {
            assert_eq!(safe_url(url, UrlUse::Link).as_deref(), Some(url));
            assert_eq!(safe_url(url, UrlUse::Image).as_deref(), Some(url));
        }
        assert!(safe_url("mailto:a@b.example", UrlUse::Link).is_some());
        assert!(safe_url("mailto:a@b.example", UrlUse::Image).is_none());
        assert!(safe_url("data:image/png;base64,AA", UrlUse::Image).is_some());
        assert!(safe_url("data:image/png;base64,AA", UrlUse::Link).is_none());
        assert!(safe_url("data:image/,x", UrlUse::Image).is_none());
        assert!(safe_url("data:image/p\"ng,x", UrlUse::Image).is_none());
    }

    #[test]
    fn text_and_attributes_stay_what_they_are() {
        let mut html = Html::default();
        html.tag("p").attr("title", "\"><img src=x onerror=alert(1)>\0\u{8}").text("</p><script>&'");
        assert_eq!(
            html.finish(),
            "<p title=\"&quot;&gt;&lt;img src=x onerror=alert(1)&gt;\u{fffd}\">&lt;/p&gt;&lt;script&gt;&amp;&#39;</p>"
        );
    }

    #[test]
    fn what_is_open_is_closed() {
        let mut html = Html::default();
        html.tag("ul").open().tag("li").open().tag("br").void();
        assert_eq!(html.finish(), "<ul><li><br></li></ul>");
    }
}
