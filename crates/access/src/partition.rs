//! The three separate AWSes: which one a role lives in, and the host names and regions that follow.

/// A partition: accounts, hosts and credentials of one mean nothing in another
/// (<https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Partition {
    /// The commercial regions.
    Aws,
    /// China.
    China,
    /// US government.
    UsGov,
}

impl Partition {
    /// The partition of an ARN, or `None` for one that we don't know.
    pub fn of_arn(arn: &str) -> Option<Self> {
        match arn.strip_prefix("arn:")?.split(':').next()? {
            "aws" => Some(Self::Aws),
            "aws-cn" => Some(Self::China),
            "aws-us-gov" => Some(Self::UsGov),
            _ => None,
        }
    }

    /// The partition that a region lies in.
    pub fn of_region(region: &str) -> Self {
        match region.split('-').next() {
            Some("cn") => Self::China,
            Some("us") if region.starts_with("us-gov-") => Self::UsGov,
            _ => Self::Aws,
        }
    }

    /// The word in its ARNs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::UsGov => "aws-us-gov",
        }
    }

    /// How its host names end.
    pub const fn dns_suffix(self) -> &'static str {
        match self {
            Self::Aws | Self::UsGov => "amazonaws.com",
            Self::China => "amazonaws.com.cn",
        }
    }

    /// The region to use when nothing is known: STS is there in every account.
    pub const fn first_region(self) -> &'static str {
        match self {
            Self::Aws => "us-east-1",
            Self::China => "cn-north-1",
            Self::UsGov => "us-gov-west-1",
        }
    }

    /// `region` if it lies here, else the first one: where to ask STS for a role of this partition.
    pub fn sts_region(self, region: Option<&str>) -> String {
        region.filter(|region| Self::of_region(region) == self).unwrap_or(self.first_region()).to_owned()
    }
}

/// Whether a text may stand in a host name as a region: it comes from addresses, settings and answers.
pub fn is_region(text: &str) -> bool {
    (4..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') && text.contains('-')
}

/// Whether a region's name is formed as AWS forms them: words and a number, `us-gov-west-1`.
pub fn is_aws_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let Some((number, words)) = parts.split_last() else { return false };
    let all = |part: &str, of: fn(&u8) -> bool| !part.is_empty() && part.bytes().all(|byte| of(&byte));
    is_region(text) && words.len() >= 2 && all(number, u8::is_ascii_digit) && words.iter().all(|word| all(word, u8::is_ascii_lowercase))
}

/// Whether a text is the number of an AWS account: twelve digits.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|digit| digit.is_ascii_digit())
}

/// Whether a bucket can have this name. Capitals, underscores and up to 255 characters are allowed because buckets from before 2018 may
/// have them (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>).
pub fn is_bucket(text: &str) -> bool {
    let ends = |end: Option<char>| end.is_some_and(|c| c.is_ascii_alphanumeric());
    (3..=255).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        && ends(text.chars().next())
        && ends(text.chars().last())
        && !text.contains("..")
        && text.parse::<std::net::Ipv4Addr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_decides_hosts_and_regions() {
        for (arn, suffix, sts) in [
            ("arn:aws:iam::1:role/r", "amazonaws.com", "eu-west-1"),
            ("arn:aws-cn:iam::1:role/r", "amazonaws.com.cn", "cn-north-1"),
            ("arn:aws-us-gov:iam::1:role/r", "amazonaws.com", "us-gov-west-1"),
        ] {
            let partition = Partition::of_arn(arn).unwrap();
            assert_eq!(partition.dns_suffix(), suffix);
            assert_eq!(partition.sts_region(Some("eu-west-1")), sts);
            assert!(arn.starts_with(&format!("arn:{}:", partition.name())));
        }
        assert_eq!(Partition::of_arn("arn:aws-iso:iam::1:role/r"), None);
        assert_eq!(Partition::of_arn("role/r"), None);
    }

    #[test]
    fn what_would_leave_the_host_name_is_no_region() {
        for good in ["us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1"] {
            assert!(is_region(good), "{good}");
        }
        for bad in ["", "x", "evil.example/", "us-east-1.evil.example", "US-EAST-1", "us east 1", "auto#"] {
            assert!(!is_region(bad), "{bad}");
        }
    }

    #[test]
    fn names_that_nothing_in_aws_can_have_are_told() {
        for (known, none) in [("us-gov-west-1", "us-east"), ("ap-southeast-2", "eu-west-1a"), ("mx-central-1", "Europe (Ireland)")] {
            assert!(is_aws_region(known) && !is_aws_region(none), "{known} {none}");
        }
        assert!(is_account("012345678901") && !is_account("12345678901") && !is_account("1234-5678-90"));
        for (bucket, none) in
            [("acme-raw", "a"), ("acme.raw", "acme..raw"), ("Old_Bucket", "acme raw"), ("b12", "-b12"), ("1.2.3", "1.2.3.4")]
        {
            assert!(is_bucket(bucket) && !is_bucket(none), "{bucket} {none}");
        }
    }
}
