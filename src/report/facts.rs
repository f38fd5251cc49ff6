//! A run is judged by what its report shows: what differs in nothing but a secret is the same there, and so for who judges the report, a journal or a trace again.

use super::Redactor;
use crate::judge::release::{Digest, ServiceWatch, Sighting, SymptomKind};

/// What a test is judged by, masked.
pub(super) fn digest(mut digest: Digest, redactor: &Redactor) -> Digest {
    let mask = |text: &mut String| *text = redactor.text(text).into_inner();
    if let Some(symptom) = &mut digest.symptom {
        symptom.service.iter_mut().chain(&mut symptom.host).for_each(mask);
        mask(&mut symptom.message);
        if let SymptomKind::Expectation { code: _, what } = &mut symptom.kind {
            mask(what);
        }
    }
    digest.samples.iter_mut().for_each(|sample| mask(&mut sample.path));
    digest.tallies.iter_mut().for_each(|tally| tally.path.iter_mut().for_each(mask));
    digest
}

/// What was seen of a service, masked.
pub(super) fn watch(watch: &ServiceWatch, redactor: &Redactor) -> ServiceWatch {
    let text = |text: &String| redactor.text(text).into_inner();
    let sightings = watch.sightings.iter().map(|one| Sighting {
        says: one.says.as_ref().map(text),
        progress: one.progress.as_ref().map(text),
        names_down: one.names_down.iter().map(text).collect(),
        ..one.clone()
    });
    ServiceWatch { sightings: sightings.collect(), ..watch.clone() }
}
