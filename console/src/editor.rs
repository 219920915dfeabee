//! The user's editor: `$VISUAL`, `$EDITOR`, else `vi`, on a copy that nobody else can read.

use std::fs::{DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use switchroom_wire::Hushed;
use tokio::process::{Child, Command};

/// Bytes of a file that is taken back: no flow is longer.
const BYTES_MAX: u64 = 1 << 20;

/// A copy of a text in a folder of its own, where editors leave what they leave. It is gone when this is dropped.
pub(crate) struct Copy {
    folder: PathBuf,
    file: PathBuf,
    /// What it was at first.
    before: Hushed,
    /// It is all there is of what was saved.
    stays: bool,
}

/// Why nothing came back of an editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unread {
    pub(crate) why: String,
    /// Where what was saved is, if something was.
    pub(crate) kept: Option<PathBuf>,
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        Self { why: error.to_string(), kept: None }
    }
}

impl Copy {
    /// Writes it.
    pub(crate) fn of(name: &str, text: &str) -> io::Result<Self> {
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for n in 0..100 {
            let folder = std::env::temp_dir().join(format!("switchroom-{}-{n}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&folder) {
                Ok(()) => {
                    let file = folder.join(format!("{name}.toml"));
                    let copy = Self { file, folder, before: Hushed(text.to_owned()), stays: false };
                    let mut options = File::options();
                    let mut file = options.write(true).create_new(true).mode(0o600).open(&copy.file)?;
                    file.write_all(text.as_bytes())?;
                    return Ok(copy);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// What the editor left. If it cannot be taken whole, why; and what was saved stays where it is.
    pub(crate) fn taken(mut self, ended: Result<(), String>) -> Result<Hushed, Unread> {
        let text = ended.and_then(|()| self.text().map_err(|error| error.to_string()));
        text.map_err(|why| {
            self.stays = std::fs::read(&self.file).is_ok_and(|saved| saved != self.before.0.as_bytes());
            Unread { why, kept: self.stays.then(|| self.file.clone()) }
        })
    }

    fn text(&self) -> io::Result<Hushed> {
        let mut text = String::new();
        let read = File::open(&self.file)?.take(BYTES_MAX + 1).read_to_string(&mut text)?;
        if read as u64 > BYTES_MAX { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(Hushed(text)) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.file
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if !self.stays {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// The editor that the user has chosen.
pub(crate) fn chosen(variable: impl Fn(&str) -> Option<String>) -> String {
    let named = |name: &str| variable(name).filter(|command| !command.trim().is_empty());
    named("VISUAL").or_else(|| named("EDITOR")).unwrap_or_else(|| "vi".to_owned())
}

/// Begins to edit. The command is one of a shell, as users write it: `code --wait`.
pub(crate) fn open(command: &str, file: &Path) -> io::Result<Child> {
    let script = format!("{command} \"$1\"");
    Command::new("sh").arg("-c").arg(script).arg("sh").arg(file).spawn()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_editor_is_that_of_the_user() {
        let of = |visual: &str, editor: &str| {
            chosen(|name| Some(if name == "VISUAL" { visual } else { editor }.to_owned()))
        };
        assert_eq!(of("code --wait", "ed"), "code --wait");
        assert_eq!(of(" ", "ed"), "ed");
        assert_eq!(chosen(|_| None), "vi");
    }

    #[test]
    fn a_copy_is_nobody_elses_and_is_gone_afterwards() {
        let copy = Copy::of("main", "start = \"a\"\n").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(copy.path()), mode(copy.path().parent().unwrap())), (0o600, 0o700));
        let runtime = crate::run::runtime().unwrap();
        let status = runtime.block_on(async {
            let command = "sed -i s/a/b/";
            open(command, copy.path()).unwrap().wait().await.unwrap()
        });
        assert!(status.success());
        let folder = copy.path().parent().unwrap().to_owned();
        assert!(copy.taken(Ok(())).unwrap().0.contains('b'));
        assert!(!folder.exists());
    }

    #[test]
    fn what_was_saved_stays_when_it_cannot_be_taken() {
        let left = |bytes: &[u8], ended: Result<(), String>| {
            let copy = Copy::of("main", "a").unwrap();
            std::fs::write(copy.path(), bytes).unwrap();
            let folder = copy.path().parent().unwrap().to_owned();
            let Unread { why, kept } = copy.taken(ended).unwrap_err();
            let stays = kept.as_ref().map(|path| std::fs::read(path).unwrap());
            assert_eq!(folder.exists(), kept.is_some());
            let _ = std::fs::remove_dir_all(folder);
            (why, stays)
        };
        let failed = || Err("vi: exit status: 1".to_owned());
        assert_eq!(left(b"mine", failed()), ("vi: exit status: 1".to_owned(), Some(b"mine".to_vec())));
        assert_eq!(left(b"a", failed()).1, None, "nothing was saved");
        assert_eq!(left(b"min\xe9", Ok(())).1, Some(b"min\xe9".to_vec()));
        let long = vec![b'x'; 2 << 20];
        assert_eq!(left(&long, Ok(())).1, Some(long), "no part of it is taken for the whole");
    }
}
