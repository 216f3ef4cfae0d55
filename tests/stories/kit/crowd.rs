//! Visitors who keep adding to their carts, each with a key of its own for every click, and who remember what they were
//! told: the means to find out whether anything was lost or done twice.
use super::{TestHost, Visitor};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::task::JoinSet;

/// Clones are the same visitors.
#[derive(Clone)]
pub struct Crowd {
    ids: Arc<Vec<String>>,
    /// Clicks of each that were acknowledged. Its next click has the key of this number, also when it was sent before and
    /// never answered.
    acknowledged: Arc<Vec<AtomicU64>>,
    /// Answers other than 200: how often, by status and code.
    refused: Arc<Mutex<BTreeMap<String, u64>>>,
}

/// A crowd at work.
pub struct Acting {
    visitors: JoinSet<()>,
    stop: Arc<AtomicBool>,
}

impl Acting {
    /// Waits until each has an answer to its last click, or none is to come.
    pub async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.visitors.join_all().await;
    }

    /// Waits until nobody gets an answer any more.
    pub async fn cut_off(self) {
        self.visitors.join_all().await;
    }
}

impl Crowd {
    pub async fn gather(host: &TestHost, count: usize) -> Crowd {
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(host.visitor().id().await);
        }
        let acknowledged = ids.iter().map(|_| AtomicU64::new(0)).collect();
        Crowd { ids: Arc::new(ids), acknowledged: Arc::new(acknowledged), refused: Arc::default() }
    }

    /// Everybody clicks, one click after the other, until told to stop or until the host does not answer. An answer other
    /// than 200 has to be one of `expected`; its click is tried again with the same key.
    pub fn act(&self, url: &str, expected: &'static [u16]) -> Acting {
        let stop = Arc::new(AtomicBool::new(false));
        let mut visitors = JoinSet::new();
        for who in 0..self.ids.len() {
            let (crowd, url, stop) = (self.clone(), url.to_owned(), stop.clone());
            visitors.spawn(async move {
                let visitor = Visitor::at(&url, &crowd.ids[who]);
                while !stop.load(Ordering::Relaxed) {
                    let Some(answer) = crowd.click(&visitor, who).await else { break };
                    if answer.status != 200 {
                        let problem = answer.any_problem();
                        let about = format!("{} {}", answer.status, problem["code"].as_str().unwrap_or_default());
                        assert!(expected.contains(&answer.status), "{about}: {problem}");
                        *crowd.refused.lock().expect("counts").entry(about).or_default() += 1;
                        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                    }
                }
            });
        }
        Acting { visitors, stop }
    }

    async fn click(&self, visitor: &Visitor, who: usize) -> Option<super::Answer> {
        let number = self.acknowledged[who].load(Ordering::Relaxed);
        let key = format!("click-{number}");
        let answer = visitor.try_act_once(&key, "add_to_cart", json!({"productId": "prod_1"})).await?;
        if answer.status == 200 {
            self.acknowledged[who].fetch_add(1, Ordering::SeqCst);
        }
        Some(answer)
    }

    pub fn acknowledged(&self) -> Vec<u64> {
        self.acknowledged.iter().map(|count| count.load(Ordering::SeqCst)).collect()
    }

    pub fn total(&self) -> u64 {
        self.acknowledged().iter().sum()
    }

    pub fn refused(&self) -> BTreeMap<String, u64> {
        self.refused.lock().expect("counts").clone()
    }

    /// At a host on the same data: nothing that was acknowledged is lost or doubled, the click that nobody knows about
    /// ends exactly once when it is repeated, and an old one does nothing again.
    pub async fn check(&self, url: &str) {
        for (who, id) in self.ids.iter().enumerate() {
            let visitor = Visitor::at(url, id);
            let (known, stored) = (self.acknowledged()[who], visitor.count().await);
            assert!(stored == known || stored == known + 1, "{stored} stored, {known} acknowledged and one unsure");
            self.click(&visitor, who).await.expect("an answer").ok();
            assert_eq!(visitor.count().await, known + 1, "0 lost, 0 doubled");
            visitor.act_once("click-0", "add_to_cart", json!({"productId": "prod_1"})).await.ok();
            assert_eq!(visitor.count().await, known + 1, "an old key still acts only once");
        }
    }

    /// At a host on a copy of the data: each has at least `then`, and not more than was ever asked for.
    pub async fn check_copy(&self, url: &str, then: &[u64]) {
        for (who, id) in self.ids.iter().enumerate() {
            let visitor = Visitor::at(url, id);
            let (stored, then) = (visitor.count().await, then[who]);
            let now = self.acknowledged()[who];
            assert!(stored >= then, "visitor {who}: {then} acknowledged before the end, {stored} in the copy");
            assert!(stored <= now + 1, "visitor {who}: {stored} in the copy, but only {now} were ever acknowledged");
            if then > 0 {
                // The stored answers are in the copy as well.
                let key = format!("click-{}", then - 1);
                visitor.act_once(&key, "add_to_cart", json!({"productId": "prod_1"})).await.ok();
                assert_eq!(visitor.count().await, stored);
            }
        }
    }
}
