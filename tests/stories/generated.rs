//! Files that are made from the code and committed, so that a change of a surface is seen in a review. With
//! INLAY_GENERATE=write (what `cargo xtask gen` sets) they are written, otherwise compared.
use crate::kit::{TestHost, repo};

fn compare_or_write(path: &str, made: &str) {
    let file = repo().join(path);
    if std::env::var("INLAY_GENERATE").is_ok_and(|mode| mode == "write") {
        std::fs::write(&file, made).expect("the generated file");
        return;
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == made, "{path} is not what the code says: run `cargo xtask gen` and look at the difference");
}

#[tokio::test]
async fn the_openapi_document_is_the_committed_one() {
    let host = TestHost::start().await;
    let document = host.anybody().get("/openapi.json").await.ok().json();
    let pretty = serde_json::to_string_pretty(&document).expect("JSON");
    compare_or_write("host/openapi.json", &format!("{pretty}\n"));
}

#[test]
fn the_schema_of_widgets_is_the_committed_one() {
    let schema = inlay_host::base::tree::schema::schema();
    compare_or_write("host/assets/widget.schema.json", &format!("{schema:#}\n"));
}

#[test]
fn the_figures_of_the_bundled_widgets_are_the_committed_ones() {
    let figures = serde_json::json!(crate::widget_checks::baselines());
    compare_or_write("host/assets/widget-baseline.json", &format!("{figures:#}\n"));
}
