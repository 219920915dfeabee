//! From `[flows]` and `[speech]` to what the shell needs to know: where flows and prompts are, and what speaks.

use super::reader::{Reader, Section};
use super::{Around, FlowsConfig, Speech, SpeechEngine};
use switchroom_flow::fault::did_you_mean;
use toml::de::DeTable;

/// Arguments that may be given to the engine.
const ARGS_MAX: usize = 32;
/// Folders of prompts.
const PROMPT_DIRS_MAX: usize = 16;

/// Reads both.
pub(super) fn flows_and_speech(
    reader: &mut Reader,
    root: Option<&DeTable<'_>>,
    around: &Around<'_>,
) -> (FlowsConfig, Speech) {
    let flows = reader.section(root, "flows", "flows");
    let speech = reader.section(root, "speech", "speech");
    let dir = reader.text(flows, "dir", &|text| around.beside(text)).unwrap_or_default();
    let prompts = reader.texts(flows, "prompts", &|text| around.beside(text)).unwrap_or_default();
    if let Some((_, span)) = prompts.get(PROMPT_DIRS_MAX) {
        reader.faults.push(span, format!("there are at most {PROMPT_DIRS_MAX} folders of prompts"), None);
    }
    let engine = reader.text(speech, "engine", &|text| engine(text, around)).unwrap_or_default();
    let args = reader.texts(speech, "args", &argument).unwrap_or_default();
    if let Some((_, span)) = args.get(ARGS_MAX) {
        reader.faults.push(span, format!("there are at most {ARGS_MAX} arguments"), None);
    }
    let prompts = prompts.into_iter().map(|(dir, _)| dir).collect();
    let speech = Speech {
        engine,
        voice_en: voice(reader, speech, "voice_en"),
        voice_zh: voice(reader, speech, "voice_zh"),
        args: args.into_iter().map(|(arg, _)| arg).collect(),
    };
    (FlowsConfig { dir, prompts }, speech)
}

fn engine(text: &str, around: &Around<'_>) -> Result<SpeechEngine, String> {
    match text {
        "auto" => Ok(SpeechEngine::Auto),
        "none" => Ok(SpeechEngine::None),
        "espeak-ng" => Ok(SpeechEngine::EspeakNg),
        "piper" => Ok(SpeechEngine::Piper),
        path if path.contains('/') => Ok(SpeechEngine::Program(around.beside(path)?)),
        _ => {
            let known = ["auto", "none", "espeak-ng", "piper"];
            let hint = did_you_mean(text, known).unwrap_or_else(|| {
                "write \"auto\", \"none\", \"espeak-ng\", \"piper\", or the path of a program".to_owned()
            });
            Err(format!("\"{}\" is not something engine can be\n{hint}", text.escape_debug()))
        }
    }
}

/// A voice is an argument of a program: it must not look like an option.
fn voice(reader: &mut Reader, speech: Section<'_>, key: &'static str) -> Option<String> {
    reader.text(speech, key, &|text| {
        let fits =
            (1..=200).contains(&text.len()) && !text.starts_with('-') && !text.chars().any(char::is_control);
        if fits {
            Ok(text.to_owned())
        } else {
            Err(format!("\"{}\" is not the name of a voice", text.escape_debug()))
        }
    })
}

fn argument(text: &str) -> Result<String, String> {
    if text.len() <= 1_000 && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err("an argument has at most 1000 bytes and no control characters".to_owned())
}
