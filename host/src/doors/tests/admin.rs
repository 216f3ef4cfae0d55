use super::fakes::{Got, House, house};
use crate::base::error::Code;
use crate::features::plugins::Permissions;
use axum::body::Body;
use bytes::Bytes;

async fn upload(house: &House, path: &str, content_type: &str, body: impl Into<Body>) -> Got {
    let bearer = format!("Bearer {}", house.admin);
    house.post(path, &[("authorization", &bearer), ("content-type", content_type)], body).await
}

fn multipart(fields: &[(&str, &[u8])]) -> Bytes {
    let mut body = Vec::new();
    for (name, content) in fields {
        body.extend(format!("--B\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\r\n").bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--B--\r\n");
    body.into()
}

const MULTIPART: &str = "multipart/form-data; boundary=B";

#[tokio::test]
async fn plugins_are_listed_and_looked_at() {
    let house = house();
    let bearer = format!("Bearer {}", house.admin);
    let admin = [("authorization", bearer.as_str())];
    assert_eq!(house.get("/api/admin/plugins", &admin).await.json()["plugins"][0]["name"], "shop");
    assert_eq!(house.get("/api/admin/plugins/shop", &admin).await.json()["name"], "shop");
    house.get("/api/admin/plugins/none", &admin).await.is_problem(404, Code::UnknownPlugin);
    house.get("/api/admin/plugins/%ff", &admin).await.is_problem(400, Code::MalformedRequest);
}

#[tokio::test]
async fn a_component_comes_as_a_body_or_in_a_form() {
    let house = house();
    let list = || Some(Permissions::These(vec!["state:visitor".into(), "events:a".into()]));
    let form = multipart(&[
        ("other", b"x"),
        ("plugin", b"\0asm\xff"),
        ("permissions", b"state:visitor,events:a"),
        ("activate", b"false"),
    ]);
    let bare = multipart(&[("plugin", b"\0asm\xff")]);
    for (path, content_type, body, granted, activate) in [
        ("/api/admin/plugins", "application/wasm", Bytes::from_static(b"\0asm\xff"), None, true),
        ("/api/admin/plugins?activate=false", "application/wasm", Bytes::from_static(b"\0asm\xff"), None, false),
        (
            "/api/admin/plugins?permissions=all",
            "application/octet-stream",
            Bytes::from_static(b"\0asm\xff"),
            Some(Permissions::All),
            true,
        ),
        (
            "/api/admin/plugins?permissions=state:visitor,events:a",
            "application/wasm",
            Bytes::from_static(b"\0asm\xff"),
            list(),
            true,
        ),
        ("/api/admin/plugins?permissions=all", MULTIPART, form, list(), false),
        ("/api/admin/plugins?permissions=all", MULTIPART, bare, Some(Permissions::All), true),
    ] {
        let got = upload(&house, path, content_type, body).await;
        assert_eq!(got.status, 201, "{}", got.text());
        assert_eq!(got.json()["name"], "new");
        let upload = house.rooms.uploads.lock().unwrap().pop().unwrap();
        assert_eq!(
            (&upload.component[..], upload.permissions, upload.activate),
            (&b"\0asm\xff"[..], granted, activate)
        );
    }
}

#[tokio::test]
async fn bad_uploads_reach_nobody() {
    let house = house();
    const PATH: &str = "/api/admin/plugins";
    upload(&house, PATH, "application/wasm", Body::empty()).await.is_problem(422, Code::InvalidBody);
    upload(&house, PATH, "application/json", "{}").await.is_problem(415, Code::UnsupportedMedia);
    upload(&house, PATH, "multipart/form-data", "x").await.is_problem(400, Code::MalformedRequest);
    upload(&house, PATH, MULTIPART, "x").await.is_problem(400, Code::MalformedRequest);
    upload(&house, PATH, MULTIPART, multipart(&[("other", b"x")])).await.is_problem(422, Code::InvalidBody);
    let twice = multipart(&[("plugin", b"a"), ("plugin", b"b")]);
    upload(&house, PATH, MULTIPART, twice).await.is_problem(422, Code::InvalidBody);
    let binary = multipart(&[("plugin", b"a"), ("permissions", b"\xff")]);
    upload(&house, PATH, MULTIPART, binary).await.is_problem(422, Code::InvalidBody);
    let big = vec![0u8; (2 << 20) + 1];
    upload(&house, PATH, "application/wasm", big.clone()).await.is_problem(413, Code::BodyTooLarge);
    upload(&house, PATH, MULTIPART, multipart(&[("plugin", &big)])).await.is_problem(413, Code::BodyTooLarge);
    let doubled = "/api/admin/plugins?permissions=all&permissions=x";
    upload(&house, doubled, "application/wasm", "x").await.is_problem(422, Code::InvalidBody);
    assert_eq!(upload(&house, PATH, "application/wasm", vec![0u8; 2 << 20]).await.status, 201);
    assert_eq!(house.rooms.uploads.lock().unwrap().len(), 1);
}
