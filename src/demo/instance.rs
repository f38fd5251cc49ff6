//! An instance of a service: a port that is refused, then answered, cut and taken up again.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::behaviour::{Behaviour, Boot};
use super::connection::{Breakable, Connection};
use super::edge;
use super::world::{Service, System, lock};

/// The name of the backend that is there from the start.
pub(super) const PRIMARY: &str = "primary";
/// The start-up phases, in their order.
pub(super) const PHASES: [&str; 7] = ["init", "dependencies", "database", "cache", "services", "websocket", "finalize"];
const MOST_INSTANCES: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Auth,
    Backend,
    Frontend,
    Control,
}

/// What an instance's task is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Serve; a greater number than before means: boot again.
    Serve(u64),
    Stop,
}

#[derive(Debug)]
pub(super) struct Instance {
    pub id: String,
    pub kind: Kind,
    pub port: u16,
    /// How many have come, whatever was answered.
    pub requests: AtomicU64,
    orders: watch::Sender<Order>,
    /// When it last began to listen, and how long it takes from then until it is ready.
    up: Mutex<Option<(Instant, Duration)>>,
    /// Reported when it has stopped listening.
    down: Notify,
}

impl Instance {
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn ws_url(&self) -> String {
        format!("ws://127.0.0.1:{}/ws", self.port)
    }

    /// The time since it began to listen.
    pub fn uptime(&self) -> Duration {
        lock(&self.up).map(|(since, _)| since.elapsed()).unwrap_or_default()
    }

    /// How many of its start-up phases are complete.
    pub fn phases_done(&self, behaviour: &Behaviour) -> usize {
        let Some((since, starting)) = *lock(&self.up) else { return 0 };
        let share = if starting.is_zero() { 1.0 } else { since.elapsed().as_secs_f64() / starting.as_secs_f64() };
        let done =
            PHASES.iter().zip(1u32..).filter(|(_, phase)| share >= f64::from(*phase) / PHASES.len() as f64).count();
        let possible = if behaviour.database_up { PHASES.len() } else { 2 };
        done.min(possible)
    }

    /// Whether it is still in its start-up.
    pub fn is_starting(&self) -> bool {
        lock(&self.up).is_none_or(|(since, starting)| since.elapsed() < starting)
    }

    /// Changes when the instance's connections are to be cut.
    pub fn cut(&self) -> watch::Receiver<Order> {
        self.orders.subscribe()
    }

    /// Cuts its connections and lets it boot again; returns when its port refuses.
    pub async fn restart(&self) {
        let down = self.down.notified();
        tokio::pin!(down);
        down.as_mut().enable();
        self.orders.send_modify(|order| {
            if let Order::Serve(generation) = order {
                *generation += 1;
            }
        });
        let _ = tokio::time::timeout(Duration::from_secs(5), down).await;
    }

    fn stop(&self) {
        self.orders.send_replace(Order::Stop);
    }
}

/// All instances of a demo, with their tasks.
#[derive(Debug, Default)]
pub(super) struct Instances {
    list: Mutex<Vec<(Arc<Instance>, JoinHandle<()>)>>,
}

impl Instances {
    pub fn backends(&self) -> Vec<Arc<Instance>> {
        let list = lock(&self.list);
        list.iter()
            .filter(|(instance, _)| instance.kind == Kind::Backend)
            .map(|(instance, _)| Arc::clone(instance))
            .collect()
    }

    pub fn is_full(&self) -> bool {
        lock(&self.list).len() >= MOST_INSTANCES + 4
    }

    /// Stops an instance and forgets it; returns when its port refuses.
    pub async fn remove(&self, id: &str) {
        let removed = {
            let mut list = lock(&self.list);
            let place = list.iter().position(|(instance, _)| instance.id == id);
            place.map(|place| list.swap_remove(place))
        };
        if let Some((instance, task)) = removed {
            instance.stop();
            let _ = task.await;
        }
    }

    pub fn stop_all(&self) -> Vec<JoinHandle<()>> {
        let instances: Vec<_> = lock(&self.list).drain(..).collect();
        instances.iter().for_each(|(instance, _)| instance.stop());
        instances.into_iter().map(|(_, task)| task).collect()
    }
}

/// Takes a port (0: any), and serves it from a task of its own. `warm` instances listen and are ready when this returns.
pub(super) fn launch(world: &Arc<System>, kind: Kind, id: &str, port: u16, warm: bool) -> io::Result<Arc<Instance>> {
    let socket = reserve(port)?;
    let port = socket.local_addr()?.port();
    let orders = watch::Sender::new(Order::Serve(0));
    let instance = Arc::new(Instance {
        id: id.to_owned(),
        kind,
        port,
        requests: AtomicU64::new(0),
        orders,
        up: Mutex::new(None),
        down: Notify::new(),
    });
    let service = Service { world: Arc::clone(world), instance: Arc::clone(&instance) };
    // Before its task runs: an order that is given until then must not be missed.
    let orders = instance.cut();
    let first = if warm {
        let listener = socket.listen(1024)?;
        *lock(&instance.up) = Some((Instant::now(), Duration::ZERO));
        First::Listening(listener)
    } else {
        First::Reserved(socket)
    };
    let task = tokio::spawn(live(service, first, orders));
    lock(&world.instances.list).push((Arc::clone(&instance), task));
    Ok(instance)
}

enum First {
    Listening(TcpListener),
    Reserved(TcpSocket),
}

async fn live(service: Service, first: First, mut orders: watch::Receiver<Order>) {
    let instance = Arc::clone(&service.instance);
    let router = edge::router(&service);
    let mut next = Some(first);
    loop {
        let listener = match next.take() {
            Some(First::Listening(listener)) => Some(listener),
            Some(First::Reserved(socket)) => boot(&service, socket, &mut orders).await,
            None => match reserve_again(instance.port).await {
                Some(socket) => boot(&service, socket, &mut orders).await,
                None => return,
            },
        };
        if let Some(listener) = listener {
            serve(listener, &router, &mut orders).await;
        }
        *lock(&instance.up) = None;
        instance.down.notify_waiters();
        if *orders.borrow_and_update() == Order::Stop {
            return;
        }
        if !service.behaviour().threads.survive_restarts {
            service.world.threads.forget_created_on(&instance.id);
        }
    }
}

/// Waits as long as a start takes before the port answers; none when another order comes meanwhile.
async fn boot(service: &Service, socket: TcpSocket, orders: &mut watch::Receiver<Order>) -> Option<TcpListener> {
    let Boot { refused, starting } = service.behaviour().boot;
    tokio::select! {
        () = tokio::time::sleep(refused) => {}
        _ = orders.changed() => return None,
    }
    let listener = socket.listen(1024).ok()?;
    *lock(&service.instance.up) = Some((Instant::now(), starting));
    Some(listener)
}

/// A socket that holds a port and refuses connections: bound, not listening.
fn reserve(port: u16) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    Ok(socket)
}

async fn reserve_again(port: u16) -> Option<TcpSocket> {
    for _ in 0..100 {
        if let Ok(socket) = reserve(port) {
            return Some(socket);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    None
}

/// Serves until an order comes; then cuts every connection.
async fn serve(listener: TcpListener, router: &Router, orders: &mut watch::Receiver<Order>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else {
                    // Out of descriptors, most likely; they come back.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                };
                let _ = stream.set_nodelay(true);
                let shared = Connection::default();
                let stream = Breakable::new(stream, shared.clone());
                let routes = TowerToHyperService::new(router.clone());
                let service = service_fn(move |mut request: Request<Incoming>| {
                    request.extensions_mut().insert(shared.clone());
                    routes.call(request)
                });
                let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                connections.spawn(connection.with_upgrades());
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            _ = orders.changed() => break,
        }
    }
    drop(listener);
    connections.shutdown().await;
}
