//! How much is told of one file.

use super::*;
use crate::clip::Language;
use crate::limits::FAULTS_MAX;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn faults_are_in_order_and_bounded() {
    let mut text = bye("a: play; prompt = \"x\"; next = \"bye\"");
    for n in 0..FAULTS_MAX + 20 {
        text += &format!("u{n}: play; prompt = \"x\"; next = \"bye\"\n");
    }
    let flows = flows(&[("main", &nodes(&text)), ("second", &nodes("a: play; prompt = \"x\""))]);
    let faults = check(&flows, &Known::default());
    assert_eq!(faults.iter().filter(|f| f.file == "main.toml").count(), FAULTS_MAX);
    assert_eq!(faults.iter().filter(|f| f.file == "second.toml").count(), 1, "each file has its share");
    assert!(faults.is_sorted());
}

#[test]
fn names_that_are_not_there_are_told_so_often_and_those_of_the_first_nodes() {
    let text: String = (0..2 * FAULTS_MAX)
        .map(|n| format!("n{n}: play; prompt = [\"@none/{n}\", \"@none/{n}b\"]; next = \"n{}\"\n", n + 1))
        .collect();
    let main = nodes(&bye(&text.replace(&format!("\"n{}\"", 2 * FAULTS_MAX), "\"bye\"")));
    let second = nodes(&bye("a: play; prompt = \"@none/x\"; next = \"bye\""));
    let known = Known {
        prompts: Some(BTreeMap::from([(Language::En, BTreeSet::from(["nine/x".to_owned()]))])),
        ..Known::default()
    };
    let faults = check(&flows(&[("main", &main), ("second", &second)]), &known);
    let of = |file: &str| faults.iter().filter(|f| f.file == file).collect::<Vec<_>>();
    assert_eq!((of("main.toml").len(), of("second.toml").len()), (FAULTS_MAX, 1));
    assert_eq!(of("second.toml")[0].hint.as_deref(), Some("did you mean \"nine/x\"?"));
    assert_eq!(of("main.toml")[1].what, "there is no prompt \"none/0b\"");
}
