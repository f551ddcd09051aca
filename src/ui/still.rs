//! Pages of the dashboard that ship no wasm, because they are looked at more than worked in: they open faster, and every
//! other page's wasm is smaller for it. Links to them leave the router.

/// Whether the page at that path is one of them.
pub fn is_still(path: &str) -> bool {
    matches!(path, "" | "/" | "/gas") || path == "/collection" || path.starts_with("/collection/")
}

/// In the context of such a page: its buttons are answered by `enhance.js`, which reads what they do from attributes.
#[derive(Debug, Clone, Copy)]
pub struct Still;
