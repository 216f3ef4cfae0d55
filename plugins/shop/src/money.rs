//! Amounts in a currency's smallest unit, and how people read them.
use inlay::*;

#[derive(Deserialize, Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// In the currency's smallest unit.
    pub amount: u64,
    /// ISO 4217.
    pub currency: String,
}

impl Money {
    /// "€1,299.00", "¥500", "CHF 10.00".
    pub fn label(&self) -> String {
        let (sign, decimals) = match self.currency.as_str() {
            "EUR" => ("€", 2),
            "USD" => ("$", 2),
            "GBP" => ("£", 2),
            "JPY" => ("¥", 0),
            "KRW" => ("₩", 0),
            _ => ("", 2),
        };
        let unit = 10_u64.pow(decimals);
        let mut label = if sign.is_empty() { format!("{} ", self.currency) } else { sign.to_owned() };
        label.push_str(&grouped(self.amount / unit));
        if decimals > 0 {
            label.push_str(&format!(".{:02}", self.amount % unit));
        }
        label
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_read_like_prices() {
        let label = |amount, currency: &str| Money { amount, currency: currency.to_owned() }.label();
        assert_eq!(label(59900, "EUR"), "€599.00");
        assert_eq!(label(5, "USD"), "$0.05");
        assert_eq!(label(123_456_789, "GBP"), "£1,234,567.89");
        assert_eq!(label(1500, "JPY"), "¥1,500");
        assert_eq!(label(1000, "CHF"), "CHF 10.00");
    }
}
