//! Versions of a bundled plugin, made by changing its component in place: another version number, or a handler that traps.
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

/// The component of a bundled plugin.
pub fn bundled(name: &str) -> Vec<u8> {
    let all = inlay_host::bundled::BUNDLED;
    all.iter().find(|(known, _)| *known == name).expect("a bundled plugin").1.to_vec()
}

/// The same plugin under another version of as many characters.
pub fn versioned(component: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    let member = |version: &str| format!(r#""version":"{version}""#).into_bytes();
    replaced(component, &member(from), &member(to))
}

fn replaced(mut component: Vec<u8>, old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len(), "both must be of one length");
    let places: Vec<usize> =
        component.windows(old.len()).enumerate().filter(|(_, w)| *w == old).map(|(at, _)| at).collect();
    assert_eq!(places.len(), 1, "the manifest is in the component once");
    component[places[0]..places[0] + new.len()].copy_from_slice(new);
    component
}

/// The same plugin, but every action traps at once. Its self-tests are left out, which would keep it from coming in.
pub fn broken(component: Vec<u8>) -> Vec<u8> {
    let mut component = replaced(component, br#""fixtures":["#, br#""fixtured":["#);
    let body = handler(&component).expect("a core module with the handler of actions");
    let (first, last) = (body.start, body.end - 1);
    // No locals, `unreachable`, as many `nop` as there is room for, `end`.
    component[first..last].fill(0x01);
    component[first..first + 2].fill(0x00);
    component[last] = 0x0b;
    component
}

/// Where the body of `handle` lies in the file.
fn handler(component: &[u8]) -> Option<std::ops::Range<usize>> {
    let (mut imported, mut bodies, mut wanted) = (0, 0, None);
    for payload in Parser::new(0).parse_all(component) {
        match payload.expect("a component") {
            Payload::Version { .. } => (imported, bodies, wanted) = (0, 0, None),
            Payload::ImportSection(imports) => {
                let all = imports.into_imports().map(|import| import.expect("an import"));
                imported += all.filter(|import| matches!(import.ty, TypeRef::Func(_))).count();
            }
            Payload::ExportSection(exports) => {
                let mut all = exports.into_iter().map(|export| export.expect("an export"));
                let found = all.find(|e| e.kind == ExternalKind::Func && e.name == "inlay:plugin/actions@1.0.0#handle");
                wanted = found.map(|export| export.index as usize).or(wanted);
            }
            Payload::CodeSectionEntry(body) => {
                if wanted == Some(imported + bodies) {
                    let range = body.range();
                    return Some(range.start as usize..range.end as usize);
                }
                bodies += 1;
            }
            _ => {}
        }
    }
    None
}
