//! Why a component does not link, in words for its author: which import, and why it is not there.
use super::abi_v1::Imports;
use wasmtime::Engine;
use wasmtime::component::Component;

/// Imports that are named; an author mends the first ones first.
const NAMED: usize = 5;
const NAME_CHARS: usize = 100;
const CAUSE_CHARS: usize = 300;

/// Interfaces of WASI that are there, in the versions 0.2.x.
const VIRTUAL: [&str; 20] = [
    "io/error",
    "io/poll",
    "io/streams",
    "clocks/wall-clock",
    "clocks/monotonic-clock",
    "random/random",
    "random/insecure",
    "random/insecure-seed",
    "cli/stdin",
    "cli/stdout",
    "cli/stderr",
    "cli/exit",
    "cli/environment",
    "cli/terminal-input",
    "cli/terminal-output",
    "cli/terminal-stdin",
    "cli/terminal-stdout",
    "cli/terminal-stderr",
    "filesystem/types",
    "filesystem/preopens",
];

/// What it imports that is not there; `None` when all of it is. Also of interfaces from which it takes nothing.
pub(super) fn imports(engine: &Engine, component: &Component, allowed: Imports) -> Option<String> {
    let ty = component.component_type();
    let missing: Vec<String> = ty.imports(engine).filter_map(|(name, _)| reason(name, allowed)).collect();
    let more = match missing.len().checked_sub(NAMED) {
        Some(more) if more > 0 => format!("; and {more} more"),
        _ => String::new(),
    };
    let named = missing.into_iter().take(NAMED).collect::<Vec<_>>().join("; it imports ");
    (!named.is_empty()).then(|| format!("it imports {named}{more}"))
}

/// Every name is known, and the linker still said no.
pub(super) fn shape(cause: &wasmtime::Error) -> String {
    let cause: String = cause.root_cause().to_string().chars().take(CAUSE_CHARS).collect();
    format!("an import has another shape than what this host offers: {cause}")
}

/// `None` when the import is there.
fn reason(import: &str, allowed: Imports) -> Option<String> {
    let name: String = import.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect();
    let (interface, version) = import.split_once('@').unwrap_or((import, ""));
    if let Some(ours) = interface.strip_prefix("inlay:plugin/") {
        let needs = match ours {
            "types" | "config" | "log" => None,
            "state" => (!allowed.state).then_some("needs.state"),
            "events" => (!allowed.events).then_some("needs.events"),
            _ => return Some(format!("{name}, which this version of Inlay does not know")),
        };
        if !version.starts_with("1.") {
            return Some(format!("{name}, but this version of Inlay speaks inlay:plugin@1.0.0"));
        }
        return needs.map(|needs| format!("{name}, which it was not granted; its manifest must ask for it in {needs}"));
    }
    let Some(wasi) = interface.strip_prefix("wasi:") else {
        return Some(format!("{name}, which nobody provides"));
    };
    let known = VIRTUAL.contains(&wasi);
    match wasi.split('/').next().unwrap_or_default() {
        _ if known && version.starts_with("0.2.") => None,
        _ if known => Some(format!("{name}, but plugins are built for WASI 0.2 (the target wasm32-wasip2)")),
        "sockets" | "http" | "tls" => Some(format!("{name}, but plugins have no network")),
        _ => Some(format!("{name}, which plugins do not have; what they may use is inlay:plugin")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_import_that_is_missing_has_its_reason() {
        let none = Imports::default();
        for (import, words) in [
            ("inlay:plugin/state@1.0.0", "was not granted; its manifest must ask for it in needs.state"),
            ("inlay:plugin/events@1.0.0", "needs.events"),
            ("inlay:plugin/http@1.2.0", "does not know"),
            ("inlay:plugin/log@2.0.0", "speaks inlay:plugin@1.0.0"),
            ("wasi:sockets/tcp@0.2.0", "no network"),
            ("wasi:http/outgoing-handler@0.2.0", "no network"),
            ("wasi:cli/environment@0.3.0", "WASI 0.2"),
            ("wasi:keyvalue/store@0.2.0", "plugins do not have"),
            ("acme:db/sql@1.0.0", "nobody provides"),
            ("run", "nobody provides"),
        ] {
            let why = reason(import, none).unwrap_or_default();
            assert!(why.starts_with(import) && why.contains(words), "{import}: {why}");
        }
        for import in ["inlay:plugin/types@1.0.0", "wasi:io/streams@0.2.6", "wasi:filesystem/preopens@0.2.0"] {
            assert_eq!(reason(import, none), None, "{import}");
        }
        assert_eq!(reason("inlay:plugin/state@1.0.0", Imports::ALL), None);
        assert!(reason(&"x".repeat(10_000), none).unwrap().len() < 200);
    }
}
