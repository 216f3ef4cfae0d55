//! What a component must look like before it may reach the compiler. Compiling valid wasm is not bounded by its size
//! (one function of 6 MB takes 12 s), so the largest function and the number of things are bounded here. Figures are far
//! above what language toolchains make.
use wasmparser::{Encoding, Instance, MemoryType, Parser, Payload, TableType, Validator, WasmFeatures};

/// Bytes of one function's body. A straight-line function of this size compiles in about 0.3 s.
const MAX_FUNCTION: usize = 256 * 1024;
/// Debug information and names, which nothing here reads.
const MAX_CUSTOM: usize = 8 << 20;
/// Components and modules inside one another.
const MAX_DEPTH: usize = 8;
/// Elements of one table, as a call may have at most.
const MAX_TABLE: u64 = 10_000;
const PAGE: u64 = 65_536;

/// What may be in one component, everywhere in it together; in the order of `Thing`.
const MOST: [(u32, &str); 13] = [
    (20_000, "functions"),
    (32, "core modules"),
    (64, "components inside it"),
    (64, "instances of core modules"),
    (16, "memories"),
    (32, "tables"),
    (10_000, "globals"),
    (20_000, "types"),
    (10_000, "imports"),
    (20_000, "exports"),
    (20_000, "data segments"),
    (20_000, "element segments"),
    (50_000, "aliases"),
];

#[derive(Clone, Copy)]
enum Thing {
    Functions,
    Modules,
    Components,
    Instances,
    Memories,
    Tables,
    Globals,
    Types,
    Imports,
    Exports,
    Data,
    Elements,
    Aliases,
}

/// What the host's settings allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Of the whole file.
    pub bytes: usize,
    /// Bytes that one memory may have from its beginning.
    pub memory: usize,
}

type Checked<T = ()> = Result<T, String>;

/// What the first bytes say, for an answer without further ado. Errors: as those of `check`.
pub(super) fn glance(bytes: &[u8], bounds: &Bounds) -> Checked {
    if bytes.is_empty() {
        return Err("the file is empty".into());
    }
    if bytes.len() > bounds.bytes {
        return Err(format!("the file has {} bytes; at most {} are accepted", bytes.len(), bounds.bytes));
    }
    if bytes.starts_with(b"\x7fELF") {
        return Err("this is precompiled machine code; upload the .wasm component that it was made from".into());
    }
    if bytes.starts_with(b"\0asm\x01\0\0\0") {
        return Err("this is a core module, not a component; build it for the target wasm32-wasip2".into());
    }
    if bytes.starts_with(b"\0asm") {
        return Ok(());
    }
    Err(match bytes {
        [b'P', b'K', 3, 4, ..] => "this is a zip archive; upload the .wasm file in it",
        [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => "this file is compressed; upload the .wasm file itself",
        _ if bytes.iter().copied().find(|b| !b.is_ascii_whitespace()) == Some(b'(') => {
            "this is WebAssembly text; upload the binary .wasm"
        }
        _ => "this is not a .wasm file",
    }
    .into())
}

/// Parses the whole file before any of it is trusted. Errors: what is wrong, in words for the plugin's author.
pub(super) fn check(bytes: &[u8], bounds: &Bounds) -> Checked {
    glance(bytes, bounds)?;
    count(bytes, bounds)?;
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

/// Counts without validating: a lie about a number costs nothing, as it is not believed before there are as many.
fn count(bytes: &[u8], bounds: &Bounds) -> Checked {
    let mut counted = Counted::default();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|e| cannot_parse(&e))?;
        match &payload {
            Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                return Err("this is a core module, not a component; build it for the target wasm32-wasip2".into());
            }
            Payload::Version { .. } => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(format!("its components are nested more than {MAX_DEPTH} deep"));
                }
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        counted.see(&payload, bounds)?;
    }
    Ok(())
}

fn cannot_parse(error: &wasmparser::BinaryReaderError) -> String {
    format!("it cannot be parsed: {} (at byte {})", error.message(), error.offset())
}

#[derive(Default)]
struct Counted {
    things: [u32; MOST.len()],
    custom: usize,
}

impl Counted {
    fn add(&mut self, thing: Thing, number: u32) -> Checked {
        let index = thing as usize;
        let (Some(total), Some((most, name))) = (self.things.get_mut(index), MOST.get(index)) else { return Ok(()) };
        *total = total.saturating_add(number);
        if *total > *most {
            return Err(format!("it has more than {most} {name}"));
        }
        Ok(())
    }

    fn see(&mut self, payload: &Payload<'_>, bounds: &Bounds) -> Checked {
        match payload {
            Payload::Version { encoding: Encoding::Module, .. } => self.add(Thing::Modules, 1),
            Payload::Version { encoding: Encoding::Component, .. } => self.add(Thing::Components, 1),
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                let size = range.end.saturating_sub(range.start) as usize;
                if size > MAX_FUNCTION {
                    return Err(format!("a function has {size} bytes; at most {MAX_FUNCTION} are accepted"));
                }
                self.add(Thing::Functions, 1)
            }
            Payload::CustomSection(section) => {
                self.custom = self.custom.saturating_add(section.data().len());
                if self.custom > MAX_CUSTOM {
                    return Err(format!(
                        "its custom sections (debug information) have more than {MAX_CUSTOM} bytes; build it in release mode"
                    ));
                }
                Ok(())
            }
            Payload::MemorySection(section) => {
                self.add(Thing::Memories, section.count())?;
                each(section.clone(), |memory| memory_fits(memory, bounds))
            }
            Payload::TableSection(section) => {
                self.add(Thing::Tables, section.count())?;
                each(section.clone(), |table| table_fits(&table.ty))
            }
            Payload::InstanceSection(section) => {
                let mut made = 0;
                each(section.clone(), |instance| {
                    made += u32::from(matches!(instance, Instance::Instantiate { .. }));
                    Ok(())
                })?;
                self.add(Thing::Instances, made)
            }
            Payload::GlobalSection(section) => self.add(Thing::Globals, section.count()),
            Payload::TypeSection(section) => self.add(Thing::Types, section.count()),
            Payload::CoreTypeSection(section) => self.add(Thing::Types, section.count()),
            Payload::ComponentTypeSection(section) => self.add(Thing::Types, section.count()),
            Payload::ImportSection(section) => self.add(Thing::Imports, section.count()),
            Payload::ComponentImportSection(section) => self.add(Thing::Imports, section.count()),
            Payload::ExportSection(section) => self.add(Thing::Exports, section.count()),
            Payload::ComponentExportSection(section) => self.add(Thing::Exports, section.count()),
            Payload::DataSection(section) => self.add(Thing::Data, section.count()),
            Payload::ElementSection(section) => self.add(Thing::Elements, section.count()),
            Payload::ComponentAliasSection(section) => self.add(Thing::Aliases, section.count()),
            Payload::ComponentInstanceSection(section) => self.add(Thing::Aliases, section.count()),
            Payload::ComponentCanonicalSection(section) => self.add(Thing::Aliases, section.count()),
            _ => Ok(()),
        }
    }
}

fn each<'a, T: wasmparser::FromReader<'a>>(
    section: wasmparser::SectionLimited<'a, T>,
    mut look: impl FnMut(T) -> Checked,
) -> Checked {
    section.into_iter().try_for_each(|item| look(item.map_err(|e| cannot_parse(&e))?))
}

fn memory_fits(memory: MemoryType, bounds: &Bounds) -> Checked {
    let bytes = memory.initial.saturating_mul(PAGE);
    if bytes > bounds.memory as u64 {
        let most = bounds.memory >> 20;
        return Err(format!("it wants {} MiB of memory from its beginning; at most {most} are given", bytes >> 20));
    }
    Ok(())
}

fn table_fits(table: &TableType) -> Checked {
    if table.initial > MAX_TABLE {
        return Err(format!("a table has {} elements; at most {MAX_TABLE} are given", table.initial));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { bytes: 16 << 20, memory: 64 << 20 };

    fn refusal(bytes: &[u8]) -> String {
        check(bytes, &BOUNDS).unwrap_err()
    }

    fn refusal_of(text: &str) -> String {
        refusal(&wat::parse_str(text).unwrap())
    }

    #[test]
    fn says_what_is_wrong() {
        assert!(refusal(b"").contains("empty"));
        assert!(refusal(b"\x7fELF....").contains("precompiled"));
        assert!(refusal(b"  (component)").contains("text"));
        assert!(refusal(b"PK\x03\x04....").contains("zip"));
        assert!(refusal(b"\x1f\x8b....").contains("compressed"));
        assert!(refusal(b"junk").contains("not a .wasm"));
        assert!(refusal_of("(module)").contains("core module"));
        assert!(refusal(b"\0asm\x0d\0\x01\0\xff\xff").contains("parsed"));
        let component = wat::parse_str("(component)").unwrap();
        assert!(check(&component, &Bounds { bytes: 4, ..BOUNDS }).unwrap_err().contains("at most 4"));
        check(&component, &BOUNDS).unwrap();
    }

    #[test]
    fn bounds_what_the_compiler_would_see() {
        let body = "nop ".repeat(MAX_FUNCTION + 1);
        assert!(refusal_of(&format!("(component (core module (func {body})))")).contains("a function has"));
        let bounds: [(&str, &str); 8] = [
            ("(core module)", "core modules"),
            ("(component)", "components inside it"),
            ("(core instance (instantiate $m))", "instances of core modules"),
            ("(type string)", "types"),
            ("(core module (memory 1) (memory 1))", "memories"),
            ("(core module (table 1 funcref) (table 1 funcref))", "tables"),
            ("(import \"i\" (func))", "imports"),
            ("(export \"e\" (func $f))", "exports"),
        ];
        for (item, name) in bounds {
            let (most, _) = MOST.iter().find(|(_, known)| *known == name).unwrap();
            let number = if item.contains("1)") { most.div_ceil(2) } else { *most } as usize + 1;
            let items: String = (0..number)
                .map(|n| item.replace("\"i\"", &format!("\"i{n}\"")).replace("\"e\"", &format!("\"e{n}\"")))
                .collect();
            let why = refusal_of(&format!("(component (core module $m) (import \"f\" (func $f)) {items})"));
            assert!(why.contains(name), "{name}: {why}");
        }
        let inside =
            |kind: &str, item: &str, number: usize| format!("(component (core module {kind} {}))", item.repeat(number));
        assert!(refusal_of(&inside("", "(func)", 20_001)).contains("functions"));
        assert!(refusal_of(&inside("", "(global i32 (i32.const 0))", 10_001)).contains("globals"));
        assert!(refusal_of(&inside("(memory 1)", "(data (i32.const 0) \"\")", 20_001)).contains("data segments"));
        assert!(
            refusal_of(&inside("(table 1 funcref) (func $f)", "(elem (i32.const 0) $f)", 20_001)).contains("element")
        );
        assert!(refusal_of(&inside("(memory 1025)", "", 0)).contains("64 MiB of memory"));
        assert!(refusal_of(&inside("(table 10001 funcref)", "", 0)).contains("a table has 10001"));
        let debug = format!("(component (@custom \"debug\" \"{}\"))", "d".repeat(MAX_CUSTOM + 1));
        assert!(refusal_of(&debug).contains("custom sections"));
    }

    #[test]
    fn bounds_nesting() {
        let nested = |deep: usize| format!("{}{}", "(component ".repeat(deep), ")".repeat(deep));
        check(&wat::parse_str(nested(MAX_DEPTH)).unwrap(), &BOUNDS).unwrap();
        assert!(refusal_of(&nested(MAX_DEPTH + 1)).contains("nested"));
    }
}
