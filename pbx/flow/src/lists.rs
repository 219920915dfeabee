//! Lists of numbers and beginnings of numbers with a value beside each: who is let in, who is not, who matters, which
//! region calls. A file of them is CSV: `number,value,comment` a line.

use crate::csv::{CsvFault, records};
use crate::limits::{FAULTS_MAX, LIST_BYTES_MAX, LIST_ENTRIES_MAX, LIST_VALUE_MAX};
use crate::number::{NUMBER_MAX, Pattern, normal};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A list. Cheap to clone.
#[derive(Clone, Default)]
pub struct List(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// Keys and values, of which items know their places.
    text: String,
    /// Whole numbers, sorted by key.
    exact: Vec<Item>,
    /// Beginnings, sorted by key.
    beginnings: Vec<Item>,
    /// Bit n: there is a beginning of n characters.
    lengths: u128,
}

/// 16 bytes, because there may be a million.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Item {
    key: u32,
    value: u32,
    line: u32,
    value_len: u16,
    key_len: u8,
}

/// What a list says of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'l> {
    /// The number, or its beginning, in normal form.
    pub key: &'l str,
    /// Whether it is a beginning.
    pub is_prefix: bool,
    /// What stands beside it.
    pub value: &'l str,
    /// The line of the file.
    pub line: u32,
}

impl fmt::Display for Entry<'_> {
    /// `line 17: 138* = gold`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}{}", self.line, self.key, if self.is_prefix { "*" } else { "" })?;
        if self.value.is_empty() { Ok(()) } else { write!(f, " = {}", self.value) }
    }
}

impl Inner {
    fn part(&self, from: u32, length: usize) -> &str {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        self.text.get(from..from.saturating_add(length)).unwrap_or_default()
    }

    fn key(&self, item: &Item) -> &str {
        self.part(item.key, usize::from(item.key_len))
    }

    fn value(&self, item: &Item) -> &str {
        self.part(item.value, usize::from(item.value_len))
    }

    fn entry(&self, item: &Item, is_prefix: bool) -> Entry<'_> {
        Entry { key: self.key(item), is_prefix, value: self.value(item), line: item.line }
    }

    fn search<'l>(&'l self, items: &'l [Item], key: &str) -> Option<&'l Item> {
        let at = items.binary_search_by(|item| self.key(item).cmp(key)).ok()?;
        items.get(at)
    }
}

impl List {
    /// Reads a file: `number,value,comment` a line, of which only the number must be there. A first line of names is
    /// passed over, so are empty lines and remarks (`# …`). What ends in `*` is a beginning. The same line twice counts
    /// once.
    ///
    /// # Errors
    /// All faults, at most [`FAULTS_MAX`].
    pub fn parse(text: &str) -> Result<Self, Vec<CsvFault>> {
        Self::parse_up_to(text, LIST_ENTRIES_MAX)
    }

    fn parse_up_to(text: &str, entries_max: usize) -> Result<Self, Vec<CsvFault>> {
        let mut build = Build::default();
        if text.len() > LIST_BYTES_MAX {
            let what = format!("a list has at most {LIST_BYTES_MAX} bytes");
            return Err(vec![CsvFault { place: crate::Place { line: 1, column: 1 }, what }]);
        }
        let mut is_first = true;
        for record in records(text) {
            if build.faults.len() >= FAULTS_MAX {
                break;
            }
            let record = match record {
                Ok(record) => record,
                Err(fault) => {
                    build.faults.push(fault);
                    continue;
                }
            };
            let is_names = std::mem::take(&mut is_first)
                && ["number", "prefix"].iter().any(|name| record.field(0).eq_ignore_ascii_case(name));
            if is_names {
                continue;
            }
            if let Err(fault) = build.take(&record) {
                build.faults.push(fault);
            }
            if build.count() > entries_max {
                build.faults.push(record.fault(0, format!("a list has at most {entries_max} entries")));
                break;
            }
        }
        build.finish()
    }

    /// Whether it is the other one itself, and takes no memory of its own.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Bytes of memory that it holds.
    pub fn weight(&self) -> usize {
        let Inner { text, exact, beginnings, .. } = &*self.0;
        text.capacity() + (exact.capacity() + beginnings.capacity()) * size_of::<Item>()
    }

    /// What it says of a number, however that is written: the entry of the whole number, else that of its longest
    /// beginning.
    pub fn find(&self, number: &str) -> Option<Entry<'_>> {
        let number = normal(number);
        let inner = &*self.0;
        if let Some(item) = inner.search(&inner.exact, &number) {
            return Some(inner.entry(item, false));
        }
        let lengths = (0..=number.len().min(NUMBER_MAX)).rev().filter(|n| inner.lengths >> n & 1 == 1);
        let mut beginnings = lengths.filter_map(|n| number.get(..n));
        let item = beginnings.find_map(|beginning| inner.search(&inner.beginnings, beginning))?;
        Some(inner.entry(item, true))
    }

    /// Entries.
    pub fn len(&self) -> usize {
        self.0.exact.len() + self.0.beginnings.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether that stands beside a number of it.
    pub fn has_value(&self, value: &str) -> bool {
        self.entries().any(|entry| entry.value == value)
    }

    fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let inner = &*self.0;
        let beginnings = inner.beginnings.iter().map(|item| inner.entry(item, true));
        inner.exact.iter().map(|item| inner.entry(item, false)).chain(beginnings)
    }
}

/// A list in the making.
#[derive(Default)]
struct Build {
    inner: Inner,
    /// Where each different value stands.
    values: BTreeMap<String, u32>,
    faults: Vec<CsvFault>,
}

impl Build {
    fn count(&self) -> usize {
        self.inner.exact.len() + self.inner.beginnings.len()
    }

    fn take(&mut self, record: &crate::csv::Record<'_>) -> Result<(), CsvFault> {
        let (number, value) = (record.field(0), record.field(1));
        let pattern = Pattern::parse(number).map_err(|what| {
            let hint = if number.contains(';') { "; columns are separated by commas" } else { "" };
            record.fault(0, what + hint)
        })?;
        if let Some(place) = (3..record.fields.len()).find(|place| !record.field(*place).is_empty()) {
            let what = "a line has three columns: number, value, comment; put text with commas between double quotes";
            return Err(record.fault(place, what));
        }
        if value.len() > LIST_VALUE_MAX || value.chars().any(char::is_control) {
            let what = format!("a value has at most {LIST_VALUE_MAX} bytes and no control characters");
            return Err(record.fault(1, what));
        }
        self.add(&pattern, value, record.line)
            .ok_or_else(|| record.fault(0, format!("a list has at most {LIST_BYTES_MAX} bytes")))
    }

    /// `None`: there is no room.
    fn add(&mut self, pattern: &Pattern, value: &str, line: u32) -> Option<()> {
        let (key, is_prefix) = match pattern {
            Pattern::Exact(key) => (key, false),
            Pattern::Prefix(key) => (key, true),
        };
        let value_at = match self.values.get(value) {
            Some(at) => *at,
            None => {
                let at = u32::try_from(self.inner.text.len()).ok()?;
                self.inner.text.push_str(value);
                self.values.insert(value.to_owned(), at);
                at
            }
        };
        let item = Item {
            key: u32::try_from(self.inner.text.len()).ok()?,
            value: value_at,
            line,
            value_len: u16::try_from(value.len()).ok()?,
            key_len: u8::try_from(key.len()).ok()?,
        };
        self.inner.text.push_str(key);
        if is_prefix {
            self.inner.lengths |= 1_u128.checked_shl(u32::from(item.key_len))?;
            self.inner.beginnings.push(item);
        } else {
            self.inner.exact.push(item);
        }
        Some(())
    }

    fn finish(mut self) -> Result<List, Vec<CsvFault>> {
        for is_prefix in [false, true] {
            let inner = &mut self.inner;
            let mut items = std::mem::take(if is_prefix { &mut inner.beginnings } else { &mut inner.exact });
            items.sort_unstable_by(|a, b| inner.key(a).cmp(inner.key(b)).then(a.line.cmp(&b.line)));
            items.dedup_by(|later, first| {
                if inner.key(later) != inner.key(first) {
                    return false;
                }
                if inner.value(later) != inner.value(first) && self.faults.len() < FAULTS_MAX {
                    let star = if is_prefix { "*" } else { "" };
                    let what = format!(
                        "{}{star} stands here with \"{}\" and on line {} with \"{}\"",
                        inner.key(later),
                        inner.value(later),
                        first.line,
                        inner.value(first)
                    );
                    let place = crate::Place { line: later.line, column: 1 };
                    self.faults.push(CsvFault { place, what });
                }
                true
            });
            items.shrink_to_fit();
            *(if is_prefix { &mut inner.beginnings } else { &mut inner.exact }) = items;
        }
        self.inner.text.shrink_to_fit();
        if self.faults.is_empty() {
            return Ok(List(Arc::new(self.inner)));
        }
        self.faults.sort_by_key(|fault| fault.place);
        Err(self.faults)
    }
}

impl PartialEq for List {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.entries().eq(other.entries())
    }
}

impl Eq for List {}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "List({} entries)", self.len())
    }
}

impl Serialize for List {
    /// As (pattern, value, line).
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.entries().map(|entry| {
            let star = if entry.is_prefix { "*" } else { "" };
            (format!("{}{star}", entry.key), entry.value, entry.line)
        }))
    }
}

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows = Vec::<(String, String, u32)>::deserialize(deserializer)?;
        if rows.len() > LIST_ENTRIES_MAX {
            return Err(D::Error::custom("a list has too many entries"));
        }
        let mut build = Build::default();
        for (pattern, value, line) in rows {
            let pattern = Pattern::parse(&pattern).map_err(D::Error::custom)?;
            if value.len() > LIST_VALUE_MAX || build.add(&pattern, &value, line).is_none() {
                return Err(D::Error::custom("a value of a list is too long"));
            }
        }
        build.finish().map_err(|faults| D::Error::custom(faults.first().map_or("", |f| &f.what)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    const VIP: &str = "\
number,value,comment
# gold customers
138*,gold,\"mobile, north\"
1380013*,silver
13800138000,platinum,Ms Wu
+41 44 555 01 23,gold
0049*,germany
anonymous,hidden
*9*,test
";

    #[test]
    fn the_longest_entry_that_fits_says_it() {
        let list = List::parse(VIP).unwrap();
        assert_eq!(list.len(), 7);
        for (number, wanted) in [
            ("13800138000", Some("line 5: 13800138000 = platinum")),
            ("138 0013 8001", Some("line 4: 1380013* = silver")),
            ("13811111111", Some("line 3: 138* = gold")),
            ("138", Some("line 3: 138* = gold")),
            ("13", None),
            ("0041 44 555 01 23", Some("line 6: +41445550123 = gold")),
            ("+414455501234", None),
            ("+49 30 1234", Some("line 7: +49* = germany")),
            ("Anonymous", Some("line 8: anonymous = hidden")),
            ("*97", Some("line 9: *9* = test")),
            ("", None),
            ("é", None),
        ] {
            assert_eq!(list.find(number).map(|e| e.to_string()).as_deref(), wanted, "{number}");
        }
        let all = List::parse("*,everybody\n").unwrap();
        assert_eq!(all.find("").map(|e| e.value), Some("everybody"));
        assert_eq!(all.find(&"9".repeat(500)).map(|e| e.value), Some("everybody"));
        assert!(List::parse("").unwrap().is_empty());
    }

    #[test]
    fn faults_have_line_and_column() {
        let text =
            "138*,gold\n138*,gold\n\n44;5,x\n139*, a, b, c\n137*,\"x\n138*,silver\n,x\n13*8*\n7,\u{7}\n";
        let faults = List::parse(text).unwrap_err();
        let shown: Vec<String> =
            faults.iter().map(|f| format!("{}:{} {}", f.place.line, f.place.column, f.what)).collect();
        let wanted = [
            "4:1 \"44;5\" is no number; write \"4001\", \"138*\" for all that begin so, or \"*\" for all; columns are separated by commas",
            "5:13 a line has three columns: number, value, comment; put text with commas between double quotes",
            "6:6 a double quote is not closed on its line",
            "7:1 138* stands here with \"silver\" and on line 1 with \"gold\"",
            "8:1 \"\" is no number; write \"4001\", \"138*\" for all that begin so, or \"*\" for all",
            "9:1 \"13*8*\" is no number; write \"4001\", \"138*\" for all that begin so, or \"*\" for all",
            "10:3 a value has at most 200 bytes and no control characters",
        ];
        assert_eq!(shown, wanted);
    }

    #[test]
    fn as_many_faults_and_entries_as_are_allowed() {
        assert_eq!(List::parse(&"x y\n".repeat(1_000)).unwrap_err().len(), FAULTS_MAX);
        let faults = List::parse_up_to("1\n2\n3*\n4\n", 3).unwrap_err();
        assert_eq!(faults.len(), 1);
        assert!(faults[0].what.contains("at most 3 entries") && faults[0].place.line == 4);
        assert_eq!(List::parse_up_to("1\n2\n3*\n", 3).unwrap().len(), 3);
    }

    /// Half a million beginnings of twelve digits, found by themselves and as beginnings of longer numbers.
    #[test]
    fn half_a_million_entries() {
        let text: String = (0..500_000_u64)
            .map(|n| format!("{:012}*,region {}\n", n * 1_999_993 % 999_999_999_989, n % 300))
            .collect();
        let list = List::parse(&text).unwrap();
        assert_eq!(list.len(), 500_000);
        for n in (0..500_000_u64).step_by(997) {
            let number = format!("{:012}77", n * 1_999_993 % 999_999_999_989);
            // Some begin with 00, which is +.
            let entry = list.find(&number).unwrap();
            assert_eq!(entry.value, format!("region {}", n % 300), "{number}");
            assert_eq!(u64::from(entry.line), n + 1);
        }
        assert!(list.find("99999999999").is_none());
        // What there is for each entry stays small.
        assert!(size_of::<Item>() <= 20 && list.0.text.len() < 500_000 * 13);
    }

    #[test]
    fn it_is_the_same_after_being_stored() {
        let list = List::parse(VIP).unwrap();
        let json = serde_json::to_string(&list).unwrap();
        let again: List = serde_json::from_str(&json).unwrap();
        assert_eq!(again, list);
        assert_ne!(List::parse("138*,gold\n").unwrap(), List::parse("138*,gold2\n").unwrap());
        assert_eq!(format!("{list:?}"), "List(7 entries)");
        assert!(serde_json::from_str::<List>("[[\"x y\",\"\",1]]").is_err());
        assert!(serde_json::from_str::<List>("[[\"1\",\"a\",1],[\"1\",\"b\",2]]").is_err());
    }
}
