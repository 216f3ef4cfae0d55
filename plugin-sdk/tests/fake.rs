//! The fake context keeps the host's promises.
use inlay::*;

#[test]
fn reads_see_own_writes_and_a_refusal_leaves_nothing() {
    let cx = Cx::fake();
    let seen = cx.run(|cx| {
        let s = cx.visitor()?;
        s.put("a", &1)?;
        s.put("b", &2)?;
        s.delete("a")?;
        s.add("b", 5)?;
        s.add("c", -1)?;
        Ok((s.find::<i64>("a")?, s.get::<i64>("b")?, s.get::<i64>("c")?))
    });
    assert_eq!(seen.unwrap(), (None, 7, -1));
    let refused: Result<()> = cx.run(|cx| {
        cx.visitor()?.put("b", &100)?;
        cx.emit("noise", &1, Audience::Visitor)?;
        info!(cx, "about to fail");
        fail("conflict.no", "No")
    });
    assert_eq!(refused.unwrap_err().code, "conflict.no");
    assert_eq!(cx.run(|cx| cx.visitor()?.get::<i64>("b")).unwrap(), 7);
    assert!(cx.events().is_empty());
    assert_eq!(cx.logs().len(), 1, "logs are kept");
}

#[test]
fn scopes_are_apart() {
    let cx = Cx::fake();
    cx.run(|cx| {
        cx.visitor()?.put("k", "visitor")?;
        cx.thread()?.put("k", "thread")?;
        cx.workspace()?.put("k", "workspace")
    })
    .unwrap();
    let other = cx.as_visitor("vis_2");
    let mine = |cx: &Cx| cx.run(|cx| cx.visitor()?.find::<String>("k")).unwrap();
    assert_eq!(mine(&cx).as_deref(), Some("visitor"));
    assert_eq!(mine(&other), None);
    assert_eq!(other.run(|cx| cx.workspace()?.get::<String>("k")).unwrap(), "workspace");
    assert_eq!(cx.in_thread(Some("thr_2")).run(|cx| cx.thread()?.find::<String>("k")).unwrap(), None);
    let outside = cx.in_thread(None).run(|cx| cx.thread().map(|_| ()));
    assert_eq!(outside.unwrap_err().code, "state.no-thread");
}

#[test]
fn bounds_count_at_the_commit() {
    let cx = Cx::fake();
    let take = |n: i64| cx.run(|cx| cx.workspace()?.add_within("sold", n, 0..=10));
    take(6).unwrap();
    take(4).unwrap();
    assert_eq!(take(1).unwrap_err().code, "state.bound");
    take(-10).unwrap();
    assert_eq!(take(-1).unwrap_err().code, "state.bound");
    assert_eq!(cx.run(|cx| cx.workspace()?.get::<i64>("sold")).unwrap(), 0);
    let over = cx.run(|cx| {
        cx.workspace()?.add_within("sold", 11, ..=10)?;
        Ok("the handler itself does not notice")
    });
    assert_eq!(over.unwrap_err().code, "state.bound");
    let own = cx.run(|cx| {
        let s = cx.workspace()?;
        s.put("sold", &9)?;
        s.add_within("sold", 2, ..11).map_err(|failure| failure.with_detail(json!("noticed")))
    });
    assert_eq!(
        own.unwrap_err().detail.as_deref(),
        Some(&json!("noticed")),
        "over an own write the sum is known at once"
    );
    cx.run(|cx| cx.workspace()?.add("sold", i64::MAX)).unwrap();
    let overflow = cx.run(|cx| cx.workspace()?.add("sold", 1));
    assert_eq!(overflow.unwrap_err().code, "state.bound");
}

#[test]
fn add_wants_whole_numbers() {
    let cx = Cx::fake();
    cx.run(|cx| cx.visitor()?.put("word", "seven")).unwrap();
    assert_eq!(cx.run(|cx| cx.visitor()?.add("word", 1)).unwrap_err().code, "state.not-a-number");
    assert_eq!(cx.run(|cx| cx.visitor()?.get::<i64>("word")).unwrap_err().code, "state.shape");
}

#[test]
fn entries_end_when_their_time_is_over() {
    let mut cx = Cx::fake();
    cx.run(|cx| cx.visitor()?.put_for("code", "1234", 60)).unwrap();
    cx.advance(59);
    assert!(cx.run(|cx| cx.visitor()?.find::<String>("code")).unwrap().is_some());
    cx.advance(1);
    assert!(cx.run(|cx| cx.visitor()?.find::<String>("code")).unwrap().is_none());
    assert!(cx.run(|cx| cx.visitor()?.scan::<String>("", None, 9)).unwrap().is_empty());
    assert_eq!(cx.run(|cx| Ok(cx.call().now_ms)).unwrap(), cx.call().now_ms);
}

#[test]
fn scans_go_in_order_from_after_the_key() {
    let cx = Cx::fake();
    cx.run(|cx| {
        let s = cx.workspace()?;
        for key in ["b/2", "a/1", "b/1", "b/3", "c"] {
            s.put(key, key)?;
        }
        Ok(())
    })
    .unwrap();
    let keys = |prefix: &str, after: Option<&str>, limit: u32| {
        let found = cx.run(|cx| {
            cx.workspace()?.delete("b/2")?;
            cx.workspace()?.put("b/22", "own")?;
            cx.workspace()?.scan::<String>(prefix, after, limit)
        });
        found.unwrap().into_iter().map(|entry| entry.key).collect::<Vec<_>>()
    };
    assert_eq!(keys("b/", None, 10), ["b/1", "b/22", "b/3"]);
    assert_eq!(keys("b/", Some("b/1"), 1), ["b/22"]);
    assert_eq!(keys("", None, 2), ["a/1", "b/1"]);
    let many = cx.run(|cx| cx.workspace()?.get_many::<String, _>(&["c", "x"])).unwrap();
    assert_eq!(many, [Some("c".to_owned()), None]);
}

#[test]
fn limits_are_the_hosts() {
    let cx = Cx::fake();
    let code = |work: &dyn Fn(&Cx) -> Result<()>| cx.run(work).unwrap_err().code;
    assert_eq!(code(&|cx| (0..101).try_for_each(|n| cx.visitor()?.put(&n.to_string(), &n))), "limit.state-ops");
    assert_eq!(code(&|cx| cx.visitor()?.put("big", &"x".repeat(70_000))), "limit.state-value");
    assert_eq!(code(&|cx| cx.visitor()?.put(&"k".repeat(257), &1)), "state.key");
    assert_eq!(code(&|cx| cx.visitor()?.put("", &1)), "state.key");
    assert_eq!(code(&|cx| (0..21).try_for_each(|n| cx.emit("t", &n, Audience::Thread))), "limit.events");
    assert_eq!(code(&|cx| cx.emit("t", &"x".repeat(20_000), Audience::Thread)), "limit.event-bytes");
    assert_eq!(cx.read_only().run(|cx| cx.visitor()?.put("a", &1)).unwrap_err().code, "cap.read-only");
}

#[test]
fn configuration_is_read_by_key_and_by_pointer() {
    let cx = Cx::fake().with_config(json!({ "currency": "EUR", "products": { "p1": { "price": 5 } } }));
    assert_eq!(cx.config::<String>("currency").unwrap(), "EUR");
    assert_eq!(cx.config::<u32>("/products/p1/price").unwrap(), 5);
    assert_eq!(cx.find_config::<u32>("/products/p2/price").unwrap(), None);
    assert_eq!(cx.config::<u32>("nothing").unwrap_err().code, "config.missing");
    assert_eq!(cx.config::<u32>("currency").unwrap_err().code, "config.shape");
}

#[test]
fn events_and_logs_are_collected_as_they_were_made() {
    let cx = Cx::fake();
    cx.run(|cx| {
        cx.emit("a", &json!({ "n": 1 }), Audience::Thread)?;
        cx.log().field("id", 7).warn("careful");
        cx.emit("b", &2, Audience::Workspace)
    })
    .unwrap();
    let events: Vec<_> = cx.events().into_iter().map(|e| (e.topic, e.payload, e.audience)).collect();
    assert_eq!(events[0], ("a".to_owned(), json!({ "n": 1 }), "thread".to_owned()));
    assert_eq!(events[1], ("b".to_owned(), json!(2), "workspace".to_owned()));
    let line = LogLine { level: "warn".into(), message: "careful".into(), fields: vec![("id".into(), "7".into())] };
    assert_eq!(cx.logs(), [line]);
}

#[test]
fn any_error_becomes_a_failure() {
    let cx = Cx::fake();
    let parse = |text: &str| cx.run(|_| Ok(text.parse::<u32>()?));
    assert_eq!(parse("7").unwrap(), 7);
    let failure = parse("seven").unwrap_err();
    assert_eq!((&*failure.code, failure.retryable), ("plugin.error", false));
    let field = Failure::field("/email", "Not an address");
    assert_eq!(field.detail.as_deref(), Some(&json!([{ "pointer": "/email", "message": "Not an address" }])));
    assert_eq!(field.to_string(), "input.invalid: Not an address");
}
