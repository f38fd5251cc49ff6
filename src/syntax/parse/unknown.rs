use super::super::mistakes::statements;
use super::super::parser::Parser;
use super::super::split::Piece;
use super::super::words::Context;

impl Parser<'_> {
    /// Reports a statement that begins with no word that may begin one here. True when its first word is plainly a misspelt one, which
    /// is taken for the right one from here on: the statement is then worth another look.
    pub fn unknown(&mut self, piece: &Piece, context: Context) -> bool {
        let Some(segment) = piece.segments.first() else { return false };
        if self.is_flagged(segment) || self.is_full() || self.is_respelt(segment.from) {
            return false;
        }
        let unknown = statements::unknown(self, segment, context);
        self.report(unknown.diagnostic);
        match unknown.meant {
            Some(meant) => {
                self.respell(segment.from, meant);
                true
            }
            None => false,
        }
    }
}
