//! Policies, read as IAM reads them: deny beats allow, silence is deny, conditions must all hold.

use serde_json::Value;

/// A question to a policy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    /// `s3:GetObject`.
    pub(crate) action: &'a str,
    /// ARN; `None` in a trust policy, which has no resources.
    pub(crate) resource: Option<&'a str>,
    /// ARN of who asks, where the policy names principals.
    pub(crate) principal: Option<&'a str>,
    /// Condition keys that the request has.
    pub(crate) context: &'a [(&'a str, &'a str)],
}

/// Whether the policy allows it.
pub(crate) fn allows(policy: &Value, question: Question<'_>) -> bool {
    let matching: Vec<&Value> = list(&policy["Statement"]).into_iter().filter(|statement| matches(statement, question)).collect();
    let any = |effect: &str| matching.iter().any(|statement| statement["Effect"] == effect);
    any("Allow") && !any("Deny")
}

fn matches(statement: &Value, question: Question<'_>) -> bool {
    let action = question.action.to_ascii_lowercase();
    let action = list(&statement["Action"]).iter().filter_map(|v| v.as_str()).any(|pattern| like(&pattern.to_ascii_lowercase(), &action));
    let resource = question.resource.is_none_or(|resource| any_like(&statement["Resource"], resource));
    let principal = question.principal.is_none_or(|principal| {
        let named = &statement["Principal"];
        named == "*" || list(&named["AWS"]).iter().filter_map(|v| v.as_str()).any(|name| names(name, principal))
    });
    action && resource && principal && conditions(&statement["Condition"], question.context)
}

/// A principal is named whole, by its account's root, or by `*`; never by a pattern.
fn names(name: &str, principal: &str) -> bool {
    let account = principal.split(':').nth(4).unwrap_or_default();
    name == principal || name == "*" || name == account || (name.ends_with(":root") && name.split(':').nth(4) == Some(account))
}

fn conditions(all: &Value, context: &[(&str, &str)]) -> bool {
    let Some(operators) = all.as_object() else { return all.is_null() };
    operators.iter().all(|(operator, keys)| {
        let Some(keys) = keys.as_object() else { return false };
        keys.iter().all(|(key, wanted)| {
            let found = context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| *value);
            let (base, absent) = match operator.strip_suffix("IfExists") {
                Some(base) => (base, true),
                None => (operator.as_str(), false),
            };
            match (base, found) {
                (_, None) => absent,
                ("StringEquals", Some(found)) => list(wanted).iter().any(|wanted| wanted.as_str() == Some(found)),
                ("StringLike", Some(found)) => any_like(wanted, found),
                // An operator that is not modelled never holds: better a refusal than a wrong grant.
                (_, Some(_)) => false,
            }
        })
    })
}

fn any_like(patterns: &Value, text: &str) -> bool {
    list(patterns).iter().filter_map(|v| v.as_str()).any(|pattern| like(pattern, text))
}

fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// One element of a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    Any,
    One,
    Exactly(char),
}

/// IAM's patterns: `*`, `?`, and `${*}`, `${?}`, `${$}` for the characters themselves.
fn like(pattern: &str, text: &str) -> bool {
    let mut elements = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let escaped = ["${*}", "${?}", "${$}"].into_iter().find(|escape| rest.starts_with(escape));
        elements.push(match (escaped, first) {
            (Some(escape), _) => Element::Exactly(escape.chars().nth(2).unwrap_or('$')),
            (None, '*') => Element::Any,
            (None, '?') => Element::One,
            (None, c) => Element::Exactly(c),
        });
        rest = rest.get(escaped.map_or(first.len_utf8(), str::len)..).unwrap_or_default();
    }
    // Greedy with one point to go back to: linear in practice, no recursion.
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut read, mut back) = (0, 0, None);
    while read < text.len() {
        match elements.get(at) {
            Some(Element::Any) => {
                back = Some((at, read));
                at += 1;
            }
            Some(Element::One) => (at, read) = (at + 1, read + 1),
            Some(Element::Exactly(c)) if text.get(read) == Some(c) => (at, read) = (at + 1, read + 1),
            _ => match back {
                Some((star, from)) => {
                    back = Some((star, from + 1));
                    (at, read) = (star + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    elements.get(at..).is_some_and(|left| left.iter().all(|element| *element == Element::Any))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn patterns_match_as_iam_says() {
        for (pattern, text, want) in [
            ("a/*", "a/b/c", true),
            ("a/*", "b/a/", false),
            ("*", "", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a${*}/*", "a*/x", true),
            ("a${*}/*", "ab/x", false),
            ("*b*d", "abcbd", true),
            ("é*", "éa", true),
        ] {
            assert_eq!(like(pattern, text), want, "{pattern} {text}");
        }
    }

    #[test]
    fn a_denial_beats_an_allowance_and_silence_is_denial() {
        let ask = |policy: &Value, action| allows(policy, Question { action, resource: Some("arn:r"), principal: None, context: &[] });
        let both = json!({ "Statement": [
            { "Effect": "Allow", "Action": "s3:*", "Resource": "*" }, { "Effect": "Deny", "Action": "s3:PutObject", "Resource": "*" } ] });
        assert!(ask(&both, "s3:GetObject"));
        assert!(!ask(&both, "s3:PutObject"));
        assert!(!ask(&both, "kms:Decrypt"));
        assert!(!ask(&Value::Null, "s3:GetObject"));
    }

    #[test]
    fn a_condition_on_a_missing_key_holds_only_if_exists() {
        let policy = |operator: &str| json!({ "Statement": { "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*", "Condition": { operator: { "s3:prefix": "a/*" } } } });
        let ask = |policy: &Value, context: &[(&str, &str)]| {
            allows(policy, Question { action: "s3:ListBucket", resource: Some("arn:b"), principal: None, context })
        };
        assert!(!ask(&policy("StringLike"), &[]));
        assert!(ask(&policy("StringLikeIfExists"), &[]));
        assert!(ask(&policy("StringLike"), &[("s3:prefix", "a/b")]));
        assert!(!ask(&policy("StringLikeIfExists"), &[("s3:prefix", "b/")]));
        assert!(!ask(&policy("NumericLessThan"), &[("s3:prefix", "a/b")]));
    }
}
