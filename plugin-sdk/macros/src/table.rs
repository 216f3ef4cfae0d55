//! `actions!` and `plugin!`: the table of entries, and the code that makes a component of it.
use crate::{manifest, names};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, ExprLit, Ident, Lit, LitStr, Meta, Path, Result, Token, braced};

/// One line of the table.
pub struct Entry {
    pub name: LitStr,
    handler: Path,
    pub description: String,
    pub effect: Option<String>,
    pub auth: Option<String>,
    pub shared: bool,
}

#[derive(Default)]
pub struct Table {
    /// Where `inlay.toml` lies, relative to `Cargo.toml`.
    pub folder: String,
    pub actions: Vec<Entry>,
    pub queries: Vec<Entry>,
}

struct Entries(Vec<Entry>);

impl Parse for Entries {
    fn parse(input: ParseStream) -> Result<Entries> {
        Ok(Entries(Punctuated::<Entry, Token![,]>::parse_terminated(input)?.into_iter().collect()))
    }
}

impl Parse for Entry {
    fn parse(input: ParseStream) -> Result<Entry> {
        let attrs = input.call(Attribute::parse_outer)?;
        let name: LitStr = input.parse()?;
        input.parse::<Token![=>]>()?;
        let handler = input.parse()?;
        let mut entry = Entry { name, handler, description: String::new(), effect: None, auth: None, shared: false };
        let mut lines = Vec::new();
        for attr in &attrs {
            match &attr.meta {
                Meta::NameValue(doc) if doc.path.is_ident("doc") => lines.extend(text_of(&doc.value)),
                Meta::Path(path) => entry.mark(path)?,
                other => return Err(Error::new_spanned(other, MARKS)),
            }
        }
        entry.description = lines.join(" ").trim().to_owned();
        Ok(entry)
    }
}

const MARKS: &str = "expected one of #[read], #[write], #[destructive], #[public], #[visitor], #[operator], #[admin], #[shared] or a doc comment";

fn text_of(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
        _ => None,
    }
}

impl Entry {
    fn mark(&mut self, path: &Path) -> Result<()> {
        let word = path.get_ident().map(Ident::to_string).unwrap_or_default();
        if word == "shared" {
            self.shared = true;
            return Ok(());
        }
        let place = match word.as_str() {
            "read" | "write" | "destructive" => &mut self.effect,
            "public" | "visitor" | "operator" | "admin" => &mut self.auth,
            _ => return Err(Error::new_spanned(path, MARKS)),
        };
        match place.replace(word) {
            None => Ok(()),
            Some(before) => Err(Error::new_spanned(path, format!("this entry is already marked #[{before}]"))),
        }
    }
}

impl Parse for Table {
    fn parse(input: ParseStream) -> Result<Table> {
        let mut table = Table::default();
        if input.peek(Ident) && input.peek2(LitStr) {
            let word: Ident = input.parse()?;
            if word != "folder" {
                return Err(Error::new(word.span(), "expected `folder \"…\";`"));
            }
            table.folder = input.parse::<LitStr>()?.value();
            input.parse::<Token![;]>()?;
        }
        while !input.is_empty() {
            let section: Ident = input.parse()?;
            let inside;
            braced!(inside in input);
            let entries = Entries::parse(&inside)?.0;
            match section.to_string().as_str() {
                "actions" => table.actions.extend(entries),
                "queries" => table.queries.extend(entries),
                _ => return Err(Error::new(section.span(), "expected `actions { … }` or `queries { … }`")),
            }
            let _: Option<Token![,]> = input.parse()?;
        }
        Ok(table)
    }
}

pub fn actions(entries: TokenStream) -> Result<TokenStream> {
    let Entries(actions) = syn::parse2(entries)?;
    expand(&Table { actions, ..Table::default() })
}

pub fn plugin(table: TokenStream) -> Result<TokenStream> {
    expand(&syn::parse2(table)?)
}

fn check(entries: &[Entry], kind: &str) -> Result<()> {
    for (at, entry) in entries.iter().enumerate() {
        let name = entry.name.value();
        if !names::is_entry(&name) {
            let why = format!("a {kind}'s name has 1 to 64 of a-z, 0-9, '_', '.' and '-'");
            return Err(Error::new(entry.name.span(), why));
        }
        if entries.iter().take(at).any(|before| before.name.value() == name) {
            return Err(Error::new(entry.name.span(), format!("there is another {kind} of this name")));
        }
        if let (Some(effect), "query") = (&entry.effect, kind) {
            let why = format!("a query only reads; #[{effect}] has no meaning here");
            return Err(Error::new(entry.name.span(), why));
        }
        if entry.shared && kind == "action" {
            return Err(Error::new(entry.name.span(), "only a query can be #[shared]"));
        }
    }
    Ok(())
}

fn expand(table: &Table) -> Result<TokenStream> {
    check(&table.actions, "action")?;
    check(&table.queries, "query")?;
    let manifest = manifest::build(table).map_err(|why| Error::new(Span::call_site(), why))?;
    let skeleton = manifest.json.to_string();
    let files = &manifest.files;
    let actions = table.actions.iter().map(|entry| {
        let Entry { name, handler, .. } = entry;
        let read_only = manifest.read_actions.contains(&name.value());
        quote! {
            ::inlay::__private::ActionEntry {
                name: #name,
                read_only: #read_only,
                input: || ::inlay::__private::input_of(#handler),
                run: |cx, input| ::inlay::__private::run_action(#handler, cx, input),
            }
        }
    });
    let queries = table.queries.iter().map(|entry| {
        let Entry { name, handler, shared, .. } = entry;
        quote! {
            ::inlay::__private::QueryEntry {
                name: #name,
                shared: #shared,
                input: || ::inlay::__private::input_of(#handler),
                run: |cx, input| ::inlay::__private::run_query(#handler, cx, input),
            }
        }
    });
    let exports = exports();
    Ok(quote! {
        /// This plugin: what its manifest says, and its actions and queries.
        pub static PLUGIN: ::inlay::Plugin = ::inlay::Plugin {
            skeleton: #skeleton,
            actions: &[#(#actions),*],
            queries: &[#(#queries),*],
        };
        // So that cargo builds the crate again when one of these files changes.
        #(const _: &[u8] = ::core::include_bytes!(#files);)*
        #exports
    })
}

/// What makes a component of the crate. Elsewhere than on wasm32 the plugin is only its table, for tests.
fn exports() -> TokenStream {
    quote! {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use ::inlay::__private::bindings::{self, exports::inlay::plugin as exports, inlay::plugin::types};
            struct Component;
            impl exports::manifest::Guest for Component {
                fn describe() -> ::std::string::String {
                    ::inlay::__private::describe(&PLUGIN)
                }
            }
            impl exports::actions::Guest for Component {
                fn handle(call: types::Call) -> ::core::result::Result<types::Reply, types::Failure> {
                    ::inlay::__private::handle(&PLUGIN, call)
                }
            }
            impl exports::loaders::Guest for Component {
                fn load(call: types::Call) -> ::core::result::Result<::std::string::String, types::Failure> {
                    ::inlay::__private::load(&PLUGIN, call)
                }
            }
            bindings::export_component!(Component with_types_in bindings);
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(table: TokenStream) -> String {
        syn::parse2::<Table>(table)
            .and_then(|table| check(&table.actions, "action").and_then(|()| check(&table.queries, "query")))
            .err()
            .map(|e| e.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn mistakes_in_the_table_are_named() {
        assert_eq!(refusal(quote! { actions { "a" => f } queries { "a" => g, } }), "");
        assert!(refusal(quote! { actions { "A b" => f } }).contains("1 to 64"));
        assert!(refusal(quote! { actions { "a" => f, "a" => g } }).contains("another action"));
        assert!(refusal(quote! { queries { #[read] "a" => f } }).contains("no meaning"));
        assert!(refusal(quote! { actions { #[shared] "a" => f } }).contains("only a query"));
        assert!(refusal(quote! { actions { #[reed] "a" => f } }).contains("expected one of #[read]"));
        assert!(refusal(quote! { actions { #[read] #[write] "a" => f } }).contains("already marked #[read]"));
        assert!(refusal(quote! { tasks { "a" => f } }).contains("queries"));
        assert!(refusal(quote! { actions { "a" f } }).contains("expected `=>`"));
    }
}
