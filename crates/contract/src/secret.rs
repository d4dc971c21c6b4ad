//! A value that can't print itself: no `Serialize`, `Debug` shows a fixed word, memory is wiped on drop.

use std::fmt;
use zeroize::Zeroize;

/// Holds a credential, token, connection string or signed URL.
///
/// It is read only through [`Secret::expose`], so that a search for that word lists every place that does.
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself; never to be logged, stored or put in an error.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Zeroize + Clone> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(withheld)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_a_fixed_word() {
        let secret = Secret::new("planted-token".to_owned());
        assert_eq!(format!("{secret:?}"), "Secret(withheld)");
        assert_eq!(secret.expose(), "planted-token");
    }
}
