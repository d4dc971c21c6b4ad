//! The role: that we can assume it, and that nobody can without our external id.

use super::{CheckLine, general_advice, name};
use crate::aws::AwsDelegation;
use crate::error::AccessError;
use crate::external_id::new_external_id;
use crate::policy::session_policy;
use crate::sts::{Assumption, Session};

const SOURCE_IDENTITY: &str =
    "Add the statement that allows sts:SetSourceIdentity to the role's trust policy, as `assay integration add` prints it.";
const CONDITION: &str = "Add the condition on sts:ExternalId to the role's trust policy, as `assay integration add` prints it: without it, another customer of ours could name this role.";

/// Whether the role can be assumed as jobs assume it; the lines say the rest.
pub(super) async fn check(delegation: &AwsDelegation<'_>, lines: &mut Vec<CheckLine>) -> bool {
    match delegation.cloud.sts.caller(&delegation.sts_region()).await {
        Ok(arn) => lines.push(CheckLine::passed(name::WORKER, arn)),
        Err(error) => {
            lines.push(CheckLine::failed(name::WORKER, error.to_string(), general_advice(&error)));
            if error.is_of_the_worker() {
                // Whoever is nobody is refused by every role: it would prove nothing of this one.
                lines.extend(
                    [name::ROLE, name::WITHOUT_ID, name::WRONG_ID]
                        .map(|line| CheckLine::skipped(line, "not tried: AWS does not know this worker", None)),
                );
                return false;
            }
        }
    }
    let own = Some(delegation.settings.external_id);
    let assumed = match assume(delegation, own, Identity::Named).await {
        Ok(_) => {
            lines.push(CheckLine::passed(name::ROLE, "with our external id and a session policy for the scope"));
            true
        }
        Err(error) => {
            lines.push(refused(delegation, &error).await);
            false
        }
    };
    // A role that trusts whoever asks is a fault even where it can't be assumed as jobs do: tried in any case.
    for (line, external_id) in [(name::WITHOUT_ID, None), (name::WRONG_ID, Some(new_external_id()))] {
        lines.push(match assume(delegation, external_id.as_deref(), Identity::Unnamed).await {
            Err(AccessError::RoleRefused { .. }) if assumed => CheckLine::passed(line, "STS refused, as it must"),
            Err(AccessError::RoleRefused { .. }) => CheckLine::skipped(line, "refused, but so were we: it proves nothing", None),
            Ok(_) => CheckLine::failed(line, "STS let us assume the role", CONDITION),
            Err(error) if !assumed => CheckLine::skipped(line, format!("not tried: {error}"), None),
            Err(error) => CheckLine::failed(line, error.to_string(), general_advice(&error)),
        });
    }
    assumed
}

/// Whether the session carries the organisation's name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Identity {
    Named,
    Unnamed,
}

async fn assume(delegation: &AwsDelegation<'_>, external_id: Option<&str>, identity: Identity) -> Result<Session, AccessError> {
    let (session_name, source_identity) = delegation.names();
    let first = delegation.integration.scope.first().ok_or(AccessError::OutsideScope)?;
    let policy = session_policy(delegation.integration, &first.bucket, &first.prefix);
    delegation
        .cloud
        .sts
        .assume(&Assumption {
            role_arn: delegation.settings.role_arn,
            external_id,
            policy: policy.as_deref(),
            session_name: &session_name,
            source_identity: (identity == Identity::Named).then_some(source_identity.as_str()),
            region: &delegation.sts_region(),
        })
        .await
}

/// Finds out why: the one cause that STS lets us tell apart is a trust policy without `sts:SetSourceIdentity`.
async fn refused(delegation: &AwsDelegation<'_>, error: &AccessError) -> CheckLine {
    let unnamed = match error {
        AccessError::RoleRefused { .. } => assume(delegation, Some(delegation.settings.external_id), Identity::Unnamed).await.is_ok(),
        _ => false,
    };
    if unnamed {
        return CheckLine::failed(name::ROLE, "the role can be assumed, but not with a source identity", SOURCE_IDENTITY);
    }
    CheckLine::failed(name::ROLE, error.to_string(), general_advice(error))
}
