//! The thread that owns the connection, and group commit.
//!
//! Callers hand their work over a channel and wait. The thread takes everything that waits, runs
//! the writes inside one transaction, each under its own savepoint so that a refused one leaves no
//! trace, and answers all of them once the transaction is durable. While it flushes, the next
//! group gathers by itself: nobody waits for company.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use evenkeel_model::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock::Clock;
use crate::db::Db;
use crate::error::{Fault, StoreError};

/// Writes that share a transaction at most: bounds how long the first one waits for the others.
const GROUP_MAX: usize = 512;

/// Pieces of work that wait at most; further callers wait for a place.
const QUEUE_MAX: usize = 4096;

/// The handle: sends work to the thread, and ends it when dropped.
pub(crate) struct Worker {
    path: Arc<Path>,
    jobs: Option<mpsc::Sender<Job>>,
    /// What came of opening the file, as soon as that is known.
    opened: watch::Receiver<Option<Result<(), StoreError>>>,
    thread: Option<JoinHandle<()>>,
}

enum Job {
    Read(Box<dyn FnOnce(&Db) + Send>),
    Write(Box<dyn Write>),
    End,
}

impl Worker {
    /// Starts the thread, which opens the file with `open`; `close` is its last act. Work may be handed over
    /// at once; where the file cannot be opened, that is what it is answered with.
    pub(crate) fn begin(
        path: PathBuf,
        clock: Arc<dyn Clock>,
        open: impl FnOnce(&Path) -> Result<Db, StoreError> + Send + 'static,
        close: impl FnOnce(&Db) + Send + 'static,
    ) -> Result<Self, StoreError> {
        let path: Arc<Path> = path.into();
        let (jobs, queue) = mpsc::channel(QUEUE_MAX);
        let (open_is, opened) = watch::channel(None);
        let body = {
            let path = path.clone();
            move || match open(&path) {
                Ok(conn) => {
                    // Nobody waits any more: then the queue is closed as well.
                    let _ = open_is.send(Some(Ok(())));
                    let mut shop = Shop { path, clock, conn };
                    shop.run(queue);
                    close(&shop.conn);
                }
                // Told before the queue is closed, so that whoever finds it closed knows why.
                Err(error) => drop(open_is.send(Some(Err(error)))),
            }
        };
        let thread = std::thread::Builder::new()
            .name("evenkeel-store".into())
            .spawn(body)
            .map_err(|error| StoreError::from_io(&path, "start the thread of", error))?;
        Ok(Self { path, jobs: Some(jobs), opened, thread: Some(thread) })
    }

    /// Waits until the file is open.
    pub(crate) async fn opened(&self) -> Result<(), StoreError> {
        let mut opened = self.opened.clone();
        let known = opened.wait_for(Option::is_some).await;
        known.ok().and_then(|result| result.clone()).unwrap_or_else(|| Err(self.closed()))
    }

    /// Lets the thread close the file when it has done what was handed over; nothing is accepted any more.
    pub(crate) fn finish(&self) {
        if let Some(jobs) = &self.jobs {
            // Where there is no place in the queue, the file is closed when this is dropped.
            let _ = jobs.try_send(Job::End);
        }
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `work` in a transaction that sees one state of the file.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let path = self.path.clone();
        self.send(Job::Read(Box::new(move |conn| {
            let result = read_consistently(conn, work).map_err(|fault| fault.named(&path));
            // A caller that went away needs no answer.
            let _ = reply.send(result);
        })))
        .await?;
        answer.await.unwrap_or_else(|_| Err(self.closed()))
    }

    /// Runs `work` in a transaction of its group. It may run more than once; only the last run counts.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&Db, Timestamp) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Write(Box::new(Pending { work, result: None, reply }))).await?;
        answer.await.unwrap_or_else(|_| Err(self.closed()))
    }

    async fn send(&self, job: Job) -> Result<(), StoreError> {
        let jobs = self.jobs.as_ref().ok_or_else(|| self.closed())?;
        jobs.send(job).await.map_err(|_| self.closed())
    }

    /// Why nothing is accepted.
    fn closed(&self) -> StoreError {
        match &*self.opened.borrow() {
            Some(Err(error)) => error.clone(),
            Some(Ok(())) | None => StoreError::Closed { path: self.path.to_path_buf() },
        }
    }
}

impl Drop for Worker {
    /// Work that was handed over is finished and the file closed before this returns.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has answered its callers already.
            let _ = thread.join();
        }
    }
}

/// One write that waits for its group.
trait Write: Send {
    /// Does it and keeps the result; false when it failed and must leave no trace.
    fn run(&mut self, conn: &Db, now: Timestamp, path: &Path) -> bool;
    /// Tells the caller, with the failure of the whole group if there was one.
    fn answer(self: Box<Self>, group: Result<(), StoreError>);
}

struct Pending<T, F> {
    work: F,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: FnMut(&Db, Timestamp) -> Result<T, Fault> + Send> Write for Pending<T, F> {
    fn run(&mut self, conn: &Db, now: Timestamp, path: &Path) -> bool {
        let result = (self.work)(conn, now).map_err(|fault| fault.named(path));
        self.result.insert(result).is_ok()
    }

    fn answer(self: Box<Self>, group: Result<(), StoreError>) {
        let result = match (group, self.result) {
            // Its own failure says more than that of the group.
            (Ok(()), Some(result)) | (Err(_), Some(result @ Err(_))) => result,
            (Err(error), _) => Err(error),
            (Ok(()), None) => return,
        };
        let _ = self.reply.send(result);
    }
}

/// What the thread owns.
struct Shop {
    path: Arc<Path>,
    clock: Arc<dyn Clock>,
    conn: Db,
}

/// Why a group was not committed.
enum GroupError {
    /// The lock could not be had: trying one by one would only wait once more for each.
    NotBegun(StoreError),
    /// All was undone, perhaps for the sake of one.
    Undone(StoreError),
}

impl Shop {
    fn run(&mut self, mut queue: mpsc::Receiver<Job>) {
        let mut next = None;
        while let Some(job) = next.take().or_else(|| queue.blocking_recv()) {
            match job {
                Job::End => return,
                Job::Read(work) => work(&self.conn),
                Job::Write(first) => {
                    let mut group = vec![first];
                    next = gather(&mut queue, &mut group);
                    self.commit(group);
                }
            }
        }
    }

    fn commit(&mut self, mut group: Vec<Box<dyn Write>>) {
        match self.try_commit(&mut group) {
            Ok(()) => group.into_iter().for_each(|write| write.answer(Ok(()))),
            Err(GroupError::Undone(_)) if group.len() > 1 => {
                group.into_iter().for_each(|write| self.commit(vec![write]));
            }
            Err(GroupError::NotBegun(error) | GroupError::Undone(error)) => {
                group.into_iter().for_each(|write| write.answer(Err(error.clone())));
            }
        }
    }

    fn try_commit(&mut self, group: &mut [Box<dyn Write>]) -> Result<(), GroupError> {
        let named = |error| StoreError::from_sqlite(&self.path, error);
        self.conn.execute_batch("BEGIN IMMEDIATE").map_err(|error| GroupError::NotBegun(named(error)))?;
        let result = run_all(&self.conn, group, self.clock.as_ref(), &self.path)
            .and_then(|()| self.conn.execute_batch("COMMIT"));
        if !self.conn.is_autocommit() {
            // Fails only where SQLite has rolled back by itself.
            let _ = self.conn.execute_batch("ROLLBACK");
        }
        result.map_err(|error| GroupError::Undone(named(error)))
    }
}

/// Takes the writes that wait already; gives what ended the group, if something did.
fn gather(queue: &mut mpsc::Receiver<Job>, group: &mut Vec<Box<dyn Write>>) -> Option<Job> {
    while group.len() < GROUP_MAX {
        match queue.try_recv() {
            Ok(Job::Write(write)) => group.push(write),
            Ok(other @ (Job::Read(_) | Job::End)) => return Some(other),
            Err(_) => break,
        }
    }
    None
}

fn run_all(
    conn: &Db,
    group: &mut [Box<dyn Write>],
    clock: &dyn Clock,
    path: &Path,
) -> Result<(), rusqlite::Error> {
    for write in group {
        conn.prepare_cached("SAVEPOINT one")?.execute([])?;
        if !write.run(conn, clock.now(), path) {
            // A full disk may have rolled everything back; then this fails, and so does the group.
            conn.prepare_cached("ROLLBACK TO one")?.execute([])?;
        }
        conn.prepare_cached("RELEASE one")?.execute([])?;
    }
    Ok(())
}

fn read_consistently<T>(conn: &Db, work: impl FnOnce(&Db) -> Result<T, Fault>) -> Result<T, Fault> {
    // Ends when it is dropped; it has written nothing.
    let _tx = conn.unchecked_transaction()?;
    work(conn)
}
