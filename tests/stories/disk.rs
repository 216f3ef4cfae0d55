//! A disk that is full: writes are refused cleanly, reads go on, and it gets well by itself.
use crate::kit::host::can_mount;
use crate::kit::{Crowd, Folder, TestHost, in_ci, until, wasm};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Takes all the room there is.
fn fill(path: &Path) {
    let mut file = File::create(path).expect("a file on the small disk");
    for size in [1 << 20, 64 << 10, 4 << 10, 1] {
        let block = vec![7; size];
        while file.write_all(&block).is_ok() {}
    }
}

#[tokio::test]
async fn a_full_disk_refuses_writes_and_gets_well_by_itself() {
    if !can_mount() {
        assert!(!in_ci(), "a small disk cannot be mounted here");
        println!("left out: this user may not mount a small disk in a namespace");
        return;
    }
    let mut host = TestHost::on_small_disk(16).await;
    let crowd = Crowd::gather(&host, 8).await;
    let acting = crowd.act(host.url(), &[503, 507]);
    until("everybody acts", || crowd.acknowledged().iter().all(|count| *count > 2)).await;
    let (disk, lines) = (host.on_disk(), host.log().lines().count());
    fill(&disk.join("fill"));
    until("writes are refused", || crowd.refused().contains_key("507 storage_full")).await;
    // For a while nothing can be stored, and everything else goes on.
    let since = Instant::now();
    let visitor = host.visitor();
    while since.elapsed() < Duration::from_secs(3) {
        visitor.get("/api/cart").await.ok();
        visitor.get("/api/widget/products").await.ok();
        let health = visitor.get("/api/health").await.ok().json();
        assert_ne!(health["checks"]["database"], "failed", "{health}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let health = visitor.get("/api/health").await.ok().json();
    assert_eq!(health["checks"]["database"], "degraded", "{health}");
    let admin = host.admin_at(&disk);
    let upload = admin.request("POST", "/api/admin/plugins?permissions=all").body(wasm::misbehave());
    let refused = admin.send(upload.header("content-type", "application/wasm")).await;
    assert!([503, 507].contains(&refused.status), "{} {}", refused.status, refused.text());
    refused.any_problem();
    let said = host.log().lines().count() - lines;
    let turned_away: u64 = crowd.refused().values().sum();
    assert!(turned_away > 100 && said < 40, "{said} lines for {turned_away} refusals:\n{}", host.log());

    std::fs::remove_file(disk.join("fill")).expect("room again");
    let (began, before) = (Instant::now(), crowd.total());
    until("writes are taken again", || crowd.total() > before).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    until("everybody goes on", || crowd.total() > before + 50).await;
    acting.stop().await;
    println!("refused meanwhile: {:?}", crowd.refused());
    crowd.check(host.url()).await;
    let health = host.anybody().get("/api/health").await.ok().json();
    assert_eq!(health["checks"]["database"], "ok", "{health}");
    // The backup looks through the whole database.
    let folder = Folder::new("disk");
    let (file, data) = (folder.path().join("b.tar.gz"), host.data());
    let output =
        host.inlay_inside(&["backup", file.to_str().expect("a path"), "--data", data.to_str().expect("a path")]);
    assert!(output.status.success(), "{output:?}");
    assert!(host.is_running());
}
