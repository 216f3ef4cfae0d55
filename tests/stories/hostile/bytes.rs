//! Bytes that no tool would write.
use std::io::Write;
use std::process::{Command, Stdio};

/// The same bytes in every run.
pub fn random(number: usize) -> impl Iterator<Item = u8> {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    (0..number).map(move |_| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed.to_le_bytes()[3]
    })
}

/// A component of these sections: id and content.
pub fn component(sections: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    for (id, content) in sections {
        bytes.push(*id);
        bytes.extend(leb(content.len()));
        bytes.extend_from_slice(content);
    }
    bytes
}

/// A component in a component in a component …
pub fn nested(deep: usize) -> Vec<u8> {
    (0..deep).fold(component(&[]), |inner, _| component(&[(4, &inner)]))
}

fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// The machine code that this build's compiler makes of a component, without the mark in front of it.
pub fn precompiled(component: &[u8]) -> Vec<u8> {
    let arguments = ["compile-component", "60", "4096", "16777216", "134217728"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_inlay"));
    command.args(arguments).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the compiler starts");
    child.stdin.take().expect("stdin").write_all(component).expect("the compiler listens");
    let output = child.wait_with_output().expect("the compiler ends");
    let elf = output.stdout.windows(4).position(|four| four == b"\x7fELF").expect("machine code");
    output.stdout[elf..].to_vec()
}

/// A component with one core module that has so many functions of one parameter with this body.
pub fn functions(number: usize, body: &[u8]) -> Vec<u8> {
    let code: Vec<u8> = [&[0], body, &[0x0b]].concat();
    let entry = [leb(code.len()), code].concat();
    let types = [1, 0x60, 1, 0x7f, 0];
    let declared = [leb(number), vec![0; number]].concat();
    let bodies = [leb(number), entry.repeat(number)].concat();
    let sections = component(&[(1, &types), (3, &declared), (10, &bodies)]);
    let module = [b"\0asm\x01\0\0\0", &sections[8..]].concat();
    component(&[(1, &module)])
}
