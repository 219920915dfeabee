//! Lists of a configuration file changed so that comments behind and above their entries stay with them.

use similar::{Algorithm, DiffOp, capture_diff_slices};
use switchroom_wire::clean;
use toml_edit::{Array, Value};

/// Makes a list say that, touching no entry that stays.
pub(super) fn arrange(list: &mut Array, wanted: &[String]) {
    let have: Vec<String> = list.iter().map(|entry| entry.as_str().unwrap_or_default().to_owned()).collect();
    // From the end, so that places in front of it still hold.
    for step in capture_diff_slices(Algorithm::Myers, &have, wanted).into_iter().rev() {
        let (old, new) = (step.old_range(), step.new_range());
        let fresh = wanted.get(new).unwrap_or_default();
        if matches!(step, DiffOp::Equal { .. }) {
            continue;
        }
        let in_place = old.len().min(fresh.len());
        for at in (old.start + in_place..old.end).rev() {
            remove(list, at);
        }
        for (at, text) in old.clone().zip(fresh) {
            list.replace(at, text.as_str());
        }
        for (n, text) in fresh.iter().enumerate().skip(in_place) {
            insert(list, old.start + n, text);
        }
    }
}

/// Puts an entry before the one at `at`, as that stands; behind all if there is none.
fn insert(list: &mut Array, at: usize, text: &str) {
    if at >= list.len() {
        return append(list, text);
    }
    let Some(next) = list.get_mut(at) else { return };
    let prefix = next.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default().to_owned();
    let indent = prefix.rsplit_once('\n').map_or_else(|| " ".to_owned(), |(_, indent)| format!("\n{indent}"));
    next.decor_mut().set_prefix(indent);
    let mut entry = Value::from(text);
    entry.decor_mut().set_prefix(prefix);
    list.insert_formatted(at, entry);
}

/// Puts an entry behind the others, on a line of its own if they have such. What is written behind the last stays there.
pub(super) fn append(list: &mut Array, text: &str) {
    let last = list.iter().last().and_then(|entry| entry.decor().prefix()?.as_str().map(str::to_owned));
    let Some(indent) = last.filter(|prefix| prefix.contains('\n')) else { return list.push(text) };
    let mut entry = Value::from(text);
    let behind = list.trailing().as_str().unwrap_or_default().trim_end().to_owned();
    let indent = indent.rsplit('\n').next().unwrap_or_default();
    entry.decor_mut().set_prefix(format!("{behind}\n{indent}"));
    list.push_formatted(entry);
    list.set_trailing("\n");
    list.set_trailing_comma(true);
}

/// Takes an entry out, with what is written behind it on its line; what is written behind the one before stays there.
pub(super) fn remove(list: &mut Array, at: usize) {
    let before = |list: &Array, at: usize| {
        let entry = list.get(at)?;
        entry.decor().prefix().and_then(|prefix| prefix.as_str()).map(str::to_owned)
    };
    let (own, next) = (before(list, at).unwrap_or_default(), before(list, at + 1));
    let behind = next.unwrap_or_else(|| list.trailing().as_str().unwrap_or_default().to_owned());
    let lines = |text: &str| {
        text.find('\n')
            .map_or((text.to_owned(), String::new()), |end| (text[..end].to_owned(), text[end..].to_owned()))
    };
    let ((of_before, above), (_, rest)) = (lines(&own), lines(&behind));
    let kept = if above.contains('#') { above.trim_end() } else { "" };
    let is_one_line = above.is_empty() && rest.is_empty();
    list.remove(at);
    match list.get_mut(at) {
        Some(next) if is_one_line && at == 0 => next.decor_mut().set_prefix(""),
        Some(next) if !is_one_line => next.decor_mut().set_prefix(format!("{of_before}{kept}{rest}")),
        None if !is_one_line => list.set_trailing(format!("{of_before}{kept}{rest}")),
        _ => {}
    }
}

/// A list in one line.
pub(super) fn shown(list: &Array) -> String {
    let entries: Vec<String> =
        list.iter().map(|entry| format!("{:?}", entry.as_str().unwrap_or("?"))).collect();
    clean(&format!("[{}]", entries.join(", "))).into_owned()
}
