//! The key, taken out of what stands on a command line or in a list before that is printed or kept.

/// What to look for.
#[derive(Clone)]
pub(crate) struct Mask(String);

impl Mask {
    pub(crate) fn new(key: &str) -> Self {
        Self(key.to_owned())
    }

    /// `text` without the key. A key of a few characters occurs in a longer text by chance, so it is not looked for there.
    pub(crate) fn over(&self, text: &str) -> String {
        let Self(key) = self;
        if text == key || key.len() >= 12 { text.replace(key, "[api key]") } else { text.to_owned() }
    }

    pub(crate) fn over_all(&self, texts: &[String]) -> Vec<String> {
        texts.iter().map(|text| self.over(text)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_taken_out_unless_it_may_be_there_by_chance() {
        let mask = Mask::new("0123456789ab");
        assert_eq!(mask.over("https://x.test/?k=0123456789ab&l"), "https://x.test/?k=[api key]&l");
        assert_eq!(mask.over("0123456789a"), "0123456789a");
        let short = Mask::new("sandbox");
        assert_eq!(
            (&*short.over("sandbox"), &*short.over("https://sandbox.test/")),
            ("[api key]", "https://sandbox.test/")
        );
    }
}
