//! The recorder's beat, step by step.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use switchroom_media::g711::linear_to_a;
use switchroom_media::leg::Content;
use switchroom_media::relay::Speaker;

/// A recorder without its threads, and where its jobs come out.
fn desk(dir: &Path) -> (Desk, Receiver<Job>) {
    let mut settings = MediaSettings::new([127, 0, 0, 1].into(), 10_000, 4, dir.to_owned());
    settings.free_bytes_min = 0;
    let (jobs, todo) = sync_channel(JOBS_MAX);
    (Desk::new(Arc::new(settings), Arc::new(|_| {}), Arc::default(), jobs), todo)
}

fn start(number: u64) -> Start {
    Start {
        call: CallId::new(1_700_000_000_000, number.into()),
        subject: RecordingSubject {
            number,
            from: Default::default(),
            with: Default::default(),
            started_ms: 1_700_000_000_000,
        },
        codec: "PCMA/8000".into(),
        rate: 8_000,
        readable: true,
        at_us: 0,
    }
}

/// Packet `n` of a loud voice, of so many octets.
fn packet(recording: u64, n: u16, octets: usize) -> Taken {
    let header = Header {
        marker: n == 0,
        payload_type: 8,
        sequence: n,
        timestamp: u32::from(n) * octets as u32,
        ssrc: 1,
    };
    let speaker = Speaker { leg: 1, ssrc: 1 };
    let media = Media { header, payload: 12..12 + octets, content: Content::Audio, speaker };
    let codec = Codec {
        kind: Kind::Pcma,
        name: "PCMA".into(),
        clock: 8_000,
        receive_pt: 8,
        send_pt: 8,
        ptime_ms: 20,
    };
    let at_us = (u64::from(n) + 1) * octets as u64 * 125;
    Taken::new(recording, Side::Left, at_us, &media, &codec, &vec![linear_to_a(9_000); octets])
}

/// What a recording has become: whether it is complete, and its left channel.
fn closed(jobs: &Receiver<Job>) -> (bool, Vec<i16>) {
    let sealed = jobs.try_iter().find_map(|job| match job {
        Job::Seal(sealing) => Some(*sealing),
        _ => None,
    });
    let (files, facts, _) = sealed.unwrap();
    let samples = hound::WavReader::open(&files.part).unwrap().into_samples::<i16>();
    (facts.complete, samples.step_by(2).map(Result::unwrap).collect())
}

/// The disk takes its time to make the files of one recording; meanwhile another one begins, and its packets come at once.
#[test]
fn what_begins_while_the_recorder_is_at_its_beat_has_its_first_word() {
    let dir = tempfile::tempdir().unwrap();
    let (mut desk, jobs) = desk(dir.path());
    let recorder = desk.recorder.clone();
    let later = desk.begin_ordered();
    let id = recorder.start_recording(start(1));
    for n in 0..10 {
        assert!(recorder.take(packet(id, n, 160)));
    }
    recorder.stop_recording(id, 200_000, 0);
    desk.take_packets();
    later.into_iter().for_each(|order| desk.carry_out(order));
    assert_eq!(desk.recordings.len(), 1, "its end is of the next beat");
    desk.beat(300_000);
    let (is_complete, heard) = closed(&jobs);
    assert!(is_complete);
    assert_eq!(heard.len(), 1_600);
    assert!(heard.iter().all(|sample| *sample > 8_000), "all of it is there");
}

/// Phones send packets of 20, 40 or 60 ms; longer ones are taken, too.
#[test]
fn packets_as_long_as_phones_send_them_are_handed_over_without_an_allocation() {
    for octets in [160, 320, 480, 1_400] {
        let taken = packet(0, 0, octets);
        assert_eq!(taken.payload(), vec![linear_to_a(9_000); octets]);
        assert_eq!(taken.large.is_some(), octets > 480, "{octets} octets");
    }
}

/// What is logged by this thread while something is done.
fn logged(what: impl FnOnce()) -> Vec<String> {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let lines = Lines::default();
    let writer = lines.clone();
    let log = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(log, what);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    text.lines().map(ToOwned::to_owned).collect()
}

/// The log may wait for the same disk as the recorder: only the recorder's thread waits for it, and seldom.
#[test]
fn what_is_missed_is_said_by_the_recorder_and_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let (mut desk, jobs) = desk(dir.path());
    let recorder = desk.recorder.clone();
    let ids: Vec<u64> = (0..3).map(|number| recorder.start_recording(start(number))).collect();
    desk.beat(1_000_000);
    let said = logged(|| ids.iter().for_each(|id| recorder.missed(*id, 100)));
    assert_eq!(said, Vec::<String>::new(), "nothing where packets are handed in");
    let said = logged(|| {
        desk.beat(2_000_000);
        recorder.missed(ids[0], 7);
        desk.beat(2_050_000);
    });
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("recordings=3 packets=300"), "{said:?}");
    let said = logged(|| desk.beat(3_000_000));
    assert!(said.len() == 1 && said[0].contains("recordings=1 packets=7"), "{said:?}");
    recorder.stop_recording(ids[2], 3_000_000, 0);
    desk.beat(3_050_000);
    assert!(!closed(&jobs).0, "and the recording is not complete");
}
