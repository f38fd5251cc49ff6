//! The pages of the error index are embedded: a change of them must rebuild what embeds them.

fn main() {
    println!("cargo::rerun-if-changed=docs/errors");
}
