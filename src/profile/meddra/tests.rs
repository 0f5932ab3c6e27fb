//! Made-up dictionaries: a handful of invented codes, and each fault by name.

use super::*;

/// A made-up release; codes and rows are invented.
pub fn files() -> Vec<(String, Vec<u8>)> {
    let table = |name: &str, rows: &[&str]| (name.to_owned(), format!("{}\r\n", rows.join("\r\n")).into_bytes());
    vec![
        table(
            "PT.asc",
            &["90000001$Epistaxis$$90000900$", "90000002$Made-up bleed$$90000900$", "90000003$Made-up risk$$90000900$"],
        ),
        table(
            "llt.asc",
            &[
                "90000001$Epistaxis$90000001$$$$$$$Y$$",
                "90000011$Nose running red$90000001$$$$$$$Y$$",
                "90000012$Invented bleed$90000002$$$$$$$N$$",
            ],
        ),
        table("soc.asc", &["90000900$Made-up organ class$Made$"]),
        table("hlt.asc", &["90000700$Made-up high level$"]),
        table("hlgt.asc", &["90000800$Made-up high group$"]),
        table(
            "mdhier.asc",
            &[
                "90000001$90000700$90000800$90000900$Epistaxis$x$x$x$Made$$90000900$Y$",
                "90000002$90000700$90000800$90000900$Made-up bleed$x$x$x$Made$$90000900$Y$",
                "90000003$90000700$90000800$90000900$Made-up risk$x$x$x$Made$$90000900$Y$",
            ],
        ),
        table(
            "SMQ_List.asc",
            &[
                "20000038$Haemorrhages (SMQ)$1$d$s$n$99.1$A$N$",
                "20000039$Haemorrhage terms (excl laboratory terms) (SMQ)$2$d$s$n$99.1$A$N$",
                "20000040$Haemorrhage laboratory terms (SMQ)$2$d$s$n$99.1$A$N$",
            ],
        ),
        table(
            "SMQ_Content.asc",
            &[
                "20000038$20000039$0$0$S$0$A$1.0$1.0$",
                "20000038$20000040$0$0$S$0$A$1.0$1.0$",
                "20000039$90000002$4$2$A$0$A$1.0$1.0$",
                "20000039$90000012$5$1$A$0$A$1.0$1.0$",
                "20000040$90000003$4$2$A$0$A$1.0$1.0$",
            ],
        ),
    ]
}

fn change(file: &str, from: &str, to: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = files();
    let (_, bytes) = files.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(file)).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains(from), "{from}");
    *bytes = text.replace(from, to).into_bytes();
    files
}

fn faults(files: &[(String, Vec<u8>)]) -> Vec<String> {
    Dictionary::parse(files).map(|_| ()).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn a_release_is_read_whole() {
    let dictionary = Dictionary::parse(&files()).unwrap_or_else(|faults| panic!("{faults:?}"));
    assert_eq!(dictionary.sizes(), (3, 3, 3));
    assert!(dictionary.version().starts_with("99.1+"), "{}", dictionary.version());
    assert_eq!(dictionary.lowest()[1].preferred, 90_000_001);
    assert_eq!(dictionary.preferred(90_000_002).map(|term| term.name.as_str()), Some("Made-up bleed"));
    assert_eq!(dictionary.organ_class(90_000_001), Some("Made-up organ class"));
    let concept = ["Haemorrhages".to_owned()];
    let risk = ["haemorrhage laboratory terms".to_owned()];
    assert_eq!(
        dictionary.query(&concept, &risk),
        Some(vec![(90_000_002, SmqScope::Narrow), (90_000_012, SmqScope::Broad)])
    );
    assert_eq!(dictionary.query(&risk, &[]), Some(vec![(90_000_003, SmqScope::Narrow)]));
    assert_eq!(dictionary.query(&["No such query".to_owned()], &[]), None);
}

#[test]
fn the_version_is_of_the_content() {
    let one = Dictionary::parse(&files()).unwrap();
    let other = Dictionary::parse(&change("llt.asc", "Nose running red", "Nose running rot")).unwrap();
    assert_ne!(one.version(), other.version());
    let mut named = files();
    named.push(("meddra_release.asc".to_owned(), b"98.0$English$$$$".to_vec()));
    assert!(Dictionary::parse(&named).unwrap().version().starts_with("98.0+"));
}

#[test]
fn latin_1_and_a_byte_order_mark_are_read() {
    let mut with_mark = change("llt.asc", "Nose running red", "Rote Nase");
    let (_, bytes) = with_mark.iter_mut().find(|(name, _)| name == "llt.asc").unwrap();
    *bytes = [&b"\xef\xbb\xbf"[..], &bytes[..]].concat();
    let at = bytes.windows(4).position(|w| w == b"Rote").unwrap();
    bytes[at] = 0xe4;
    assert_eq!(Dictionary::parse(&with_mark).unwrap().lowest()[1].name, "äote Nase");
}

#[test]
fn every_fault_is_named_and_all_at_once() {
    assert_eq!(faults(&[]), ["pt.asc: is missing", "llt.asc: is missing"]);
    assert_eq!(
        faults(&change("llt.asc", "90000011$", "9000001$")),
        ["llt.asc line 2: field 1 is no code of eight digits"]
    );
    assert_eq!(
        faults(&change("llt.asc", "90000011$Nose running red$90000001", "90000001$$90000009")),
        ["llt.asc line 2: field 2 is empty"]
    );
    assert_eq!(
        faults(&change("llt.asc", "90000011$Nose running red$90000001", "90000001$x$90000009")),
        ["llt.asc line 2: code 90000001 is there already", "llt.asc line 2: preferred term 90000009 is not in pt.asc"]
    );
    assert_eq!(
        faults(&change("mdhier.asc", "90000003$90000700$90000800", "90000002$90000701$90000801")),
        [
            "mdhier.asc line 3: 90000701 is not in hlt.asc",
            "mdhier.asc line 3: 90000801 is not in hlgt.asc",
            "mdhier.asc: 1 preferred terms of pt.asc are not in it"
        ]
    );
    assert_eq!(
        faults(&change(
            "SMQ_List.asc",
            "20000040$Haemorrhage laboratory terms (SMQ)$2$d$s$n$99.1",
            "20000040$H$2$d$s$n$99.0"
        )),
        ["smq_list.asc line 3: version 99.0, and 99.1 in the rows before: releases are mixed"]
    );
    assert_eq!(
        faults(&change("SMQ_Content.asc", "20000039$90000002$4$2", "20000039$90000009$4$2")),
        ["smq_content.asc line 3: term 90000009 is in no table"]
    );
    assert_eq!(
        faults(&change("SMQ_Content.asc", "20000039$90000002$4$2", "20000039$90000002$4$3")),
        ["smq_content.asc line 3: scope \"3\" is none of 0, 1, 2"]
    );
    let without: Vec<_> = files().into_iter().filter(|(name, _)| name != "SMQ_Content.asc").collect();
    assert_eq!(faults(&without), ["smq_content.asc: is missing, and smq_list.asc is there"]);
    let mut empty = files();
    empty[0].1.clear();
    assert!(faults(&empty).contains(&"pt.asc: is empty".to_owned()));
    let many: String = (0..FAULTS_MAX + 5).map(|_| "x\n".to_owned()).collect();
    let mut broken = files();
    broken[0].1 = many.into_bytes();
    assert_eq!(faults(&broken).len(), FAULTS_MAX + 1);
}
