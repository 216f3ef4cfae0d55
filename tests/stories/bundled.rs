//! The bundled plugins beyond cart, contact form and quiz: what they store is real, also when many come at once.
use crate::kit::{Answer, Client, TestHost, Visitor};
use serde_json::{Value, json};
use std::future::Future;

async fn together<F: Future<Output = Answer> + Send + 'static>(calls: impl Iterator<Item = F>) -> Vec<Answer> {
    let mut all = tokio::task::JoinSet::new();
    calls.for_each(|call| {
        all.spawn(call);
    });
    all.join_all().await
}

async fn data(client: &Client, query: &str) -> Value {
    client.get(&format!("/api/data/{query}")).await.ok().json()
}

#[tokio::test]
async fn thirty_people_want_one_appointment_and_one_gets_it() {
    let mut host = TestHost::start().await;
    let free = data(&host.visitor(), "appointments").await;
    let (day, time) = (free["day"].clone(), free["times"][0]["value"].clone());
    let people: Vec<Visitor> = (0..30).map(|_| host.visitor()).collect();
    let wish = json!({"day": day, "time": time, "name": "Ada", "email": "ada@example.org"});
    let answers = together(people.iter().cloned().map(|one| {
        let wish = wish.clone();
        async move { one.act("appointment.book", wish).await }
    }))
    .await;
    let (good, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(good.len(), 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
    for answer in refused {
        assert_eq!(answer.problem(422, "invalid_form")["faults"][0]["pointer"], "/time", "{}", answer.text());
    }
    let booked = data(&host.admin(), "bookings").await;
    assert_eq!(booked["items"].as_array().map(Vec::len), Some(1), "{booked}");
    people[0].get("/api/data/bookings").await.any_problem();
    let after = data(&host.visitor(), &format!("appointments?day={}", day.as_str().expect("a day"))).await;
    assert!(after["times"].as_array().expect("times").iter().all(|one| one["value"] != time), "{after}");
}

#[tokio::test]
async fn forty_people_answer_a_survey_at_once_and_all_are_counted() {
    let host = TestHost::start().await;
    let people: Vec<Visitor> = (0..40).map(|_| host.visitor()).collect();
    let given = json!({"survey": "studio-2026", "answers": {"where": "stage", "often": "rarely"}});
    let answers = together(people.iter().cloned().map(|one| {
        let given = given.clone();
        async move { one.act("survey.answer", given).await }
    }))
    .await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{:?}", answers.first().map(Answer::text));
    let shown = data(&people[7], "survey").await;
    assert_eq!((&shown["total"], &shown["answered"]), (&json!(40), &json!(true)), "{shown}");
    assert_eq!(shown["results"][0]["leader"], "On stage, 100 %");
    people[7].act("survey.answer", given).await.problem(409, "action_conflict");
    assert_eq!(data(&host.visitor(), "survey").await["results"], Value::Null, "results are for those who answered");
}

#[tokio::test]
async fn an_order_goes_from_the_cart_to_the_door() {
    let mut host = TestHost::start().await;
    let buyer = host.visitor();
    buyer.act("add_to_cart", json!({"productId": "prod_2", "quantity": 2})).await.ok();
    let bought = buyer.act("checkout", json!({})).await.ok().json();
    let id = bought["result"]["order"]["id"].clone();
    let placed = buyer.get("/api/widget/order-status").await.ok().text();
    assert!(placed.contains("Cancel this order") && placed.contains("Push 3 Standalone"), "{placed}");
    let step = json!({"orderId": id, "status": "shipped"});
    buyer.act("set_order_status", step.clone()).await.any_problem();
    let admin = host.admin();
    assert_eq!(data(&admin, "orders").await["items"][0]["id"], id);
    admin.act("set_order_status", step).await.ok();
    let shipped = buyer.act("view_order", json!({"orderId": id})).await.ok().text();
    assert!(shipped.contains("On its way") && !shipped.contains("Cancel this order"), "{shipped}");
    buyer.act("cancel_order", json!({"orderId": id})).await.problem(409, "action_conflict");
    let stranger = host.visitor();
    stranger.act("view_order", json!({"orderId": id})).await.problem(422, "action_refused");
}

#[tokio::test]
async fn feedback_plans_and_readers_are_counted_and_administrators_see_it() {
    let mut host = TestHost::start().await;
    let people: Vec<Visitor> = (0..5).map(|_| host.visitor()).collect();
    for (one, rating) in people.iter().zip([5, 5, 4, 3, 5]) {
        one.act("send_feedback", json!({"rating": rating, "comment": "Quick"})).await.ok();
        one.act("choose_plan", json!({"plan": "studio"})).await.ok();
        one.act("article.read", json!({"id": "filters"})).await.ok();
    }
    people[0].act("send_feedback", json!({"rating": 6})).await.any_problem();
    let admin = host.admin();
    let received = data(&admin, "received-feedback?limit=2").await;
    assert_eq!((&received["results"]["total"], &received["results"]["averageLabel"]), (&json!(5), &json!("4.4")));
    assert_eq!(received["items"].as_array().map(Vec::len), Some(2), "{received}");
    assert_eq!(data(&admin, "subscribers").await[1], json!({"plan": "studio", "count": 5}));
    let readers = data(&admin, "readers").await;
    assert!(
        readers.as_array().expect("a list").iter().any(|one| one["id"] == "filters" && one["count"] == 5),
        "{readers}"
    );
    for query in ["received-feedback", "subscribers", "readers", "orders", "bookings"] {
        people[0].get(&format!("/api/data/{query}")).await.any_problem();
    }
}
