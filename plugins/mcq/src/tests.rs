use crate::PLUGIN;
use inlay::*;

const RIGHT: [&str; 5] = ["b", "c", "a", "d", "b"];

fn refused(cx: &Cx, action: &str, input: Value) {
    let failure = cx.act(action, input).unwrap_err();
    assert_eq!(failure.code, "conflict.out-of-order", "{action}: {}", failure.message);
}

#[test]
fn a_whole_quiz_from_the_first_question_to_the_review() {
    let cx = PLUGIN.fake();
    let start = cx.ask("mcq", json!({})).unwrap();
    assert_eq!(start["quiz"], "sound-and-synthesis");
    assert_eq!(start["phase"], "question");
    assert_eq!((&start["number"], &start["total"]), (&json!(1), &json!(5)));
    for (at, right) in RIGHT.iter().enumerate() {
        let given = if at == 3 { "a" } else { right };
        let reply = cx.act("mcq.submit", json!({ "answer": given })).unwrap();
        assert_eq!(reply.widget(), Some("mcq"));
        let view = reply.widget_data();
        assert_eq!(view["phase"], "answered");
        assert_eq!(view["correct"], at != 3);
        assert!(view["correctLabel"].is_string() && view["explanation"].is_string());
        if at < 4 {
            let next = cx.act("mcq.next", json!({})).unwrap().widget_data();
            assert_eq!(next["number"], at + 2);
            assert_eq!(next["answer"], Value::Null);
        }
    }
    let end = cx.act("mcq.finish", json!({})).unwrap().data();
    assert_eq!(end["phase"], "finished");
    assert_eq!((&end["score"], &end["percent"]), (&json!(4), &json!(80)));
    let review = end["review"].as_array().unwrap();
    assert_eq!(review.iter().map(|r| r["ok"] == true).collect::<Vec<_>>(), [true, true, true, false, true]);
    assert_eq!(review[3]["given"], "All of them");
    assert_eq!(review[3]["correct"], "Only the odd ones");
    assert_eq!(cx.ask("mcq", json!({})).unwrap(), end);
}

#[test]
fn steps_out_of_order_are_refused_and_change_nothing() {
    let cx = PLUGIN.fake();
    refused(&cx, "mcq.next", json!({}));
    refused(&cx, "mcq.finish", json!({}));
    cx.act("mcq.submit", json!({ "answer": "a" })).unwrap();
    let before = cx.ask("mcq", json!({})).unwrap();
    refused(&cx, "mcq.submit", json!({ "answer": "b" }));
    refused(&cx, "mcq.finish", json!({}));
    assert_eq!(cx.ask("mcq", json!({})).unwrap(), before);
    for _ in 1..5 {
        cx.act("mcq.next", json!({})).unwrap();
        cx.act("mcq.submit", json!({ "answer": "a" })).unwrap();
    }
    refused(&cx, "mcq.next", json!({}));
    cx.act("mcq.finish", json!({})).unwrap();
    refused(&cx, "mcq.finish", json!({}));
    refused(&cx, "mcq.submit", json!({ "answer": "a" }));
    cx.act("mcq.clear", json!({})).unwrap();
    assert_eq!(cx.ask("mcq", json!({})).unwrap()["phase"], "question");
}

#[test]
fn a_page_that_lags_behind_answers_nothing() {
    let cx = PLUGIN.fake();
    cx.act("mcq.submit", json!({ "question": "filter", "answer": "b" })).unwrap();
    cx.act("mcq.next", json!({ "question": "filter" })).unwrap();
    refused(&cx, "mcq.submit", json!({ "question": "filter", "answer": "b" }));
    refused(&cx, "mcq.next", json!({ "question": "filter" }));
    assert_eq!(cx.ask("mcq", json!({})).unwrap()["phase"], "question");
}

#[test]
fn the_solution_is_secret_until_the_question_is_answered() {
    let view = PLUGIN.fake().ask("mcq", json!({})).unwrap();
    for key in ["answer", "correct", "correctLabel", "explanation"] {
        assert_eq!(view[key], Value::Null, "{key}");
    }
    assert_eq!(view["review"], json!([]));
    assert!(!view.to_string().contains("turned down"), "the explanation leaked");
}

#[test]
fn an_answer_must_be_an_option() {
    let failure = PLUGIN.fake().act("mcq.submit", json!({ "answer": "z" })).unwrap_err();
    assert_eq!(failure.code, "input.invalid");
    assert_eq!(failure.detail.unwrap()[0]["pointer"], "/answer");
}

#[test]
fn quizzes_and_visitors_do_not_mix() {
    let cx = PLUGIN.fake();
    cx.act("mcq.submit", json!({ "quiz": "live-12", "answer": "c" })).unwrap();
    assert_eq!(cx.ask("mcq", json!({ "quiz": "live-12" })).unwrap()["phase"], "answered");
    assert_eq!(cx.ask("mcq", json!({ "quiz": "music-theory" })).unwrap()["phase"], "question");
    assert_eq!(cx.as_visitor("vis_2").ask("mcq", json!({ "quiz": "live-12" })).unwrap()["phase"], "question");
    for name in ["nope", "live-12/questions/0", "~0"] {
        assert_eq!(cx.ask("mcq", json!({ "quiz": name })).unwrap_err().code, "missing.quiz");
    }
}

#[test]
fn every_shipped_question_has_its_right_option() {
    let manifest = PLUGIN.manifest();
    let banks = manifest["config"]["default"]["banks"].as_object().unwrap();
    let quizzes = manifest["config"]["default"]["quizzes"].as_array().unwrap();
    assert_eq!(banks.len(), quizzes.len());
    for name in quizzes {
        for question in banks[name.as_str().unwrap()]["questions"].as_array().unwrap() {
            let options = question["options"].as_array().unwrap();
            assert!(options.iter().any(|option| option["value"] == question["correct"]), "{}", question["id"]);
        }
    }
}

#[test]
fn the_widgets_are_as_their_cases_say_and_are_understood() {
    assert!(PLUGIN.test_widgets("widgets").unwrap() > 1);
}
