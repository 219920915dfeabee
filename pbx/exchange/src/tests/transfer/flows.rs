//! Transfers into a flow: what is said and typed there is in no recording, and whom the caller talks with next is in the same.

use super::*;

impl Scene {
    /// What the recording was told, and its marks.
    fn tape(&mut self) -> Vec<String> {
        let commands = std::mem::take(&mut self.w.media);
        let of = |command: &MediaCommand| match command {
            MediaCommand::Record { .. } => Some("record".to_owned()),
            MediaCommand::RecordLeg { channel, .. } => Some(format!("leg {channel:?}")),
            MediaCommand::PauseRecording { is_paused, .. } => {
                Some(if *is_paused { "silence" } else { "sound" }.to_owned())
            }
            MediaCommand::StopRecording { tail_ms, .. } => Some(format!("stop {tail_ms}")),
            MediaCommand::Mark { kind, text, .. } => Some(format!("{kind}={text}")),
            _ => None,
        };
        commands.iter().filter_map(of).collect()
    }

    fn key(&mut self, digit: char) {
        let leg = self.call().caller;
        self.w.input(Input::Media(MediaEvent::Digit { leg, digit }));
        self.w.ms(50);
    }

    /// 101 is put into the flow, and there has 102 and 103 rung; gives the session of 103, who answers.
    fn through_the_flow(&mut self) -> (SocketAddr, SessionId) {
        self.refer(self.b, "500");
        self.key('1');
        self.answer(self.c)
    }
}

#[test]
fn keys_are_the_flows_and_nothing_is_recorded_until_the_caller_talks_again() {
    let mut s = Scene::new();
    s.refer(s.b, "500");
    assert_eq!(s.tape(), ["transfer=102 to 500", "flow=", "silence"]);
    assert_eq!(s.call().stage, Stage::Flow);
    assert!(s.ended(s.b.0));
    let before = s.w.events().len();
    s.key('1');
    assert!(!s.w.events()[before..].contains(&"digit".to_owned()), "no key is written down");
    assert_eq!(s.tape(), [""; 0]);
    // In the same file, on the channel of who talked before.
    let c = s.answer(s.c);
    assert_eq!(s.hears(), ["101<103", "103<101"]);
    assert_eq!(s.tape(), ["leg Right", "sound", "flow_over="]);
    // That talk is over, and the flow has the caller again.
    s.hang_up(c);
    assert_eq!(s.tape(), ["flow=", "silence"]);
    s.w.run(Duration::from_secs(3));
    s.hang_up(s.a);
    s.w.settle();
    let tape = s.tape();
    let [mark, stop] = &tape[..] else { panic!("{tape:?}") };
    let tail: u64 = stop.strip_prefix("stop ").unwrap().parse().unwrap();
    assert_eq!(mark, "end=");
    assert!((3_000..3_500).contains(&tail), "nothing is left of the pause: {tail} ms");
    assert_eq!(s.w.cdr().flow.as_deref(), Some("500"));
}

#[test]
fn the_next_talk_is_recorded_only_if_its_own_rule_wants_that() {
    let mut s = Scene::new();
    let mut config = s.w.x.config().clone();
    config.extensions.get_mut("103").unwrap().record = Some(RecordRule::Never);
    s.w.input(Input::Config(std::sync::Arc::new(config)));
    s.refer(s.b, "500");
    s.key('1');
    s.tape();
    s.answer(s.c);
    assert_eq!(s.hears(), ["101<103", "103<101"]);
    let tape = s.tape();
    assert!(tape.len() == 2 && tape[0] == "end=" && tape[1].starts_with("stop "), "{tape:?}");
    s.hang_up(s.a);
    s.w.settle();
}

/// Who began it wanted that talk recorded, and not whatever comes.
#[test]
fn what_a_person_had_recorded_ends_with_the_talk() {
    let mut config = site(QueueConfig::default());
    (config.rtp_pairs, config.record) = (16, RecordRule::Never);
    let mut w = World::with(config, Restored::default());
    let c = w.registered("103", "192.0.2.13:5060");
    let (a, call, b, ring) = w.talking();
    let id = w.x.calls().next().unwrap().id;
    let mut s = Scene { w, a: (a, call), b: (b, ring), c, id };
    s.w.command("mara", Command::Record { call: id, act: RecordingAct::Start }).unwrap();
    s.tape();
    s.through_the_flow();
    assert_eq!(s.tape(), ["transfer=102 to 500", "end=", "stop 0"]);
}

/// A recording goes on while its caller waits in a queue, where nothing is asked. A user may put the caller into a flow from there.
#[test]
fn from_a_queue_into_a_flow_by_a_user_nothing_is_recorded_either() {
    let mut s = Scene::new();
    let presence = Presence::Break { reason: "tea".into() };
    let choose = AgentAct::Choose { agent: "3".into(), presence, extension: Some("103".into()) };
    s.w.command("boss", Command::Agent(choose)).unwrap();
    s.refer(s.b, "701");
    assert_eq!(s.tape(), ["transfer=102 to 701"]);
    s.w.command("boss", Command::Transfer { call: s.id, to: "500".into() }).unwrap();
    s.w.ms(50);
    assert_eq!(s.tape(), ["flow=", "silence"]);
    s.hang_up(s.a);
    s.w.settle();
}

/// A pause by a person is of the party that it was for.
#[test]
fn another_party_behind_the_flow_is_recorded_although_somebody_had_paused() {
    let mut s = Scene::new();
    s.w.command("mara", Command::Record { call: s.id, act: RecordingAct::Pause }).unwrap();
    s.tape();
    s.through_the_flow();
    let tape = s.tape();
    let wanted = ["transfer=102 to 500", "flow=", "leg Right", "record_resume=", "sound", "flow_over="];
    assert_eq!(tape, wanted);
}
