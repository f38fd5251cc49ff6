//! The pages of the error index are embedded: a change of them must rebuild what embeds them.

#[expect(clippy::print_stdout, reason = "it is how a build script speaks to cargo")]
fn main() {
    println!("cargo::rerun-if-changed=docs/errors");
}
