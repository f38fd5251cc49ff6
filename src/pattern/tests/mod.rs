mod cases;
mod cost;
mod generate;
mod oracle;
mod support;

use proptest::prelude::*;

use self::generate::Case;
use self::oracle::Expected;
use super::Status;

fn verdict(status: &Status<support::Captured>) -> Expected {
    match status {
        Status::Running => Expected::Running,
        Status::Failed(_) => Expected::Failed,
        Status::Matched(found) => Expected::Matched {
            taken: found.taken.iter().map(|taken| (taken.item.0, taken.frame)).collect(),
            captures: found.captures,
            at: support::ms(found.at),
        },
    }
}

/// `PROPTEST_CASES=100000 cargo test pattern::` looks at more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(4_000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn the_machine_agrees_with_the_oracle(Case { pattern, items, log, looks } in generate::cases()) {
        let status = support::run(&pattern, &items, &log, &looks);
        let expected = match oracle::judge(&pattern, &items, &log) {
            Expected::Broken => Expected::Failed,
            verdict => verdict,
        };
        prop_assume!(expected != Expected::Endless);
        prop_assert_eq!(verdict(&status), expected);
    }
}
