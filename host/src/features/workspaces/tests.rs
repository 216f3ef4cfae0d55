//! Stories through the room, on either database: what doors cannot show without an account.
use super::*;
use crate::base::ids::SessionId;
use crate::base::page::Page;
use crate::base::secret::Secret;
use crate::features::audit::{By, Origin};
use crate::features::identity::Who;
use crate::platform::db::tests::{TestDb, on_both};

on_both!(roles_say_who_may_do_what, an_invitation_is_good_once, an_operators_tokens_end_with_him);

struct House {
    db: Db,
    clock: Clock,
    rooms: Workspaces,
}

async fn house(base: &TestDb) -> House {
    let db = base.open().await;
    let clock = Clock::system();
    let identity = Identity::new(&Secret::new(vec![7; 32]), &[], clock.clone());
    let audit = Audit::new(db.clone(), clock.clone());
    let tokens = Tokens::new(db.clone(), clock.clone(), identity.clone());
    let rooms = Workspaces::new(db.clone(), clock.clone(), identity, audit, tokens);
    House { db, clock, rooms }
}

impl House {
    async fn user(&self, name: &str) -> (UserId, By) {
        let user = UserId::new(&self.clock);
        let mut tx = self.db.begin().await.unwrap();
        store::members::insert_user(&mut tx, &user, &format!("{name}@example.com")).await.unwrap();
        tx.commit().await.unwrap();
        let who = Who::Account { user: user.clone(), session: SessionId::new(&self.clock) };
        (user, By { who, origin: Origin::default() })
    }

    async fn tenant(&self, workspace: &str, user: &UserId) -> Option<Tenant> {
        self.rooms.member(&WorkspaceId::parse(workspace).unwrap(), user).await.unwrap()
    }

    /// Invites somebody and lets him accept.
    async fn join(&self, tenant: &Tenant, by: &By, role: MemberRole, user: &UserId, as_: &By) {
        let mut tx = self.db.begin().await.unwrap();
        let invited = self.rooms.invite_in(&mut tx, tenant, by, NewInvitation { email: None, role }).await.unwrap();
        self.rooms.accept_in(&mut tx, as_, user, &invited.token).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// One change in a transaction of its own.
macro_rules! change {
    ($house:expr, $method:ident($($argument:expr),*)) => {{
        let mut tx = $house.db.begin().await.unwrap();
        let done = $house.rooms.$method(&mut tx, $($argument),*).await;
        if done.is_ok() {
            tx.commit().await.unwrap();
        }
        done
    }};
}

async fn roles_say_who_may_do_what(base: &TestDb) {
    let house = house(base).await;
    let (ada, by_ada) = house.user("ada").await;
    let space = change!(house, create_in(&by_ada, &ada, " Ada's ")).unwrap();
    assert_eq!((space.name.as_str(), space.role), ("Ada's", MemberRole::Owner));
    let owner = house.tenant(&space.id, &ada).await.unwrap();
    let mut all = Vec::new();
    for role in [MemberRole::Admin, MemberRole::Agent, MemberRole::Viewer] {
        let (user, by) = house.user(role.word()).await;
        assert_eq!(house.tenant(&space.id, &user).await, None);
        house.join(&owner, &by_ada, role, &user, &by).await;
        let tenant = house.tenant(&space.id, &user).await.unwrap();
        assert_eq!(tenant.role(), role);
        all.push((user, by, tenant));
    }
    let [(admin, by_admin, as_admin), (agent, by_agent, as_agent), (viewer, by_viewer, as_viewer)] = &all[..] else {
        panic!()
    };
    assert_eq!(house.rooms.members(as_viewer, &Page::default()).await.unwrap().items.len(), 4);
    for (by, tenant) in [(by_agent, as_agent), (by_viewer, as_viewer)] {
        let refused = [
            change!(house, rename_in(tenant, by, "x")).unwrap_err().code,
            change!(house, set_role_in(tenant, by, viewer.as_str(), MemberRole::Admin)).unwrap_err().code,
            change!(house, remove_in(tenant, by, admin.as_str())).unwrap_err().code,
            change!(house, invite_in(tenant, by, NewInvitation { email: None, role: MemberRole::Viewer }))
                .err()
                .unwrap()
                .code,
            change!(house, create_organization_in(tenant, by, "x")).unwrap_err().code,
            change!(house, delete_in(tenant, by)).unwrap_err().code,
            house.rooms.invitations(tenant, &Page::default()).await.unwrap_err().code,
        ];
        assert!(refused.iter().all(|code| *code == Code::Forbidden), "{refused:?}");
    }
    // An admin manages everybody but owners.
    change!(house, set_role_in(as_admin, by_admin, viewer.as_str(), MemberRole::Admin)).unwrap();
    let invite_owner = NewInvitation { email: None, role: MemberRole::Owner };
    for code in [
        change!(house, set_role_in(as_admin, by_admin, ada.as_str(), MemberRole::Admin)).unwrap_err().code,
        change!(house, set_role_in(as_admin, by_admin, admin.as_str(), MemberRole::Owner)).unwrap_err().code,
        change!(house, remove_in(as_admin, by_admin, ada.as_str())).unwrap_err().code,
        change!(house, invite_in(as_admin, by_admin, invite_owner.clone())).err().unwrap().code,
        change!(house, delete_in(as_admin, by_admin)).unwrap_err().code,
    ] {
        assert_eq!(code, Code::Forbidden);
    }
    // The last owner stays one; the first of two may go.
    for code in [
        change!(house, set_role_in(&owner, &by_ada, ada.as_str(), MemberRole::Viewer)).unwrap_err().code,
        change!(house, remove_in(&owner, &by_ada, ada.as_str())).unwrap_err().code,
    ] {
        assert_eq!(code, Code::LastOwner);
    }
    change!(house, set_role_in(&owner, &by_ada, admin.as_str(), MemberRole::Owner)).unwrap();
    change!(house, remove_in(&owner, &by_ada, ada.as_str())).unwrap();
    assert_eq!(house.tenant(&space.id, &ada).await, None);
    // Anybody may leave.
    change!(house, remove_in(as_agent, by_agent, agent.as_str())).unwrap();
    assert_eq!(house.tenant(&space.id, agent).await, None);
    // A workspace that is deleted has no members; the first one stays.
    let first = Tenant::new(WorkspaceId::first(), MemberRole::Owner);
    assert_eq!(change!(house, delete_in(&first, by_admin)).unwrap_err().code, Code::Conflict);
    let now_owner = house.tenant(&space.id, admin).await.unwrap();
    change!(house, delete_in(&now_owner, by_admin)).unwrap();
    assert_eq!(house.tenant(&space.id, admin).await, None);
}

async fn an_invitation_is_good_once(base: &TestDb) {
    let house = house(base).await;
    let (ada, by_ada) = house.user("ada").await;
    let (bob, by_bob) = house.user("bob").await;
    let (eve, by_eve) = house.user("eve").await;
    let space = change!(house, create_in(&by_ada, &ada, "A")).unwrap();
    let owner = house.tenant(&space.id, &ada).await.unwrap();
    let new = NewInvitation { email: Some("Bob@Example.com".into()), role: MemberRole::Agent };
    let invited = change!(house, invite_in(&owner, &by_ada, new.clone())).unwrap();
    let waiting = house.rooms.invitations(&owner, &Page::default()).await.unwrap();
    assert_eq!(waiting.items, std::slice::from_ref(&invited.invitation));
    // It is for Bob, and it is not used up by others' tries.
    for token in [invited.token.as_str(), "invite_x", "", &"x".repeat(10_000)] {
        assert_eq!(change!(house, accept_in(&by_eve, &eve, token)).unwrap_err().code, Code::NotFound);
    }
    assert_eq!(change!(house, accept_in(&by_bob, &bob, &invited.token)).unwrap().id, space.id);
    assert_eq!(change!(house, accept_in(&by_bob, &bob, &invited.token)).unwrap_err().code, Code::NotFound);
    assert!(house.rooms.invitations(&owner, &Page::default()).await.unwrap().items.is_empty());
    // Who is a member already leaves it for somebody else; one that is taken back is good for nobody.
    let open = change!(house, invite_in(&owner, &by_ada, NewInvitation { email: None, ..new })).unwrap();
    assert_eq!(change!(house, accept_in(&by_bob, &bob, &open.token)).unwrap_err().code, Code::AlreadyMember);
    change!(house, uninvite_in(&owner, &by_ada, &open.invitation.id)).unwrap();
    assert_eq!(change!(house, uninvite_in(&owner, &by_ada, &open.invitation.id)).unwrap_err().code, Code::NotFound);
    assert_eq!(change!(house, accept_in(&by_eve, &eve, &open.token)).unwrap_err().code, Code::NotFound);
    // A week later it is void.
    let late =
        change!(house, invite_in(&owner, &by_ada, NewInvitation { email: None, role: MemberRole::Viewer })).unwrap();
    let mut later = house.rooms.clone();
    later.clock = Clock::frozen(house.clock.now_ms() + 7 * 24 * 3_600_000 + 1);
    let mut tx = house.db.begin().await.unwrap();
    assert_eq!(later.accept_in(&mut tx, &by_eve, &eve, &late.token).await.unwrap_err().code, Code::NotFound);
}

async fn an_operators_tokens_end_with_him(base: &TestDb) {
    let house = house(base).await;
    let (ada, by_ada) = house.user("ada").await;
    let (bob, by_bob) = house.user("bob").await;
    let space = change!(house, create_in(&by_ada, &ada, "A")).unwrap();
    let other = change!(house, create_in(&by_bob, &bob, "B")).unwrap();
    let (mine, foreign) = (house.tenant(&space.id, &ada).await.unwrap(), house.tenant(&other.id, &bob).await.unwrap());
    let sales = change!(house, create_organization_in(&mine, &by_ada, "Sales")).unwrap();
    assert_eq!(change!(house, create_organization_in(&mine, &by_ada, "Sales")).unwrap_err().code, Code::NameTaken);
    let new = || NewOperator { name: "Olga".into(), ..NewOperator::default() };
    let olga = change!(house, create_operator_in(&mine, &by_ada, &sales.id, new())).unwrap();
    let stranger = NewOperator { user_id: Some(bob.to_string()), ..new() };
    assert_eq!(
        change!(house, create_operator_in(&mine, &by_ada, &sales.id, stranger)).unwrap_err().code,
        Code::InvalidBody
    );
    let soon = house.clock.now_ms() + 60_000;
    for late in [0, house.clock.now_ms(), house.clock.now_ms() + 367 * 24 * 3_600_000, u64::MAX] {
        let error = change!(house, operator_token_in(&mine, &by_ada, &olga.id, late)).err().unwrap();
        assert_eq!((error.code, error.faults[0].pointer.as_str()), (Code::InvalidBody, "/expiresAt"));
    }
    let token = change!(house, operator_token_in(&mine, &by_ada, &olga.id, soon)).unwrap().token;
    let validated = house.rooms.validate(&mine, token.reveal()).await.unwrap().unwrap();
    assert_eq!(validated.operator, olga);
    assert!(validated.expires_at_ms <= soon && validated.expires_at_ms + 1000 > soon);
    // Nothing of it is there for another workspace.
    assert!(house.rooms.validate(&foreign, token.reveal()).await.unwrap().is_none());
    for code in [
        change!(house, operator_token_in(&foreign, &by_bob, &olga.id, soon)).err().unwrap().code,
        change!(house, delete_operator_in(&foreign, &by_bob, &olga.id)).unwrap_err().code,
        change!(house, change_operator_in(&foreign, &by_bob, &olga.id, OperatorChange::default())).unwrap_err().code,
        change!(house, create_operator_in(&foreign, &by_bob, &sales.id, new())).unwrap_err().code,
        change!(house, delete_organization_in(&foreign, &by_bob, &sales.id)).unwrap_err().code,
        change!(house, rename_organization_in(&foreign, &by_bob, &sales.id, "x")).unwrap_err().code,
        change!(house, revoke_operator_token_in(&foreign, &by_bob, token.reveal())).unwrap_err().code,
        change!(house, revoke_operator_tokens_in(&foreign, &by_bob, &olga.id)).unwrap_err().code,
        house.rooms.operators(&foreign, &sales.id, &Page::default()).await.unwrap_err().code,
    ] {
        assert_eq!(code, Code::NotFound);
    }
    // A disabled operator's token is void, also when he works again.
    let disable = |disabled| OperatorChange { disabled: Some(disabled), ..OperatorChange::default() };
    change!(house, change_operator_in(&mine, &by_ada, &olga.id, disable(true))).unwrap();
    assert!(house.rooms.validate(&mine, token.reveal()).await.unwrap().is_none());
    assert!(change!(house, operator_token_in(&mine, &by_ada, &olga.id, soon)).is_err());
    change!(house, change_operator_in(&mine, &by_ada, &olga.id, disable(false))).unwrap();
    assert!(house.rooms.validate(&mine, token.reveal()).await.unwrap().is_none());
    let token = change!(house, operator_token_in(&mine, &by_ada, &olga.id, soon)).unwrap().token;
    let second = change!(house, operator_token_in(&mine, &by_ada, &olga.id, soon)).unwrap().token;
    change!(house, revoke_operator_token_in(&mine, &by_ada, token.reveal())).unwrap();
    assert!(house.rooms.validate(&mine, token.reveal()).await.unwrap().is_none());
    assert!(house.rooms.validate(&mine, second.reveal()).await.unwrap().is_some());
    change!(house, delete_organization_in(&mine, &by_ada, &sales.id)).unwrap();
    assert!(house.rooms.validate(&mine, second.reveal()).await.unwrap().is_none());
    assert_eq!(house.rooms.operator(&olga.id).await.unwrap(), None);
}
