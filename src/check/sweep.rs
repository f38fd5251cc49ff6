use super::cx::Notes;
use super::doubts::Doubts;
use super::index::Index;
use super::kept::Memory;
use super::resolution::Names;
use super::runnable::Runnable;
use super::view::{Asked, View};
use super::walk;
use crate::diag::Diagnostic;
use crate::project::{Module, Project};
use crate::source::spread;
use crate::syntax::ast::ItemKind;

/// What came of one module.
struct Found<'p> {
    /// What doesn't parse in what its outline left out.
    syntax: Vec<Diagnostic>,
    doubts: Option<Doubts<'p>>,
    runnable: Runnable,
    /// Nothing where it has to wait for what is known of all modules.
    notes: Option<(Notes, Asked)>,
}

/// Walks all modules, and completes the index. A module of which there is only an outline has its whole tree for as long as it is walked: memory grows
/// with the largest files, not with all of them. Gives what doesn't parse in these, and what was noted of each module.
///
/// What doesn't parse in a file may be what another one names, and that isn't known before all are parsed. So a module that asked is walked once more if
/// the answer has changed, and one with a plan, which chooses among the suites of all files, is walked at the end.
pub(super) fn all<'p>(
    project: &'p Project,
    index: &mut Index<'p>,
    memory: Option<&'p Memory>,
) -> (Vec<Diagnostic>, Vec<Notes>) {
    let has_plans = project.modules.iter().any(has_plan);
    let (seen, bytes) = (&*index, project.sources.bytes());
    let found: Vec<Found<'p>> = spread(bytes, &project.modules, |module| look(seen, module, has_plans, memory));
    let mut syntax = Vec::new();
    let mut walked = Vec::with_capacity(found.len());
    for (module, found) in project.modules.iter().zip(found) {
        if let Some(doubts) = found.doubts {
            index.add_doubts(module.source, doubts);
        }
        syntax.extend(found.syntax);
        index.runnable.absorb(found.runnable);
        walked.push(found.notes);
    }
    let index = &*index;
    let is_settled =
        |before: &Option<(Notes, Asked)>| before.as_ref().is_some_and(|(_, asked)| asked.still_holds(index));
    let open: Vec<usize> = walked.iter().zip(0..).filter(|(before, _)| !is_settled(before)).map(|(_, at)| at).collect();
    let again = |at: &usize| {
        let module = project.modules.get(*at)?;
        let whole = project.whole(module).map(|(whole, _)| whole);
        let module = whole.as_ref().unwrap_or(module);
        Some(walk::module(&View::new(index, module, None, memory), module).without_names())
    };
    let mut notes: Vec<Notes> =
        walked.into_iter().map(|before| before.map(|(notes, _)| notes).unwrap_or_default()).collect();
    for (at, again) in open.iter().zip(spread(bytes, &open, again)) {
        notes.get_mut(*at).zip(again).into_iter().for_each(|(place, again)| *place = again);
    }
    (syntax, notes)
}

fn look<'p>(index: &Index<'p>, module: &'p Module, has_plans: bool, memory: Option<&Memory>) -> Found<'p> {
    let (whole, syntax) = index.project.whole(module).unzip();
    let syntax = syntax.unwrap_or_default();
    let doubts = whole.as_ref().and_then(|whole| doubts(index, whole, &syntax));
    let module = whole.as_ref().unwrap_or(module);
    let runnable = if has_plans && index.is_root(module.id) { Runnable::of(&module.ast) } else { Runnable::default() };
    let notes = (!has_plan(module)).then(|| {
        let view = View::new(index, module, doubts.as_ref(), memory);
        let notes = walk::module(&view, module).without_names();
        (notes, view.asked())
    });
    Found { syntax, doubts, runnable, notes }
}

/// What the names of a module refer to. It is walked for that: of all modules at once, they would take more memory than the trees.
pub(super) fn names(index: &Index<'_>, module: &Module) -> Names {
    let (whole, syntax) = index.project.whole(module).unzip();
    let doubts = whole.as_ref().and_then(|whole| doubts(index, whole, &syntax.unwrap_or_default()));
    let module = whole.as_ref().unwrap_or(module);
    walk::module(&View::new(index, module, doubts.as_ref(), None), module).names
}

/// What is doubtful in a module, if anything is that its outline didn't show.
fn doubts<'p>(index: &Index<'p>, whole: &Module, syntax: &[Diagnostic]) -> Option<Doubts<'p>> {
    if syntax.is_empty() {
        return None;
    }
    let found: Vec<&Diagnostic> = syntax.iter().collect();
    let doubts = Doubts::new(index.project, whole.source, Some(&whole.ast), &found);
    Some(doubts.and_errors_of(index.doubts(whole.source)))
}

fn has_plan(module: &Module) -> bool {
    module.ast.items.iter().any(|item| matches!(item.kind, ItemKind::Plan(_)))
}
