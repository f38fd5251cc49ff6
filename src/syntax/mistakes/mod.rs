//! Mistakes that people make, each recognised where a statement doesn't parse, with a help that fixes it. One file a concern.

mod alternatives;
mod counts;
mod foreign;
mod imports;
mod interpolations;
mod lists;
mod loads;
mod matchers;
mod measures;
mod missing;
mod names;
mod operators;
mod signs;
mod spelling;
pub mod statements;
mod texts;
mod types;
mod units;

use super::explain::Failure;
use crate::diag::Diagnostic;

type Detector = fn(&Failure<'_>) -> Option<Diagnostic>;

/// In this order: what is most informative comes first.
const DETECTORS: &[Detector] = &[
    texts::query,
    lists::trailing_comma,
    imports::from,
    imports::braces,
    missing::expect,
    loads::listed_stages,
    measures::compared,
    measures::another,
    measures::event,
    measures::timed,
    measures::of_behind,
    measures::quoted_kind,
    measures::window,
    measures::unquoted,
    measures::abort,
    measures::measure,
    types::foreign,
    foreign::if_value,
    missing::brace,
    missing::channel_name,
    missing::method,
    matchers::early_not,
    matchers::compared_length,
    interpolations::outside_a_string,
    interpolations::dollar_name,
    operators::foreign,
    operators::single_equals,
    signs::stray_sign,
    signs::missing_colon,
    signs::missing_equals,
    counts::combined,
    counts::misread,
    counts::named_status,
    foreign::wait_for,
    units::detached,
    loads::rewritten,
    names::unquoted,
    names::quoted,
    names::reserved,
    names::invalid,
    missing::url,
    alternatives::values,
    alternatives::or_closed,
    alternatives::joined,
    texts::unquoted,
    matchers::foreign_phrase,
    matchers::foreign_word,
    spelling::keyword,
    spelling::incomplete_phrase,
    lists::missing_comma,
    missing::matcher,
    missing::value,
    missing::no_block,
];

/// The diagnostic of a known mistake.
pub fn recognise(failure: &Failure<'_>) -> Option<Diagnostic> {
    DETECTORS.iter().find_map(|detect| detect(failure))
}
