//! What can be said of single constructs. One file a family; each function is called from one place of the walk.

pub mod blocks;
pub mod channels;
pub mod contradictions;
pub mod counts;
pub mod credentials;
pub mod declarations;
pub mod environments;
pub mod headers;
pub mod interpolations;
pub mod loads;
pub mod measures;
pub mod metas;
pub mod patterns;
pub mod plans;
pub mod requests;
pub mod secrets;
pub mod services;
pub mod settling;
pub mod statuses;
pub mod titles;
pub mod urls;
pub mod vacuous;
pub mod waits;
pub mod weak;
pub mod written;
