//! One add_to_cart of the bundled shop in process: through the host's sandbox, and through the bare loop, in turns.
use crate::bare::Bare;
use crate::{Done, percentile};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use inlay_host::bundled;
use inlay_host::platform::wasm::{
    Call, Entry, Failure, HostCalls, Imports, Limits, Loaded, Sandbox, SandboxSettings, Scope,
};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A cart of five lines, as the shop stores it, is what the first calls below write; then it stays as it is.
#[derive(Clone)]
pub struct Canned {
    cart: Arc<str>,
    config: Arc<Value>,
    pub written: Vec<(String, String)>,
}

impl Canned {
    pub fn stored(&self, key: &str) -> Option<&str> {
        (key == "cart" && !self.cart.is_empty()).then_some(&*self.cart)
    }

    pub fn configured(&self, key: &str) -> Option<String> {
        let found = if key.starts_with('/') { self.config.pointer(key) } else { self.config.get(key) };
        found.map(Value::to_string)
    }
}

impl HostCalls for Canned {
    fn open(&mut self, scope: &str) -> Result<Scope, Failure> {
        Ok(if scope == "workspace" { Scope::Workspace } else { Scope::Visitor })
    }
    fn get(&mut self, _: Scope, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<Arc<str>>>, Failure>> {
        let cart = self.cart.clone();
        let values = keys.iter().map(|key| self.stored(key).map(|_| cart.clone())).collect();
        Box::pin(std::future::ready(Ok(values)))
    }
    fn put(&mut self, _: Scope, key: String, value: String, _: Option<u64>) -> Result<(), Failure> {
        self.written.push((key, value));
        Ok(())
    }
    fn delete(&mut self, _: Scope, _: String) -> Result<(), Failure> {
        Ok(())
    }
    fn scan(
        &mut self,
        _: Scope,
        _: String,
        _: Option<String>,
        _: u32,
    ) -> BoxFuture<'_, Result<Vec<(String, Arc<str>)>, Failure>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
    fn add(&mut self, _: Scope, _: String, _: i64, _: Option<i64>, _: Option<i64>) -> Result<(), Failure> {
        Ok(())
    }
    fn emit(&mut self, topic: String, payload: String, _: String) -> Result<(), Failure> {
        self.written.push((topic, payload));
        Ok(())
    }
    fn config(&mut self, key: &str) -> Option<String> {
        self.configured(key)
    }
    fn log(&mut self, _: &str, _: &str, _: &[(String, String)]) {}
}

const LIMITS: Limits = Limits {
    cpu: Duration::from_millis(50),
    wall: Duration::from_secs(2),
    memory: 32 << 20,
    output: 256 << 10,
    host_calls: 1_000,
};
const ROUNDS: usize = 5;

struct Both {
    ours: Loaded,
    bare: Bare,
    canned: Canned,
}

impl Both {
    async fn new() -> Done<Both> {
        let shop = bundled::BUNDLED.iter().find(|(name, _)| *name == "shop").ok_or("the shop is bundled")?.1;
        let settings = SandboxSettings {
            instances: 64,
            memory_ceiling: 64 << 20,
            max_component_bytes: 16 << 20,
            cache: None,
            compiler: None,
        };
        let sandbox = Sandbox::new(settings)?;
        let entry = Entry { concurrency: 64, queue: 64, wait: Duration::from_secs(1) };
        let compiled = sandbox.compile(Bytes::from_static(shop)).await?;
        let ours = sandbox.link(&compiled, Imports::ALL, entry).await?;
        let manifest: Value = serde_json::from_str(&ours.describe().await.map_err(|fault| fault.message)?)?;
        let config = manifest.pointer("/config/default").cloned().unwrap_or_default();
        let canned = Canned { cart: "".into(), config: Arc::new(config), written: Vec::new() };
        let mut both = Both { ours, bare: Bare::new(shop)?, canned };
        for product in 1..=5 {
            let written = both.ours(&add(product)).await?;
            let cart = written.into_iter().find(|(key, _)| key == "cart").ok_or("the shop writes the key cart")?;
            both.canned.cart = cart.1.into();
        }
        Ok(both)
    }

    /// What the guest wrote.
    async fn ours(&self, call: &Call) -> Done<Vec<(String, String)>> {
        let (ended, _, host) = self.ours.handle(call, self.canned.clone(), &LIMITS).await;
        ended.map_err(|fault| fault.message)?.map_err(|failure| failure.message)?;
        Ok(host.map(|host| host.written).unwrap_or_default())
    }
}

fn add(product: u32) -> Call {
    Call {
        name: "add_to_cart".into(),
        input: format!(r#"{{"productId":"prod_{product}","quantity":1}}"#),
        id: "act_bench".into(),
        workspace: "ws_bench".into(),
        thread: None,
        visitor: "vis_bench".into(),
        locale: "en".into(),
        now_ms: 1_790_000_000_000,
        attempt: 1,
    }
}

#[derive(Default)]
struct Side {
    p50_us: Vec<f64>,
    p99_us: Vec<f64>,
    per_s: Vec<f64>,
}

impl Side {
    fn take(&mut self, mut micros: Vec<f64>, took: Duration) {
        self.per_s.push(micros.len() as f64 / took.as_secs_f64());
        self.p50_us.push(percentile(&mut micros, 0.5));
        self.p99_us.push(percentile(&mut micros, 0.99));
    }

    fn figures(&mut self) -> Value {
        json!({"p50_us": percentile(&mut self.p50_us, 0.5), "p99_us": percentile(&mut self.p99_us, 0.5),
            "calls_per_s": percentile(&mut self.per_s, 0.5)})
    }
}

/// Times of single calls, one after the other, for `time`.
async fn timed<F: Future<Output = Done<usize>>>(time: Duration, call: impl Fn() -> F) -> Done<(Vec<f64>, Duration)> {
    let began = Instant::now();
    let mut micros = Vec::new();
    while began.elapsed() < time {
        let one = Instant::now();
        std::hint::black_box(call().await?);
        micros.push(one.elapsed().as_secs_f64() * 1e6);
    }
    Ok((micros, began.elapsed()))
}

pub fn measure(seconds: u64) -> Done<Value> {
    println!("A plugin call in process: the shop's add_to_cart on a cart of five lines, answers of the host canned");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let both = Both::new().await?;
        let call = add(3);
        let (ours, bare) =
            (async || Ok(both.ours(&call).await?.len()), async || both.bare.call(&call, both.canned.clone()).await);
        if ours().await? != bare().await? {
            return Err("the two sides do not do the same".into());
        }
        let time = Duration::from_secs_f64(seconds as f64 / ROUNDS as f64);
        timed(time, &bare).await?;
        timed(time, &ours).await?;
        let (mut bare_side, mut our_side) = (Side::default(), Side::default());
        for _ in 0..ROUNDS {
            let (micros, took) = timed(time, &bare).await?;
            bare_side.take(micros, took);
            let (micros, took) = timed(time, &ours).await?;
            our_side.take(micros, took);
        }
        let (bare, ours) = (bare_side.figures(), our_side.figures());
        let ratio = number(&ours, "p50_us") / number(&bare, "p50_us");
        println!(
            "  bare wasmtime loop   p50 {:>7.1} us  p99 {:>7.1} us  {:>7.0} calls/s",
            number(&bare, "p50_us"),
            number(&bare, "p99_us"),
            number(&bare, "calls_per_s")
        );
        println!(
            "  Inlay's sandbox      p50 {:>7.1} us  p99 {:>7.1} us  {:>7.0} calls/s",
            number(&ours, "p50_us"),
            number(&ours, "p99_us"),
            number(&ours, "calls_per_s")
        );
        println!("  ratio of the p50     {ratio:.2}  (goal: at most 1.3)");
        Ok(json!({"bare": bare, "inlay": ours, "ratio": ratio, "goal": 1.3}))
    })
}

/// The same calls on one thread and on two, in turns.
pub fn threads(seconds: u64) -> Done<Value> {
    println!("\nThe same on two threads");
    let new = |threads: usize| tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let (one, two) = (new(1)?, new(2)?);
    let both = Arc::new(one.block_on(Both::new())?);
    let time = Duration::from_secs_f64(seconds as f64 / ROUNDS as f64);
    let (mut single, mut double) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let rates = (rate(&one, &both, 1, time)?, rate(&two, &both, 2, time)?);
        // The first round warms up.
        if round > 0 {
            single.push(rates.0);
            double.push(rates.1);
        }
    }
    let (single, double) = (percentile(&mut single, 0.5), percentile(&mut double, 0.5));
    let ratio = double / single;
    println!("  {single:.0}/s on one, {double:.0}/s on two: {ratio:.2} times  (goal: 1.7)");
    Ok(json!({"one_per_s": single, "two_per_s": double, "ratio": ratio, "goal": 1.7}))
}

/// Calls per second of as many tasks as there are threads.
fn rate(runtime: &tokio::runtime::Runtime, both: &Arc<Both>, tasks: usize, time: Duration) -> Done<f64> {
    runtime.block_on(async {
        let began = Instant::now();
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..tasks {
            let both = both.clone();
            all.spawn(async move {
                let (call, mut calls) = (add(3), 0u64);
                while began.elapsed() < time {
                    std::hint::black_box(both.ours(&call).await?);
                    calls += 1;
                }
                Done::Ok(calls)
            });
        }
        let mut calls = 0;
        for one in all.join_all().await {
            calls += one?;
        }
        Ok(calls as f64 / began.elapsed().as_secs_f64())
    })
}

pub fn number(value: &Value, key: &str) -> f64 {
    value.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN)
}
