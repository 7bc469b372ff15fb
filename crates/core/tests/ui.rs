//! What must not compile, and what must at least warn. The texts of the compiler beside the programs are those of
//! the stable release; when a new one words them otherwise, `TRYBUILD=overwrite cargo test -p nzimbu-core --test ui`
//! writes them anew, and a person checks that the reason is still the same.

#[test]
fn what_must_not_compile_does_not() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
