//! `vigil classify`: single terms, codes and texts, a line of JSON each, judged in their order.

use crate::classify::SingleJudge;
use anyhow::Context as _;
use std::io::{BufRead, Write};

/// Longest line, bytes; a longer one is answered with an error and passed over.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// How many lines were answered, and how many of the answers are errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// Lines.
    pub lines: u64,
    /// Lines longer than [`LINE_BYTES_MAX`].
    pub too_long: u64,
}

/// Answers every line of `input` on `output`, one line each, in order. Empty lines are passed over.
///
/// # Errors
/// When input or output fails; never for a bad line.
pub fn classify(
    judge: &mut SingleJudge<'_>,
    input: &mut impl BufRead,
    output: &mut impl Write,
) -> anyhow::Result<Answered> {
    let (mut line, mut answer) = (Vec::new(), Vec::new());
    let mut answered = Answered::default();
    loop {
        line.clear();
        let more = read_line(input, &mut line).context("cannot read the input")?;
        if !more {
            output.flush().context("cannot write the output")?;
            return Ok(answered);
        }
        answer.clear();
        if line.len() > LINE_BYTES_MAX {
            answered.too_long += 1;
            answer.extend_from_slice(br#"{"error":"the line is too long"}"#);
        } else if line.trim_ascii().is_empty() {
            continue;
        } else {
            judge.answer(&line, &mut answer);
        }
        answered.lines += 1;
        answer.push(b'\n');
        output.write_all(&answer).context("cannot write the output")?;
        // Somebody who asks line by line gets each answer before the next question.
        if input.fill_buf().is_ok_and(<[u8]>::is_empty) {
            output.flush().context("cannot write the output")?;
        }
    }
}

/// Reads one line without its end; of a line that is too long one byte too many is kept. False at the end.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    let mut any = false;
    loop {
        let available = input.fill_buf()?;
        if available.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = available.iter().position(|byte| *byte == b'\n');
        let part = available.get(..end.unwrap_or(available.len())).unwrap_or_default();
        let room = (LINE_BYTES_MAX + 1).saturating_sub(line.len());
        line.extend_from_slice(part.get(..room.min(part.len())).unwrap_or_default());
        let consumed = end.map_or(available.len(), |end| end + 1);
        input.consume(consumed);
        if end.is_some() {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    fn answers(input: &[u8]) -> (Answered, Vec<String>) {
        let mut judge = SingleJudge::new(Profile::builtin(), "2024-06-01".parse().ok()).unwrap();
        let mut output = Vec::new();
        // A small buffer, so that lines are put together from parts.
        let mut reader = std::io::BufReader::with_capacity(16, input);
        let answered = classify(&mut judge, &mut reader, &mut output).unwrap();
        (answered, String::from_utf8(output).unwrap().lines().map(str::to_owned).collect())
    }

    #[test]
    fn order_is_kept_and_a_bad_line_stops_nothing() {
        let (answered, lines) =
            answers(b"{\"id\":1,\"term\":\"Nausea\"}\n{\"id\":2,\n\n{\"id\":3,\"term\":\"VOD\"}\r\n{\"id\":4,\"text\":\"no VOD\"}");
        assert_eq!(answered, Answered { lines: 4, too_long: 0 });
        assert!(lines[0].starts_with(r#"{"id":1,"concepts":[{"concept":"nausea""#), "{}", lines[0]);
        assert_eq!(lines[1], r#"{"error":"not a JSON object"}"#);
        assert!(lines[2].starts_with(r#"{"id":3,"concepts":[{"concept":"vod_sos""#), "{}", lines[2]);
        assert!(lines[3].contains("negated"), "{}", lines[3]);
    }

    #[test]
    fn a_line_that_is_too_long_is_answered_and_passed_over() {
        let mut input = vec![b'x'; LINE_BYTES_MAX + 5];
        input.extend_from_slice(b"\n{\"id\":1,\"term\":\"Nausea\"}\n");
        let (answered, lines) = answers(&input);
        assert_eq!(answered, Answered { lines: 2, too_long: 1 });
        assert_eq!(lines[0], r#"{"error":"the line is too long"}"#);
        assert!(lines[1].contains("nausea"));
    }
}
