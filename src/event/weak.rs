use std::time::Duration;

/// Why an expectation that held proves little (`docs/language/evidence.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weak {
    /// `is unique` and `is sorted by` of one element.
    OneElement,
    /// `not exists` where what would hold it isn't there either.
    NoParent,
    /// What is looked through, or claimed to lack something, is an empty list.
    NoElement,
    /// `!=`, `not in` and their like, of a value of another type.
    OtherType,
    /// `not contains` of an object in a list, where no element has just its members: equal are objects with the same ones.
    OtherMembers,
    /// There is nothing in what it is compared with, or none of what that names is there.
    NothingCompared,
    /// A view whose `where` fitted none of the frames.
    UnmatchedView,
    /// A pattern in which every item may be left out, and that took no frame.
    NothingTaken,
    /// `gap` with fewer than two frames to measure between.
    NoGap,
    /// A shape, a schema or a partial match that accepts every value.
    AcceptsAnything,
    /// A deadline ended the settling before its time.
    SettlingCutShort { settled: Duration, of: Duration },
}

impl Weak {
    /// One word for programs: `one_element`.
    pub fn name(self) -> &'static str {
        match self {
            Weak::OneElement => "one_element",
            Weak::NoParent => "no_parent",
            Weak::NoElement => "no_element",
            Weak::OtherType => "other_type",
            Weak::OtherMembers => "other_members",
            Weak::NothingCompared => "nothing_compared",
            Weak::UnmatchedView => "unmatched_view",
            Weak::NothingTaken => "nothing_taken",
            Weak::NoGap => "no_gap",
            Weak::AcceptsAnything => "accepts_anything",
            Weak::SettlingCutShort { .. } => "settling_cut_short",
        }
    }

    /// For people, as a sentence without its full stop: `the list has one element, which has nothing to be compared with`.
    pub fn words(self) -> String {
        match self {
            Weak::OneElement => "the list has one element, which has nothing to be compared with".to_owned(),
            Weak::NoParent => "what would hold it is missing too".to_owned(),
            Weak::NoElement => "what it looks through is empty".to_owned(),
            Weak::OtherType => "the value is of another type, so it differs whatever it is".to_owned(),
            Weak::OtherMembers => {
                "no element has just these members, so none is equal to it whatever they hold".to_owned()
            }
            Weak::NothingCompared => "there is nothing that it could have been compared with".to_owned(),
            Weak::UnmatchedView => "no frame fitted the `where` of the view".to_owned(),
            Weak::NothingTaken => "every item may be left out, and no frame was taken".to_owned(),
            Weak::NoGap => "there were fewer than two frames to measure a gap between".to_owned(),
            Weak::AcceptsAnything => "it accepts every value".to_owned(),
            Weak::SettlingCutShort { settled, of } => {
                format!("a deadline ended the settling after {} of {} ms", settled.as_millis(), of.as_millis())
            }
        }
    }
}
