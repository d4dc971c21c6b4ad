//! What makes a target a program.

/// A program of one target: libFuzzer's where cargo-fuzz builds it, else one that drives itself from the seeds that are named, as
/// paths from the repository's root.
#[macro_export]
macro_rules! program {
    ($target:ident, $seeds:expr) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|bytes: &[u8]| $crate::$target(bytes));

        #[cfg(not(fuzzing))]
        fn main() -> $crate::drive::Ended {
            $crate::drive::run(stringify!($target), $crate::$target, &$seeds)
        }
    };
}
