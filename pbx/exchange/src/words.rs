//! Enums whose words machines read.

/// An enum, each of its words with the text that is written and shown of it.
macro_rules! words {
    ($(#[$doc:meta])* $vis:vis enum $name:ident { $($(#[$each:meta])* $word:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        $vis enum $name { $($(#[$each])* $word,)+ }

        impl $name {
            /// All of them, in order.
            $vis const ALL: &'static [Self] = &[$(Self::$word),+];

            /// The fixed word for machines.
            $vis const fn word(self) -> &'static str {
                match self { $(Self::$word => $text,)+ }
            }
        }
    };
}
pub(crate) use words;
