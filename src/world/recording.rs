//! A world that records what another one does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::cookies::Jar;
use super::records::{Carried, Composed, Computed, Done, Ended, Line, Obtained, Record, Records, Sent};
use super::{
    Budget, Channel, Connected, Late, Log, Opening, Outbound, Outgoing, Pending, Reached, Reading, Time, World,
};
use crate::event::{ChannelEnd, Exchange, Instant, Occurrence, Payload};
use crate::value::effort::Effort;
use crate::value::{Function, Value};

/// Passes every call on, and keeps what was asked and what came of it.
pub struct Recording {
    world: Arc<dyn World>,
    records: Arc<Records>,
    open: Arc<Mutex<HashMap<usize, Watched>>>,
    finished: Mutex<Option<OnFinished>>,
}

/// Is notified of what has come to its end.
type OnFinished = Arc<dyn Fn(&Occurrence) + Send + Sync>;

/// A connection that is recorded when it is over, from the log of its channel, by the log's address.
struct Watched {
    occurrence: Occurrence,
    log: Arc<Log>,
    /// The index of its first frame.
    from: usize,
}

impl Recording {
    pub fn new(world: Arc<dyn World>) -> Self {
        Self { world, records: Arc::default(), open: Arc::default(), finished: Mutex::default() }
    }

    /// What has been recorded, with what open connections have carried so far.
    pub fn records(&self) -> Arc<Records> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.drain().for_each(|(_, connection)| connection.keep(&self.records, Some(self.world.now())));
        self.records.clone()
    }

    /// Takes out all that has been recorded of an occurrence and of what is within it, with what its open connections have carried so far.
    pub fn take_within(&self, place: &Occurrence) -> Vec<Record> {
        {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let its = open.extract_if(|_, connection| connection.occurrence.is_within(place));
            its.for_each(|(_, connection)| connection.keep(&self.records, Some(self.world.now())));
        }
        self.records.take_within(place)
    }

    /// What is called from now on with each occurrence that has come to its end.
    pub fn on_finished(&self, call: impl Fn(&Occurrence) + Send + Sync + 'static) {
        *self.finished.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(call));
    }

    /// Takes out what was calculated of secrets since this was last asked.
    pub fn take_computed(&self) -> Vec<Computed> {
        self.records.take_computed()
    }

    /// Takes out what texts with secrets in them were made of since this was last asked.
    pub fn take_composed(&self) -> Vec<Composed> {
        self.records.take_composed()
    }

    fn ended(&self, occurrence: &Occurrence, exchange: &Exchange) {
        let now = self.world.now();
        self.records.with(occurrence, |record| {
            if let Some(sent) = &mut record.request {
                sent.ended = Some(Ended { exchange: exchange.clone(), at: now, cut: false });
            }
        });
    }

    fn begun(&self, request: &Outgoing, jar: Option<&Mutex<Jar>>) {
        let jar = jar.map(|jar| jar.lock().unwrap_or_else(PoisonError::into_inner).kept_for(&request.url, self.now()));
        let sent = Sent { request: request.clone(), jar: jar.unwrap_or_default(), ended: None };
        self.records.with(&request.occurrence, |record| record.request = Some(sent));
    }
}

impl Watched {
    fn keep(&self, records: &Records, now: Option<Instant>) {
        let (carried, end) = carried(&self.log, self.from);
        records.with(&self.occurrence, |record| {
            let line = record.line.get_or_insert_default();
            line.watched = now.filter(|_| end.is_none());
            (line.carried, line.end) = (carried, end);
            line.closing = self.log.not_the_last();
        });
    }
}

/// What a log holds from a frame on.
fn carried(log: &Log, from: usize) -> (Vec<Carried>, Option<(Instant, ChannelEnd)>) {
    let (frames, end) = log.read(|log| (log.frames.get(from..).unwrap_or_default().to_vec(), log.end.clone()));
    let mut carried: Vec<Carried> = Vec::new();
    let mut data_of_last = None;
    for (index, frame) in (from..).zip(&frames) {
        // Several events of one frame share its bytes.
        let data = Some((frame.data.as_ptr(), frame.data.len(), frame.at));
        if data == data_of_last && !frame.data.is_empty() {
            continue;
        }
        data_of_last = data;
        carried.push(Carried {
            at: frame.at,
            behind: log.not_before(index),
            direction: frame.direction,
            kind: frame.kind.clone(),
            data: frame.data.clone(),
            is_read: frame.payload != Payload::default(),
            hidden: frame.hidden,
        });
    }
    (carried, end)
}

impl Time for Recording {
    fn now(&self) -> Instant {
        self.world.now()
    }
}

impl World for Recording {
    fn unrecorded(&self) -> Option<Arc<dyn World>> {
        Some(self.world.clone())
    }

    fn epoch(&self) -> jiff::Timestamp {
        self.world.epoch()
    }

    fn reach(&self, place: &Occurrence, nth: u32) -> Reached {
        let at = self.world.now();
        self.records.with(place, |record| {
            let nth = nth as usize;
            // They come in their order; what is missing between was never reached.
            if record.moments.len() <= nth {
                record.moments.resize(nth + 1, at);
            }
            record.moments[nth] = at;
        });
        Reached::At(at)
    }

    fn works(&self, place: &Occurrence) -> u32 {
        self.records.with(place, |record| {
            record.works += 1;
            record.works
        })
    }

    fn worked(&self, place: &Occurrence, nth: u32) -> Option<Pending<'static, ()>> {
        let at = self.world.now();
        self.records.with(place, |record| {
            let nth = nth as usize;
            record.worked.resize(record.worked.len().max(nth), at);
            if let Some(worked) = record.worked.get_mut(nth.saturating_sub(1)) {
                *worked = at;
            }
        });
        None
    }

    fn came_late(&self, place: &Occurrence, nth: u32, late: Late) {
        self.records.with(place, |record| record.late.push((nth, late)));
    }

    fn obtained(&self, at: &Occurrence, credential: &str, how: &Obtained) {
        self.records.with(at, |record| record.credentials.push((credential.to_owned(), how.clone())));
    }

    fn computed(&self, function: Function, args: &[Value], result: &Value) {
        self.records.computed(Computed { function, args: args.to_vec(), result: result.clone() });
    }

    fn composed(&self, text: &str, parts: &[(usize, bool)]) {
        self.records.composed(Composed { text: text.to_owned(), parts: parts.to_vec() });
    }

    fn finished(&self, place: &Occurrence) {
        let call = self.finished.lock().unwrap_or_else(PoisonError::into_inner).clone();
        call.iter().for_each(|call| call(place));
    }

    fn begin(&self, task: Pending<'static, ()>) {
        self.world.begin(task);
    }

    fn sleep_until(&self, at: Instant) -> Pending<'static, ()> {
        self.world.sleep_until(at)
    }

    fn wait_exactly(&self, at: Instant) -> Pending<'static, ()> {
        self.world.wait_exactly(at)
    }

    fn send<'a>(&'a self, request: &'a Outgoing, jar: Option<&'a Mutex<Jar>>) -> Pending<'a, Exchange> {
        Box::pin(async move {
            self.begun(request, jar);
            let exchange = self.world.send(request, jar).await;
            self.ended(&request.occurrence, &exchange);
            exchange
        })
    }

    fn connect<'a>(
        &'a self,
        request: &'a Outgoing,
        jar: Option<&'a Mutex<Jar>>,
        opening: Opening,
    ) -> Pending<'a, (Exchange, Option<Box<dyn Connected>>)> {
        Box::pin(async move {
            self.begun(request, jar);
            let (exchange, connected) = self.world.connect(request, jar, opening).await;
            self.ended(&request.occurrence, &exchange);
            let connected = connected.map(|connected| {
                self.records.with(&request.occurrence, |record| record.line = Some(Line::default()));
                Box::new(RecordedConnection {
                    connected,
                    occurrence: request.occurrence.clone(),
                    records: self.records.clone(),
                    open: self.open.clone(),
                }) as Box<dyn Connected>
            });
            (exchange, connected)
        })
    }

    fn begin_apart(&self, until: Instant, work: Box<dyn FnOnce(Effort) + Send>) -> Pending<'static, Result<(), Late>> {
        self.world.begin_apart(until, work)
    }

    fn begin_aside(&self, work: Box<dyn FnOnce() + Send>) -> Pending<'static, ()> {
        self.world.begin_aside(work)
    }

    fn budget(&self) -> &Budget {
        self.world.budget()
    }

    fn departed(&self, budget: Duration) -> Pending<'_, ()> {
        self.world.departed(budget)
    }
}

struct RecordedConnection {
    connected: Box<dyn Connected>,
    occurrence: Occurrence,
    records: Arc<Records>,
    open: Arc<Mutex<HashMap<usize, Watched>>>,
}

impl Connected for RecordedConnection {
    fn start(self: Box<Self>, reading: Reading) -> Box<dyn Channel> {
        let log = reading.log.clone();
        let from = log.read(|log| log.frames.len());
        let watched = Watched { occurrence: self.occurrence.clone(), log: log.clone(), from };
        let earlier = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.insert(Arc::as_ptr(&log).addr(), watched)
        };
        // How the connection before it ended is known until the log goes on.
        if let Some(earlier) = earlier {
            earlier.keep(&self.records, None);
        }
        let channel = self.connected.start(reading);
        Box::new(RecordedChannel { channel, occurrence: self.occurrence, records: self.records })
    }
}

struct RecordedChannel {
    channel: Box<dyn Channel>,
    occurrence: Occurrence,
    records: Arc<Records>,
}

impl RecordedChannel {
    fn did(&self, done: Done) {
        self.records.with(&self.occurrence, |record| record.line.get_or_insert_default().done.push(done));
    }
}

impl Channel for RecordedChannel {
    fn send(&self, body: Outbound) {
        self.did(Done::Sent(body.clone()));
        self.channel.send(body);
    }

    fn ping(&self, payload: Vec<u8>) {
        self.did(Done::Pinged(payload.clone()));
        self.channel.ping(payload);
    }

    fn close(&self, code: u16, reason: &str) {
        self.did(Done::Closed { code, reason: reason.to_owned() });
        self.channel.close(code, reason);
    }

    fn is_closing(&self) -> bool {
        self.channel.is_closing()
    }

    fn is_congested(&self) -> bool {
        self.channel.is_congested()
    }

    fn leave(self: Box<Self>, code: Option<u16>, budget: Duration) -> Pending<'static, ()> {
        self.did(Done::Left(code));
        self.channel.leave(code, budget)
    }
}
