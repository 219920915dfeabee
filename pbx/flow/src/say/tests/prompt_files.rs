use super::{TEXTS, folder};
use crate::clip::Language;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Samples of a second.
const RATE: usize = 8000;

/// The file of every clip in every language that has it, below the folder of prompts.
fn files() -> impl Iterator<Item = String> {
    TEXTS
        .iter()
        .flat_map(|(name, texts)| texts.keys().map(move |language| format!("{}/{name}.wav", language.word())))
}

fn samples(file: &str) -> Vec<f64> {
    let mut reader =
        hound::WavReader::open(folder().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let wanted = hound::WavSpec {
        channels: 1,
        sample_rate: RATE as u32,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    assert_eq!(reader.spec(), wanted, "{file}");
    reader.samples::<i16>().map(|sample| f64::from(sample.unwrap()) / 32768.0).collect()
}

fn peak(samples: &[f64]) -> f64 {
    samples.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

/// Level in dB below full scale of what one hears as loud: of the parts of 20 ms that are no more than 20 dB
/// below the loudest.
fn loudness(samples: &[f64]) -> f64 {
    let power = |part: &[f64]| part.iter().map(|sample| sample * sample).sum::<f64>() / part.len() as f64;
    let parts: Vec<f64> = samples.chunks_exact(RATE / 50).map(power).collect();
    let loudest = parts.iter().copied().fold(0.0, f64::max);
    let spoken: Vec<f64> = parts.into_iter().filter(|part| *part > loudest * 0.01).collect();
    10.0 * (spoken.iter().sum::<f64>() / spoken.len() as f64).log10()
}

#[test]
fn every_clip_has_its_sound_and_all_are_equally_loud() {
    for file in files() {
        let samples = samples(&file);
        let seconds = samples.len() as f64 / RATE as f64;
        assert!((0.1..=15.0).contains(&seconds), "{file} takes {seconds} s");
        assert!(peak(&samples) < 10_f64.powf(-3.0 / 20.0), "{file} has a peak above -3 dBFS");
        let loudness = loudness(&samples);
        assert!((-21.0..=-19.0).contains(&loudness), "{file} has {loudness:.1} dBFS");
        let edge = RATE / 20;
        let (first, last) = (&samples[..edge], &samples[samples.len() - edge..]);
        assert!(peak(first) > 0.003 && peak(last) > 0.003, "{file} has more than 50 ms of silence at an end");
        assert!(
            peak(&first[..8]) < 0.03 && peak(&last[edge - 8..]) < 0.03,
            "{file} begins or ends with a click"
        );
    }
}

#[test]
fn no_file_is_without_a_line_in_the_manifest() {
    let listed: BTreeSet<String> = files().collect();
    let mut there = BTreeSet::new();
    for language in Language::ALL {
        walk(&folder(), language.word(), &mut there);
    }
    assert_eq!(there, listed);
}

fn walk(root: &Path, below: &str, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(root.join(below)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{below}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            walk(root, &path, found);
        } else {
            found.insert(path);
        }
    }
}

#[test]
fn all_of_it_stays_small() {
    let bytes: u64 = files().map(|file| fs::metadata(folder().join(file)).unwrap().len()).sum();
    assert!(bytes < 10_000_000, "{bytes} bytes");
}

/// The engine reads Chinese from Pinyin: a reading must not be left behind when the words change.
#[test]
fn chinese_readings_have_a_syllable_for_each_character() {
    let text = fs::read_to_string(folder().join("readings.toml")).unwrap();
    let readings: BTreeMap<String, String> = toml::from_str(&text).unwrap();
    let chinese = |name: &str| TEXTS.get(name).and_then(|texts| texts.get(&Language::Zh));
    for (name, reading) in &readings {
        let words = chinese(name).unwrap_or_else(|| panic!("{name} is not in the manifest in Chinese"));
        let spoken = words.chars().filter(|character| character.is_alphanumeric()).count();
        let tones = reading.chars().filter(char::is_ascii_digit).count();
        assert_eq!(spoken, tones, "{name}: {words}: {reading}");
    }
    for (name, texts) in TEXTS.iter().filter(|(_, texts)| texts.contains_key(&Language::Zh)) {
        assert!(readings.contains_key(name), "{name} ({texts:?}) has no reading");
    }
}
