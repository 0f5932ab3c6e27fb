//! Narrative text made plain for the automaton: one case, one spelling, one space between words, punctuation that
//! matters as words of its own, and a way back to the bytes of the original.

use crate::profile::Lexicon;
use rustc_hash::FxHashSet;

/// A full line at least this long was broken by its writer's software, not by its writer, characters.
const WRAPPED_LINE_CHARS: usize = 60;

/// Longest word that may be read over, bytes: longer ones are not looked up.
const SKIPPED_BYTES_MAX: usize = 6;

/// Words that making plain treats in their own way.
#[derive(Debug, Default)]
pub(super) struct SmallWords {
    /// A full stop behind these ends no sentence.
    dotted: FxHashSet<Vec<u8>>,
    /// These are read over.
    skipped: FxHashSet<Vec<u8>>,
}

impl SmallWords {
    pub fn new(lexicon: &Lexicon) -> Self {
        let set = |words: &[String]| words.iter().map(|word| word.to_lowercase().into_bytes()).collect();
        Self { dotted: set(&lexicon.dotted), skipped: set(&lexicon.skipped) }
    }
}

/// A sentence's end.
pub(super) const SENTENCE: u8 = b'.';
/// A line's end that is meant.
pub(super) const LINE: u8 = b'|';
/// A blank line.
pub(super) const PARAGRAPH: u8 = b'\n';

/// Plain text with the original place of each word. Buffers are kept from one text to the next.
#[derive(Debug, Default)]
pub(super) struct Plain {
    /// ` word word , word . `: begins and ends with a space.
    pub bytes: Vec<u8>,
    /// First byte of each word or mark in the original, and the byte behind it.
    words: Vec<[u32; 2]>,
    /// Where the word being written begins, in `bytes` and in the original.
    word_start: usize,
    word_place: usize,
    in_word: bool,
    /// Had the word full stops between single letters (G.I.)?
    dotted: bool,
    line_start: usize,
}

impl Plain {
    /// Makes `text` plain.
    pub fn write(&mut self, text: &str, small: &SmallWords) {
        self.bytes.clear();
        self.words.clear();
        self.bytes.reserve(text.len() + text.len() / 4 + 2);
        (self.in_word, self.dotted, self.line_start) = (false, false, 0);
        self.bytes.push(b' ');
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at).copied() {
            let next = bytes.get(at + 1).copied().unwrap_or(b' ');
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => {
                    self.letter(byte.to_ascii_lowercase(), at);
                    at += 1;
                    // Most bytes are letters behind a letter that no spelling changes.
                    while let Some(byte) = bytes.get(at).filter(|byte| byte.is_ascii_alphanumeric()) {
                        match byte.to_ascii_lowercase() {
                            changing @ (b'e' | b'c' | b'r') => self.letter(changing, at),
                            plain => self.bytes.push(plain),
                        }
                        at += 1;
                    }
                    continue;
                }
                b' ' | b'\t' | b'-' => self.end_word(at, small),
                b'.' => self.full_stop(bytes, at, next, small),
                b',' if self.in_word && next.is_ascii_digit() && self.last().is_ascii_digit() => {}
                b':' if self.in_word && next.is_ascii_digit() && self.last().is_ascii_digit() => {}
                b',' | b'(' | b')' | b':' | b'/' => self.mark(byte, at, small),
                b'[' | b'{' => self.mark(b'(', at, small),
                b']' | b'}' => self.mark(b')', at, small),
                b';' | b'!' => self.mark(SENTENCE, at, small),
                b'\'' | b'`' if self.in_word && next.is_ascii_alphabetic() => {}
                // Lost apostrophes arrive as question marks: "it?s".
                b'?' if self.in_word && next.is_ascii_lowercase() => {}
                b'?' => {
                    self.mark(b'?', at, small);
                    if bytes.get(at + 1).is_some_and(u8::is_ascii_whitespace) {
                        self.mark(SENTENCE, at, small);
                    }
                }
                b'&' => {
                    self.end_word(at, small);
                    for letter in *b"and" {
                        self.letter(letter, at);
                    }
                    self.end_word(at + 1, small);
                }
                b'\n' => at = self.new_line(bytes, at, small),
                b'*' if !self.in_word && next == b' ' => self.mark(LINE, at, small),
                0..=127 => self.end_word(at, small),
                _ => {
                    let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
                    self.character(character, at, small);
                    at += character.len_utf8();
                    continue;
                }
            }
            at += 1;
        }
        self.end_word(text.len(), small);
    }

    /// Place in the original of the words from number `first` up to number `end`.
    pub fn span(&self, first: u32, end: u32) -> (u32, u32) {
        let word = |number: u32| self.words.get(number as usize).copied().unwrap_or_default();
        let ([start, _], [_, end]) = (word(first), word(end.saturating_sub(1)));
        (start, end)
    }

    fn last(&self) -> u8 {
        self.bytes.last().copied().unwrap_or(b' ')
    }

    fn word(&self) -> &[u8] {
        self.bytes.get(self.word_start..).unwrap_or_default()
    }

    #[inline]
    fn letter(&mut self, letter: u8, at: usize) {
        if !self.in_word {
            self.in_word = true;
            self.dotted = false;
            (self.word_start, self.word_place) = (self.bytes.len(), at);
        } else {
            match letter {
                // haemorrhage, oesophageal
                b'e' if matches!(self.last(), b'a' | b'o') => {
                    if let Some(last) = self.bytes.last_mut() {
                        *last = b'e';
                    }
                    return;
                }
                b'c' if self.word().ends_with(b"leu") => return self.bytes.push(b'k'),
                b'r' if self.word().ends_with(b"umou") => {
                    self.bytes.pop();
                }
                _ => {}
            }
        }
        self.bytes.push(letter);
    }

    fn end_word(&mut self, at: usize, small: &SmallWords) {
        if !self.in_word {
            return;
        }
        self.in_word = false;
        let word = self.word();
        if word.len() <= SKIPPED_BYTES_MAX && small.skipped.contains(word) {
            self.bytes.truncate(self.word_start);
        } else {
            self.bytes.push(b' ');
            self.words.push([place(self.word_place), place(at)]);
        }
    }

    fn mark(&mut self, mark: u8, at: usize, small: &SmallWords) {
        self.end_word(at, small);
        self.bytes.extend_from_slice(&[mark, b' ']);
        self.words.push([place(at), place(at + 1)]);
    }

    fn full_stop(&mut self, bytes: &[u8], at: usize, next: u8, small: &SmallWords) {
        let word = if self.in_word { self.word().len() } else { 0 };
        if word > 0 && next.is_ascii_digit() && self.last().is_ascii_digit() {
            return self.bytes.push(b'.');
        }
        let next_but_one = bytes.get(at + 2).copied().unwrap_or(b' ');
        if next.is_ascii_alphanumeric() {
            // "G.I.", "e.g.": one letter, a full stop, one letter.
            let letters = word == 1 || self.dotted;
            if letters && next.is_ascii_alphabetic() && !next_but_one.is_ascii_alphanumeric() {
                self.dotted = true;
                return;
            }
            return self.mark(SENTENCE, at, small);
        }
        if word == 1 && !self.last().is_ascii_digit()
            || self.in_word && (self.dotted || small.dotted.contains(self.word()))
        {
            return self.end_word(at, small);
        }
        self.mark(SENTENCE, at, small);
    }

    /// A line's end: a blank line ends a paragraph, a short line or a list's item a line; a long one was only wrapped.
    /// Returns the last byte that it took.
    fn new_line(&mut self, bytes: &[u8], at: usize, small: &SmallWords) -> usize {
        let chars = at.saturating_sub(self.line_start);
        let rest = bytes.get(at + 1..).unwrap_or_default();
        let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let skipped = rest.get(..blank).unwrap_or_default();
        let item = matches!(rest.get(blank), Some(b'*' | b'-' | b'#'));
        if skipped.contains(&b'\n') {
            self.mark(PARAGRAPH, at, small);
        } else if item || chars < WRAPPED_LINE_CHARS {
            self.mark(LINE, at, small);
        } else {
            self.end_word(at, small);
        }
        self.line_start = at + 1 + blank;
        at + blank
    }

    #[cold]
    fn character(&mut self, character: char, at: usize, small: &SmallWords) {
        match character {
            '’' | '‘' | 'ʼ' if self.in_word => {}
            '–' | '—' => self.mark(b',', at, small),
            '•' | '·' | '▪' => self.mark(LINE, at, small),
            _ if character.is_alphanumeric() => {
                let mut buffer = [0u8; 4];
                for lower in character.to_lowercase() {
                    let plain: &[u8] = match lower {
                        'á' | 'à' | 'â' | 'ã' | 'å' => b"a",
                        'ä' | 'æ' => b"ae",
                        'ö' | 'ø' | 'œ' => b"oe",
                        'ü' => b"ue",
                        'ß' => b"ss",
                        'é' | 'è' | 'ê' | 'ë' => b"e",
                        'í' | 'ì' | 'î' | 'ï' => b"i",
                        'ó' | 'ò' | 'ô' | 'õ' => b"o",
                        'ú' | 'ù' | 'û' => b"u",
                        'ç' => b"c",
                        'ñ' => b"n",
                        other => other.encode_utf8(&mut buffer).as_bytes(),
                    };
                    for byte in plain {
                        self.letter(*byte, at);
                    }
                }
            }
            _ => self.end_word(at, small),
        }
    }
}

/// Offsets are those of messages, which are bounded far below 4 GiB.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn plain(text: &str) -> String {
        let mut plain = Plain::default();
        let words = |words: &[&str]| words.iter().map(|word| word.as_bytes().to_vec()).collect();
        plain.write(text, &SmallWords { dotted: words(&["dr", "vs"]), skipped: words(&["the", "a", "his"]) });
        assert_eq!(plain.bytes.iter().filter(|byte| **byte == b' ').count(), plain.words.len() + 1);
        String::from_utf8(plain.bytes).unwrap()
    }

    #[rstest]
    #[case("Haemorrhage, no Oesophageal varices.", " hemorrhage , no esophageal varices . ")]
    #[case("veno-occlusive disease", " veno occlusive disease ")]
    #[case("Seen by Dr. Jones. Hb 7.5 g/dL", " seen by dr jones . hb 7.5 g / dl ")]
    #[case("G.I. bleed", " gi bleed ")]
    #[case("e.g. VOD", " eg vod ")]
    #[case("bleeding.No fever", " bleeding . no fever ")]
    #[case("10,000 at 11:30", " 10000 at 1130 ")]
    #[case("patient's wasn’t it?s", " patients wasnt its ")]
    #[case("?VOD", " ? vod ")]
    #[case("VOD? Unlikely", " vod ? . unlikely ")]
    #[case("F&N", " f and n ")]
    #[case("PMH:\n- VOD\n\nNow", " pmh : | vod \n now ")]
    #[case("neutropénie fébrile, Blutung größer", " neutropenie febrile , blutung gresser ")]
    #[case("ВОБ", " воб ")]
    #[case("tumour leucopenia", " tumor leukopenia ")]
    #[case("The blood in his urine", " blood in urine ")]
    #[case("the", " ")]
    #[case("", " ")]
    fn text_becomes_plain(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(plain(text), expected);
    }

    #[test]
    fn a_wrapped_line_is_no_end() {
        let text = format!("{} severe\nbleeding", "x".repeat(60));
        assert!(plain(&text).ends_with(" severe bleeding "));
    }

    #[test]
    fn each_word_knows_its_place() {
        let text = "An Oesophageal  Haemorrhage, petechiae’s";
        let mut plain = Plain::default();
        plain.write(text, &SmallWords::default());
        let cut = |first, end| {
            let (start, end) = plain.span(first, end);
            &text[start as usize..end as usize]
        };
        assert_eq!(cut(1, 2), "Oesophageal");
        assert_eq!(cut(1, 3), "Oesophageal  Haemorrhage");
        assert_eq!(cut(3, 4), ",");
        assert_eq!(cut(4, 5), "petechiae’s");
    }
}
