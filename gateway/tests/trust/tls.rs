//! TLS to experts and from nodes, with private authorities and certificates of clients.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use mild::wire::Status;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::ring};
use tokio_rustls::{TlsAcceptor, TlsConnector, client::TlsStream};

use crate::support::Node;
use crate::support::certificates::Authority;
use crate::support::http::{Expert, response, serve};
use crate::support::process::{Start, free_port};

fn roots(authority: &Path) -> Arc<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    Arc::new(roots)
}

type Identity = (std::path::PathBuf, std::path::PathBuf);

fn read((certificate, key): &Identity) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let certificate = CertificateDer::from_pem_file(certificate).unwrap();
    (vec![certificate], PrivateKeyDer::from_pem_file(key).unwrap())
}

/// An HTTPS expert, which asks for certificates of `clients` if there are any.
async fn https_expert(identity: &Identity, clients: Option<&Path>) -> std::net::SocketAddr {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone());
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(roots(clients), provider).build().unwrap(),
        ),
    };
    let (certificates, key) = read(identity);
    let config = builder.with_single_cert(certificates, key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let responses = vec![response("200 OK", "", r#"{"label": 7}"#)];
                serve(stream, responses, Arc::new(AtomicU32::new(0))).await;
            });
        }
    });
    address
}

/// A private authority could not be configured for HTTPS.
#[tokio::test]
async fn https_experts_have_private_authorities_and_ask_for_certificates() {
    let directory = tempfile::tempdir().unwrap();
    let ours = Authority::new(directory.path(), "ours");
    let other = Authority::new(directory.path(), "other");
    let expert = ours.issue("expert");
    let (certificate, key) = ours.issue("gateway");
    let ca = |authority: &Authority| format!("ca = '{}'", authority.file.display());
    let identity = format!("certificate = '{}'\nkey = '{}'", certificate.display(), key.display());
    let plain = https_expert(&expert, None).await;
    let mutual = https_expert(&expert, Some(&ours.file)).await;
    for (address, keys, expected) in [
        (plain, ca(&ours), Status::Ok),
        (plain, ca(&other), Status::Unreachable),
        // The authorities of the system.
        (plain, String::new(), Status::Unreachable),
        (mutual, format!("{}\n{identity}", ca(&ours)), Status::Ok),
        (mutual, ca(&ours), Status::Unreachable),
    ] {
        let port = address.port();
        let sections = format!(
            "[[expert]]\nindex = 1\nname = 'safe'\nhttp = 'https://localhost:{port}/'\n{keys}\n"
        );
        let gateway = Start { sections: &sections, ..Start::default() }.run().await;
        let status = gateway.node(1).await.status(1, 1).await;
        assert_eq!(status, expected, "{keys}\n{}", gateway.log());
    }
}

async fn connect(
    port: u16,
    authority: &Path,
    identity: Option<&Identity>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_root_certificates(roots(authority));
    let config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let (certificates, key) = read(identity);
            builder.with_client_auth_cert(certificates, key).unwrap()
        }
    };
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

#[tokio::test]
async fn nodes_connect_with_tls_and_certificates_are_exchanged_without_a_start() {
    let directory = tempfile::tempdir().unwrap();
    let ours = Authority::new(directory.path(), "ours");
    let other = Authority::new(directory.path(), "other");
    let (certificate, key) = ours.issue("gateway");
    let [open, closed] = [(); 2].map(|()| free_port());
    let line = |port: u16, more: &str| {
        let (certificate, key) = (certificate.display(), key.display());
        format!(
            "{{ address = '127.0.0.1:{port}', certificate = '{certificate}', key = '{key}'{more} }}"
        )
    };
    let clients = format!(", client_ca = '{}'", ours.file.display());
    let listen = format!("tls = [{}, {}]", line(open, ""), line(closed, &clients));
    let expert = Expert::good().await;
    let sections = expert.section("");
    let gateway = Start { listen: &listen, sections: &sections, ..Start::default() }.run().await;
    let stream = connect(open, &ours.file, None).await.unwrap();
    let mut node = Node::over(stream, 1);
    assert_eq!(node.status(1, 1).await, Status::Ok);
    assert!(connect(open, &other.file, None).await.is_err(), "a stranger's certificate");

    let stream = connect(closed, &ours.file, Some(&ours.issue("node"))).await.unwrap();
    assert_eq!(Node::over(stream, 2).status(1, 1).await, Status::Ok);
    // With TLS 1.3 a client learns with its first read that it was refused.
    for identity in [None, Some(other.issue("stranger"))] {
        let mut heard = Vec::new();
        if let Ok(mut stream) = connect(closed, &ours.file, identity.as_ref()).await {
            let read = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut heard).await;
            assert!(read.is_err() && heard.is_empty(), "{read:?}");
        }
    }

    // The same files, from another authority.
    let (new_certificate, new_key) = other.issue("renewed");
    std::fs::copy(new_certificate, &certificate).unwrap();
    std::fs::copy(new_key, &key).unwrap();
    gateway.signal("HUP");
    gateway.said("reloaded keys and certificates").await;
    assert!(connect(open, &ours.file, None).await.is_err());
    let stream = connect(open, &other.file, None).await.unwrap();
    assert_eq!(Node::over(stream, 3).status(1, 1).await, Status::Ok);
    assert_eq!(node.status(2, 1).await, Status::Ok, "connections stay");
}
