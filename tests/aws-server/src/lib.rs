//! A small AWS for tests: EC2 (query protocol), S3 (REST, path style) and STS GetCallerIdentity, as much
//! of them as the tests need and stricter than the real ones.
//!
//! It honours client tokens, lets states take their time, hides new objects for a while, pages, refuses
//! what is beyond the limits, declines calls beyond a budget, and breaks as it is told to, before or after
//! the effect. All state is in ordered maps and everything that looks like chance follows from a seed.
//! What it does not know it refuses: an unknown action, filter or parameter is an error.
//!
//! It does not check signatures or permissions, and it is not a place to learn how AWS works: each test
//! says where it leaves the real service's ways. Start with [`Server`]; a new kind of object is a row in
//! [`ec2::kinds`], a new action a function and a line in its file. The admin door is in [`admin`].

pub mod admin;
pub mod ec2;
pub mod fail;
pub mod gate;
pub mod http;
pub mod node;
pub mod params;
mod random;
pub mod region;
pub mod s3;
pub mod settings;
pub mod world;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

pub use settings::Settings;
pub use world::World;

/// A server on the loopback interface. It ends with this value.
pub struct Server {
    address: SocketAddr,
    world: Arc<Mutex<World>>,
    ends: Arc<AtomicBool>,
}

impl Server {
    /// Starts on a port; 0 for any that is free.
    pub fn start(settings: Settings, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let world = Arc::new(Mutex::new(World::new(settings)));
        let ends = Arc::new(AtomicBool::new(false));
        let (shared, end) = (world.clone(), ends.clone());
        thread::Builder::new().name("aws-server".into()).spawn(move || accept(&listener, &shared, &end))?;
        Ok(Self { address, world, ends })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Looks at everything that exists, or changes it.
    pub fn with<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        // Wakes the thread that waits for connections.
        drop(TcpStream::connect(self.address));
    }
}

fn accept(listener: &TcpListener, world: &Arc<Mutex<World>>, ends: &AtomicBool) {
    for stream in listener.incoming() {
        if ends.load(Ordering::Relaxed) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let world = world.clone();
        let answer = move |request| world.lock().unwrap_or_else(PoisonError::into_inner).handle(&request);
        // A client that goes away, or that cannot be served, is its own problem.
        let serve = move || drop(http::serve(&stream, answer));
        drop(thread::Builder::new().name("aws-server connection".into()).spawn(serve));
    }
}
