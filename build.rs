//! Compiles the grammar, and embeds the pages of the error index: a change of either must rebuild what is made of it.

#[path = "build/matcher.rs"]
mod matcher;
#[path = "build/words.rs"]
mod words;

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=docs/errors");
    println!("cargo::rerun-if-changed=grammar/e2e.pest");
    println!("cargo::rerun-if-changed=build/matcher.rs");
    println!("cargo::rerun-if-changed=build/words.rs");
    let grammar = std::fs::read_to_string("grammar/e2e.pest")?;
    let folder = std::env::var_os("OUT_DIR").ok_or("cargo gives no folder for what is generated")?;
    std::fs::write(Path::new(&folder).join("matcher.rs"), matcher::source(&grammar)?)?;
    std::fs::write(Path::new(&folder).join("words.rs"), words::source(&grammar)?)?;
    Ok(())
}
