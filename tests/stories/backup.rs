//! Backups made while visitors act, put back, refused, and cut off.
use crate::kill::random_below;
use crate::kit::host::{run, spawn};
use crate::kit::{Crowd, Folder, TestHost, Visitor, rounds, until};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

fn inlay(folder: &Folder, arguments: &[&str]) -> Output {
    run::<&str>(folder.path(), &[], arguments)
}

#[track_caller]
fn good(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Failed, and said why on stderr.
#[track_caller]
fn failed(output: &Output, why: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(why) && !said.contains("panicked"), "no {why:?} in {said}");
}

fn text(path: &Path) -> String {
    path.to_str().expect("a plain path").to_owned()
}

#[tokio::test]
async fn a_backup_holds_everything_that_was_acknowledged_before_it_had_ended() {
    let host = TestHost::on(None, &[]).await;
    let crowd = Crowd::gather(&host, 8).await;
    let acting = crowd.act(host.url(), &[]);
    until("everybody acts", || crowd.acknowledged().iter().all(|count| *count > 2)).await;
    let data = text(&host.data());
    for round in 0..rounds(4) {
        let folder = Folder::new("backup");
        let mut child = spawn(folder.path(), &["backup", "b.tar.gz", "--data", &data]);
        // What was acknowledged when the command was surely not over yet, looked at again and again.
        let mut then = crowd.acknowledged();
        loop {
            let now = crowd.acknowledged();
            if let Some(status) = child.try_wait().expect("its state") {
                assert!(status.success(), "{:?}", child.wait_with_output());
                break;
            }
            then = now;
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        let file = folder.path().join("b.tar.gz");
        assert_eq!(file.metadata().expect("a file").permissions().mode() & 0o777, 0o600);
        let mut copy = TestHost::restored(&file).await;
        crowd.check_copy(copy.url(), &then).await;
        assert!(copy.is_running());
        println!("round {round}: {} clicks acknowledged before its end", then.iter().sum::<u64>());
    }
    acting.stop().await;
    crowd.check(host.url()).await;
}

/// A folder with one visitor's cart of `pieces`, and its backup.
async fn kept(pieces: u64) -> (TestHost, String, Folder, PathBuf) {
    let mut host = TestHost::on(None, &[]).await;
    let id = host.visitor().id().await;
    let add = json!({"productId": "prod_1", "quantity": pieces});
    Visitor::at(host.url(), &id).act("add_to_cart", add).await.ok();
    host.stop().await;
    let folder = Folder::new("backup");
    let file = folder.path().join("b.tar.gz");
    good(&host.inlay(&["backup", &text(&file), "--data", &text(&host.data())]));
    (host, id, folder, file)
}

#[tokio::test]
async fn a_backup_is_put_back_with_its_keys_and_what_was_there_is_kept() {
    let (mut host, id, folder, file) = kept(3).await;
    host.restart().await;
    Visitor::at(host.url(), &id).act("add_to_cart", json!({"productId": "prod_1"})).await.ok();
    let data = text(&host.data());
    failed(&host.inlay(&["restore", &text(&file), "--data", &data, "--replace"]), "serves the data folder");
    host.stop().await;
    failed(&host.inlay(&["restore", &text(&file), "--data", &data]), "--replace");
    let said = good(&host.inlay(&["restore", &text(&file), "--data", &data, "--replace"]));
    assert!(said.contains("before-restore-"), "{said}");
    host.restart().await;
    assert_eq!(Visitor::at(host.url(), &id).count().await, 3, "the older state is back");
    host.stop().await;
    let aside = std::fs::read_dir(host.data()).expect("the folder").filter_map(|entry| Some(entry.ok()?.path()));
    let aside = aside.into_iter().find(|path| text(path).contains("before-restore-")).expect("what was there");
    assert!(aside.join("inlay.db").is_file() && aside.join("keys/signing.key").is_file());

    // Through pipes, and without the keys.
    let bare = folder.path().join("bare.tar.gz");
    good(&host.inlay(&["backup", &text(&bare), "--without-keys", "--data", &data]));
    good(&inlay(&folder, &["restore", &text(&bare), "--data", "bare"]));
    assert!(folder.path().join("bare/inlay.db").is_file() && !folder.path().join("bare/keys").exists());
    let streamed = host.inlay(&["backup", "-", "--data", &data]);
    good(&streamed_ok(&streamed));
    std::fs::write(folder.path().join("streamed.tar.gz"), &streamed.stdout).expect("a file");
    good(&inlay(&folder, &["restore", "streamed.tar.gz", "--data", "streamed"]));
}

fn streamed_ok(output: &Output) -> Output {
    Output { status: output.status, stdout: Vec::new(), stderr: output.stderr.clone() }
}

type Entries = Vec<(String, Vec<u8>)>;

fn unpacked(file: &Path) -> Entries {
    let mut archive = tar::Archive::new(GzDecoder::new(std::fs::File::open(file).expect("a file")));
    let entries = archive.entries().expect("entries").map(|entry| {
        let mut entry = entry.expect("an entry");
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("content");
        (String::from_utf8_lossy(&entry.path_bytes()).into_owned(), bytes)
    });
    entries.filter(|(name, _)| name != "checksums.json").collect()
}

/// Packs entries as they are, with checksums that are right.
fn packed(entries: &Entries) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut add = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_cksum();
        tar.append(&header, bytes).expect("packed");
    };
    let mut sums = serde_json::Map::new();
    for (name, bytes) in entries {
        add(name, bytes);
        let sum: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
        sums.insert(name.clone(), Value::from(sum));
    }
    add("checksums.json", json!({"sha256": sums}).to_string().as_bytes());
    tar.into_inner().expect("packed").finish().expect("packed")
}

#[tokio::test]
async fn what_is_no_whole_backup_of_this_version_is_refused_and_changes_nothing() {
    let (_host, _, folder, file) = kept(1).await;
    let bytes = std::fs::read(&file).expect("a backup");
    let entries = unpacked(&file);
    let manifest: Value = serde_json::from_slice(&entries[0].1).expect("a manifest");
    let with = |change: &dyn Fn(&mut Entries)| {
        let mut entries = unpacked(&file);
        change(&mut entries);
        packed(&entries)
    };
    let described = |member: &str, value: Value| {
        let mut manifest = manifest.clone();
        manifest[member] = value;
        with(&|entries| entries[0].1 = manifest.to_string().into_bytes())
    };
    let mut flipped = bytes.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 4;
    let mut scrambled = entries[1].1.clone();
    let half = scrambled.len() / 2;
    scrambled[half..].fill(0x5a);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("cut", bytes[..bytes.len() * 2 / 3].to_vec(), "not a whole backup"),
        ("flipped", flipped, "not a whole backup"),
        ("empty", Vec::new(), "not a whole backup"),
        ("foreign", packed(&vec![("readme".into(), b"hello".to_vec())]), "not a backup of Inlay"),
        ("text", b"select * from plugin_state".repeat(100), "not a whole backup"),
        ("newer format", described("inlay_backup", json!(2)), "newer"),
        ("postgres", described("database", json!("postgres")), "postgres"),
        ("upwards", with(&|e| e.push(("../evil".into(), b"x".to_vec()))), "strange name"),
        ("absolute", with(&|e| e.push(("/tmp/evil".into(), b"x".to_vec()))), "strange name"),
        ("upwards in keys", with(&|e| e.push(("keys/../../evil".into(), b"x".to_vec()))), "strange name"),
        ("unknown", with(&|e| e.push(("more.db".into(), b"x".to_vec()))), "strange"),
        ("many keys", with(&|e| (0..100).for_each(|n| e.push((format!("keys/k{n}"), b"x".to_vec())))), "strange"),
        ("large key", with(&|e| e.push(("keys/large".into(), vec![0; 100_000]))), "strange"),
        ("longer than said", with(&|e| e[1].1.extend([0; 4096])), "strange"),
        ("bomb", described("database_bytes", json!(1u64 << 60)), "strange"),
        ("no database", with(&|e| drop(e.remove(1))), "no database"),
        ("damaged inside", with(&|e| e[1].1.clone_from(&scrambled)), "damaged"),
    ];
    for (name, bytes, why) in cases {
        let bad = folder.write("bad.tar.gz", bytes);
        println!("{name}");
        failed(&inlay(&folder, &["restore", &text(&bad), "--data", "into"]), why);
        assert!(!folder.path().join("into").exists(), "{name}: nothing is left");
    }
    assert!(!folder.path().join("evil").exists());
    failed(&inlay(&folder, &["restore", "missing.tar.gz", "--data", "into"]), "cannot be opened");
    failed(&inlay(&folder, &["backup", "b2.tar.gz", "--data", "nowhere"]), "no data folder");
    failed(&inlay(&folder, &["backup", "no/such/folder/b", "--data", &text(&_host.data())]), "cannot be written");
}

/// The state of a folder: which of the two, by its database and by its key.
fn state(folder: &Path, keys: [&[u8]; 2]) -> [usize; 2] {
    let database = std::fs::read(folder.join("inlay.db")).expect("a database");
    let key = std::fs::read(folder.join("keys/signing.key")).expect("a key");
    let holds = |what: &str| database.windows(what.len()).any(|window| window == what.as_bytes());
    let by_key = keys.iter().position(|known| **known == key[..]).expect("one of the keys");
    [usize::from(holds("\"quantity\":77")), by_key]
}

#[tokio::test]
async fn a_restore_that_is_killed_leaves_the_old_state_or_the_new_one() {
    let (old, ..) = kept(2).await;
    let (new, _, folder, file) = kept(77).await;
    let key = |host: &TestHost| std::fs::read(host.data().join("keys/signing.key")).expect("a key");
    let (old_key, new_key) = (key(&old), key(&new));
    let began = std::time::Instant::now();
    good(&inlay(&folder, &["restore", &text(&file), "--data", "whole"]));
    let whole = began.elapsed();
    assert_eq!(state(&folder.path().join("whole"), [&old_key, &new_key]), [1, 1]);
    let mut seen = [0, 0];
    for round in 0..rounds(20) {
        let name = format!("d{round}");
        let data = folder.path().join(&name);
        std::fs::create_dir_all(data.join("keys")).expect("a folder");
        std::fs::copy(old.data().join("inlay.db"), data.join("inlay.db")).expect("a copy");
        std::fs::copy(old.data().join("keys/signing.key"), data.join("keys/signing.key")).expect("a copy");
        let mut child = spawn(folder.path(), &["restore", &text(&file), "--replace", "--data", &name]);
        std::thread::sleep(random_below(whole));
        child.kill().expect("SIGKILL");
        child.wait().expect("its end");
        // Whoever opens the folder next finishes what was decided.
        good(&inlay(&folder, &["migrate", "--data", &name]));
        let [database, key] = state(&data, [&old_key, &new_key]);
        assert_eq!(database, key, "round {round}: a mix of two states");
        seen[key] += 1;
    }
    println!("killed restores left the old state {} times, the new one {} times", seen[0], seen[1]);
}
