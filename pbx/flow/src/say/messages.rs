//! The names of the messages that the exchange itself says. The words stand in `flows/prompts/prompts.toml`.

/// Names each message once, and lists them all.
macro_rules! messages {
    ($($constant:ident = $name:literal, $words:literal;)+) => {
        $(#[doc = $words] pub const $constant: &str = $name;)+

        /// All of them.
        pub const ALL: &[&str] = &[$($constant),+];

        /// The names with their English words, which the manifest has too.
        #[cfg(test)]
        pub(super) const WORDS: &[(&str, &str)] = &[$(($constant, $words)),+];
    };
}

messages! {
    WELCOME = "msg/welcome", "Welcome, and thank you for calling.";
    CONNECTING = "msg/connecting", "Please hold while I connect you.";
    ONE_MOMENT = "msg/one-moment", "One moment, please.";
    ALL_BUSY = "msg/all-busy", "All our agents are busy. Please hold.";
    THANK_YOU_FOR_HOLDING = "msg/thank-you-for-holding", "Thank you for holding. We will be with you shortly.";
    YOU_ARE_NUMBER = "msg/you-are-number", "You are number";
    IN_LINE = "msg/in-line", "in line.";
    EXPECTED_WAIT = "msg/expected-wait", "The expected wait is";
    ABOUT = "msg/about", "about";
    LESS_THAN_A_MINUTE = "msg/less-than-a-minute", "less than a minute.";
    CALL_BACK_OFFER = "msg/call-back-offer", "To be called back, press 1.";
    CALL_BACK_CONFIRM = "msg/call-back-confirm", "If that is right, press 1. For another number, press 2.";
    ENTER_NUMBER = "msg/enter-number", "Please enter your number, then press the hash key.";
    NO_CALL_BACK = "msg/no-call-back", "We cannot call you back now. Please hold.";
    CALL_BACK_TO = "msg/call-back-to", "Call back to";
    CALL_BACK_NOTED = "msg/call-back-noted", "Your call-back is noted. We will call you.";
    AGENT_NUMBER = "msg/agent-number", "Agent number";
    AT_YOUR_SERVICE = "msg/at-your-service", "is at your service.";
    RECORDED = "msg/recorded", "This call may be recorded.";
    CLOSED = "msg/closed", "We are closed at the moment.";
    OFFICE_HOURS_ARE = "msg/office-hours-are", "Our office hours are";
    TECHNICAL_FAULT = "msg/technical-fault", "We have technical difficulties. Please call again later.";
    THANK_YOU_GOODBYE = "msg/thank-you-goodbye", "Thank you for calling. Goodbye.";
    GOODBYE = "msg/goodbye", "Goodbye.";
    NOT_UNDERSTOOD = "msg/not-understood", "Sorry, I did not understand that.";
    NOTHING_PRESSED = "msg/nothing-pressed", "Sorry, you have not pressed a key.";
    NOTHING_HEARD = "msg/nothing-heard", "Sorry, I did not hear anything.";
    TRY_AGAIN = "msg/try-again", "Please try again.";
    FOR_THIS_LANGUAGE_PRESS_1 = "msg/for-this-language-press-1", "For English, press 1.";
    FOR_THIS_LANGUAGE_PRESS_2 = "msg/for-this-language-press-2", "For English, press 2.";
    ENTER_PIN = "msg/enter-pin", "Please enter your PIN, then press the hash key.";
    WRONG_PIN = "msg/wrong-pin", "That PIN is not right.";
    TOO_MANY_TRIES = "msg/too-many-tries", "Too many tries. Please call again later.";
    ENTER_MAILBOX = "msg/enter-mailbox", "Please enter your mailbox number, then press the hash key.";
    NO_SUCH_NUMBER = "msg/no-such-number", "The number you dialled does not exist.";
    NOT_AVAILABLE = "msg/not-available", "The person you called is not available.";
    BUSY = "msg/busy", "The line is busy.";
    LEAVE_MESSAGE = "msg/leave-message", "Please leave a message after the tone. Press the hash key when you have finished.";
    MESSAGE_SAVED = "msg/message-saved", "Your message is saved.";
    MESSAGE_DELETED = "msg/message-deleted", "The message is deleted.";
    MAILBOX_FULL = "msg/mailbox-full", "Your mailbox is full.";
    THIS_MAILBOX_FULL = "msg/this-mailbox-full", "This mailbox is full.";
    YOU_HAVE = "msg/you-have", "You have";
    NEW_MESSAGE = "msg/new-message", "new message";
    NEW_MESSAGES = "msg/new-messages", "new messages";
    OLD_MESSAGE = "msg/old-message", "old message";
    OLD_MESSAGES = "msg/old-messages", "old messages";
    NO_MESSAGES = "msg/no-messages", "You have no messages.";
    FIRST_MESSAGE = "msg/first-message", "First message.";
    NEXT_MESSAGE = "msg/next-message", "Next message.";
    END_OF_MESSAGES = "msg/end-of-messages", "End of messages.";
    MESSAGE_RECEIVED = "msg/message-received", "Message received";
    FROM = "msg/from", "from";
    MESSAGE_MENU = "msg/message-menu", "To listen again, press 1. To save, press 2. To delete, press 3.";
    YOUR_NUMBER_IS = "msg/your-number-is", "Your number is";
    UNKNOWN_NUMBER = "msg/unknown-number", "an unknown number.";
    RATE_US = "msg/rate-us", "Please rate our service, from 1, poor, to 5, very good.";
    THANK_YOU_FOR_RATING = "msg/thank-you-for-rating", "Thank you for your rating.";
}
