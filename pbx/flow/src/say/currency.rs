//! The currencies whose amounts can be spoken.

/// A currency with a hundredth part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Currency {
    /// Chinese yuan: 元, 角 (tenth) and 分 (hundredth).
    Cny,
    /// United States dollar and cent.
    Usd,
    /// Euro and cent.
    Eur,
    /// Pound sterling and penny.
    Gbp,
}

impl Currency {
    /// All currencies.
    pub const ALL: [Currency; 4] = [Currency::Cny, Currency::Usd, Currency::Eur, Currency::Gbp];

    /// The currency of an ISO 4217 code, in letters of either case.
    pub fn parse(code: &str) -> Option<Currency> {
        Currency::ALL.into_iter().find(|currency| currency.code().eq_ignore_ascii_case(code))
    }

    /// The ISO 4217 code.
    pub fn code(self) -> &'static str {
        match self {
            Currency::Cny => "CNY",
            Currency::Usd => "USD",
            Currency::Eur => "EUR",
            Currency::Gbp => "GBP",
        }
    }

    /// The code as it stands in the names of clips.
    pub(super) fn family(self) -> &'static str {
        match self {
            Currency::Cny => "currency/cny",
            Currency::Usd => "currency/usd",
            Currency::Eur => "currency/eur",
            Currency::Gbp => "currency/gbp",
        }
    }
}
