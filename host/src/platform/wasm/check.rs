//! What a component must look like before it may reach the compiler. Compiling valid wasm is not bounded by its size
//! (one function of 6 MB takes 12 s), so the largest function and the number of things are bounded here.
use wasmparser::{Encoding, Parser, Payload, Validator, WasmFeatures};

/// Bytes of one function's body. A straight-line function of this size compiles in about 0.3 s.
const MAX_FUNCTION: usize = 256 * 1024;
const MAX_FUNCTIONS: u32 = 20_000;
const MAX_MODULES: u32 = 32;
/// Nested components and instances: language toolchains use a handful.
const MAX_COMPONENTS: u32 = 64;

/// Parses the whole file before any of it is trusted. Errors: what is wrong, in words for the plugin's author.
pub(super) fn check(bytes: &[u8], max_bytes: usize) -> Result<(), String> {
    if bytes.is_empty() {
        return Err("the file is empty".into());
    }
    if bytes.len() > max_bytes {
        return Err(format!("the file has {} bytes; at most {max_bytes} are accepted", bytes.len()));
    }
    if bytes.starts_with(b"\x7fELF") {
        return Err("this is precompiled machine code; upload the .wasm component that it was made from".into());
    }
    if !bytes.starts_with(b"\0asm") {
        let text = bytes.iter().copied().find(|b| !b.is_ascii_whitespace()) == Some(b'(');
        let what = if text { "this is WebAssembly text; upload the binary .wasm" } else { "this is not a .wasm file" };
        return Err(what.into());
    }
    count(bytes)?;
    Validator::new_with_features(features())
        .validate_all(bytes)
        .map(|_| ())
        .map_err(|e| format!("it is not a valid component: {} (at byte {})", e.message(), e.offset()))
}

/// Tier-1 proposals, and what the component model needs; no threads, no memories of 64 bits, no garbage collector.
fn features() -> WasmFeatures {
    let mut features = WasmFeatures::WASM2 | WasmFeatures::COMPONENT_MODEL | WasmFeatures::TAIL_CALL;
    features.insert(WasmFeatures::MULTI_MEMORY | WasmFeatures::EXTENDED_CONST);
    features
}

fn count(bytes: &[u8]) -> Result<(), String> {
    let (mut functions, mut modules, mut components) = (0u32, 0u32, 0u32);
    for (index, payload) in Parser::new(0).parse_all(bytes).enumerate() {
        let payload = payload.map_err(|e| format!("it cannot be parsed: {} (at byte {})", e.message(), e.offset()))?;
        match payload {
            Payload::Version { encoding: Encoding::Module, .. } if index == 0 => {
                return Err("this is a core module, not a component; build it for the target wasm32-wasip2".into());
            }
            Payload::Version { encoding: Encoding::Module, .. } => modules += 1,
            Payload::Version { encoding: Encoding::Component, .. } => components += 1,
            Payload::CodeSectionEntry(body) => {
                functions += 1;
                let range = body.range();
                let size = range.end.saturating_sub(range.start) as usize;
                if size > MAX_FUNCTION {
                    return Err(format!("a function has {size} bytes; at most {MAX_FUNCTION} are accepted"));
                }
            }
            _ => {}
        }
        if functions > MAX_FUNCTIONS || modules > MAX_MODULES || components > MAX_COMPONENTS {
            return Err(format!(
                "it has too many parts: at most {MAX_FUNCTIONS} functions, {MAX_MODULES} modules and {MAX_COMPONENTS} \
                 components are accepted"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> String {
        check(bytes, 1 << 20).unwrap_err()
    }

    #[test]
    fn says_what_is_wrong() {
        assert!(refusal(b"").contains("empty"));
        assert!(refusal(b"\x7fELF....").contains("precompiled"));
        assert!(refusal(b"  (component)").contains("text"));
        assert!(refusal(b"junk").contains("not a .wasm"));
        assert!(refusal(&wat::parse_str("(module)").unwrap()).contains("core module"));
        assert!(refusal(b"\0asm\x0d\0\x01\0\xff\xff").contains("parsed"));
        let component = wat::parse_str("(component)").unwrap();
        assert!(check(&component, 4).unwrap_err().contains("at most 4"));
        check(&component, 1 << 20).unwrap();
    }

    #[test]
    fn bounds_what_the_compiler_would_see() {
        let body = "nop ".repeat(MAX_FUNCTION + 1);
        let big = wat::parse_str(format!("(component (core module (func {body})))")).unwrap();
        assert!(refusal(&big).contains("a function has"));
        let many = "(core module)".repeat(MAX_MODULES as usize + 1);
        assert!(refusal(&wat::parse_str(format!("(component {many})")).unwrap()).contains("too many parts"));
    }
}
