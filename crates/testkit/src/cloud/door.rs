//! The stand-in's HTTP door: signatures by s3s, every request logged, STS's refusals in STS's words.

use super::answer::{Answer, Refusal};
use super::identity::Identities;
use super::log::{LoggedRequest, Service};
use super::router::{Asked, NoOperations, Router, is_sts};
use super::{Shared, admin, locked, sts};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::Body;
use s3s::service::{S3Service, S3ServiceBuilder};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Most bytes of a posted form or admin command.
const MAX_FORM: usize = 64 * 1024 * 1024;

/// Serves until it is dropped, and its connections with it.
pub(crate) async fn serve(listener: TcpListener, state: Shared, admin_token: String) {
    let mut service = S3ServiceBuilder::new(NoOperations);
    service.set_auth(Identities(state.clone()));
    service.set_route(Router(state.clone()));
    let door = Arc::new(Door { service: service.build(), state, admin_token });
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let door = door.clone();
        connections.spawn(async move {
            let answer = service_fn(move |request| {
                let door = door.clone();
                async move { Ok::<_, Infallible>(door.answer(request).await) }
            });
            // A connection that a client or a fault cuts is no error of the stand-in.
            let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

struct Door {
    service: S3Service,
    state: Shared,
    admin_token: String,
}

impl Door {
    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        if parts.uri.path() == "/_admin" {
            let allowed = parts
                .headers
                .get(header::AUTHORIZATION)
                .is_some_and(|value| value.as_bytes() == format!("Bearer {}", self.admin_token).as_bytes());
            let bytes = read(body).await;
            let (status, answer) = if allowed { admin::obey(&self.state, &bytes) } else { (StatusCode::FORBIDDEN, "{}".to_owned()) };
            return with_status(status, Body::from(answer));
        }
        let (method, uri, headers) = (parts.method.clone(), parts.uri.clone(), parts.headers.clone());
        let for_sts = is_sts(&method, &uri, &headers);
        let (body, action) = if for_sts {
            let bytes = read(body).await;
            let action = sts::form(&bytes).remove("Action");
            (Body::from(bytes), action)
        } else {
            (Body::from(body), None)
        };
        let answered = self.service.call(Request::from_parts(parts, body)).await;
        let mut response = answered.unwrap_or_else(|_| with_status(StatusCode::INTERNAL_SERVER_ERROR, Body::empty()));
        if for_sts {
            response = in_sts_words(response).await;
        }
        self.logged(&method, &uri, &headers, action, response)
    }

    fn logged(&self, method: &Method, uri: &Uri, headers: &HeaderMap, action: Option<String>, response: Response<Body>) -> Response<Body> {
        let asked = Asked::new(method, uri, headers);
        let service = if is_sts(method, uri, headers) { Service::Sts } else { Service::S3 };
        let entry = LoggedRequest {
            service,
            operation: action.unwrap_or_else(|| asked.operation().to_owned()),
            method: method.to_string(),
            range: headers.get(header::RANGE).and_then(|value| value.to_str().ok()).map(str::to_owned),
            job: asked.query("x-assay-job").map(str::to_owned),
            bucket: asked.bucket,
            key: asked.key,
            status: response.status().as_u16(),
            bytes: 0,
        };
        let sent = locked(&self.state).log.add(entry);
        response.map(|body| {
            let counted = body.map_frame(move |frame| {
                sent.fetch_add(frame.data_ref().map_or(0, |data| data.len() as u64), Ordering::Relaxed);
                frame
            });
            Body::http_body_unsync(counted)
        })
    }
}

/// s3s answers a bad signature in S3's XML whatever the service: said again as STS says it.
async fn in_sts_words(response: Response<Body>) -> Response<Body> {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    if parts.status.is_success() || text.contains("<ErrorResponse") {
        return Response::from_parts(parts, Body::from(bytes));
    }
    let code = text.split("<Code>").nth(1).and_then(|rest| rest.split("</Code>").next()).unwrap_or("InternalFailure");
    let refusal = match code {
        "InvalidAccessKeyId" => Refusal::new(403, "InvalidClientTokenId", "The security token included in the request is invalid."),
        "ExpiredToken" => Refusal::new(403, "ExpiredToken", "The security token included in the request is expired"),
        "RequestTimeTooSkewed" => {
            Refusal::new(403, "SignatureDoesNotMatch", "Signature expired: the request's time is too far from the server's")
        }
        other => {
            Refusal::new(parts.status.as_u16(), other, "The request signature we calculated does not match the signature you provided.")
        }
    };
    let Answer { output, status, headers, .. } = refusal.for_sts();
    let mut response = with_status(status.unwrap_or(StatusCode::FORBIDDEN), output);
    *response.headers_mut() = headers;
    response
}

async fn read(body: Incoming) -> Bytes {
    let limited = http_body_util::Limited::new(body, MAX_FORM);
    limited.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default()
}

fn with_status(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}
