//! Measuring, in parts and as a whole.
