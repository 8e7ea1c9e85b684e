use std::sync::Mutex as Lock;

use evenkeel_model::ResourceAddress;
use evenkeel_provider::{
    BoxFuture, CreateRequest, DeleteRequest, ErrorKind, Failed, FindRequest, ObserveRequest, ReadDataRequest,
    UpdateRequest,
};
use tokio::sync::Notify;

use super::*;

/// Knows leases by what stands in their hold, and renews each once.
#[derive(Default)]
struct Leases {
    log: Lock<Vec<String>>,
    renewed: Notify,
}

impl Leases {
    fn note(&self, what: &str, private: &[u8]) {
        self.log.lock().unwrap().push(format!("{what} {}", String::from_utf8_lossy(private)));
    }
}

fn unused<T>() -> BoxFuture<'static, T> {
    Box::pin(async { panic!("leases are only renewed and closed") })
}

impl Connection for Leases {
    fn renew_ephemeral(&self, request: RenewRequest) -> BoxFuture<'_, Result<Hold, ProviderError>> {
        self.note("renew", &request.private);
        self.renewed.notify_one();
        Box::pin(async { Ok(Hold { renew_after_ms: None, private: Arc::from(*b"second") }) })
    }

    fn close_ephemeral(&self, request: CloseRequest) -> BoxFuture<'_, Result<(), ProviderError>> {
        self.note("close", &request.private);
        let gone = &*request.private == b"gone";
        let error = ProviderError::new(ErrorKind::Other, "closing", "nobody answers");
        Box::pin(async move { if gone { Err(error) } else { Ok(()) } })
    }

    fn observe(&self, _: Vec<ObserveRequest>) -> BoxFuture<'_, Vec<Result<Option<Value>, ProviderError>>> {
        unused()
    }

    fn read_data(&self, _: ReadDataRequest) -> BoxFuture<'_, Result<Value, ProviderError>> {
        unused()
    }

    fn create(&self, _: CreateRequest) -> BoxFuture<'_, Result<Value, Failed>> {
        unused()
    }

    fn update(&self, _: UpdateRequest) -> BoxFuture<'_, Result<Value, Failed>> {
        unused()
    }

    fn delete(&self, _: DeleteRequest) -> BoxFuture<'_, Result<(), Failed>> {
        unused()
    }

    fn find(&self, _: FindRequest) -> BoxFuture<'_, Result<Option<Value>, ProviderError>> {
        unused()
    }
}

fn opening(leases: &Arc<Leases>, renew_after_ms: Option<u64>, private: &[u8]) -> Open {
    let address = ResourceAddress::managed("test_lease", "l").instance(None);
    Open::new(leases.clone(), address, Hold { renew_after_ms, private: private.into() })
}

#[tokio::test]
async fn what_is_open_is_renewed_and_closed_as_the_last_renewal_left_it() {
    let leases = Arc::new(Leases::default());
    let mut opening = opening(&leases, Some(1), b"first");
    leases.renewed.notified().await;
    opening.hold.changed().await.unwrap();
    opening.close().await.unwrap();
    assert_eq!(*leases.log.lock().unwrap(), ["renew first", "close second"]);
}

#[tokio::test]
async fn what_needs_no_renewal_is_only_closed() {
    let leases = Arc::new(Leases::default());
    opening(&leases, None, b"first").close().await.unwrap();
    assert!(opening(&leases, None, b"gone").close().await.is_err());
    assert_eq!(*leases.log.lock().unwrap(), ["close first", "close gone"]);
}
