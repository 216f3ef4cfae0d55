//! Asks a running host over HTTP, as an admin by a token that the data folder's key signs.
use super::Place;
use crate::app::Failure;
use crate::base::clock::Clock;
use crate::features::identity::Identity;
use crate::platform::keys;
use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;

/// Long enough for one question.
const TOKEN: Duration = Duration::from_secs(300);
const CONNECT: Duration = Duration::from_secs(10);

/// Which host is asked.
#[derive(Args, Clone, Debug, Default)]
pub struct Where {
    /// Address of the running host, such as http://127.0.0.1:3000 [default: server.listen of the settings]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    place: Place,
}

pub struct Door {
    /// Host and port.
    authority: String,
    token: String,
}

impl Door {
    pub fn of(place: &Where) -> Result<Door, Failure> {
        let settings = place.place.settings()?;
        let authority = match &place.url {
            Some(url) => authority(url)?,
            None => reachable(settings.server.listen)?,
        };
        let key = keys::in_force(settings.auth.secret.as_ref(), &settings.data.dir)?;
        let token = Identity::new(&key, &[], Clock::system()).mint_admin(TOKEN)?.reveal().clone();
        Ok(Door { authority, token })
    }

    /// Errors: nobody listens there; what the host refused, in its words.
    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Response<Incoming>, Failure> {
        let nobody = |why: &dyn std::fmt::Display| {
            format!(
                "No host answers at http://{}: {why}. Is it running? Its address can be given with --url",
                self.authority
            )
        };
        let connected = tokio::time::timeout(CONNECT, TcpStream::connect(&self.authority)).await;
        let stream = connected.map_err(|_| nobody(&"it takes too long"))?.map_err(|e| nobody(&e))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let mut request = Request::get(path)
            .header(header::HOST, &self.authority)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let problem = response.into_body().collect().await?.to_bytes();
        let problem: Value = serde_json::from_slice(&problem).unwrap_or_default();
        let detail = problem.get("detail").and_then(Value::as_str).unwrap_or("it does not say why");
        Err(format!("The host at http://{} answers {status}: {detail}", self.authority).into())
    }

    pub async fn json(&self, path: &str) -> Result<Value, Failure> {
        let response = self.get(path, &[("accept", "application/json")]).await?;
        Ok(serde_json::from_slice(&response.into_body().collect().await?.to_bytes())?)
    }
}

/// Host and port of an http address.
fn authority(url: &str) -> Result<String, Failure> {
    let Some(rest) = url.strip_prefix("http://") else {
        let detail = "--url takes http:// only: ask the host itself, such as http://127.0.0.1:3000, not the proxy in front of it";
        return Err(detail.into());
    };
    let authority = rest.trim_end_matches('/');
    if authority.is_empty() || authority.contains(['/', '?', '#', '@', ' ']) {
        return Err(format!("--url needs a host and a port and nothing else, not {url:?}").into());
    }
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    Ok(if has_port { authority.to_owned() } else { format!("{authority}:80") })
}

/// Where a host that listens there is reached from this machine.
fn reachable(listen: SocketAddr) -> Result<String, Failure> {
    if listen.port() == 0 {
        return Err("server.listen leaves the port to chance; give the host's address with --url".into());
    }
    let ip = match listen.ip() {
        ip if ip.is_unspecified() && ip.is_ipv4() => Ipv4Addr::LOCALHOST.into(),
        ip if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    Ok(SocketAddr::new(ip, listen.port()).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_understood_or_refused() {
        assert_eq!(authority("http://127.0.0.1:3000/").unwrap(), "127.0.0.1:3000");
        assert_eq!(authority("http://localhost").unwrap(), "localhost:80");
        for bad in ["https://a", "http://", "http://a/b", "127.0.0.1:3000", "http://u@a"] {
            assert!(authority(bad).is_err(), "{bad}");
        }
        assert_eq!(reachable("0.0.0.0:3000".parse().unwrap()).unwrap(), "127.0.0.1:3000");
        assert_eq!(reachable("[::]:3000".parse().unwrap()).unwrap(), "[::1]:3000");
        assert!(reachable("127.0.0.1:0".parse().unwrap()).is_err());
    }
}
