//! The word in a customer's trust policy that only we can have put there.

/// A new external id: unique, never chosen by a tenant, and not a secret
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html>).
///
/// 32 characters of `[A-Za-z0-9-]`; STS takes 2 to 1,224 of `[\w+=,.@:/-]`.
pub fn new_external_id() -> String {
    format!("assay-{}", ulid::Ulid::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_external_ids_are_alike() {
        let ids: std::collections::HashSet<String> = (0..1000).map(|_| new_external_id()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(|id| id.len() == 32 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')));
    }
}
