/// How many names of a long circle are shown at its beginning, and at its end.
const SHOWN: usize = 6;

/// `a` → `b` → `a`: what leads back to where it began, by the name of each place of `length`. Of a long circle, the first and the last.
pub fn circle(length: usize, name: impl Fn(usize) -> String) -> String {
    let is_long = length > 2 * SHOWN + 1;
    let mut shown: Vec<String> = (0..if is_long { SHOWN } else { length }).map(&name).collect();
    if is_long {
        shown.push(format!("… {} more …", length - 2 * SHOWN));
        shown.extend((length - SHOWN..length).map(&name));
    }
    shown.extend((length > 0).then(|| name(0)));
    shown.join(" → ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_circle_is_shown_in_part() {
        assert_eq!(circle(2, |at| at.to_string()), "0 → 1 → 0");
        assert!(!circle(13, |at| at.to_string()).contains('…'));
        let long = circle(1_000, |at| at.to_string());
        assert_eq!(long, "0 → 1 → 2 → 3 → 4 → 5 → … 988 more … → 994 → 995 → 996 → 997 → 998 → 999 → 0");
    }
}
