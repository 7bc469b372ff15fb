//! For `Debug` of types that hold what must not print.

use core::fmt;

/// Writes a type's name, some fields by value, and of the others only the names of those that are set.
///
/// ```
/// use nzimbu_core::redact::fields;
/// struct Visit { count: u32, guest: Option<String> }
/// impl std::fmt::Debug for Visit {
///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
///         fields(f, "Visit", &[("count", &self.count)], &[("guest", self.guest.is_some())])
///     }
/// }
/// let visit = Visit { count: 2, guest: Some("Awa".into()) };
/// assert_eq!(format!("{visit:?}"), "Visit { count: 2, guest: .. }");
/// ```
///
/// # Errors
/// As the formatter's.
pub fn fields(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    shown: &[(&str, &dyn fmt::Debug)],
    held: &[(&str, bool)],
) -> fmt::Result {
    let mut text = f.debug_struct(name);
    for (field, value) in shown {
        text.field(field, value);
    }
    for (field, _) in held.iter().filter(|(_, set)| *set) {
        text.field(field, &format_args!(".."));
    }
    text.finish()
}
