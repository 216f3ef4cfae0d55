fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    let mut s = String::from("pub static BUNDLED: &[(&str, &[u8])] = &[(\"shop\", include_bytes!(\"/work/tgt/plugins/wasm32-wasip2/release/shop.wasm\"))];\npub static WIDGET_FILES: &[(&str, &str)] = &[");
    s += "(\"cart/widget.toml\", \"name = \\\"cart\\\"\\nsource = \\\"cart\\\"\"), (\"cart/template.jinja\", r##\"{\"type\":\"Card\",\"children\":[{\"type\":\"Text\",\"value\":{{ (count ~ ' items, ' ~ totalLabel) | tojson }}}{% for i in items %},{\"type\":\"Text\",\"value\":\"{{ i.name }} x {{ i.quantity }}\"}{% endfor %}]}\"##),";
    s += "];";
    std::fs::write(format!("{out}/bundled.rs"), s).unwrap();
    println!("cargo:rerun-if-changed=/work/tgt/plugins/wasm32-wasip2/release/shop.wasm");
}
