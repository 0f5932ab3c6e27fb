//! A file as messages: one JSON value or Avro datum, or newline-delimited JSON, a message a line.

use serde::de::IgnoredAny;

/// One message of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileMessage<'f> {
    /// Where it starts, bytes from the start of the file: the offset of its origin.
    pub offset: usize,
    /// The message without its line end.
    pub payload: &'f [u8],
}

/// Splits a file. Blank lines are no messages; a faulty line does not hurt its neighbours; a file without a byte is one
/// empty message, which is a reject like any other.
pub fn messages(file: &[u8]) -> impl Iterator<Item = FileMessage<'_>> {
    let by_line = is_line_delimited(file);
    let mut rest = Some((0, file));
    std::iter::from_fn(move || {
        loop {
            let (offset, from) = rest.take()?;
            if !by_line {
                return Some(FileMessage { offset, payload: from });
            }
            let end = from.iter().position(|byte| *byte == b'\n');
            let (line, after) = from.split_at(end.map_or(from.len(), |end| end + 1));
            if !after.is_empty() {
                rest = Some((offset + line.len(), after));
            }
            let payload = line.trim_ascii_end();
            if !payload.trim_ascii_start().is_empty() {
                return Some(FileMessage { offset, payload });
            }
        }
    })
}

/// True where the first JSON value ends before the file does, or where no value can be read and the first two lines
/// both begin an object.
fn is_line_delimited(file: &[u8]) -> bool {
    if !file.trim_ascii_start().starts_with(b"{") {
        return false;
    }
    let mut values = serde_json::Deserializer::from_slice(file).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => {
            let end = values.byte_offset();
            let behind = file.get(end..).unwrap_or_default();
            // Something behind the value on its own line is a fault of one message, not a second message.
            let line_end = behind.iter().position(|byte| *byte == b'\n');
            line_end.is_some_and(|at| !behind.get(at..).unwrap_or_default().trim_ascii().is_empty())
                && file.get(..end).is_some_and(|first| !first.trim_ascii_start().contains(&b'\n'))
        }
        Some(Err(_)) | None => {
            let mut lines = file.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
            lines.next().is_some_and(|line| line.starts_with(b"{"))
                && lines.next().is_some_and(|line| line.starts_with(b"{"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(file: &str) -> Vec<(usize, &str)> {
        messages(file.as_bytes()).map(|m| (m.offset, std::str::from_utf8(m.payload).unwrap())).collect()
    }

    #[test]
    fn a_line_is_a_message_only_where_the_file_is_line_delimited() {
        assert_eq!(split("{\"a\":1}\r\n\n{\"a\":2}\n"), [(0, "{\"a\":1}"), (10, "{\"a\":2}")]);
        for whole in [
            "{\n\"a\":\n{\n}\n}\n",
            "[\n{},\n{}\n]",
            "",
            "{\"a\":1}\n",
            "\u{c3}\u{1}\n\n",
            "isr$drug_seq\n1$2\n",
            "{\"a\":1} x\n",
        ] {
            assert_eq!(split(whole), [(0, whole)], "{whole:?}");
        }
    }

    #[test]
    fn a_broken_line_leaves_its_neighbours_alone() {
        assert_eq!(split("{\"a\":\n{\"a\":2}\n").len(), 2);
        assert_eq!(
            split("{\"a\":1}\n{\"a\":\n{\"a\":3}").iter().map(|m| m.1).collect::<Vec<_>>(),
            ["{\"a\":1}", "{\"a\":", "{\"a\":3}"]
        );
    }
}
