//! placeholder
/// placeholder
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PhoneNumber(());
/// placeholder
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PhoneShape {
    /// x
    E164,
}
