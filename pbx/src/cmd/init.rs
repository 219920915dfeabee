//! `switchroom init`: a starter configuration with passwords, and what to type into a phone.

use super::check::counted;
use super::{Failure, OK, Outcome};
use crate::cli::InitArgs;
use crate::config;
use crate::flows;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The extensions of a starter configuration.
const EXTENSIONS: [(&str, &str); 4] =
    [("101", "Reception"), ("102", "Office"), ("103", "Workshop"), ("104", "Meeting room")];
/// Letters of passwords: none that look alike, lower case for phones with number keys.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Letters of a password: 70 bits.
const PASSWORD_LETTERS: usize = 14;

/// Does it.
pub(super) fn run(args: &InitArgs, out: &mut dyn Write) -> Outcome {
    let mut random = [0_u8; EXTENSIONS.len() * PASSWORD_LETTERS];
    getrandom::fill(&mut random)
        .map_err(|e| Failure::new(format!("the system gives no random numbers: {e}"), "try again later"))?;
    let address = args.address.unwrap_or_else(own_address);
    init(args, address, &random, out)
}

/// The address of this machine that others would see. Nothing is sent.
pub(super) fn own_address() -> IpAddr {
    UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))
        .and_then(|socket| {
            socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
            socket.local_addr()
        })
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |a| a.ip())
}

/// Writes the file and says what to do with it.
pub(super) fn init(args: &InitArgs, address: IpAddr, random: &[u8], out: &mut dyn Write) -> Outcome {
    let path = args.dir.join("switchroom.toml");
    let passwords: Vec<String> = random
        .chunks(PASSWORD_LETTERS)
        .map(|bytes| {
            bytes.iter().filter_map(|b| LETTERS.get(usize::from(b % 32))).map(|l| char::from(*l)).collect()
        })
        .collect();
    let text = starter(&args.domain, &passwords);
    // What is written must be right, also with a domain from the command line.
    config::parse(&text, &path, &args.dir)?;
    write_new(&args.dir, &path, &text)?;
    say(args, &path, address, &passwords, out)?;
    Ok(OK)
}

/// The sample with the domain and the extensions filled in.
fn starter(domain: &str, passwords: &[String]) -> String {
    let sample = config::sample();
    let head = sample.find("\n# One table for each extension").map_or(sample.as_str(), |at| &sample[..=at]);
    let mut text = head.replace("domain = \"switchroom\"", &format!("domain = \"{domain}\""));
    text.push_str(
        "# One table for each extension; its name is the number: digits, * and #.\n\
         # The digests stand for the password: switchroom passwd 101 writes new ones.\n\
         # Also possible: record = \"always\" (or \"never\"), ring = \"20s\".\n",
    );
    for ((number, name), password) in EXTENSIONS.iter().zip(passwords) {
        // What every phone knows; how to have SHA-256 stands at `md5`.
        let (md5, _) = config::digests(number, domain, password);
        let _ = write!(text, "[extensions.{number}]\nname = \"{name}\"\ndigest_md5 = \"{md5}\"\n\n");
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn write_new(dir: &Path, path: &PathBuf, text: &str) -> Result<(), Failure> {
    let cannot = |what: &Path, error: &io::Error| {
        Failure::new(
            format!("cannot write {}: {error}", what.display()),
            "name another folder: switchroom init DIR",
        )
    };
    std::fs::create_dir_all(dir).map_err(|e| cannot(dir, &e))?;
    match OpenOptions::new().write(true).create_new(true).mode(0o640).open(path) {
        Ok(mut file) => {
            let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
            written.map_err(|e| {
                // Half a file would keep the next try from working.
                let _ = std::fs::remove_file(path);
                cannot(path, &e)
            })
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Failure::new(
            format!("{} is there already and stays as it is", path.display()),
            "name another folder: switchroom init DIR",
        )),
        Err(error) => Err(cannot(path, &error)),
    }
}

fn say(
    args: &InitArgs,
    path: &Path,
    address: IpAddr,
    passwords: &[String],
    out: &mut dyn Write,
) -> Result<(), Failure> {
    writeln!(out, "Wrote {} with four extensions.\n", path.display())?;
    writeln!(
        out,
        "Type this into the phones. The passwords are shown only now; the file holds their digests.\n"
    )?;
    writeln!(out, "  server (domain, proxy)   {address}     port 5060, UDP or TCP\n")?;
    writeln!(out, "  user   password          name")?;
    for ((number, name), password) in EXTENSIONS.iter().zip(passwords) {
        writeln!(out, "  {number}    {password}    {name}")?;
    }
    if let (false, Some(((number, _), password))) = (args.no_qr, EXTENSIONS.iter().zip(passwords).next()) {
        let host = if address.is_ipv6() { format!("[{address}]") } else { address.to_string() };
        if let Some(code) = qr_code(&format!("sip:{number}:{password}@{host}")) {
            writeln!(out, "\nOr let a softphone scan {number}:\n\n{code}")?;
        }
    }
    // They come into force with the first start, whoever wrote them.
    let there = flows::names(&args.dir.join("flows")).len();
    if there > 0 {
        writeln!(
            out,
            "\nIn {} there {} {} already, in force from the first start: switchroom flow check says what of the\n\
             configuration they need. For an empty start name another folder: switchroom init DIR",
            args.dir.join("flows").display(),
            if there == 1 { "is" } else { "are" },
            counted(there, "flow")
        )?;
    }
    let option = if path == Path::new("./switchroom.toml") {
        String::new()
    } else {
        format!(" --config {}", path.display())
    };
    writeln!(
        out,
        "\nTest numbers: *43 says back what you say, *44 plays a tone. Then call 102 from 101.\n\n\
         Next:\n  switchroom check{option}\n  switchroom doctor{option}\n  switchroom serve{option}"
    )?;
    Ok(())
}

/// A QR code of half blocks, for dark and light terminals alike; `None` if the text is too long for one.
fn qr_code(text: &str) -> Option<String> {
    use qrcode::render::unicode::Dense1x2;
    let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::L).ok()?;
    // Terminals are mostly dark: the light squares are the drawn ones.
    let image = code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
    Some(image.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"))
}
