//! The admin door: JSON commands that a demo gives a running stand-in, one a `POST /_admin`.

use super::misbehaviour::{Fault, Misbehaviour, When};
use super::state::{Encryption, ObjectOptions, Role, Storage};
use super::{Shared, locked};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

/// A command.
#[derive(Debug, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
enum Command {
    /// Adds or replaces a role, with the policies that a customer pastes.
    AddRole { arn: String, trust: Value, permissions: Value },
    /// Takes away a role's trust and permissions.
    Revoke { arn: String },
    /// Puts an object.
    PutObject {
        bucket: String,
        key: String,
        base64: String,
        #[serde(default)]
        content_type: Option<String>,
        #[serde(default)]
        storage: Storage,
        #[serde(default)]
        encryption: Encryption,
    },
    /// Removes an object.
    RemoveObject { bucket: String, key: String },
    /// From now on, reads of an object go wrong: `{"fault":{"cut-after":1000},"when":{"first":2}}`.
    Misbehave { bucket: String, key: String, fault: Fault, when: When },
    /// Counts requests by operation.
    Counts,
}

/// Does as told; the answer is JSON.
pub(crate) fn obey(state: &Shared, command: &[u8]) -> (StatusCode, String) {
    let command = match serde_json::from_slice(command) {
        Ok(command) => command,
        Err(error) => return (StatusCode::BAD_REQUEST, json!({ "error": error.to_string() }).to_string()),
    };
    let mut state = locked(state);
    let answer = match command {
        Command::AddRole { arn, trust, permissions } => {
            state.roles.insert(arn.clone(), Role::new(arn, trust, permissions));
            json!({})
        }
        Command::Revoke { arn } => match state.roles.get_mut(&arn) {
            Some(role) => {
                role.trust = Value::Null;
                role.permissions = Value::Null;
                json!({})
            }
            None => return (StatusCode::NOT_FOUND, json!({ "error": "there is no such role" }).to_string()),
        },
        Command::PutObject { bucket, key, base64, content_type, storage, encryption } => {
            let Ok(bytes) = STANDARD.decode(base64) else {
                return (StatusCode::BAD_REQUEST, json!({ "error": "base64 is not base64" }).to_string());
            };
            let version = state.put(&bucket, &key, bytes.into(), ObjectOptions { content_type, storage, encryption });
            json!({ "version_id": version })
        }
        Command::RemoveObject { bucket, key } => {
            if let Some(bucket) = state.buckets.get_mut(&bucket) {
                bucket.objects.remove(&key);
            }
            json!({})
        }
        Command::Misbehave { bucket, key, fault, when } => {
            state.misbehaviours.insert((bucket, key), Misbehaviour { fault, when }.armed());
            json!({})
        }
        Command::Counts => {
            let mut counts = serde_json::Map::new();
            for request in state.log.entries() {
                let count = counts.get(&request.operation).and_then(Value::as_u64).unwrap_or(0);
                counts.insert(request.operation, json!(count + 1));
            }
            Value::Object(counts)
        }
    };
    (StatusCode::OK, answer.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_does_what_it_says() {
        let cloud = Shared::default();
        let told = |command: Value| obey(&cloud, command.to_string().as_bytes()).0.as_u16();
        assert_eq!(told(json!({ "command": "add-role", "arn": "r", "trust": {}, "permissions": {} })), 200);
        assert_eq!(told(json!({ "command": "revoke", "arn": "r" })), 200);
        assert_eq!(told(json!({ "command": "revoke", "arn": "none" })), 404);
        assert!(locked(&cloud).roles.get("r").is_some_and(|role| role.trust.is_null() && role.permissions.is_null()));
        let put = json!({ "command": "put-object", "bucket": "b", "key": "k", "base64": "aGk=", "storage": "archived", "encryption": "customer-key" });
        assert_eq!(told(put), 200);
        assert!(
            locked(&cloud).newest("b", "k").is_some_and(|version| version.bytes == "hi" && version.options.storage == Storage::Archived)
        );
        assert_eq!(told(json!({ "command": "put-object", "bucket": "b", "key": "k", "base64": "?" })), 400);
        let fault = json!({ "command": "misbehave", "bucket": "b", "key": "k", "fault": { "slow": { "bytes_per_second": 99 } }, "when": { "nth": 1 } });
        assert_eq!(told(fault), 200);
        let armed = locked(&cloud).misbehaviours.values_mut().next().and_then(super::super::misbehaviour::Armed::next);
        assert_eq!(armed, Some(Fault::Slow { bytes_per_second: 99 }));
        assert_eq!(told(json!({ "command": "remove-object", "bucket": "b", "key": "k" })), 200);
        assert!(locked(&cloud).newest("b", "k").is_none());
        assert_eq!(told(json!({ "command": "counts" })), 200);
        assert_eq!(told(json!({ "command": "add-role", "arn": "r" })), 400);
    }
}
