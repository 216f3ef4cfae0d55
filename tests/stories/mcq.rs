//! The quiz: its order cannot be broken, nothing is skipped, nothing is given away before it is answered.
use crate::kit::{Answer, TestHost, Visitor};
use serde_json::{Value, json};

async fn quiz(visitor: &Visitor) -> Value {
    visitor.get("/api/data/mcq").await.ok().json()
}

async fn answer(visitor: &Visitor) -> Answer {
    let state = quiz(visitor).await;
    let first = state["question"]["options"][0]["value"].clone();
    visitor.act("mcq.submit", json!({"answer": first})).await
}

#[tokio::test]
async fn a_whole_quiz_from_the_first_question_to_the_review() {
    let host = TestHost::start().await;
    let visitor = host.visitor();
    let start = quiz(&visitor).await;
    assert_eq!(
        (&start["phase"], &start["index"], &start["number"]),
        (&json!("question"), &json!(0), &json!(1)),
        "{start}"
    );
    let total = start["total"].as_u64().expect("a total");
    assert!(total >= 3, "{start}");
    let mut right = 0;
    let mut questions = Vec::new();
    for number in 1..=total {
        let state = quiz(&visitor).await;
        assert_eq!((&state["phase"], &state["number"]), (&json!("question"), &json!(number)), "{state}");
        for hidden in ["correct", "correctLabel", "explanation"] {
            assert!(state[hidden].is_null(), "{hidden} is given away: {state}");
        }
        questions.push(state["question"]["id"].clone());
        let widget = answer(&visitor).await.ok().json();
        assert_eq!(widget["widgets"][0]["name"], "mcq", "{widget}");
        let state = quiz(&visitor).await;
        assert_eq!(state["phase"], "answered", "{state}");
        right += u64::from(state["correct"] == json!(true));
        assert!(state["correctLabel"].is_string(), "{state}");
        assert_eq!(state["score"], right, "{state}");
        let step = if number < total { "mcq.next" } else { "mcq.finish" };
        visitor.act(step, json!({})).await.ok();
    }
    let end = quiz(&visitor).await;
    assert_eq!((&end["phase"], &end["score"]), (&json!("finished"), &json!(right)), "{end}");
    let percent = end["percent"].as_u64().expect("a percentage");
    assert!(percent.abs_diff(right * 100 / total) <= 1, "{end}");
    assert_eq!(end["review"].as_array().map(Vec::len), Some(total as usize), "{end}");
    questions.dedup();
    assert_eq!(questions.len() as u64, total, "every question once: {questions:?}");

    visitor.act("mcq.clear", json!({})).await.ok();
    assert_eq!(quiz(&visitor).await, start, "a cleared quiz begins anew");
}

#[tokio::test]
async fn steps_out_of_order_are_refused_and_change_nothing() {
    let host = TestHost::start().await;
    let visitor = host.visitor();
    let refused = async |action: &str| {
        let before = quiz(&visitor).await;
        let problem = visitor.act(action, json!({})).await.problem(409, "action_conflict");
        assert_eq!(problem["reason"], "conflict.out-of-order", "{problem}");
        assert_eq!(quiz(&visitor).await, before, "{action} changed something");
    };
    refused("mcq.next").await;
    refused("mcq.finish").await;
    answer(&visitor).await.ok();
    let before = quiz(&visitor).await;
    let first = before["question"]["options"][1]["value"].clone();
    visitor.act("mcq.submit", json!({"answer": first})).await.problem(409, "action_conflict");
    assert_eq!(quiz(&visitor).await, before, "an answer is final");
    refused("mcq.finish").await;
    visitor.act("mcq.next", json!({})).await.ok();
    // A second press of "next" does not skip a question.
    refused("mcq.next").await;
    assert_eq!(quiz(&visitor).await["number"], 2);

    let wrong = visitor.act("mcq.submit", json!({"answer": "no such option"})).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    wrong.any_problem();
    assert_eq!(visitor.act("mcq.submit", json!({})).await.status, 422);
    let unknown = visitor.act("mcq.clear", json!({"quiz": "no such quiz"})).await;
    assert_eq!(unknown.status, 422, "{}", unknown.text());
}

#[tokio::test]
async fn two_presses_of_next_at_the_same_time_go_on_by_one() {
    let host = TestHost::start().await;
    let visitor = Visitor::at(host.url(), &host.visitor().id().await);
    answer(&visitor).await.ok();
    let mut presses = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let visitor = visitor.clone();
        presses.spawn(async move { visitor.act("mcq.next", json!({})).await });
    }
    let answers = presses.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        refused.problem(409, "action_conflict");
    }
    assert_eq!(quiz(&visitor).await["number"], 2);
}

#[tokio::test]
async fn each_visitor_has_a_quiz_of_ones_own() {
    let host = TestHost::start().await;
    let (one, other) = (host.visitor(), host.visitor());
    answer(&one).await.ok();
    assert_eq!(quiz(&one).await["phase"], "answered");
    assert_eq!(quiz(&other).await["phase"], "question");
}
