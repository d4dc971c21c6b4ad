//! Who may do what with a bucket or an object: the caller's policy, and the session's within it.

use super::answer::Refusal;
use super::iam::{Question, allows};
use super::state::{Encryption, Session, State, Storage, Version};
use serde_json::Value;

/// Whoever signed the request.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    /// A user, with a policy of its own or none.
    User(Option<Value>),
    /// A session of a role.
    Session(Session),
}

impl Caller {
    /// The caller behind an access key, whose token must be the session's.
    pub(crate) fn of(state: &State, access_key: &str, token: Option<&str>) -> Result<Self, Refusal> {
        if let Some(user) = state.users.get(access_key) {
            return Ok(Self::User(user.permissions.clone()));
        }
        match state.sessions.get(access_key) {
            Some(session) if token == Some(session.token.as_str()) => Ok(Self::Session(session.clone())),
            Some(_) => Err(Refusal::new(400, "InvalidToken", "The provided token is malformed or otherwise invalid.")),
            None => Err(Refusal::new(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")),
        }
    }

    /// Whether the caller may: for a session, its role *and* its own policy must allow it.
    pub(crate) fn may(&self, state: &State, question: Question<'_>) -> bool {
        match self {
            Self::User(permissions) => permissions.as_ref().is_some_and(|policy| allows(policy, question)),
            Self::Session(session) => {
                let role = state.roles.get(&session.role_arn).is_some_and(|role| allows(&role.permissions, question));
                role && session.policy.as_ref().is_none_or(|policy| allows(policy, question))
            }
        }
    }
}

/// The bucket, if the request was signed for its region and expects its owner.
pub(crate) fn admit(state: &State, bucket: &str, region: Option<&str>, expected_owner: Option<&str>) -> Result<(), Refusal> {
    let Some(found) = state.buckets.get(bucket) else {
        return Err(Refusal::new(404, "NoSuchBucket", "The specified bucket does not exist"));
    };
    if let (Some(lies_in), Some(asked)) = (found.region.as_deref(), region)
        && lies_in != asked
    {
        let message = "The bucket you are attempting to access must be addressed using the specified endpoint.";
        return Err(Refusal::new(301, "PermanentRedirect", message).with("x-amz-bucket-region", lies_in));
    }
    if expected_owner.is_some_and(|expected| found.owner.as_deref() != Some(expected)) {
        return Err(Refusal::denied("Access Denied"));
    }
    Ok(())
}

/// The version that a read is for, if the caller may read it.
pub(crate) fn readable(
    state: &State,
    caller: &Caller,
    place: (&str, &str),
    version_id: Option<&str>,
    context: &[(&str, &str)],
) -> Result<Version, Refusal> {
    let (bucket, key) = place;
    let object = format!("arn:aws:s3:::{bucket}/{key}");
    let asks = |action, resource| Question { action, resource: Some(resource), principal: None, context };
    let action = if version_id.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" };
    if !caller.may(state, asks(action, &object)) {
        return Err(Refusal::denied(format!("no policy of the caller allows the {action} action")));
    }
    let versions = state.buckets.get(bucket).and_then(|bucket| bucket.objects.get(key));
    let found = match version_id {
        Some(id) => versions.and_then(|versions| versions.iter().find(|version| version.id == id)),
        None => versions.and_then(|versions| versions.last()),
    };
    let Some(version) = found else {
        // Without s3:ListBucket, S3 does not say that there is nothing
        // (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html).
        return Err(match caller.may(state, asks("s3:ListBucket", &format!("arn:aws:s3:::{bucket}"))) {
            true if version_id.is_some() => Refusal::new(404, "NoSuchVersion", "The specified version does not exist."),
            true => Refusal::new(404, "NoSuchKey", "The specified key does not exist."),
            false => Refusal::denied("Access Denied"),
        });
    };
    if version.options.storage == Storage::Archived {
        return Err(Refusal::new(403, "InvalidObjectState", "The operation is not valid for the object's storage class"));
    }
    if version.options.encryption == Encryption::CustomerKey {
        let region = state.buckets.get(bucket).and_then(|bucket| bucket.region.as_deref()).unwrap_or("us-east-1");
        let through = format!("s3.{region}.amazonaws.com");
        let key = "arn:aws:kms:us-east-1:222222222222:key/stand-in";
        let question = Question { action: "kms:Decrypt", resource: Some(key), principal: None, context: &[("kms:ViaService", &through)] };
        if !caller.may(state, question) {
            let message = "The caller is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because no identity-based policy allows the kms:Decrypt action";
            return Err(Refusal::denied(message));
        }
    }
    Ok(version.clone())
}
