//! Fixes: what a help says to write, as changes of the text that a tool can make.
//!
//! The sentence of a help and the changes come from one [`Correction`], so that they can't differ: the caller who gives a diagnostic a fix says
//! what is written where, and the sentence is made around that text.

use crate::source::{SourceFile, Span};

/// May a fix be applied by a tool on its own?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applicability {
    /// What is written then is what was meant, beyond doubt: it may be applied unattended.
    Safe,
    /// A suggestion: what was meant is guessed, or something is left to fill in or to look at.
    Unsafe,
}

impl Applicability {
    /// The word for it in what is written for machines.
    pub fn word(self) -> &'static str {
        match self {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
        }
    }
}

/// A span of a source, and the text that replaces it. An empty span is a place where the text is put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

/// Changes that belong together: all of them are made, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    edits: Vec<Edit>,
    applicability: Applicability,
}

impl Fix {
    /// Never none; in one file each overlaps no other.
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    pub fn applicability(&self) -> Applicability {
        self.applicability
    }

    pub(super) fn moved(&self, to: impl Fn(Span) -> Option<Span>) -> Option<Self> {
        let moved = |edit: &Edit| Some(Edit { span: to(edit.span)?, text: edit.text.clone() });
        let edits = self.edits.iter().map(moved).collect::<Option<_>>()?;
        Some(Self { edits, applicability: self.applicability })
    }

    pub fn is_safe(&self) -> bool {
        self.applicability == Applicability::Safe
    }
}

/// A help: its sentence, and the fix where it says what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    pub(super) text: String,
    pub(super) fix: Option<Fix>,
}

impl From<String> for Help {
    fn from(text: String) -> Self {
        Self { text, fix: None }
    }
}

impl From<&str> for Help {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// What is to be written, and where: the one source of a help's sentence and of its fix. A suggestion, unless it is said to be
/// [safe](Self::safe).
#[derive(Clone, Debug)]
pub struct Correction {
    shown: String,
    edits: Vec<Edit>,
    applicability: Applicability,
    is_doubtful: bool,
}

impl Correction {
    /// `text` instead of what a span covers.
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        let text = text.into();
        let edits = vec![Edit { span, text: text.clone() }];
        Self { shown: text, edits, applicability: Applicability::Unsafe, is_doubtful: false }
    }

    /// `text` behind a span.
    pub fn insert_after(span: Span, text: impl Into<String>) -> Self {
        Self::replace(Span { start: span.end, ..span }, text)
    }

    /// `text` before a span.
    pub fn insert_before(span: Span, text: impl Into<String>) -> Self {
        Self::replace(Span { end: span.start, ..span }, text)
    }

    /// Nothing instead of what a span covers.
    pub fn remove(span: Span) -> Self {
        Self::replace(span, "")
    }

    /// As it is, shown with the text before it and behind it.
    #[must_use]
    pub fn between(mut self, before: &str, after: &str) -> Self {
        self.shown = format!("{before}{}{after}", self.shown);
        self
    }

    /// As it is, shown on one line, with one space for each run of white space.
    #[must_use]
    pub fn on_one_line(mut self) -> Self {
        self.shown = self.shown.split_whitespace().collect::<Vec<_>>().join(" ");
        self
    }

    /// With a change elsewhere that belongs to it, and that isn't shown.
    #[must_use]
    pub fn and(mut self, other: Correction) -> Self {
        self.edits.extend(other.edits);
        self.applicability = self.applicability.max(other.applicability);
        self.is_doubtful |= other.is_doubtful;
        self
    }

    /// It would take away more than is seen, such as a comment: a suggestion, whatever else is said of it.
    #[must_use]
    pub fn doubtful_if(mut self, doubtful: bool) -> Self {
        self.is_doubtful |= doubtful;
        self
    }

    /// What is written then is what was meant, beyond doubt.
    #[must_use]
    pub fn safe(self) -> Self {
        self.safe_if(true)
    }

    /// As [`Self::safe`], where `sure` is true.
    #[must_use]
    pub fn safe_if(mut self, sure: bool) -> Self {
        self.applicability = if sure { Applicability::Safe } else { Applicability::Unsafe };
        self
    }

    /// The help, with a sentence around what is shown.
    pub fn help(self, sentence: impl FnOnce(&str) -> String) -> Help {
        let text = sentence(&self.shown);
        let applicability = if self.is_doubtful { Applicability::Unsafe } else { self.applicability };
        Help { text, fix: Some(Fix { edits: self.edits, applicability }) }
    }

    /// ``write `…` ``
    pub fn write(self) -> Help {
        self.help(|shown| format!("write `{shown}`"))
    }

    /// ``did you mean `…`?``
    pub fn did_you_mean(self) -> Help {
        self.help(|shown| format!("did you mean `{shown}`?"))
    }

    /// The help, with a sentence that needs nothing shown: of what is removed, or put in at one plain place.
    pub fn say(self, sentence: impl Into<String>) -> Help {
        self.help(|_| sentence.into())
    }
}

/// A text to which fixes were applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    pub text: String,
    /// How many fixes were made. The others touch one of these, or aren't of this file as it is.
    pub made: usize,
}

/// Makes the fixes in a file's text, the first ones first: one that touches what another has changed is left for the next round, when the
/// new text has been looked at, and so is one that doesn't fit the file.
pub fn apply<'f>(file: &SourceFile, fixes: impl IntoIterator<Item = &'f Fix>) -> Applied {
    let mut taken: Vec<&Edit> = Vec::new();
    let mut made = 0;
    for fix in fixes {
        let fits = |edit: &Edit| {
            let range = edit.span.start as usize..edit.span.end as usize;
            edit.span.source == file.id && file.text.get(range).is_some_and(|old| old != edit.text)
        };
        let own = fix.edits.iter().enumerate();
        let is_sound = fix.edits.iter().all(fits)
            && own.clone().all(|(at, edit)| fix.edits.iter().skip(at + 1).all(|other| !touch(edit, other)));
        if is_sound && !fix.edits.iter().any(|edit| taken.iter().any(|other| touch(edit, other))) {
            taken.extend(&fix.edits);
            made += 1;
        }
    }
    taken.sort_by_key(|edit| edit.span);
    let mut text = String::with_capacity(file.text.len() + 64);
    let mut at = 0;
    for edit in taken {
        text.push_str(file.text.get(at..edit.span.start as usize).unwrap_or_default());
        text.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    text.push_str(file.text.get(at..).unwrap_or_default());
    Applied { text, made }
}

/// Two changes touch where they have a place in common, or end and begin at the same one: what is written there would depend on their order.
fn touch(a: &Edit, b: &Edit) -> bool {
    a.span.source == b.span.source && a.span.start <= b.span.end && b.span.start <= a.span.end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::{SourceId, Sources};

    fn file(text: &str) -> Sources {
        let mut sources = Sources::new();
        sources.add("spec.e2e", text);
        sources
    }

    fn at(start: usize, end: usize) -> Span {
        Span::new(SourceId(0), start, end)
    }

    fn fix(edits: &[(usize, usize, &str)]) -> Fix {
        let edits = edits.iter().map(|(start, end, text)| Edit { span: at(*start, *end), text: (*text).to_owned() });
        Fix { edits: edits.collect(), applicability: Applicability::Safe }
    }

    fn applied(text: &str, fixes: &[Fix]) -> (String, usize) {
        let sources = file(text);
        let applied = apply(sources.get(SourceId(0)).unwrap(), fixes);
        (applied.text, applied.made)
    }

    #[test]
    fn fixes_are_made_whole_or_not_at_all() {
        let text = "let a: 5\nexpect b = ü";
        let colon = fix(&[(5, 6, " =")]);
        assert_eq!(applied(text, &[]), (text.to_owned(), 0));
        assert_eq!(applied(text, &[fix(&[(18, 19, "==")]), colon.clone()]), ("let a = 5\nexpect b == ü".to_owned(), 2));
        // The second one touches the first, which is taken; nothing of it is made.
        let (fixed, made) = applied(text, &[colon.clone(), fix(&[(0, 3, "capture"), (6, 7, "")])]);
        assert_eq!((fixed.as_str(), made), ("let a = 5\nexpect b = ü", 1));
        // Inside a character, past the end, of another file, and one that changes nothing.
        let elsewhere = Fix {
            edits: vec![Edit { span: Span::new(SourceId(1), 0, 1), text: "x".to_owned() }],
            applicability: Applicability::Safe,
        };
        for broken in [fix(&[(21, 22, "u")]), fix(&[(0, 999, "")]), elsewhere, fix(&[(0, 3, "let")])] {
            assert_eq!(applied(text, &[broken]), (text.to_owned(), 0));
        }
        assert_eq!(applied(text, &[fix(&[(0, 3, "x"), (1, 2, "y")])]).1, 0, "its own edits overlap");
    }

    #[test]
    fn the_sentence_and_the_change_are_of_one_text() {
        let help = Correction::replace(at(5, 6), " =").between("let a", " 5").safe().write();
        assert_eq!(help.text, "write `let a = 5`");
        assert_eq!(help.fix, Some(fix(&[(5, 6, " =")])));
        let both = Correction::replace(at(0, 1), "x").safe().and(Correction::remove(at(4, 5)));
        assert_eq!(both.applicability, Applicability::Unsafe, "as unsafe as a part of it");
    }

    proptest! {
        /// Whatever is asked for: the text stays one, and what no fix touches stays as it was.
        #[test]
        fn any_fixes_leave_the_rest_as_it_was(
            text in "[aé\u{1f600}\n]{0,20}",
            fixes in prop::collection::vec(prop::collection::vec((0_usize..60, 0_usize..6, "[xü]{0,3}"), 1..3), 0..6),
        ) {
            let fixes: Vec<Fix> = fixes
                .iter()
                .map(|edits| fix(&edits.iter().map(|(start, len, text)| (*start, start + len, text.as_str())).collect::<Vec<_>>()))
                .collect();
            let (fixed, made) = applied(&text, &fixes);
            prop_assert!(made <= fixes.len());
            let kept = |text: &str| text.chars().filter(|c| !matches!(c, 'x' | 'ü')).count();
            prop_assert!(kept(&fixed) <= kept(&text));
            prop_assert_eq!(made == 0, fixed == text);
        }
    }
}
