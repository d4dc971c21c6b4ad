//! The stand-in cloud: STS and S3 in one process that really judge.
