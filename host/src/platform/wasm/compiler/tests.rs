//! The parent with children that do what no compiler should: each is a shell script in the compiler's place.
use super::*;

const BOUNDS: Bounds = Bounds { bytes: 1 << 20, memory: 1 << 20 };

struct Script(PathBuf);

impl Script {
    fn new(name: &str, text: &str) -> Script {
        let path = std::env::temp_dir().join(format!("inlay-compiler-{}-{name}", std::process::id()));
        // Written by another process: a file that this one holds open for writing, if only in a child just forked by
        // another test, cannot be run.
        let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\" && chmod 700 \"$0\"";
        let done = std::process::Command::new("/bin/sh").args(["-c", write]).arg(&path).arg(text).status().unwrap();
        assert!(done.success());
        Script(path)
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What the parent makes of a child that runs these lines.
async fn made_of(name: &str, text: &str, component: &[u8]) -> Result<Vec<u8>> {
    let script = Script::new(name, text);
    let limits = CompileLimits { cpu_s: 7, wall: Duration::from_secs(20), memory_mib: 99 };
    let compiler = Compiler { program: script.0.clone(), limits };
    compiler.compile(component, BOUNDS, "0123456789abcdef", None).await
}

async fn refusal(name: &str, text: &str) -> String {
    let error = made_of(name, text, &[7; 300_000]).await.unwrap_err();
    assert_eq!(error.code, Code::PluginInvalid, "{name}: {error:?}");
    error.detail.into_owned()
}

#[tokio::test]
async fn code_with_the_engine_s_fingerprint_is_taken() {
    let code = made_of("good", "/bin/cat > /dev/null; printf 0123456789abcdefCODE", &[7; 300_000]).await.unwrap();
    assert_eq!(code, b"CODE");
}

#[tokio::test]
async fn a_refusal_keeps_its_words_and_loses_what_draws_on_terminals() {
    let words = refusal("refuses", "printf 'a\\033[2Jb\\nc'; exit 3").await;
    assert_eq!(words, "The plugin is refused: a [2Jb c");
    assert!(
        refusal("talks", "i=0; while [ $i -lt 5000 ]; do printf xxxxxxxx; i=$((i+1)); done; exit 3").await.len()
            < 2_100
    );
}

#[tokio::test]
async fn every_other_end_is_a_refusal_that_says_which_limit() {
    for (name, text, expected) in [
        ("nonsense", "echo hello", "cannot handle it"),
        ("another", "printf fedcba9876543210CODE", "cannot handle it"),
        ("silent", "exit 0", "cannot handle it"),
        ("panics", "exit 101", "cannot handle it"),
        ("deaf", "exec <&-; exit 1", "cannot handle it"),
        ("killed", "kill -9 $$", "killed from outside"),
        ("busy", "kill -XCPU $$", "more than 7 s of processor time"),
        ("greedy", "echo memory allocation of 8 bytes failed >&2; kill -ABRT $$", "more than 99 MiB"),
        ("deep", "echo thread main has overflowed its stack >&2; kill -SEGV $$", "nested too deeply"),
        ("noisy", "while :; do echo noise >&2 || exit 1; done", "cannot handle it"),
    ] {
        let words = refusal(name, text).await;
        assert!(words.contains(expected), "{name}: {words}");
    }
}

#[tokio::test]
async fn a_child_that_never_ends_is_killed() {
    let pid = std::env::temp_dir().join(format!("inlay-compiler-{}-pid", std::process::id()));
    let script = Script::new("endless", &format!("echo $$ > {}; while :; do :; done", pid.display()));
    let limits = CompileLimits { cpu_s: 7, wall: Duration::from_secs(1), memory_mib: 99 };
    let compiler = Compiler { program: script.0.clone(), limits };
    let error = compiler.compile(b"component", BOUNDS, "f", None).await.unwrap_err();
    assert!(error.detail.contains("more than 1 s to compile"), "{error}");
    let number = std::fs::read_to_string(&pid).unwrap();
    assert!(!Path::new(&format!("/proc/{}", number.trim())).exists(), "the child is gone before the next one starts");
    std::fs::remove_file(pid).unwrap();
}

#[tokio::test]
async fn a_flood_ends_where_nobody_reads_on() {
    let mut into = Vec::new();
    let all = hear(tokio::io::repeat(b'x'), 1_000, &mut into).await.unwrap();
    assert!(!all && into.len() <= 1_001);
}

#[tokio::test]
async fn without_the_program_it_is_our_mistake() {
    let limits = CompileLimits { cpu_s: 1, wall: Duration::from_secs(1), memory_mib: 99 };
    let compiler = Compiler { program: "/nowhere/inlay".into(), limits };
    assert_eq!(compiler.compile(b"component", BOUNDS, "f", None).await.unwrap_err().code, Code::Internal);
}

#[test]
fn the_child_reads_what_the_parent_writes() {
    let limits = CompileLimits { cpu_s: 3, wall: Duration::MAX, memory_mib: 512 };
    let job = Job { limits, bounds: BOUNDS };
    let read = Job::of(&job.arguments()).unwrap();
    assert_eq!((read.limits, read.bounds), (limits, BOUNDS));
    for bad in [&["1", "2", "3"][..], &["1", "2", "3", "x"], &["1", "2", "3", "4", "5"], &[]] {
        assert!(Job::of(&bad.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).is_none(), "{bad:?}");
    }
}
