//! The defects that can be planted, each in a sentence.

/// What there is on a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// People who call each other.
    Talks,
    /// Callers in flows besides.
    Flows,
    /// Queues, to which most callers go.
    Queues,
}

/// Defects by site, in one list with [`Defect::ALL`]: none can be told and never be planted.
macro_rules! defects {
    ($(#[$doc:meta])* $name:ident: $($site:ident { $($(#[$each:meta])* $defect:ident,)* })*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
        pub enum $name {
            /// None.
            #[default]
            None,
            $($($(#[$each])* $defect,)*)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$($(Self::$defect,)*)*];

            /// Where it has an occasion, if it needs nothing further.
            pub fn site(self) -> Site {
                match self {
                    Self::None => Site::Talks,
                    $($(Self::$defect)|* => Site::$site,)*
                }
            }
        }
    };
}

defects!(
    /// A planted defect. Most strike once, and let some occasions pass before, so that there is something around it. Where those are
    /// few it strikes at the first; where nothing might come of one, or what comes of it might be mended, at each.
    Defect:
    Talks {
        /// A leg's ports are never closed.
        LeakedPort,
        /// A second, different final response to an INVITE.
        DoubledFinal,
        /// No final response to an INVITE.
        LostFinal,
        /// A call without a CDR.
        LostCdr,
        /// A call with two.
        DoubledCdr,
        /// A call that was answered before it began.
        DisorderedCdr,
        /// A CDR that names somebody else as caller.
        WrongParty,
        /// A leg hears another than it should.
        CrossedWires,
        /// A phone is called where it is not registered.
        ServedExpired,
        /// A registration that is confirmed and not on disk.
        LostBinding,
        /// A call changes and no console is told.
        HiddenChange,
        /// An event is written twice.
        DoubledEvent,
        /// No phone is ever told that its call has ended.
        LostBye,
        /// A port pair is given out while another leg has it.
        SharedPort,
        /// Something waits for ever: the store's word of a registration got lost.
        LostTicket,
        /// A second call of one INVITE.
        TwoCalls,
        /// A call that is never written down while it lasts.
        LostOpening,
        /// A CDR never reaches the store, which therefore never says that it has it.
        DroppedCdr,
        /// An INVITE gets no response of any kind.
        UnheardInvite,
    }
    Flows {
        /// Somebody who is connected is played to as well.
        TwoPlaces,
        /// A prompt to a caller who still hears the ringing.
        EarlyPrompt,
        /// A caller left a flow and nobody counted it.
        UncountedExit,
        /// A question of a flow goes out twice.
        AskedTwice,
        /// A message of which nobody knows.
        LostMessage,
        /// A message that is recorded before anybody could know whose it is.
        UnwrittenMessage,
        /// Messages are written down otherwise than they are.
        BentMessage,
        /// What a caller typed in secret stands in an event.
        ToldSecret,
        /// A single key of such a caller stands in an event.
        ToldKey,
        /// The ladder shows a key that came by INFO.
        ShownKey,
        /// A flight file holds a key.
        FlownKey,
        /// A phone that holds is told that it is sent sound.
        UnheardHold,
        /// An answered caller hears nothing while phones ring.
        SilentSearch,
    }
    Queues {
        /// An offer is not written down, and the phone rings.
        UnofferedRing,
        /// A choice is written down that another agent should have got.
        BentChoice,
        /// An offer ends, and the end of another is written down.
        UnendedOffer,
        /// An agent chooses, and something else is written down.
        BentPresence,
        /// A state lasts a millisecond longer than it did.
        BentTime,
        /// A caller leaves a queue twice.
        DoubledLeaving,
        /// Callers are written down as more urgent the later they come.
        Overtaken,
        /// Somebody else is written down as who gave up.
        BentMissed,
        /// Somebody who is told whom they talk with hears them already.
        EarlyBridge,
        /// Queues that shall take turns ask always the same agent first.
        UnfairTurns,
        /// The recording goes on while a party gives its PIN to a flow.
        RecordedPin,
        /// The recording of a talk goes on while a flow has its caller.
        RecordedFlow,
        /// A supervisor who only listens is heard by a party.
        HeardListener,
        /// A whisper is heard by the other side than the agent's.
        StrayWhisper,
        /// A supervisor who barges in is heard by one of the two.
        UnheardBarge,
        /// The recording goes on while a party is still with a flow that asks for its PIN.
        EarlyUnpause,
        /// Who waits in a queue hears nothing.
        SilentQueue,
        /// A call-back ends after more calls in vain than were made.
        BentTries,
        /// Somebody pauses a recording, and something else is written down.
        UntoldPause,
        /// Whoever is one too many is turned away as if the queue were closed.
        BentRefusal,
        /// Nobody is told that the store has refused what happened to queues and agents.
        UntoldRefusal,
        /// Who is consulted is in no recording.
        UntapedThird,
        /// Who is restricted to a queue acts on the calls of all.
        UnheededRights,
        /// The ladder masks keys that come by INFO when it is looked at first, and no others.
        ShownNextKey,
        /// Whoever comes while a queue is closed is turned away as if it were full.
        BentFull,
        /// Whoever is one too many is turned away as if nobody worked there.
        BentEmpty,
        /// Whoever comes while a queue is closed is let in.
        ComesClosed,
        /// Whoever is one too many is let in.
        ComesFull,
        /// Whoever comes to a queue in which nobody works is let in.
        ComesEmpty,
        /// A user may do with a call that is not the own what may be done with the own.
        LentAct,
        /// A user is refused what is not the own, and something is done all the same.
        HalfRefused,
        /// Who waits while the other side consults hears a supervisor who barges in.
        HeardByWaiting,
        /// A supervisor hears who waits while the other side consults.
        OverheardWaiting,
        /// Who is restricted to some queues may act on calls of others.
        ActsAnywhere,
        /// A call is recorded while it is being asked whether it may be.
        UnaskedRecord,
        /// A call is recorded although that was refused.
        RecordedRefusal,
        /// What the store has refused is offered to it as something else.
        BentAgain,
        /// Somebody opens or closes a queue, and nothing is written down.
        UntoldDoor,
        /// Somebody is told by a tone of a supervisor who is not there.
        StrayTone,
        /// What a supervisor whispers is recorded.
        TapedWhisper,
        /// A supervisor who listens is on the recording in place of a party.
        TapedListener,
        /// An agent is chosen by what was true of him before.
        StaleKey,
        /// Lamps blink when they should go out.
        StaleLamp,
        /// Lamps that are lit are told so again when they should go out.
        RepeatedLamp,
        /// An agent whose phone rings is offered another caller.
        DoubledOffer,
        /// Who talks already is written down as who answered a caller.
        TwoTalks,
        /// An offer is written down to an agent who has after-call time.
        OfferInWrapUp,
        /// After a crash an agent has a break that nobody chose.
        ForgottenPresence,
        /// A subscription that is confirmed and not on disk.
        LostSubscription,
        /// An exchange that starts knows of no subscription.
        ForgottenSubscriptions,
    }
);
