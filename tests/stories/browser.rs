//! What people see: the demo page in a real browser, with JavaScript off.
use crate::kit::{TestHost, browser::Browser};

#[tokio::test]
async fn without_javascript_the_demo_shows_products_and_fills_the_cart() {
    let host = TestHost::start().await;
    let Some(browser) = Browser::start(false).await else { return };
    browser.open(&format!("{}/demo", host.url())).await;
    let text = browser.text("body").await;
    assert!(text.contains("Ableton Live 12 Suite"), "{text}");
    browser.screenshot("demo-empty-light").await;

    for pieces in 1..=2 {
        browser.click_button("Add to cart").await;
        assert!(browser.address().await.starts_with(&format!("{}/demo", host.url())), "back on the demo page");
        let text = browser.text("body").await;
        assert!(!text.contains("Something went wrong"), "{text}");
        let cart = browser.text("#widget-cart").await;
        assert!(cart.contains("Ableton Live 12 Suite"), "the cart shows the product: {cart}");
        assert!(cart.contains(&pieces.to_string()), "{pieces} pieces: {cart}");
    }
    browser.screenshot("demo-cart-light").await;
    browser.prefer("dark").await;
    browser.screenshot("demo-cart-dark").await;
    browser.width(390).await;
    browser.screenshot("demo-cart-dark-phone").await;
    browser.close().await;
}

#[tokio::test]
async fn without_javascript_each_widget_is_a_page_of_its_own() {
    let host = TestHost::start().await;
    let Some(browser) = Browser::start(false).await else { return };
    for name in [
        "products",
        "cart",
        "contact-form",
        "ableton-live-12-suite",
        "mcq",
        "order-status",
        "pricing",
        "appointment",
        "survey",
        "articles",
        "feedback",
    ] {
        // A person's browser asks for HTML first.
        browser.open(&format!("{}/api/widget/{name}", host.url())).await;
        let text = browser.text("body").await;
        assert!(!text.starts_with('{') && text.len() > 20, "{name}: {text}");
        for scheme in ["light", "dark"] {
            browser.prefer(scheme).await;
            browser.screenshot(&format!("widget-{name}-{scheme}")).await;
        }
    }
    browser.close().await;
}

#[tokio::test]
async fn without_javascript_a_message_is_sent_and_a_question_answered() {
    let mut host = TestHost::start().await;
    let Some(browser) = Browser::start(false).await else { return };
    browser.open(&format!("{}/demo", host.url())).await;
    browser.type_into("#widget-contact-form [name='user_name']", "Ada").await;
    browser.type_into("#widget-contact-form [name='email']", "ada@example.org").await;
    browser.type_into("#widget-contact-form [name='reason']", "I would like").await;
    browser.type_into("#widget-contact-form [name='message']", "Hello from a browser").await;
    browser.screenshot("contact-filled").await;
    browser.click_button("Send message").await;
    browser.shows("body", "Thank you, Ada").await;
    browser.screenshot("contact-sent").await;
    let list = host.admin().get("/api/submissions").await.ok().json();
    assert_eq!(list["items"][0]["message"], "Hello from a browser", "{list}");
    assert_eq!(list["items"][0]["reason"], "demo", "{list}");

    browser.open(&format!("{}/demo", host.url())).await;
    browser.click("#widget-mcq input[type='radio']").await;
    browser.click_button("Check my answer").await;
    // The answer is judged and the quiz goes on.
    browser.shows("#widget-mcq", "Next question").await;
    browser.screenshot("quiz-answered").await;
    browser.close().await;
}

/// With JavaScript on, the page's own policy must not break anything either.
#[tokio::test]
async fn with_javascript_the_demo_has_no_console_errors_to_hide() {
    let host = TestHost::start().await;
    let Some(browser) = Browser::start(true).await else { return };
    browser.open(&format!("{}/demo", host.url())).await;
    let broken =
        browser.run("return [...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)").await;
    assert_eq!(broken, serde_json::json!([]), "images that do not load");
    let unnamed = browser
        .run("return [...document.querySelectorAll('button, input:not([type=hidden]), select, textarea')].filter(e => !(e.innerText || e.value || e.ariaLabel || e.labels?.length || document.getElementById(e.getAttribute('aria-labelledby'))?.textContent)).map(e => e.outerHTML)")
        .await;
    assert_eq!(unnamed, serde_json::json!([]), "controls without a name");
    let wide = browser.run("return document.documentElement.scrollWidth <= window.innerWidth").await;
    assert_eq!(wide, true, "nothing sticks out at the side");
    browser.close().await;
}
