//! STS: AssumeRole and GetCallerIdentity, with every refusal that a delegation can meet.

use super::answer::{Answer, REQUEST_ID, Refusal, escape, xml};
use super::iam::{Question, allows};
use super::state::{Role, Session, State, StsFault};
use super::{Shared, locked};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode;
use serde_json::Value;
use std::collections::HashMap;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const SHORTEST_SECONDS: u64 = 900;
/// A session that assumes a role gets an hour at most.
const CHAINED_SECONDS: u64 = 3600;
const MAX_POLICY: usize = 2048;

/// Answers one call.
pub(crate) fn answer(state: &Shared, access_key: Option<&str>, token: Option<&str>, body: &[u8]) -> Result<Answer, Refusal> {
    let form = form(body);
    let mut state = locked(state);
    match state.sts_faults.pop_front() {
        Some(StsFault::Throttling) => return Err(Refusal::new(400, "Throttling", "Rate exceeded")),
        Some(StsFault::Unavailable) => return Err(Refusal::new(503, "ServiceUnavailable", "Service Unavailable")),
        Some(StsFault::ClockSkew) => {
            return Err(Refusal::new(
                403,
                "SignatureDoesNotMatch",
                "Signature expired: 20200101T000000Z is now earlier than 20261121T000000Z",
            ));
        }
        None => {}
    }
    let access_key =
        access_key.ok_or_else(|| Refusal::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token"))?;
    let caller = caller(&state, access_key, token)?;
    match form.get("Action").map(String::as_str) {
        Some("AssumeRole") => assume(&mut state, &caller, &form),
        Some("GetCallerIdentity") => {
            let arn = escape(&caller.arn);
            let account = caller.arn.split(':').nth(4).unwrap_or_default();
            Ok(wrapped("GetCallerIdentity", &format!("<Arn>{arn}</Arn><UserId>STANDIN</UserId><Account>{account}</Account>")))
        }
        _ => Err(Refusal::new(400, "InvalidAction", "Could not find operation for version 2011-06-15")),
    }
}

/// Who calls: the ARN that STS shows, the principal that policies name, and whether it is a session.
struct Caller {
    arn: String,
    principal: String,
    longest_seconds: u64,
}

fn caller(state: &State, access_key: &str, token: Option<&str>) -> Result<Caller, Refusal> {
    if let Some(user) = state.users.get(access_key) {
        return Ok(Caller { arn: user.arn.clone(), principal: user.arn.clone(), longest_seconds: u64::MAX });
    }
    match state.sessions.get(access_key) {
        Some(session) if token == Some(session.token.as_str()) => {
            let role = session.role_arn.replace(":iam:", ":sts:").replacen(":role/", ":assumed-role/", 1);
            Ok(Caller { arn: format!("{role}/session"), principal: session.role_arn.clone(), longest_seconds: CHAINED_SECONDS })
        }
        _ => Err(Refusal::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.")),
    }
}

fn assume(state: &mut State, caller: &Caller, form: &HashMap<String, String>) -> Result<Answer, Refusal> {
    let field = |name: &str| form.get(name).map(String::as_str);
    let role_arn = field("RoleArn").unwrap_or_default();
    for (name, required) in [("RoleSessionName", true), ("SourceIdentity", false)] {
        let valid =
            |value: &str| (2..=64).contains(&value.len()) && value.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c));
        if !field(name).map_or(!required, valid) {
            return Err(Refusal::new(
                400,
                "ValidationError",
                format!("1 validation error detected: Value at '{name}' failed to satisfy constraint"),
            ));
        }
    }
    let role = trusted(state, caller, role_arn, field("ExternalId"), field("SourceIdentity").is_some())?.clone();
    let seconds = field("DurationSeconds").map_or(Ok(CHAINED_SECONDS), str::parse::<u64>).unwrap_or_default();
    let longest = role.max_session.as_secs().min(caller.longest_seconds);
    if !(SHORTEST_SECONDS..=longest).contains(&seconds) {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role, or the 1 hour of role chaining, or is under 900.";
        return Err(Refusal::new(400, "ValidationError", message));
    }
    let policy = field("Policy").map(session_policy).transpose()?;

    let access_key = format!("ASIA{}", state.new_word("key").to_uppercase().chars().take(16).collect::<String>());
    // `deploy/secrets.sh` knows both when they turn up in what the tests say.
    let (secret, token) =
        (format!("planted-secret-{}", state.new_word("secret")), format!("token+/=planted-token-{}", state.new_word("token")));
    let seconds = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    // Whole seconds, as STS answers them.
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
    let expires_at = now + seconds;
    let session_name = escape(field("RoleSessionName").unwrap_or_default());
    let user = format!("{}/{session_name}", role_arn.replace(":iam:", ":sts:").replacen(":role/", ":assumed-role/", 1));
    let answer = format!(
        "<AssumedRoleUser><AssumedRoleId>AROASTANDIN:{session_name}</AssumedRoleId><Arn>{user}</Arn></AssumedRoleUser>\
         <Credentials><AccessKeyId>{access_key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>\
         <SessionToken>{token}</SessionToken><Expiration>{expires_at}</Expiration></Credentials><PackedPolicySize>6</PackedPolicySize>"
    );
    state.sessions.insert(access_key, Session { secret, token, expires_at, role_arn: role_arn.to_owned(), policy });
    Ok(wrapped("AssumeRole", &answer))
}

/// The role, if its trust policy lets the caller in. A role that is not there is refused in the same words.
fn trusted<'a>(
    state: &'a State,
    caller: &Caller,
    role_arn: &str,
    external_id: Option<&str>,
    names_source: bool,
) -> Result<&'a Role, Refusal> {
    let context: Vec<(&str, &str)> = external_id.map(|id| ("sts:ExternalId", id)).into_iter().collect();
    let lets = |role: &Role, action| {
        allows(&role.trust, Question { action, resource: None, principal: Some(&caller.principal), context: &context })
    };
    let role = state.roles.get(role_arn);
    role.filter(|role| lets(role, "sts:AssumeRole") && (!names_source || lets(role, "sts:SetSourceIdentity"))).ok_or_else(|| {
        Refusal::denied(format!("User: {} is not authorized to perform: sts:AssumeRole on resource: {role_arn}", caller.arn))
    })
}

fn session_policy(text: &str) -> Result<Value, Refusal> {
    if text.chars().count() > MAX_POLICY {
        return Err(Refusal::new(400, "PackedPolicyTooLarge", "Packed policy consumes 124% of allotted space, please use smaller policy."));
    }
    // The characters that STS takes (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
    if !text.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}')) {
        return Err(Refusal::new(400, "ValidationError", "1 validation error detected: Value at 'policy' failed to satisfy constraint"));
    }
    serde_json::from_str(text).map_err(|_| Refusal::new(400, "MalformedPolicyDocument", "This policy contains invalid Json"))
}

fn wrapped(action: &str, result: &str) -> Answer {
    let metadata = format!("<ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata>");
    let body = format!("<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{result}</{action}Result>{metadata}</{action}Response>");
    xml(body, "text/xml")
}

/// The name of the action in a form, for the log.
pub(crate) fn form(body: &[u8]) -> HashMap<String, String> {
    let decoded = |text: &str| percent_decode(text.replace('+', " ").as_bytes()).decode_utf8_lossy().into_owned();
    let text = String::from_utf8_lossy(body);
    text.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (decoded(name), decoded(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::WORKER_PRINCIPAL;
    use http::StatusCode;
    use std::sync::{Arc, Mutex};

    const ROLE: &str = "arn:aws:iam::2:role/reader";

    fn cloud() -> Shared {
        let mut state = State::default();
        state.add_user("AKIA", "secret".to_owned(), WORKER_PRINCIPAL, None);
        state.roles.insert(ROLE.to_owned(), Role::reading(ROLE, "id", "acme"));
        let chained = serde_json::json!({ "Statement": { "Effect": "Allow", "Principal": { "AWS": ROLE }, "Action": "sts:AssumeRole" } });
        let mut next = Role::new("arn:aws:iam::3:role/next", chained, Value::Null);
        next.max_session = std::time::Duration::from_hours(12);
        state.roles.insert(next.arn.clone(), next);
        Arc::new(Mutex::new(state))
    }

    fn asked(cloud: &Shared, caller: (&str, Option<&str>), rest: &str) -> Result<Answer, String> {
        let body = format!("Action=AssumeRole&RoleSessionName=job&{rest}");
        answer(cloud, Some(caller.0), caller.1, body.as_bytes()).map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_session_lasts_a_quarter_of_an_hour_to_the_roles_maximum() {
        let cloud = cloud();
        for (seconds, allowed) in [(899, false), (900, true), (3599, true), (3600, true), (3601, false)] {
            let answer = asked(&cloud, ("AKIA", None), &format!("RoleArn={ROLE}&ExternalId=id&DurationSeconds={seconds}"));
            assert_eq!(answer.is_ok(), allowed, "{seconds}");
            assert!(answer.is_ok() || answer.is_err_and(|code| code == "ValidationError"));
        }
    }

    #[test]
    fn a_session_that_assumes_a_role_gets_an_hour_and_must_show_its_token() {
        let cloud = cloud();
        asked(&cloud, ("AKIA", None), &format!("RoleArn={ROLE}&ExternalId=id")).unwrap();
        let (key, token) = locked(&cloud).sessions.iter().map(|(key, session)| (key.clone(), session.token.clone())).next().unwrap();
        let next = |token, seconds| asked(&cloud, (&key, token), &format!("RoleArn=arn:aws:iam::3:role/next&DurationSeconds={seconds}"));
        assert_eq!(next(Some(token.as_str()), 3600).unwrap().status, Some(StatusCode::OK));
        assert_eq!(next(Some(token.as_str()), 3601).err().unwrap(), "ValidationError");
        assert_eq!(next(None, 3600).err().unwrap(), "InvalidClientTokenId");
    }

    #[test]
    fn whom_the_trust_policy_does_not_name_is_refused() {
        let cloud = cloud();
        for rest in [
            format!("RoleArn={ROLE}"),
            format!("RoleArn={ROLE}&ExternalId=other"),
            "RoleArn=arn:aws:iam::2:role/none&ExternalId=id".to_owned(),
        ] {
            assert_eq!(asked(&cloud, ("AKIA", None), &rest).err().unwrap(), "AccessDenied", "{rest}");
        }
        locked(&cloud).add_user("AKIB", "s".to_owned(), "arn:aws:iam::9:user/stranger", None);
        assert_eq!(asked(&cloud, ("AKIB", None), &format!("RoleArn={ROLE}&ExternalId=id")).err().unwrap(), "AccessDenied");
    }
}
