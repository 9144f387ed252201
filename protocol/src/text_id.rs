//! How ids look as text: slugs that people choose, and random ids in Crockford's base 32
//! (<https://www.crockford.com/base32.html>, lower case, no check symbol).
//!
//! Not here: what each id means (`ids.rs`).

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Slugs are what people type into the directory file.
    #[error(
        "{0:?} is not an id: use 1 to 64 of a-z, 0-9, '-', '_' and '.', \
         starting with a letter or digit"
    )]
    Slug(String),
    /// Random ids have one length and one alphabet.
    #[error("{0:?} is not an id: expected {1} characters of 0-9 and a-z without i, l, o and u")]
    Random(String, usize),
    /// A target names its kind before the slash.
    #[error("{0:?} is not a target: write department/ID, coop/ID or operator/ID")]
    Target(String),
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// The digit of each symbol; 32 for what is none.
const DIGITS: [u8; 256] = {
    let mut digits = [32; 256];
    let mut digit = 0;
    while digit < 32 {
        digits[ALPHABET[digit as usize] as usize] = digit;
        digit += 1;
    }
    digits
};

pub(crate) fn check_slug(text: &str) -> Result<(), IdError> {
    let bytes = text.as_bytes();
    let known = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(b);
    let starts_well = bytes.first().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if starts_well && bytes.len() <= 64 && bytes.iter().all(known) {
        Ok(())
    } else {
        Err(IdError::Slug(text.chars().take(80).collect()))
    }
}

/// Writes the low `5 * N` bits of `value`, most significant first.
pub(crate) fn encode<const N: usize>(value: u128) -> [u8; N] {
    let mut text = [0; N];
    for (place, symbol) in text.iter_mut().rev().enumerate() {
        *symbol = ALPHABET[((value >> (5 * place)) & 31) as usize];
    }
    text
}

/// Reads what [`encode`] wrote. `N` symbols hold a few bits more than an id has: the first symbol
/// must leave those unset.
pub(crate) fn decode<const N: usize>(text: &str, bits: usize) -> Result<u128, IdError> {
    let refused = || IdError::Random(text.chars().take(80).collect(), N);
    let spare_bits = 5 * N - bits;
    if text.len() != N {
        return Err(refused());
    }
    let mut value = 0_u128;
    for (place, symbol) in text.bytes().enumerate() {
        let digit = DIGITS[usize::from(symbol)];
        if digit == 32 || (place == 0 && digit >> (5 - spare_bits) > 0) {
            return Err(refused());
        }
        value = (value << 5) | u128::from(digit);
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_ids_read_back_as_written_at_both_ends_of_their_range() {
        for value in [0, 1, u128::from(u64::MAX)] {
            let text = encode::<13>(value);
            assert_eq!(decode::<13>(std::str::from_utf8(&text).unwrap(), 64), Ok(value));
        }
        for value in [0, 1, u128::MAX] {
            let text = encode::<26>(value);
            assert_eq!(decode::<26>(std::str::from_utf8(&text).unwrap(), 128), Ok(value));
        }
    }

    #[test]
    fn a_text_with_more_bits_than_the_id_has_is_refused() {
        assert!(decode::<13>("zzzzzzzzzzzzz", 64).is_err());
        assert!(decode::<26>("zzzzzzzzzzzzzzzzzzzzzzzzzz", 128).is_err());
        assert!(decode::<13>("0000000000000i", 64).is_err());
    }

    #[test]
    fn slugs_are_short_lower_case_and_start_with_a_letter_or_digit() {
        assert!(check_slug("birch-main.ref_1").is_ok());
        for bad in ["", "-a", "Birch", "a b", "ä", &"a".repeat(65)] {
            assert!(check_slug(bad).is_err(), "{bad:?}");
        }
    }
}
