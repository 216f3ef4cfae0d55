//! docs/security.md: what it claims is held by tests that exist.
use std::path::Path;

#[test]
fn every_claim_of_the_security_page_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    let page = std::fs::read_to_string(root.join("docs/security.md")).expect("the page");
    let mut claims = 0;
    // A claim is an item with all its lines.
    for claim in page.split("\n- ").skip(1).map(|rest| rest.split("\n\n").next().unwrap_or_default()) {
        let named: Vec<(&str, &str)> =
            claim.split('`').skip(1).step_by(2).filter_map(|code| code.split_once("::")).collect();
        assert!(!named.is_empty(), "no test holds this: {claim}");
        for (file, test) in named {
            let text = std::fs::read_to_string(root.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
            let test_begins = |at: usize| text[..at].trim_end().ends_with(']') || text[..at].contains("on_both!");
            let defined = [format!("fn {test}("), format!("async fn {test}(")];
            let there = defined.iter().any(|def| {
                text.find(def.as_str()).is_some_and(|at| {
                    let line = text[..at].rfind('\n').map_or(0, |n| n + 1);
                    test_begins(line)
                })
            });
            assert!(there, "{file} has no test {test}");
            claims += 1;
        }
    }
    assert!(claims > 30, "{claims} tests are named");
}
