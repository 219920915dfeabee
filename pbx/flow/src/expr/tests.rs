//! Tables of expressions and what they give.
#![allow(clippy::panic, clippy::expect_used)]

use super::*;
use crate::limits::TEXT_MAX;
use crate::value::Kind;

/// A few names and one list.
struct Sample;

impl Scope for Sample {
    fn get(&mut self, name: &str) -> Option<Value> {
        Some(match name {
            "caller" => Value::text("13800138000"),
            "name" => Value::text("Li \"Ann\" Wu"),
            "time" => Value::text("23:15"),
            "level" => Value::whole(2),
            "vip" => Value::truth(true),
            "pin" => Value::text("4711").secret_if(true),
            "empty" => Value::text(""),
            "queue.after-sales.waiting" => Value::whole(7),
            "queue.101.waiting" => Value::whole(1),
            "等级" => Value::text("金"),
            _ => return None,
        })
    }

    fn lookup(&mut self, list: &str, of: &str) -> Option<Value> {
        (list == "regions" && of.starts_with("138")).then(|| Value::text("Beijing"))
    }
}

fn eval(text: &str) -> Value {
    match Expr::parse(text) {
        Ok(expr) => expr.eval(&mut Sample),
        Err(fault) => panic!("{text}: {} at {}", fault.what, fault.at),
    }
}

/// What is expected is written as a value is shown; nothing is `-`.
fn assert_gives(table: &[(&str, &str)]) {
    for (text, expected) in table {
        let value = eval(text);
        let shown = if value.kind == Kind::Nothing { "-".to_owned() } else { value.shown() };
        assert_eq!(&shown, expected, "{text}");
    }
}

#[test]
fn arithmetic_is_exact_and_checked() {
    assert_gives(&[
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 2 - 3", "5"),
        ("0.1 + 0.2", "0.3"),
        ("-level", "-2"),
        ("- -3", "3"),
        ("2 - -3", "5"),
        ("0.5 * 0.000001", "0.000001"),
        ("0.4 * 0.000001", "0"),
        ("-0.5 * 0.000001", "-0.000001"),
        ("1 / 3", "0.333333"),
        ("2 / 3", "0.666667"),
        ("-2 / 3", "-0.666667"),
        ("2 / -3", "-0.666667"),
        ("9000000000000 / 9000000000000", "1"),
        ("3000000 * 3000000", "9000000000000"),
        ("3100000 * 3100000", "-"),
        ("9000000000000 + 9000000000000", "-"),
        ("1 / 0", "-"),
        ("1 % 0", "-"),
        ("7 % 3", "1"),
        ("-1 % 7", "6"),
        ("-1 % -7", "6"),
        ("5.5 % 2", "1.5"),
        ("\"3\" + 4", "7"),
        ("\"three\" + 4", "-"),
        ("missing + 1", "-"),
        ("yes + 1", "-"),
        ("-missing", "-"),
    ]);
}

#[test]
fn numbers_compare_as_numbers_and_the_rest_as_text() {
    assert_gives(&[
        ("\"007\" == 7", "yes"),
        ("\"1.50\" == 1.5", "yes"),
        ("caller == 13800138000", "yes"),
        ("\"10\" > \"9\"", "yes"),
        ("\"10a\" > \"9\"", "no"),
        ("\"a\" < \"b\"", "yes"),
        ("\"A\" == \"a\"", "no"),
        ("level != 2", "no"),
        ("level >= 2 and level <= 2", "yes"),
        ("vip == yes", "yes"),
        ("vip == \"yes\"", "yes"),
        ("true == yes", "yes"),
        ("missing == \"\"", "yes"),
        ("missing == 0", "no"),
        ("missing < 1", "no"),
        ("missing > 1", "no"),
        ("missing >= missing", "no"),
        ("missing == missing", "yes"),
        ("(1 < 2) == yes", "yes"),
        ("yes == (1 in (1, 2))", "yes"),
        ("caller in (\"1\", '13800138000')", "yes"),
        ("level + 1 in (1, 3)", "yes"),
        ("missing in (1)", "no"),
    ]);
}

#[test]
fn conditions_join_as_people_read_them() {
    assert_gives(&[
        ("yes or no and no", "yes"),
        ("(yes or no) and no", "no"),
        ("not vip", "no"),
        ("not level == 3", "yes"),
        ("not missing and vip", "yes"),
        ("no and not yes", "no"),
        ("level or no", "yes"),
        ("\"\" or 0 or missing", "no"),
    ]);
}

#[test]
fn text_is_joined_cut_and_searched() {
    assert_gives(&[
        ("\"a\" & 1 + 2 & vip", "a3yes"),
        ("'it''s' & \" \"\"so\"\"\"", "it's \"so\""),
        ("starts(caller, \"139\", \"138\")", "yes"),
        ("starts(caller, 138)", "yes"),
        ("starts(caller, missing)", "no"),
        ("ends(caller, \"000\")", "yes"),
        ("ends(caller, \"\")", "no"),
        ("contains(name, '\"Ann\"')", "yes"),
        ("contains(name, \"Bob\")", "no"),
        ("length(caller)", "11"),
        ("length(等级)", "1"),
        ("length(missing)", "0"),
        ("part(caller, -4, 4)", "8000"),
        ("part(caller, 1, 3)", "138"),
        ("part(caller, 8)", "8000"),
        ("part(caller, -99, 2)", "13"),
        ("part(caller, 99, 2)", ""),
        ("part(caller, 0)", "-"),
        ("part(caller, 1.5)", "-"),
        ("part(caller, 1, -1)", ""),
        ("lookup(\"regions\", caller)", "Beijing"),
        ("lookup(\"regions\", 99)", "-"),
        ("lookup(\"others\", caller)", "-"),
        ("等级 == \"金\"", "yes"),
    ]);
}

#[test]
fn functions_of_numbers_and_times() {
    assert_gives(&[
        ("number(\"0042\")", "42"),
        ("number(\"4 2\")", "-"),
        ("round(2.5)", "3"),
        ("round(-2.5)", "-3"),
        ("round(2.345678, 2)", "2.35"),
        ("round(2.344999, 2)", "2.34"),
        ("round(2.3, 6)", "2.3"),
        ("round(2.3, 7)", "-"),
        ("round(2.3, -1)", "-"),
        ("min(3, \"2\", 5)", "2"),
        ("max(3, \"2\", 5)", "5"),
        ("max(3, \"x\")", "-"),
        ("between(5, 5, 7)", "yes"),
        ("between(8, 5, 7)", "no"),
        ("between(6, 7, 5)", "no"),
        ("between(missing, 0, 9)", "no"),
        ("between(time, \"22:00\", \"06:00\")", "yes"),
        ("between(\"12:00\", \"22:00\", \"06:00\")", "no"),
        ("between(\"06:00\", \"22:00\", \"06:00\")", "yes"),
        ("between(time, \"09:00\", \"17:00\")", "no"),
        ("is_set(caller)", "yes"),
        ("is_set(empty)", "no"),
        ("is_set(missing)", "no"),
        ("is_set(0)", "yes"),
        ("queue.\"after-sales\".waiting - 1", "6"),
        ("queue.101.waiting", "1"),
    ]);
}

#[test]
fn what_is_made_from_a_secret_is_secret() {
    for text in [
        "pin",
        "pin & \"\"",
        "\"\" & pin",
        "pin + 1",
        "-pin",
        "not pin",
        "pin == 4711",
        "4711 < pin",
        "pin and no",
        "pin or yes",
        "no or pin",
        "yes and pin",
        "length(pin)",
        "part(\"abc\", 1, pin)",
        "is_set(pin)",
        "between(1, 2, pin)",
        "1 in (2, pin, 1)",
        "pin in (1)",
        "lookup(\"regions\", pin)",
        "missing + pin",
        "min(1, pin)",
        "round(1, pin)",
    ] {
        assert!(eval(text).is_secret, "{text}");
    }
    for text in ["no and pin", "yes or pin", "caller & 1", "lookup(\"regions\", caller)"] {
        assert!(!eval(text).is_secret, "{text}: the secret was not read");
    }
}

#[test]
fn faults_say_where_what_and_what_to_do() {
    for (text, at, what, hint) in [
        ("", 0, "a value is missing", "number"),
        ("1 +", 3, "a value is missing before the end", "number"),
        ("1 + * 2", 4, "a value is missing before *", ""),
        ("a = 1", 2, "= does not compare", "write =="),
        ("a && b", 2, "&&", "write and"),
        ("a || b", 2, "||", "write or"),
        ("!a", 0, "!", "write not"),
        ("(a", 0, "this ( has no end", "close it"),
        ("a)", 1, ") does not belong here", "no ( for it"),
        ("a < b < c", 6, "< does not belong here", "a < b and b < c"),
        ("a in (1) == yes", 9, "== does not belong", "two at a time"),
        ("a in ()", 7, "nothing to be in", "write in"),
        ("a in 1", 5, "( is missing here", "write in"),
        ("a not in (1)", 2, "not does not belong", "not (x in"),
        ("1 + not a", 4, "\"not\" does not belong", "parentheses"),
        ("stars(caller, 1)", 0, "there is no function stars", "did you mean \"starts\"?"),
        ("banana(1)", 0, "there is no function banana", "known are starts"),
        ("length()", 0, "length takes 1 values and has 0", "length(order)"),
        ("part(a)", 0, "part takes 2 to 3 values", "part(caller"),
        ("lookup(regions, caller)", 0, "the name of a list between quotes", "lookup(\"regions\""),
        ("a & \"open", 4, "this text has no end", "close it with \""),
        ("09:00", 0, "a time is text", "\"09:00\""),
        ("12ab", 0, "12ab is neither", "between quotes"),
        ("1.", 0, "1. is not a number", ""),
        ("1234567890123456789", 0, "is not a number", "as text between quotes"),
        ("queue.", 6, "ends with a dot", "after the dot"),
        ("queue.\"a b\".waiting", 6, "no part of a name", "letters"),
        ("a b", 2, "b does not belong here", "operator missing"),
        ("a ? b", 2, "\"?\" is not known here", "operator"),
        ("“a”", 0, "curly quotes", "straight"),
        ("名 $", 4, "\"$\" is not known here", ""),
        ("a + \u{1b}[2J", 4, "a value is missing before \"\\u{1b}\"", ""),
    ] {
        let Err(fault) = Expr::parse(text) else { panic!("{text} is read") };
        assert_eq!(fault.at, at, "{text}: {}", fault.what);
        assert!(fault.what.contains(what), "{text}: {}", fault.what);
        assert!(fault.hint.as_deref().unwrap_or_default().contains(hint), "{text}: {:?}", fault.hint);
    }
}

#[test]
fn length_and_depth_have_an_end() {
    use crate::limits::{EXPRESSION_DEPTH_MAX, EXPRESSION_MAX, EXPRESSION_OPERATORS_MAX};
    let nested = |deep: usize| format!("{}1{}", "(".repeat(deep), ")".repeat(deep));
    assert!(Expr::parse(&nested(EXPRESSION_DEPTH_MAX - 1)).is_ok());
    for text in [nested(EXPRESSION_DEPTH_MAX), "-".repeat(900), "not ".repeat(200)] {
        let fault = Expr::parse(&text).expect_err("too deep");
        assert!(fault.what.contains("deep") || fault.what.contains("missing"), "{}", fault.what);
    }
    let chain = |terms: usize| vec!["1"; terms].join("+");
    assert!(Expr::parse(&chain(EXPRESSION_OPERATORS_MAX + 1)).is_ok(), "a long row is not deep");
    for sign in ["+", "&", " and "] {
        let text = vec!["1"; EXPRESSION_OPERATORS_MAX + 2].join(sign);
        let fault = Expr::parse(&text).expect_err("too many");
        assert!(fault.what.contains("at most") && fault.what.contains("operators"), "{}", fault.what);
    }
    for text in [chain(EXPRESSION_MAX), chain(500_000), format!("\"{}\"", "龙".repeat(EXPRESSION_MAX))] {
        let fault = Expr::parse(&text).expect_err("too long");
        assert!(fault.what.contains("at most"), "{}", fault.what);
    }
    assert!(
        Expr::parse(&format!("\"{}\"", "龙".repeat(EXPRESSION_MAX - 2))).is_ok(),
        "characters count, not bytes"
    );
}

#[test]
fn the_deepest_expression_needs_little_stack() {
    use crate::limits::{EXPRESSION_DEPTH_MAX, EXPRESSION_OPERATORS_MAX};
    let all = || {
        // Each opens an expression for the parenthesis and one for what is added.
        let deep = EXPRESSION_DEPTH_MAX / 2 - 1;
        let row = "1+".repeat(EXPRESSION_OPERATORS_MAX - deep);
        let text = format!("{}{row}1{}", "(1+".repeat(deep), ")".repeat(deep));
        let expr = Expr::parse(&text).expect("as deep as it may be");
        assert_eq!(expr.eval(&mut Sample), Value::whole(101));
        assert_eq!(Expr::parse(&expr.to_string()), Ok(expr));
    };
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(all);
    thread.expect("a thread").join().expect("it comes to its end");
}

/// Text of the greatest length under one name, and how often it was asked for.
struct Long(usize);

impl Scope for Long {
    fn get(&mut self, _: &str) -> Option<Value> {
        self.0 += 1;
        Some(Value::text(&"龙".repeat(TEXT_MAX / 2 + 1)))
    }

    fn lookup(&mut self, _: &str, _: &str) -> Option<Value> {
        None
    }
}

#[test]
fn joining_ends_where_nothing_more_fits() {
    let mut long = Long(0);
    let expr = Expr::parse(&["x"; 50].join(" & ")).expect("reads");
    assert_eq!(expr.eval(&mut long).plain(), "龙".repeat(TEXT_MAX));
    assert_eq!(long.0, 2, "what does not fit is not read");
}

#[test]
fn names_and_lists_are_told_once_in_their_order() {
    let expr = Expr::parse("b + a * b + lookup(\"l\", c) & lookup('m', a) & (d in (e, 1)) & min(f, -g)")
        .expect("reads");
    assert_eq!(expr.names(), ["b", "a", "c", "d", "e", "f", "g"]);
    assert_eq!(expr.lists(), ["l", "m"]);
    assert_eq!(expr.constant(), None);
    assert_eq!(Expr::parse("lookup(\"l\", 1)").expect("reads").constant(), None);
    assert_eq!(Expr::parse("1 + 1 == 2").expect("reads").constant(), Some(Value::truth(true)));
}

#[test]
fn an_expression_is_written_as_it_would_be_read() {
    for (text, written) in [
        ("((1+2))*3", "(1 + 2) * 3"),
        ("1+(2*3)", "1 + 2 * 3"),
        ("1-(2-3)", "1 - (2 - 3)"),
        ("(1-2)-3", "1 - 2 - 3"),
        ("not (a and b)", "not (a and b)"),
        ("(not a) and b", "not a and b"),
        ("(not a) == b", "(not a) == b"),
        ("(a<b)==(c<d)", "(a < b) == (c < d)"),
        ("-(a+b)", "-(a + b)"),
        ("-5", "-5"),
        ("-(-a)", "--a"),
        ("'say \"x\"'", "'say \"x\"'"),
        ("'both '' and \"'", "\"both ' and \"\"\""),
        ("queue.\"a-b\".waiting", "queue.\"a-b\".waiting"),
        ("queue.\"ab\".waiting", "queue.ab.waiting"),
        ("lookup('l',a)", "lookup(\"l\", a)"),
        ("(a or b) in (1,'x')", "(a or b) in (1, \"x\")"),
        ("true", "yes"),
        ("1.50", "1.5"),
    ] {
        assert_eq!(Expr::parse(text).expect(text).to_string(), written);
    }
}

/// A seeded stream of numbers.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % end
    }
}

/// An expression as the parser could have made it.
fn random(chance: &mut Chance, deep: usize) -> Expr {
    const OPERATORS: [Operator; 13] = [
        Operator::Or,
        Operator::And,
        Operator::Equal,
        Operator::Unequal,
        Operator::Less,
        Operator::AtMost,
        Operator::More,
        Operator::AtLeast,
        Operator::Plus,
        Operator::Minus,
        Operator::Times,
        Operator::Over,
        Operator::Rest,
    ];
    let inner = |chance: &mut Chance| Box::new(random(chance, deep.saturating_sub(1)));
    match chance.below(if deep == 0 { 4 } else { 13 }) {
        0 => {
            Expr::Constant(Value::millionths(i64::try_from(chance.below(9_000_000)).unwrap_or(0) - 4_000_000))
        }
        1 => Expr::text(["", "a'b\"c", "龙", "\"", "007"][chance.below(5)]),
        2 => Expr::Constant(Value::truth(chance.below(2) == 0)),
        3 => Expr::Name(["a", "caller", "queue.a-b.waiting", "pin", "level"][chance.below(5)].to_owned()),
        4 => match *inner(chance) {
            // The parser folds the sign into a number.
            Expr::Constant(Value { kind: Kind::Number(_), .. }) => Expr::Name("n".into()),
            of => Expr::Negative(Box::new(of)),
        },
        5 => Expr::Not(inner(chance)),
        6 => Expr::In(inner(chance), vec![*inner(chance), *inner(chance)]),
        7 => Expr::Call(Function::Part, vec![*inner(chance), *inner(chance), *inner(chance)]),
        8 => Expr::Lookup("regions".into(), inner(chance)),
        9 => inner(chance).joined(*inner(chance)),
        _ => {
            let (one, other) = (inner(chance), inner(chance));
            Expr::Two(one, OPERATORS[chance.below(OPERATORS.len())], other)
        }
    }
}

#[test]
fn what_is_written_reads_as_the_same() {
    let mut chance = Chance(7);
    let (mut read, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let expr = random(&mut chance, 4);
        let text = expr.to_string();
        match Expr::parse(&text) {
            Ok(again) => {
                assert_eq!(again, expr, "{text}");
                assert_eq!(again.eval(&mut Sample), expr.eval(&mut Sample), "{text}");
                read += 1;
            }
            Err(fault) => {
                assert!(
                    fault.what.contains("at most") || fault.what.contains("deep"),
                    "{text}: {}",
                    fault.what
                );
                refused += 1;
            }
        }
    }
    assert!(read > 15_000, "{read} read, {refused} too long or deep");
}

#[test]
fn no_text_makes_the_reader_panic() {
    const WORDS: &[&str] = &[
        "a",
        "1",
        "0.5",
        "\"",
        "'",
        "(",
        ")",
        ",",
        "+",
        "-",
        "*",
        "/",
        "%",
        "&",
        "==",
        "!=",
        "<",
        ">=",
        "=",
        "!",
        " ",
        "and",
        "or",
        "not",
        "in",
        "yes",
        "lookup",
        "part",
        "min",
        "queue.",
        ".",
        ":",
        "}",
        "龙",
        "é",
        "\u{1b}",
        "\0",
        "99999999999999",
        "\"x\"",
        "lookup(\"l\",",
        "round(",
    ];
    let mut chance = Chance(11);
    let mut read = 0;
    for _ in 0..100_000 {
        let text: String = (0..chance.below(14)).map(|_| WORDS[chance.below(WORDS.len())]).collect();
        match Expr::parse(&text) {
            Ok(expr) => {
                expr.eval(&mut Sample);
                assert_eq!(Expr::parse(&expr.to_string()), Ok(expr), "{text}");
                read += 1;
            }
            Err(fault) => assert!(text.is_char_boundary(fault.at), "{text}: {}", fault.at),
        }
    }
    assert!(read > 1_000, "only {read} of them meant something");
}
