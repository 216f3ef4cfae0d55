//! What no upload and no plugin may do to the host, generated here: no binary files. While it is tried, another plugin
//! is called a thousand times and more, health is asked for, and the host's memory is watched.
mod bytes;
mod calls;
mod uploads;

use crate::kit::{Answer, Client, Folder, Guest, TestHost, Visitor, guest};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// An upload is answered in 5 s on a machine that has time; the rest is for one that runs other tests beside.
const UPLOAD: Duration = Duration::from_secs(5 + 15);
/// Longer than the limits of a call, with the same slack.
const CALL: Duration = Duration::from_secs(2 + 5);
const GROWTH_MIB: u64 = 300;

/// Supervision would keep the plugin of all cases from being called at all.
const UNSUPERVISED: [(&str, &str); 3] =
    [("INLAY_WATCH_BREAKER", "false"), ("INLAY_WATCH_ROLLBACK", "false"), ("INLAY_WATCH_OFFENDER_STOPS", "0")];

async fn upload(admin: &Client, component: Vec<u8>) -> Answer {
    super::admin_plugins::upload(admin, component, Some("all")).await
}

/// What is in force: name, digest and state of every plugin.
async fn plugins(admin: &Client) -> Vec<String> {
    let list = admin.get("/api/admin/plugins").await.ok().json();
    let all = list["plugins"].as_array().expect("a list");
    all.iter().map(|one| format!("{} {} {}", one["name"], one["digest"], one["state"])).collect()
}

/// Good calls beside bad ones, until told to stop, and at least a thousand: all of them succeed.
fn control(host: &TestHost) -> (Arc<AtomicBool>, tokio::task::JoinHandle<(u64, u64)>) {
    let stop = Arc::new(AtomicBool::new(false));
    let (stopped, visitor, pid) = (stop.clone(), host.visitor(), host.pid());
    let task = tokio::spawn(async move {
        let (mut good, mut most) = (0, 0);
        while good < 1_000 || !stopped.load(Ordering::Acquire) {
            visitor.act("control.go", json!({})).await.ok();
            good += 1;
            if good % 25 == 0 {
                most = most.max(rss_mib(pid));
                let health = visitor.get("/api/health").await.ok().json();
                assert_eq!(health["status"], "ok", "{health}");
            }
        }
        (good, most)
    });
    (stop, task)
}

fn rss_mib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the host runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
}

/// A host with the control plugin in force, whose calls have begun.
async fn watched() -> (TestHost, Client, u64, Arc<AtomicBool>, tokio::task::JoinHandle<(u64, u64)>) {
    let mut host = TestHost::with(&UNSUPERVISED).await;
    let admin = host.admin();
    let code = format!("(local $bucket i32) {} {} (call $ok)", guest::open("workspace"), guest::add("n", 1));
    let made = Guest::new("control").imports(&["state"]).needs(&["workspace"]).handle(code);
    upload(&admin, made.bytes()).await.is(201);
    host.visitor().act("control.go", json!({})).await.ok();
    let before = rss_mib(host.pid());
    let (stop, task) = control(&host);
    (host, admin, before, stop, task)
}

async fn all_went_well(
    mut host: TestHost,
    pid: u32,
    before: u64,
    stop: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<(u64, u64)>,
) {
    stop.store(true, Ordering::Release);
    let (good, most) = task.await.expect("every good call succeeds");
    assert!(host.is_running() && host.pid() == pid, "the host is another one");
    assert!(good >= 1_000 && most < before + GROWTH_MIB, "{good} calls, {before} MiB before and {most} MiB at most");
}

/// The refusal's text, faults included.
fn refusal(name: &str, answer: &Answer) -> String {
    assert!((400..500).contains(&answer.status), "{name}: {} {}", answer.status, answer.text());
    let problem = answer.any_problem();
    assert!(problem["detail"].as_str().is_some_and(|d| (10..4_000).contains(&d.len())), "{name}: {problem}");
    problem.to_string()
}

#[tokio::test]
async fn every_hostile_upload_is_refused_and_changes_nothing() {
    let (host, admin, before, stop, task) = watched().await;
    let (pid, list) = (host.pid(), plugins(&admin).await);
    let bad = uploads::all();
    assert!(bad.len() >= 60, "{}", bad.len());
    for bad in bad {
        let began = Instant::now();
        let answer = upload(&admin, bad.bytes).await;
        let took = began.elapsed();
        let text = refusal(&bad.name, &answer);
        assert!(bad.words.is_empty() || bad.words.iter().any(|word| text.contains(word)), "{}: {text}", bad.name);
        assert!(took < UPLOAD, "{} took {took:?}", bad.name);
        println!("{took:>10.1?} {}: {}", bad.name, answer.json()["detail"]);
    }
    assert_eq!(plugins(&admin).await, list, "nothing is in force that was not before");
    for name in ["liar", "fatal", "wants", "sly", "w"] {
        admin.get(&format!("/api/admin/plugins/{name}")).await.problem(404, "unknown_plugin");
    }
    all_went_well(host, pid, before, stop, task).await;
}

#[tokio::test]
async fn every_hostile_call_ends_by_its_limit_and_stores_nothing() {
    let (host, admin, before, stop, task) = watched().await;
    let pid = host.pid();
    upload(&admin, calls::plugin().bytes()).await.is(201);
    let visitor = Visitor::at(host.url(), &host.visitor().id().await);
    // After a call that went well something is stored, rightly.
    let mut shown = false;
    for (number, case) in calls::CASES.iter().enumerate() {
        let answer = timed(case.name, &visitor, &calls::action(number), CALL).await;
        judged(case.name, &answer, case.statuses, case.words);
        shown |= answer.status == 200;
        if answer.status == 200 {
            defused(case.name, &visitor, &calls::action(number)).await;
        } else if !shown {
            assert_eq!(
                visitor.get("/api/data/hostile.ask").await.ok().text(),
                "null",
                "{} stored something",
                case.name
            );
        }
    }
    for (name, guest, statuses, words) in calls::alone() {
        let answer = upload(&admin, guest.bytes()).await;
        if answer.status != 201 {
            refusal(name, &answer);
            continue;
        }
        let plugin = answer.json()["name"].as_str().expect("a name").to_owned();
        let answer = timed(name, &visitor, &format!("{plugin}.go"), CALL).await;
        judged(name, &answer, statuses, words);
    }
    all_went_well(host, pid, before, stop, task).await;
}

async fn timed(name: &str, visitor: &Visitor, action: &str, most: Duration) -> Answer {
    let began = Instant::now();
    let answer = visitor.act(action, json!({})).await;
    assert!(began.elapsed() < most, "{name} took {:?}", began.elapsed());
    println!("{:>10.1?} {name}: {}", began.elapsed(), answer.status);
    answer
}

fn judged(name: &str, answer: &Answer, statuses: &[u16], words: &[&str]) {
    assert!(statuses.contains(&answer.status), "{name}: {} {}", answer.status, answer.text());
    if answer.status == 200 {
        return;
    }
    let problem = answer.any_problem();
    let text = format!("{} {}", problem["code"], problem["reason"]);
    assert!(words.iter().any(|word| text.contains(word)), "{name}: {problem}");
}

/// A widget may be shown with what is dangerous in it dead: on the page nothing of it runs.
async fn defused(name: &str, visitor: &Visitor, action: &str) {
    let action = json!({"type": action, "payload": {}});
    let page = visitor.form(&action, "/demo", &[]).await;
    assert!(page.status < 400 && page.media_type() != "application/json", "{name}: {} {}", page.status, page.text());
    let page = page.text();
    for dangerous in ["javascript:", "<script>alert", "<iframe"] {
        assert!(!page.contains(dangerous), "{name}: {page}");
    }
}

/// Memory, globals and tables of one call are not there for the next, whoever makes it.
#[tokio::test]
async fn nothing_of_a_call_is_left_for_the_next() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let leaky = Guest::new("leaky").items("(global $calls (mut i32) (i32.const 0)) (table $t 1 10 funcref)").handle(
        "(local $seen i32)
         (local.set $seen (i32.add (i32.add (global.get $calls) (i32.load (i32.const 3000))) (i32.sub (table.size $t) (i32.const 1))))
         (global.set $calls (i32.const 1)) (i32.store (i32.const 3000) (i32.const 1)) (i32.store (i32.const 60000) (i32.const 1))
         (drop (table.grow $t (ref.null func) (i32.const 1))) (drop (memory.grow (i32.const 4)))
         (i32.store8 (i32.const 2048) (i32.add (local.get $seen) (i32.const 48))) (call $say (i32.const 2048) (i32.const 1))",
    );
    upload(&admin, leaky.bytes()).await.is(201);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let visitor = host.visitor();
        calls.spawn(async move {
            for _ in 0..25 {
                assert_eq!(visitor.act("leaky.go", json!({})).await.ok().json()["result"], 0);
            }
        });
    }
    while let Some(done) = calls.join_next().await {
        done.expect("every call begins anew");
    }
}

fn code_in(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).expect("the cache").flatten().map(|entry| entry.path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "cwasm")).collect()
}

#[tokio::test]
async fn refused_components_leave_no_code_and_code_from_elsewhere_is_not_run() {
    let cache = Folder::new("cache");
    let folder = cache.path().join("compiled");
    let mut host = TestHost::with(&[("INLAY_PLUGINS_CACHE_DIR", &folder.to_string_lossy())]).await;
    let admin = host.admin();
    let before = code_in(&folder).len();
    let taken = Guest::new("taker").manifest(json!({"actions": [{"name": "add_to_cart"}]}));
    for refused in [Guest::new("fatal").describe("unreachable"), taken] {
        let answer = upload(&admin, refused.bytes()).await;
        refusal("refused", &answer);
    }
    assert_eq!(code_in(&folder).len(), before, "a refused component left its code");
    upload(&admin, Guest::new("kept").bytes()).await.is(201);
    assert_eq!(code_in(&folder).len(), before + 1);
    // Real code of this very engine, but not what this host wrote under that name.
    let foreign = bytes::precompiled(&Guest::new("foreign").bytes());
    for path in code_in(&folder) {
        std::fs::write(path, [&foreign[..], &[0; 32]].concat()).expect("a file in the cache");
    }
    host.kill();
    host.restart().await;
    let answer = host.visitor().act("kept.go", json!({})).await.ok().json();
    assert_eq!(answer["result"], "kept", "{answer}");
    host.log_line(|line| line.contains("compiling it again")).await;
}
