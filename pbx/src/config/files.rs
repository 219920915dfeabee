//! What is around the text of a configuration: where its folders begin, and the files it names.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use switchroom_flow::limits::LIST_BYTES_MAX;

/// Reads files that a configuration names.
pub(super) trait Files {
    /// The text of a file and its mode.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read(&self, path: &Path) -> Result<(String, u32), String>;
}

/// The files there are.
pub(super) struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> Result<(String, u32), String> {
        let cannot = |error: std::io::Error| format!("cannot be read: {error}");
        // A pipe would be waited for.
        let about = std::fs::metadata(path).map_err(cannot)?;
        if !about.is_file() {
            return Err("is not a file".to_owned());
        }
        let file = std::fs::File::open(path).map_err(cannot)?;
        let mut bytes = Vec::new();
        let most = u64::try_from(LIST_BYTES_MAX).unwrap_or(u64::MAX);
        file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(cannot)?;
        if bytes.len() > LIST_BYTES_MAX {
            return Err(format!("is longer than {LIST_BYTES_MAX} bytes"));
        }
        let text = String::from_utf8(bytes).map_err(|e| {
            format!("is not UTF-8 at byte {}; save it as UTF-8", e.utf8_error().valid_up_to())
        })?;
        Ok((text, about.permissions().mode()))
    }
}

/// What a text is read with.
pub(super) struct Around<'a> {
    pub(super) text: &'a str,
    /// Where relative folders of what is written begin.
    pub(super) base: &'a Path,
    /// Where relative paths of what is only read begin: beside the file.
    beside: PathBuf,
    pub(super) files: &'a dyn Files,
    /// Faulty files that the text names are warned of and taken for empty.
    pub(super) is_lenient: bool,
}

impl<'a> Around<'a> {
    pub(super) fn new(text: &'a str, path: &Path, base: &'a Path, files: &'a dyn Files) -> Self {
        let file = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let beside = file.parent().unwrap_or(Path::new("/")).to_owned();
        Self { text, base, beside, files, is_lenient: false }
    }

    /// The path of a file or folder that is only read.
    pub(super) fn beside(&self, text: &str) -> Result<PathBuf, String> {
        if text.is_empty() || text.contains('\0') {
            return Err("a path needs a name".to_owned());
        }
        Ok(self.beside.join(text))
    }
}
