//! Inlay's own pages: one shell around everything that people see in a browser.
use super::writer::{Html, UrlUse, safe_url};
use crate::base::error::Fault;

/// A line of the start page.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    pub href: &'a str,
    pub title: &'a str,
    pub text: &'a str,
}

/// Inlay's page around `main_html`, which must be HTML that this module made or that is known to be safe. `nonce` is
/// the page's Content-Security-Policy nonce, where its policy names styles by nonce.
pub fn page(title: &str, main_html: &str, nonce: Option<&str>) -> String {
    let mut html = Html::default();
    html.raw("<!doctype html>\n").tag("html").attr("lang", "en").open().tag("head").open();
    html.tag("meta").attr("charset", "utf-8").void();
    html.tag("meta").attr("name", "viewport").attr("content", "width=device-width, initial-scale=1").void();
    html.tag("meta").attr("name", "color-scheme").attr("content", "light dark").void();
    html.tag("title").text(&if title == "Inlay" { title.to_owned() } else { format!("{title} · Inlay") });
    html.tag("link").attr("rel", "icon").attr("href", "/assets/favicon.svg").attr("type", "image/svg+xml").void();
    for sheet in ["/assets/site.css", "/assets/widgets.css"] {
        html.tag("link").attr("rel", "stylesheet").attr("href", sheet).attr_if("nonce", nonce).void();
    }
    html.close().raw("\n").tag("body").open();
    html.tag("a").attr("class", "site-skip").attr("href", "#main").text("Skip to the content");
    html.tag("header").attr("class", "site-head").open();
    html.tag("a").attr("class", "site-name").attr("href", "/").open().raw(LOGO).tag("span").text("Inlay").close();
    html.tag("nav").attr("aria-label", "Inlay").open();
    for (href, text) in [("/demo", "Demo"), ("/docs", "Docs"), ("/openapi.json", "API")] {
        html.tag("a").attr("href", href).text(text);
    }
    html.close().close().raw("\n");
    html.tag("main").attr("id", "main").attr("tabindex", "-1").open().made(main_html).close().raw("\n");
    html.finish()
}

const LOGO: &str = r#"<svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true" focusable="false"><rect class="site-logo" width="32" height="32" rx="8"></rect><path class="site-logo-mark" d="M8 9h16v5H8zM8 17h9v6H8zM20 17h4v6h-4z"></path></svg>"#;

/// What an action led to, where the page it came from does not show it: the plugin's message, the widgets drawn by
/// [`super::tree`], and the way back.
pub fn outcome_page(message: Option<&str>, widgets_html: &str, back: &str) -> String {
    let mut html = Html::default();
    html.tag("div").attr("class", "site-outcome").open();
    html.tag("h1").attr("role", "status").text(message.unwrap_or("Done"));
    html.made(widgets_html);
    if let Some(href) = safe_url(back, UrlUse::Link) {
        html.tag("p").open().tag("a").attr("class", "site-button").attr("href", &href).text("Go back").close();
    }
    html.close();
    page(message.unwrap_or("Done"), &html.finish(), None)
}

/// What went wrong.
#[derive(Clone, Copy, Debug)]
pub struct Problem<'a> {
    pub status: u16,
    pub title: &'a str,
    pub detail: &'a str,
    pub faults: &'a [Fault],
}

/// A page for a failure: what is shown instead (HTML that [`super::tree`] made), what went wrong, each fault, and the way
/// back.
pub fn problem_page(problem: Problem<'_>, instead_html: Option<&str>, back: Option<&str>) -> String {
    let Problem { status, title, detail, faults } = problem;
    let mut html = Html::default();
    html.tag("div").attr("class", "site-problem").open();
    if let Some(instead) = instead_html {
        html.made(instead);
    }
    html.tag("p").attr("class", "site-status").text(&format!("Error {status}"));
    html.tag("h1").text(title);
    if !detail.is_empty() && detail != title {
        html.tag("p").text(detail);
    }
    if !faults.is_empty() {
        html.tag("ul").attr("class", "site-faults").open();
        for fault in faults.iter().take(100) {
            html.tag("li").open();
            if !fault.pointer.is_empty() {
                html.tag("strong").text(&super::fields::field_of(fault)).text(": ");
            }
            html.text(&fault.message).close();
        }
        html.close();
    }
    let back = back.filter(|back| back.starts_with('/') && !back.starts_with("//") && !back.contains('\\'));
    let back = back.and_then(|back| safe_url(back, UrlUse::Link));
    html.tag("p").attr("class", "site-links").open();
    html.tag("a").attr("class", "site-button").attr("href", back.as_deref().unwrap_or("/")).text(match back {
        Some(_) => "Go back",
        None => "To the start page",
    });
    page(title, &html.finish(), None)
}

/// The demo: widgets as `(name, title, html)` side by side. The first is the widest; the others stand beside it.
pub fn demo_page(widgets: &[(String, String, String)]) -> String {
    let mut html = Html::default();
    html.tag("div").attr("class", "site-intro").open().tag("h1").text("Demo");
    html.tag("p").open();
    html.text(
        "These widgets are rendered on the server. Each button runs a sandboxed plugin; what it stores is committed ",
    );
    html.text("before the page comes back. No JavaScript is needed.").close().close();
    html.tag("div").attr("class", "site-demo").open();
    for (name, title, widget) in widgets {
        let id = format!("widget-{name}");
        html.tag("div").attr("class", "site-widget").attr("id", &id).open();
        html.tag("div").attr("class", "site-caption").open().tag("span").text(title);
        if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            let url = format!("/api/widget/{name}");
            html.tag("a").attr("href", &url).text(name);
        }
        html.close().made(widget).close();
    }
    page("Demo", &html.finish(), None)
}

/// The start page for people. Links of other schemes than http and https are left out.
pub fn landing(version: &str, links: &[Link]) -> String {
    let mut html = Html::default();
    html.tag("div").attr("class", "site-hero").open();
    html.tag("h1").text("Widgets whose buttons do something");
    html.tag("p").attr("class", "site-lead").open();
    html.text("Inlay shows widgets and runs what people click in sandboxed WebAssembly plugins: each action is one ");
    html.text("transaction, stored before it is answered.").close().close();
    html.tag("ul").attr("class", "site-cards").attr("role", "list").open();
    for link in links {
        let Some(url) = safe_url(link.href, UrlUse::Link) else { continue };
        html.tag("li").open().tag("a").attr("href", &url).open();
        html.tag("strong").text(link.title).tag("span").text(link.text).close().close();
    }
    html.close();
    html.tag("p").attr("class", "site-version").text(&format!("Inlay {version}"));
    page("Inlay", &html.finish(), None)
}
