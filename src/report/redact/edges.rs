//! What is at the edges of a secret and is lost in a view, or becomes something else with what is beside it.
//!
//! A `\`, and a `\r`, is nothing in a view, so how many of them end a secret isn't known there; an unfinished escape at its end (`…%4`) takes in what follows, and what
//! a secret begins with can be the end of an escape before it (`…%` and `41…`). Its forms without those edges are looked for too, and what is masked then
//! reaches beyond them.

use super::view::View;

/// How far beyond a form in a view the text is masked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    #[default]
    None,
    /// As far as nothing is shown in the view.
    Lost,
    /// That, and the byte of the view that is there.
    Next,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Edges {
    pub before: Reach,
    pub behind: Reach,
}

impl Edges {
    pub fn join(&mut self, other: Edges) {
        self.before = self.before.max(other.before);
        self.behind = self.behind.max(other.behind);
    }
}

/// A shorter part of a secret would be found by chance, in bytes.
const SHORTEST_PART: usize = 12;
/// The longest escape by a number is `\u` and four digits: so many of them can belong to what is before a secret.
const MOST_DIGITS: usize = 4;
/// The longest name of an entity, with `&` and without `;`.
const LONGEST_ENTITY: usize = 32;

/// The forms of a secret by which it is found in a view; `whole` is the view of it.
pub(super) fn forms(secret: &str, whole: View) -> Vec<(Vec<u8>, Edges)> {
    let lost = |is: bool| if is { Reach::Lost } else { Reach::None };
    let shown = whole.range(0..whole.bytes.len());
    let own = Edges { before: lost(shown.start > 0), behind: lost(shown.end < secret.len()) };
    let mut forms = vec![(whole.bytes, own)];
    let mut add = |part: &str, edges: Edges| {
        let form = View::both(part).0.bytes;
        if form.len() >= SHORTEST_PART {
            forms.push((form, edges));
        }
    };
    let ends: Vec<usize> = unfinished(secret).into_iter().chain([secret.len()]).collect();
    let digits = secret.bytes().take(MOST_DIGITS).take_while(u8::is_ascii_hexdigit).count();
    let starts: Vec<usize> = (0..=digits.max(usize::from(secret.starts_with('r')))).collect();
    for start in &starts {
        for end in ends.iter().filter(|end| *end > start && (*start, **end) != (0, secret.len())) {
            let before = if *start > 0 { Reach::Next } else { own.before };
            let behind = if *end < secret.len() { Reach::Next } else { own.behind };
            add(&secret[*start..*end], Edges { before, behind });
        }
    }
    forms
}

/// Where an escape begins that a secret ends within.
fn unfinished(secret: &str) -> Option<usize> {
    let (at, sign) = secret.char_indices().rev().take(LONGEST_ENTITY).find(|(_, c)| matches!(c, '\\' | '%' | '&'))?;
    let rest = &secret[at + 1..];
    let digits =
        |digits: &str, most: usize| digits.len() < most && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let open = match sign {
        '%' => digits(rest, 2),
        '&' => rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#'),
        _ => {
            let by_x = rest.strip_prefix('x').is_some_and(|rest| digits(rest, 2));
            let by_u = rest
                .strip_prefix('u')
                .is_some_and(|rest| digits(rest, 4) || rest.strip_prefix('{').is_some_and(|rest| digits(rest, 7)));
            by_x || by_u
        }
    };
    open.then_some(at)
}
