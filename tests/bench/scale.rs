//! What many of something cost: 100 plugins in force, a million carts stored, a million actions done.
use crate::load::{self, Load, Until};
use crate::process::{self, Folder, Host};
use crate::{Done, percentile};
use inlay_host::base::ids::VisitorId;
use inlay_host::bundled;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

const PLUGINS: usize = 100;
const CARTS: u64 = 1_000_000;
/// Visitors whose carts are in use at the same time; more than the host keeps in memory.
const BUSY: u64 = 200_000;
const FEW: u64 = 1_000;

/// `add_to_cart` with the bundled plugins alone, then with 100 more, which are uploaded one after the other.
pub fn plugins(seconds: u64) -> Done<Value> {
    println!("\n100 plugins more, each uploaded while the host runs");
    let folder = Folder::new()?;
    let host = Host::for_load(&folder)?;
    let requests = Arc::new(vec![load::add_to_cart(&process::visitor())]);
    let before = warm(&host, &requests, seconds)?;
    let bytes = bundled::BUNDLED.iter().find(|(name, _)| *name == "contact").ok_or("the form is bundled")?.1;
    let token = process::identity().mint_admin(Duration::from_secs(3600)).map_err(|e| e.detail.to_string())?;
    let mut seconds_each = Vec::new();
    for number in 0..PLUGINS {
        let began = Instant::now();
        upload(host.port, token.reveal(), &variant(bytes, number)?)?;
        seconds_each.push(began.elapsed().as_secs_f64());
    }
    let after = warm(&host, &requests, seconds)?;
    let memory = process::resident(host.id())?.0;
    let (size, middle) = (bytes.len() / 1024, percentile(&mut seconds_each, 0.5));
    let worst = percentile(&mut seconds_each, 1.0);
    before.print("the bundled ones");
    after.print("and 100 more");
    let ratio = compared(&before, &after);
    println!("  upload to active, {size} KiB: median {middle:.2} s, slowest {worst:.2} s  (goal: 3 s)");
    println!("  with all of them {memory:.1} MiB RSS");
    Ok(json!({"before": before.json(), "after": after.json(), "ratio": ratio, "rss_mib": memory,
        "upload": {"kib": size, "median_s": middle, "slowest_s": worst, "goal": 3}}))
}

/// The same component under names of its own, in the manifest that it carries. Its code does not know them, so what it
/// brings to test itself is left out; nobody calls it.
fn variant(component: &[u8], number: usize) -> Done<Vec<u8>> {
    let mut component = component.to_vec();
    for (old, new) in [
        (r#""id":"dev.inlay.contact""#, format!(r#""id":"dev.inlay.c{number:06}""#)),
        (r#""name":"contact""#, format!(r#""name":"c{number:06}""#)),
        (r#""name":"submit_contact_form""#, format!(r#""name":"submit_{number:012}""#)),
        (r#""fixtures":"#, r#""unasked_":"#.to_owned()),
        (r#""name":"contact-form""#, format!(r#""name":"form-{number:07}""#)),
        (r#""name":"submissions""#, format!(r#""name":"sent-{number:06}""#)),
    ] {
        let at = component.windows(old.len()).position(|window| window == old.as_bytes());
        let at = at.ok_or_else(|| format!("the manifest has no {old}"))?;
        component.splice(at..at + old.len(), new.bytes()).for_each(drop);
    }
    Ok(component)
}

fn upload(port: u16, token: &str, component: &[u8]) -> Done<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(
        stream,
        "POST /api/admin/plugins?permissions=all HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Type: application/wasm\r\nContent-Length: {}\r\n\r\n",
        component.len()
    )?;
    stream.write_all(component)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.starts_with("HTTP/1.1 20") { Ok(()) } else { Err(format!("an upload was refused: {answer}").into()) }
}

/// `add_to_cart` by a thousand visitors who are all there are, then by 200,000 of a million.
pub fn carts(seconds: u64) -> Done<Value> {
    println!("\nA million carts stored, {BUSY} of them in use");
    let folder = Folder::new()?;
    store(&folder, 0, FEW)?;
    let host = Host::for_load(&folder)?;
    let few = warm(&host, &requests(FEW, 1)?, seconds)?;
    drop(host);
    store(&folder, FEW, CARTS)?;
    let host = Host::for_load(&folder)?;
    let many = warm(&host, &requests(BUSY, CARTS / BUSY)?, seconds)?;
    few.print("a thousand carts");
    many.print("a million carts");
    let ratio = compared(&few, &many);
    println!("  start with a million carts {:.0} ms", host.took.as_secs_f64() * 1e3);
    Ok(json!({"few": few.json(), "many": many.json(), "ratio": ratio, "start_ms": host.took.as_secs_f64() * 1e3}))
}

fn visitor(number: u64) -> String {
    format!("vis_{number:026}")
}

/// One request per visitor, in an order that jumps about.
fn requests(count: u64, step: u64) -> Done<Arc<Vec<String>>> {
    let identity = process::identity();
    let one = |at: u64| {
        let number = (at * 7_919) % count * step;
        let id = VisitorId::parse(&visitor(number)).ok_or("a visitor's id")?;
        Done::Ok(load::add_to_cart(&identity.visitor_token(&id)))
    };
    Ok(Arc::new((0..count).map(one).collect::<Done<Vec<_>>>()?))
}

/// Carts as the shop stores them, written while no host runs.
fn store(folder: &Folder, from: u64, to: u64) -> Done<()> {
    const SQL: &str = "with recursive n (i) as (select ?1 union all select i + 1 from n where i + 1 < ?2) \
        insert into plugin_state (workspace_id, plugin, scope, owner, key, value, version) \
        select 'ws_default', 'shop', 'visitor', printf('vis_%026d', i), 'cart', \
        '{\"lines\":[{\"id\":\"prod_1\",\"quantity\":1}]}', 1 from n";
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("inlay.db"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let pool = sqlx::SqlitePool::connect_with(options).await?;
        let (from, to) = (i64::try_from(from)?, i64::try_from(to)?);
        sqlx::query(SQL).bind(from).bind(to).execute(&pool).await?;
        pool.close().await;
        Ok(())
    })
}

/// Memory after ten thousand actions of a thousand visitors, and after many more.
pub fn memory(full: bool) -> Done<Value> {
    let most = if full { 1_000_000 } else { 100_000 };
    println!("\nMemory after many actions{}", if full { "" } else { " (--full: a million)" });
    let folder = Folder::new()?;
    let host = Host::for_load(&folder)?;
    let identity = process::identity();
    let requests = Arc::new((0..FEW).map(|_| load::add_to_cart(&identity.mint_visitor().1)).collect::<Vec<_>>());
    load::run(&host, &requests, Until::Count(10_000))?;
    std::thread::sleep(Duration::from_secs(2));
    let first = process::resident(host.id())?.0;
    let load = load::run(&host, &requests, Until::Count(most - 10_000))?;
    std::thread::sleep(Duration::from_secs(2));
    let last = process::resident(host.id())?.0;
    load.print(&format!("{most} actions"));
    println!("  RSS {first:.1} MiB after 10,000, {last:.1} MiB after {most}: {:.2} times  (goal: 1.1)", last / first);
    Ok(json!({"actions": most, "first_mib": first, "last_mib": last, "ratio": last / first, "goal": 1.1}))
}

fn warm(host: &Host, requests: &Arc<Vec<String>>, seconds: u64) -> Done<Load> {
    load::run(host, requests, Until::Time(Duration::from_secs(2)))?;
    load::run(host, requests, Until::Time(Duration::from_secs(seconds)))
}

/// How many times slower, by requests and by processor time.
fn compared(before: &Load, after: &Load) -> Value {
    let (rate, cpu) = (before.rps / after.rps, after.cpu_us / before.cpu_us);
    println!("  {rate:.2} times slower by requests, {cpu:.2} times by processor time  (goal: at most 1.3)");
    json!({"rate": rate, "cpu": cpu, "goal": 1.3})
}
