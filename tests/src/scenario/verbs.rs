//! The sentences that scripts are made of, and those that say who hears whom: one table each.

use super::words::Form;

/// What a sentence of a script does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Verb {
    Dials,
    Answers,
    Declines,
    HangsUp,
    Holds,
    Resumes,
    Presses,
    Transfers,
    Consults,
    Connects,
    EndsSecond,
    Registers,
    Unregisters,
    NewPassword,
    LosesPower,
    GetsPower,
    IsCutOff,
    Moves,
    MovesAddress,
    LosesConnection,
    NeverAcks,
    Ignores,
    NeverRings,
    FallsSilent,
    IsHeardAgain,
    NetLoses,
    NetLosesAll,
    NetDoubles,
    NetDelays,
    SupervisorHangsUp,
    SupervisorHandsOff,
    SupervisorPlaces,
    SupervisorUnregisters,
    Dies,
    Stops,
    ClockSteps,
    StoreFails,
    StoreWorks,
    NoPorts,
    Ports,
    CannotRecord,
    Unconfigured,
    Configured,
}

macro_rules! forms {
    ($($does:ident $form:literal $help:literal $example:literal)*) => {
        &[$(Form { does: Verb::$does, form: $form, help: $help, example: $example }),*]
    };
}

/// Every sentence of a script.
pub const VERBS: &[Form<Verb>] = forms! {
    Dials "{who} dials {number}"
        "Calls a number."
        "ana dials 102"
    Answers "{who} answers"
        "Takes the call that comes in."
        "bo answers"
    Declines "{who} declines [with {refusal}]"
        "Refuses the call that comes in: with 603 (Decline) unless another status is named; 486 is busy."
        "bo declines with 486"
    HangsUp "{who} hangs up"
        "Ends the call, or gives up calling."
        "ana hangs up"
    Holds "{who} holds [with {hold}]"
        "Puts the other side on hold: by sendonly unless another form is named."
        "ana holds with 0.0.0.0"
    Resumes "{who} resumes [by asking]"
        "Takes the call back. By asking: with a re-INVITE that asks the exchange for its offer."
        "ana resumes by asking"
    Presses "{who} presses {digits} [by RTP]"
        "Presses keys: each is one INFO, or comes with the sound."
        "ana presses 5 by RTP"
    Transfers "{who} transfers to {number}"
        "Asks by REFER that the other side be put through."
        "ana transfers to 103"
    Consults "{who} consults {number}"
        "Holds the call and calls that number beside it."
        "bo consults 103"
    Connects "{who} connects them"
        "Asks by REFER with Replaces that the other sides of both calls be connected with each other."
        "bo connects them"
    EndsSecond "{who} hangs up beside it"
        "Ends the call that was made beside the first, which stays on hold."
        "bo hangs up beside it"
    Registers "{who} registers"
        "Registers now, even if it is registered."
        "bo registers"
    Unregisters "{who} unregisters"
        "Gives its registration up."
        "bo unregisters"
    NewPassword "the password of {number} changes"
        "The configuration is loaded again with another password; phones know it once they are started anew."
        "the password of 102 changes"
    LosesPower "{who} loses power"
        "The phone is gone without a word; a call of it falls silent, which is noticed after 10 s."
        "bo loses power"
    GetsPower "{who} gets power"
        "The phone starts anew and registers."
        "bo gets power"
    IsCutOff "{who} is cut off for {span}"
        "Nothing gets through to or from the phone for that long; it does not know."
        "bo is cut off for 20s"
    Moves "{who} moves to another port"
        "A NAT router gives the phone another port; the phone does not know."
        "bo moves to another port"
    MovesAddress "{who} moves to another address"
        "The same with another address."
        "bo moves to another address"
    LosesConnection "{who} loses its connection"
        "The TCP connection is reset. The phone opens another within 4 s, unless it is cut off."
        "bo loses its connection"
    NeverAcks "{who} never acknowledges"
        "From now on the phone sends no ACK."
        "ana never acknowledges"
    Ignores "{who} ignores {method}"
        "From now on the phone does not hear CANCEL, or BYE."
        "bo ignores CANCEL"
    NeverRings "{who} never says that it rings"
        "From now on the phone sends no provisional response."
        "bo never says that it rings"
    FallsSilent "{who} falls silent"
        "The media engine has heard nothing from the phone for 10 s."
        "bo falls silent"
    IsHeardAgain "{who} is heard again"
        "Sound comes from the phone again."
        "bo is heard again"
    NetLoses "the network loses the next [{count}] {message} [of {method}] {way} {who}"
        "That message does not arrive. Responses are named by their status and, if need be, the method they answer."
        "the network loses the next two 200 of INVITE to ana"
    NetLosesAll "the network loses every {message} [of {method}] {way} {who}"
        "None of these arrives."
        "the network loses every ACK from ana"
    NetDoubles "the network doubles the next {message} [of {method}] {way} {who} [after {span}]"
        "The message arrives twice: the second time 5 ms later, or after that long."
        "the network doubles the next INVITE from ana"
    NetDelays "the network delays the next {message} [of {method}] {way} {who} by {span}"
        "The message arrives that much later."
        "the network delays the next 200 of INVITE from bo by 1s"
    SupervisorHangsUp "the supervisor hangs up the call [of {who}]"
        "A user ends a call by command: the only one, or that phone's."
        "the supervisor hangs up the call"
    SupervisorHandsOff "the supervisor hands off the call [of {who}]"
        "A user sends the caller of a talk into a flow that asks for four secret digits or more, up to #, and gives it back."
        "the supervisor hands off the call"
    SupervisorPlaces "the supervisor has {who} call {number}"
        "A user places a call: that phone's extension rings first, then the number."
        "the supervisor has ana call 102"
    SupervisorUnregisters "the supervisor removes the registration of {number}"
        "A user forgets an extension's phones by command."
        "the supervisor removes the registration of 102"
    Dies "the exchange dies [for {span}]"
        "The program is killed and starts again, after a second unless told otherwise."
        "the exchange dies for 5s"
    Stops "the exchange is stopped [for {span}]"
        "The program is stopped in order and starts again."
        "the exchange is stopped for 5s"
    ClockSteps "the clock steps {direction} {span}"
        "Somebody sets the wall clock."
        "the clock steps back 1h"
    StoreFails "the store fails"
        "From now on nothing can be written to disk."
        "the store fails"
    StoreWorks "the store works"
        "Writing to disk works again."
        "the store works"
    NoPorts "media opens no port"
        "From now on the media engine cannot open RTP ports."
        "media opens no port"
    Ports "media opens ports"
        "It can again."
        "media opens ports"
    CannotRecord "media cannot record"
        "From now on recordings cannot be begun."
        "media cannot record"
    Unconfigured "{number} is taken out of the configuration"
        "The configuration is loaded again without that extension."
        "102 is taken out of the configuration"
    Configured "{number} is put back into the configuration"
        "The configuration is loaded again with it."
        "102 is put back into the configuration"
};

/// What a phone is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered;

/// Every sentence about what a phone is answered.
pub const ANSWERS: &[Form<Answered>] = &[Form {
    does: Answered,
    form: "{who} is answered {status} to {method}",
    help: "The exchange sends the phone that final response; others may come between those named.",
    example: "ana is answered 481 to BYE",
}];

/// What a phone hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Sound {
    Other,
    Nothing,
    Silence,
    Echo,
    Music,
    Tone,
}

/// Every sentence about what a phone hears.
pub const SOUNDS: &[Form<Sound>] = &[
    Form {
        does: Sound::Nothing,
        form: "{who} hears nothing",
        help: "Nothing is sent to the phone, or nothing that it could hear.",
        example: "bo hears nothing",
    },
    Form {
        does: Sound::Silence,
        form: "{who} hears silence",
        help: "Packets of silence are sent to it, because the other side holds.",
        example: "bo hears silence",
    },
    Form {
        does: Sound::Echo,
        form: "{who} hears the echo",
        help: "It hears itself.",
        example: "ana hears the echo",
    },
    Form {
        does: Sound::Music,
        form: "{who} hears the music",
        help: "It is held and hears music, where the site records.",
        example: "ana hears the music",
    },
    Form {
        does: Sound::Tone,
        form: "{who} hears the tone",
        help: "It hears a tone.",
        example: "ana hears the tone",
    },
    Form {
        does: Sound::Other,
        form: "{who} hears {other}",
        help: "It hears that phone: one may speak, the other may listen, and they are wired.",
        example: "ana hears bo",
    },
];
