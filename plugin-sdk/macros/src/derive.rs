//! `Deserialize` and `Serialize` without a dependency on serde in the author's crate.
//!
//! A derive cannot add `#[serde(crate = "…")]` to the type it is written on. So it writes a hidden copy of the type
//! that carries it, lets serde derive for the copy with `remote`, which makes code for the original, and delegates.
//! All of serde's and schemars' attributes keep working, since they are copied along.
use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Error, Fields, Result, Visibility};

const READING: &[&str] = &["serde", "schemars", "doc"];
/// serde alone does not know the attribute `schemars`.
const WRITING: &[&str] = &["serde"];

pub fn deserialize(item: DeriveInput) -> Result<TokenStream> {
    if !item.generics.params.is_empty() {
        let why =
            "a type that Inlay reads cannot be generic: its JSON Schema must be one; use owned types, such as String";
        return Err(Error::new_spanned(&item.generics, why));
    }
    let (original, copy, hidden) = hidden_copy(&item, READING)?;
    let default = default_of_copy(&item, &copy);
    let remote = original.to_string();
    Ok(quote! {
        #[doc(hidden)]
        const _: () = {
            #[derive(::inlay::__private::serde::Deserialize, ::inlay::schemars::JsonSchema)]
            #[serde(crate = "::inlay::__private::serde", remote = #remote)]
            #[schemars(crate = "::inlay::schemars")]
            #hidden
            #default

            #[automatically_derived]
            impl<'de> ::inlay::__private::serde::Deserialize<'de> for #original {
                fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
                where
                    D: ::inlay::__private::serde::Deserializer<'de>,
                {
                    #copy::deserialize(deserializer)
                }
            }

            #[automatically_derived]
            impl ::inlay::schemars::JsonSchema for #original {
                fn inline_schema() -> bool {
                    <#copy as ::inlay::schemars::JsonSchema>::inline_schema()
                }
                fn schema_name() -> ::std::borrow::Cow<'static, str> {
                    <#copy as ::inlay::schemars::JsonSchema>::schema_name()
                }
                fn schema_id() -> ::std::borrow::Cow<'static, str> {
                    <#copy as ::inlay::schemars::JsonSchema>::schema_id()
                }
                fn json_schema(generator: &mut ::inlay::schemars::SchemaGenerator) -> ::inlay::schemars::Schema {
                    <#copy as ::inlay::schemars::JsonSchema>::json_schema(generator)
                }
            }
        };
    })
}

pub fn serialize(item: DeriveInput) -> Result<TokenStream> {
    if item.generics.type_params().next().is_some() || item.generics.const_params().next().is_some() {
        let why = "a type that Inlay writes cannot have type parameters; lifetimes are fine";
        return Err(Error::new_spanned(&item.generics, why));
    }
    let (original, copy, hidden) = hidden_copy(&item, WRITING)?;
    let remote = original.to_string();
    let (impl_generics, ty_generics, where_clause) = item.generics.split_for_impl();
    Ok(quote! {
        #[doc(hidden)]
        const _: () = {
            #[derive(::inlay::__private::serde::Serialize)]
            #[serde(crate = "::inlay::__private::serde", remote = #remote)]
            #hidden

            #[automatically_derived]
            impl #impl_generics ::inlay::__private::serde::Serialize for #original #ty_generics #where_clause {
                fn serialize<S>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error>
                where
                    S: ::inlay::__private::serde::Serializer,
                {
                    #copy::serialize(self, serializer)
                }
            }
        };
    })
}

/// The original's name, the copy's name, and the copy's definition.
fn hidden_copy(item: &DeriveInput, attributes: &[&str]) -> Result<(Ident, Ident, TokenStream)> {
    let original = item.ident.clone();
    let copy = format_ident!("__Inlay{original}");
    let mut hidden = item.clone();
    hidden.ident = copy.clone();
    hidden.vis = Visibility::Inherited;
    keep(&mut hidden.attrs, attributes);
    match &mut hidden.data {
        Data::Struct(data) => keep_in_fields(&mut data.fields, attributes),
        Data::Enum(data) => {
            for variant in &mut data.variants {
                keep(&mut variant.attrs, attributes);
                keep_in_fields(&mut variant.fields, attributes);
            }
        }
        Data::Union(_) => return Err(Error::new_spanned(&item.ident, "a union has no JSON form")),
    }
    let body = name_self(quote!(#hidden), &original);
    let hidden = quote! {
        #[allow(dead_code, non_camel_case_types, clippy::all, reason = "a copy that only carries attributes")]
        #body
    };
    Ok((original, copy, hidden))
}

fn keep_in_fields(fields: &mut Fields, attributes: &[&str]) {
    for field in fields {
        keep(&mut field.attrs, attributes);
        if !matches!(field.vis, Visibility::Inherited) {
            field.vis = Visibility::Inherited;
        }
    }
}

fn keep(attrs: &mut Vec<Attribute>, wanted: &[&str]) {
    attrs.retain(|attr| wanted.iter().any(|name| attr.path().is_ident(name)));
}

/// `Self` in a field's type means the original, not the copy.
fn name_self(tokens: TokenStream, original: &Ident) -> TokenStream {
    let rename = |token| match token {
        TokenTree::Ident(ident) if ident == "Self" => TokenTree::Ident(Ident::new(&original.to_string(), ident.span())),
        TokenTree::Group(group) => {
            let mut renamed = Group::new(group.delimiter(), name_self(group.stream(), original));
            renamed.set_span(group.span());
            TokenTree::Group(renamed)
        }
        other => other,
    };
    tokens.into_iter().map(rename).collect()
}

/// With a bare `#[serde(default)]` on a struct, its schema takes the fields' defaults from `Copy::default()`.
fn default_of_copy(item: &DeriveInput, copy: &Ident) -> Option<TokenStream> {
    let Data::Struct(data) = &item.data else { return None };
    if !item.attrs.iter().any(says_default) {
        return None;
    }
    let original = &item.ident;
    let fields: Vec<_> = data.fields.members().collect();
    Some(quote! {
        impl ::core::default::Default for #copy {
            fn default() -> Self {
                let whole = <#original as ::core::default::Default>::default();
                #copy { #(#fields: whole.#fields),* }
            }
        }
    })
}

fn says_default(attr: &Attribute) -> bool {
    if !attr.path().is_ident("serde") && !attr.path().is_ident("schemars") {
        return false;
    }
    let mut found = false;
    // What is wrong with an attribute is serde's to say, hence the ignored result.
    let _ = attr.parse_nested_meta(|meta| {
        if meta.path.is_ident("default") && !meta.input.peek(syn::Token![=]) {
            found = true;
        }
        if meta.input.peek(syn::Token![=]) {
            let _: syn::Expr = meta.value()?.parse()?;
        } else if meta.input.peek(syn::token::Paren) {
            let inside;
            syn::parenthesized!(inside in meta.input);
            let _: TokenStream = inside.parse()?;
        }
        Ok(())
    });
    found
}
