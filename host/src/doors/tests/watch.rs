use super::fakes::house;
use crate::base::error::Code;
use crate::features::plugins::Level;

#[tokio::test]
async fn statistics_are_for_admins() {
    let house = house();
    let bearer = format!("Bearer {}", house.admin);
    let admin = [("authorization", bearer.as_str())];
    let stats = house.get("/api/admin/plugins/shop/stats", &admin).await.json();
    assert_eq!((stats["total"]["calls"].as_u64(), stats["breaker"]["state"].as_str()), (Some(7), Some("closed")));
    assert!(stats["actions"]["add"]["recent"]["cpu_us"]["p99"].is_u64(), "{stats}");
    house.get("/api/admin/plugins/none/stats", &admin).await.is_problem(404, Code::UnknownPlugin);
    house.get("/api/admin/plugins/shop/stats", &[]).await.is_problem(401, Code::MissingToken);
    house.get("/api/admin/plugins/shop/logs", &[]).await.is_problem(401, Code::MissingToken);
}

#[tokio::test]
async fn logs_are_a_stream_with_a_last_event_or_a_document() {
    let house = house();
    let bearer = format!("Bearer {}", house.admin);
    let admin = [("authorization", bearer.as_str())];
    let got = house.get("/api/admin/plugins/shop/logs", &admin).await;
    assert_eq!(got.header("content-type"), "text/event-stream");
    let events: Vec<&str> = got.text().split("\n\n").filter(|event| !event.is_empty()).collect();
    assert_eq!(events.len(), 4, "{events:?}");
    assert_eq!(events[0], "event: missed\ndata: {}");
    let line = r#"{"id":1,"at_ms":5,"level":"info","message":"hello","fields":{"a":"b"},"action":"add","call":"act_1","attempt":1,"version":"1.0.0"}"#;
    assert_eq!(events[1], format!("event: line\ndata: {line}\nid: 1"));
    assert!(events[2].contains(r"two\nlines"));
    assert_eq!(
        events[3],
        r#"event: end
data: {"reason":"stopping"}"#
    );
    let json = [admin[0], ("accept", "application/json")];
    let document = house.get("/api/admin/plugins/shop/logs?limit=5&level=warn&after=9", &json).await.json();
    assert_eq!(document["lines"][0]["message"], "hello");
    let wish = house.rooms.wish.lock().unwrap().unwrap();
    assert_eq!((wish.limit, wish.level, wish.after), (5, Level::Warn, Some(9)));
    let again = [admin[0], ("last-event-id", "12")];
    house.get("/api/admin/plugins/shop/logs?after=9", &again).await;
    assert_eq!(house.rooms.wish.lock().unwrap().unwrap().after, Some(12));
    house.get("/api/admin/plugins/none/logs", &admin).await.is_problem(404, Code::UnknownPlugin);
    for bad in ["limit=x", "limit=-1", "level=loud", "after=x", "limit=1&limit=2"] {
        let problem = house.get(&format!("/api/admin/plugins/shop/logs?{bad}"), &admin).await;
        problem.is_problem(422, Code::InvalidParameters);
    }
}
