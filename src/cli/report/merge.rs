use super::super::exit::Exit;
use super::super::output::Output;
use super::super::resume::MAX_RESULTS_BYTES;
use super::args::Merge;
use super::finish;
use crate::diag::{Diagnostic, codes};
use crate::report::assemble;
use crate::report::merge::{self, Named};
use crate::source::{Readable, Span, read_file};

/// Joins the shards of a run and judges it as a whole.
pub fn main(args: &Merge, output: &Output) -> Result<Exit, Box<Diagnostic>> {
    let blobs: Result<Vec<Named>, Box<Diagnostic>> = args
        .blobs
        .iter()
        .map(|path| {
            let name = path.display().to_string();
            let unfit = |why: String| {
                let message = format!("the file `{name}` {why}");
                Box::new(
                    Diagnostic::error(&codes::MERGE, Span::nowhere(), message)
                        .with_help("`report merge` takes what `run --report blob=PATH` writes"),
                )
            };
            let bytes = read_file(path, MAX_RESULTS_BYTES, Readable::Streams)
                .map_err(|error| unfit(format!("can't be read: {error}")))?;
            let blob = merge::read(&bytes).map_err(unfit)?;
            Ok((name, blob))
        })
        .collect();
    let mut report = merge::merge(blobs?)?;
    if args.deny.is_some() {
        assemble::deny_weak(&mut report);
    }
    finish(report, &args.report, output)
}
