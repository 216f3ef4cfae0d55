use crate::PLUGIN;
use inlay::*;

/// The fake's clock stands at noon of Tuesday, 1 July 2025.
const TODAY: &str = "2025-07-01";

fn book(cx: &Cx, day: &str, time: &str) -> Result {
    cx.act("appointment.book", json!({ "day": day, "time": time, "name": " Ada ", "email": "ada@example.org" }))
}

fn times(view: &Value) -> Vec<&str> {
    view["times"].as_array().unwrap().iter().map(|one| one["value"].as_str().unwrap()).collect()
}

#[test]
fn a_time_is_booked_once_and_free_again_when_it_is_cancelled() {
    let cx = PLUGIN.fake();
    let reply = book(&cx, TODAY, "14:00").unwrap();
    let view = reply.widget_data();
    assert_eq!(view["booked"]["label"], "Tue 1 Jul, 14:00");
    assert_eq!(times(&view), ["14:30", "15:00", "15:30", "16:00"], "the morning is over, 14:00 is taken");
    let other = cx.as_visitor("vis_2");
    let taken = book(&other, TODAY, "14:00").unwrap_err();
    assert_eq!(taken.detail.unwrap()[0]["pointer"], "/time");
    let foreign = other.act("appointment.cancel", json!({ "id": view["booked"]["id"] })).unwrap_err();
    assert_eq!(foreign.code, "missing.appointment", "nobody cancels what is another's");
    cx.act("appointment.cancel", json!({ "id": view["booked"]["id"] })).unwrap();
    assert_eq!(cx.ask("appointments", json!({})).unwrap()["mine"], json!([]));
    book(&other, TODAY, "14:00").unwrap();
    let topics: Vec<String> = cx.events().into_iter().map(|event| event.topic).collect();
    assert_eq!(topics, ["appointment-booked", "appointment-cancelled", "appointment-booked"]);
    assert!(!cx.events()[0].payload.to_string().contains("Ada"), "not by whom");
}

#[test]
fn only_times_that_are_open_can_be_booked() {
    let cx = PLUGIN.fake();
    for (day, time) in [
        (TODAY, "10:00"),        // over
        (TODAY, "09:00"),        // never
        ("2025-07-05", "10:00"), // a Saturday
        ("2025-06-30", "10:00"), // yesterday
        ("2025-07-30", "10:00"), // too late
        ("2025-02-30", "10:00"), // no day
    ] {
        let failure = book(&cx, day, time).unwrap_err();
        assert_eq!(failure.detail.unwrap()[0]["pointer"], "/time", "{day} {time}");
    }
    let input = json!({ "day": TODAY, "time": "14:00", "name": " ", "email": "nowhere" });
    let failure = cx.act("appointment.book", input).unwrap_err();
    let detail = failure.detail.unwrap();
    let pointers: Vec<_> = detail.as_array().unwrap().iter().map(|fault| fault["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/name", "/email"]);
    assert_eq!(cx.ask("bookings", json!({})).unwrap()["items"], json!([]));
}

#[test]
fn a_visitor_may_have_two() {
    let cx = PLUGIN.fake();
    book(&cx, "2025-07-03", "10:00").unwrap();
    book(&cx, "2025-07-02", "10:00").unwrap();
    assert_eq!(book(&cx, "2025-07-04", "10:00").unwrap_err().code, "conflict.too-many");
    let mine = cx.ask("appointments", json!({})).unwrap()["mine"].clone();
    assert_eq!((&mine[0]["label"], &mine[1]["label"]), (&json!("Wed 2 Jul, 10:00"), &json!("Thu 3 Jul, 10:00")));
    let mut later = cx.as_visitor("vis_1");
    later.advance(2 * 86_400);
    assert_eq!(later.ask("appointments", json!({})).unwrap()["mine"].as_array().unwrap().len(), 1, "the past is over");
    book(&later, "2025-07-04", "10:00").unwrap();
}

#[test]
fn days_are_offered_one_is_looked_at_and_a_full_one_says_so() {
    let cx = PLUGIN.fake();
    let view = cx.ask("appointments", json!({})).unwrap();
    let days: Vec<_> = view["days"].as_array().unwrap().iter().map(|one| one["label"].as_str().unwrap()).collect();
    assert_eq!(days, ["Tue 1 Jul", "Wed 2 Jul", "Thu 3 Jul", "Fri 4 Jul", "Mon 7 Jul"]);
    let saturday = cx.ask("appointments", json!({ "day": "2025-07-05T00:00:00Z" })).unwrap();
    assert_eq!(saturday["dayLabel"], "Monday, 7 July 2025");
    let far = cx.ask("appointments", json!({ "day": "2030-01-01" })).unwrap();
    assert_eq!(far["day"], TODAY);
    assert_eq!(cx.ask("appointments", json!({ "day": "soon" })).unwrap_err().code, "input.invalid");
    for (n, time) in ["14:00", "14:30", "15:00", "15:30", "16:00"].into_iter().enumerate() {
        book(&cx.as_visitor(&format!("vis_{}", n + 2)), TODAY, time).unwrap();
    }
    assert_eq!(cx.ask("appointments", json!({})).unwrap()["day"], "2025-07-02", "the first with a free time");
    let full = cx.ask("appointments", json!({ "day": TODAY })).unwrap();
    assert_eq!((&full["day"], times(&full).len()), (&json!(TODAY), 0));
}

#[test]
fn administrators_read_who_comes_page_by_page() {
    let cx = PLUGIN.fake();
    book(&cx, "2025-07-02", "10:00").unwrap();
    book(&cx.as_visitor("vis_2"), TODAY, "16:00").unwrap();
    let page = cx.ask("bookings", json!({ "limit": 1 })).unwrap();
    assert_eq!((&page["items"][0]["time"], &page["items"][0]["name"]), (&json!("16:00"), &json!("Ada")));
    let rest = cx.ask("bookings", json!({ "after": page["next"] })).unwrap();
    assert_eq!((&rest["items"][0]["day"], &rest["next"]), (&json!("2025-07-02"), &json!(null)));
}

#[test]
fn the_widgets_are_as_their_cases_say_and_are_understood() {
    assert!(PLUGIN.test_widgets("widgets").unwrap() > 1);
}
