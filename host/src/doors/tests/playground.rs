use super::fakes::{house, house_of_dev};
use crate::base::error::Code;

const JSON: (&str, &str) = ("content-type", "application/json");
const BEHIND: [&str; 3] = ["/playground", "/api/playground/widgets", "/api/playground/widgets/cart"];

#[tokio::test]
async fn the_playground_is_for_admins_and_in_development_for_everybody() {
    let (served, made) = (house(), house_of_dev());
    let bearer = format!("Bearer {}", served.admin);
    for path in BEHIND {
        served.get(path, &[]).await.is_problem(401, Code::MissingToken);
        assert_eq!(served.get(path, &[("authorization", &bearer)]).await.status, 200, "{path}");
        assert_eq!(made.get(path, &[]).await.status, 200, "{path}");
    }
    served.post("/api/playground/render", &[JSON], r#"{"template": ""}"#).await.is_problem(401, Code::MissingToken);
    served.get("/api/dev/events", &[]).await.is_problem(404, Code::NotFound);
    let page = made.get("/playground", &[]).await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains("trusted-types 'none'") && !policy.contains("unsafe"), "{policy}");
    let list = made.get("/api/playground/widgets", &[]).await.json();
    assert_eq!((&list["dev"], &list["widgets"][1]["local"]), (&true.into(), &true.into()), "{list}");
}

#[tokio::test]
async fn a_draft_is_read_with_care() {
    let house = house_of_dev();
    let render = async |body: &str| house.post("/api/playground/render", &[JSON], body.to_owned()).await;
    let trial = render(r#"{"template": "T", "data": {"a": 1}, "schema": null}"#).await.json();
    assert_eq!((&trial["tree"]["said"], &trial["tree"]["given"]["a"]), (&"T".into(), &1.into()), "{trial}");
    for (body, pointer) in
        [("{}", "/template"), (r#"{"template": 1}"#, "/template"), (r#"{"template": "", "name": 1}"#, "/name")]
    {
        let problem = render(body).await.is_problem(422, Code::InvalidBody);
        assert_eq!(problem["faults"][0]["pointer"], pointer, "{problem}");
    }
    render("{").await.is_problem(400, Code::MalformedJson);
    let form = [("content-type", "text/plain")];
    house.post("/api/playground/render", &form, "{}").await.is_problem(415, Code::UnsupportedMedia);
}

#[tokio::test]
async fn in_development_the_loader_brings_what_follows_the_author() {
    let brings = |text: &str| text.contains("dev.js");
    let made = house_of_dev().get("/static/widget.js", &[]).await;
    assert!(brings(made.text()) && made.header("cache-control") == "no-store");
    assert!(!brings(house().get("/static/widget.js", &[]).await.text()));
}
