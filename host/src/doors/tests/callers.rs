use super::fakes::{API_KEY, house, house_with, options};
use crate::base::error::Code;
use crate::doors::Options;
use crate::features::identity::Role;

const ADD: &str = r#"{"type":"add"}"#;

#[tokio::test]
async fn who_comes_without_proof_becomes_a_new_visitor() {
    let house = house();
    let got = house.act(ADD, &[]).await;
    let signed = got.header("x-inlay-visitor").to_owned();
    let cookie = got.header("set-cookie");
    assert_eq!(cookie, format!("inlay_visitor={signed}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"));
    assert_eq!(house.identity.visitor(&signed), Some(house.last_action().0.visitor));
    assert_eq!(house.last_action().0.role, Role::Visitor);
    // It comes back, by header or by cookie, and stays the same without another cookie.
    for header in [("x-inlay-visitor", signed.as_str()), ("cookie", &format!("a=b; inlay_visitor={signed}; c"))] {
        let again = house.act(ADD, &[header]).await;
        assert_eq!(house.identity.visitor(&signed), Some(house.last_action().0.visitor));
        assert_eq!((again.header("x-inlay-visitor"), again.header("set-cookie")), (signed.as_str(), ""));
    }
    let secure = house_with(Options { public_url: Some("https://inlay.example".into()), ..options() });
    let got = secure.act(ADD, &[]).await;
    assert!(got.header("set-cookie").ends_with("; Secure"));
    assert_eq!(got.header("strict-transport-security"), "max-age=31536000");
}

#[tokio::test]
async fn a_proof_that_is_none_is_replaced() {
    let house = house();
    let signed = house.identity.mint_visitor().1;
    let forged = signed.replace("vis_0", "vis_1");
    for headers in [
        &[("x-inlay-visitor", "")][..],
        &[("x-inlay-visitor", forged.as_str())],
        &[("cookie", &format!("inlay_visitor={forged}"))],
        &[("cookie", ";;=;inlay_visitor"), ("cookie", "inlay_visitor=")],
    ] {
        let got = house.act(ADD, headers).await;
        assert_eq!(got.status, 200);
        assert!(got.header("set-cookie").starts_with("inlay_visitor=vis_"), "{headers:?}");
        assert_ne!(got.header("x-inlay-visitor"), forged);
    }
    // A good cookie behind a bad one, and a good cookie behind a bad header, count.
    let both = format!("inlay_visitor={forged}; inlay_visitor={signed}");
    for headers in [&[("cookie", both.as_str())][..], &[("x-inlay-visitor", forged.as_str()), ("cookie", &both)]] {
        assert_eq!(house.act(ADD, headers).await.header("x-inlay-visitor"), signed);
    }
}

#[tokio::test]
async fn tokens_and_keys_raise_the_role_and_bad_ones_are_refused() {
    let house = house();
    let bearer = format!("Bearer {}", house.admin);
    house.act(ADD, &[("x-api-key", API_KEY)]).await;
    assert_eq!(house.last_action().0.role, Role::Operator);
    house.act(ADD, &[("authorization", &bearer.replace("Bearer", "bEARER"))]).await;
    assert_eq!(house.last_action().0.role, Role::Admin);
    house.act(ADD, &[("authorization", &bearer), ("x-api-key", API_KEY)]).await;
    assert_eq!(house.last_action().0.role, Role::Admin);
    // Another scheme is a proxy's business.
    assert_eq!(house.act(ADD, &[("authorization", "Basic Zm9vOmJhcg==")]).await.status, 200);
    assert_eq!(house.last_action().0.role, Role::Visitor);
    for bad in [
        &[("authorization", "Bearer")][..],
        &[("authorization", "Bearer ")],
        &[("authorization", "Bearer x.y.z")],
        &[("authorization", bearer.as_str()), ("authorization", bearer.as_str())],
        &[("x-api-key", "")],
        &[("x-api-key", "wrong")],
        &[("x-api-key", API_KEY), ("x-api-key", "wrong")],
        &[("authorization", bearer.as_str()), ("x-api-key", "wrong")],
    ] {
        let got = house.act(ADD, bad).await;
        got.is_problem(401, Code::InvalidToken);
        assert!(got.header("www-authenticate").contains("invalid_token"), "{bad:?}");
        assert_eq!(got.header("set-cookie"), "", "a refused caller is no new visitor");
    }
}

#[tokio::test]
async fn admin_doors_open_to_admins_alone() {
    let house = house();
    let bearer = format!("Bearer {}", house.admin);
    let visitor = house.identity.mint_visitor().1;
    for path in ["/api/admin/plugins", "/api/admin/plugins/shop", "/api/submissions"] {
        let got = house.get(path, &[]).await;
        got.is_problem(401, Code::MissingToken);
        assert_eq!(got.header("www-authenticate"), "Bearer realm=\"inlay\"");
        house.get(path, &[("authorization", "Basic eA==")]).await.is_problem(401, Code::MissingToken);
        house.get(path, &[("x-inlay-visitor", &visitor)]).await.is_problem(401, Code::MissingToken);
        house.get(path, &[("authorization", &format!("Bearer {visitor}"))]).await.is_problem(401, Code::InvalidToken);
        house.get(path, &[("x-api-key", API_KEY)]).await.is_problem(403, Code::Forbidden);
        let foreign = [("authorization", bearer.as_str()), ("origin", "https://shop.example"), ("host", "inlay.test")];
        let got = house.get(path, &foreign).await;
        got.is_problem(403, Code::CrossSite);
        let own = [("authorization", bearer.as_str()), ("origin", "http://inlay.test"), ("host", "inlay.test")];
        assert_eq!(house.get(path, &own).await.status, 200);
        assert_eq!(house.get(path, &[("authorization", &bearer)]).await.status, 200);
    }
}

#[tokio::test]
async fn the_language_is_the_callers() {
    let house = house();
    house.act(ADD, &[("accept-language", "en;q=0.5, de-CH")]).await;
    assert_eq!(house.last_action().0.locale, "de-CH");
    house.act(ADD, &[]).await;
    assert_eq!(house.last_action().0.locale, "en");
}
