//! Tables and lists for people. No colours: a word says more, also on paper and to a screen reader.

use std::io;

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width as Room, presets,
};
use terminal_size::{Width, terminal_size_of};

use crate::lang::Text;
use crate::output;

/// Rows under a head, as wide as the terminal allows. Where words would be broken, each row becomes a list.
pub(crate) fn table(head: &[Text], rows: &[Vec<String>]) -> String {
    table_within(head, rows, &[], width())
}

/// The same with columns that are left out where there is no room for them, the first of these first.
pub(crate) fn table_sparing(head: &[Text], rows: &[Vec<String>], spare: &[usize]) -> String {
    table_within(head, rows, spare, width())
}

/// Names with their values, one a line. Values are never broken, so that links can be copied.
pub(crate) fn facts(facts: &[(Text, String)]) -> String {
    let names: Vec<_> = facts.iter().map(|(name, _)| name.to_string()).collect();
    let most = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let lines = names.iter().zip(facts).map(|(name, (_, value))| format!("{name:<most$}  {value}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// A text in lines that fit, broken between words, all but the first behind so many blanks.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    wrapped_within(text, indent, width())
}

/// The same for standard error.
pub(crate) fn wrapped_beside(text: &str, indent: usize) -> String {
    wrapped_within(text, indent, width_of(io::stderr()))
}

/// Writes a text to standard error behind so many blanks, broken between words. A command at its end is not broken, so
/// that it can be copied.
pub(crate) fn note(text: &str, indent: usize) {
    output::note(&noted(text, indent, width_of(io::stderr())));
}

fn noted(text: &str, indent: usize, width: Option<u16>) -> String {
    let fits = width.is_none_or(|width| indent + text.chars().count() <= usize::from(width));
    let margin = " ".repeat(indent);
    match text.rsplit_once(COMMAND).filter(|_| !fits) {
        Some((before, command)) => {
            let before = wrapped_within(&format!("{before}:"), indent, width);
            format!("{margin}{before}\n{margin}  nzimbu {command}")
        }
        None => format!("{margin}{}", wrapped_within(text, indent, width)),
    }
}

fn wrapped_within(text: &str, indent: usize, width: Option<u16>) -> String {
    let Some(width) = width.map(usize::from).filter(|width| *width > indent + LEAST_COLUMN) else {
        return text.to_owned();
    };
    let mut told = String::new();
    let mut used = indent;
    for word in text.split(' ') {
        let length = word.chars().count();
        // French puts a blank before these, and never a line break.
        let clings = matches!(word, ":" | ";" | "!" | "?" | "»");
        if used > indent && used + 1 + length > width && !clings {
            told.push('\n');
            told.push_str(&" ".repeat(indent));
            used = indent;
        } else if used > indent {
            told.push(' ');
            used += 1;
        }
        told.push_str(word);
        used += length;
    }
    told
}

fn table_within(head: &[Text], rows: &[Vec<String>], spare: &[usize], width: Option<u16>) -> String {
    let columns: Vec<_> = head.iter().enumerate().map(|(at, name)| Column::of(at, name, rows)).collect();
    let Some(width) = width else { return drawn(&columns, rows, None) };
    let room = usize::from(width);
    let mut shown = columns.clone();
    for column in spare {
        if needed(&shown, |column| column.whole) <= room {
            break;
        }
        shown.retain(|other| other.at != *column);
    }
    // Whoever leaves columns out wants lines; whoever does not wants every word whole.
    let fits = match shown.len() < columns.len() {
        true => needed(&shown, |column| column.whole) <= room,
        false => needed(&shown, |column| column.word) <= room,
    };
    if fits { drawn(&shown, rows, Some(width)) } else { lists(&columns, rows) }
}

/// A column of a table.
#[derive(Clone, Debug)]
struct Column {
    at: usize,
    name: String,
    /// How wide it is where nothing is broken.
    whole: usize,
    /// The longest word in it.
    word: usize,
    align: CellAlignment,
}

impl Column {
    fn of(at: usize, name: &Text, rows: &[Vec<String>]) -> Self {
        let name = name.to_string();
        let cells = || rows.iter().filter_map(|row| row.get(at)).map(String::as_str);
        let widest =
            |length: fn(&str) -> usize| cells().chain([&*name]).map(length).max().unwrap_or_default();
        let length = |text: &str| text.chars().count();
        let whole = widest(|text| text.chars().count());
        let word = widest(|text| text.split(' ').map(|word| word.chars().count()).max().unwrap_or_default());
        let are_numbers = cells().all(|cell| length(cell) == 0 || is_number(cell));
        let align = if are_numbers { CellAlignment::Right } else { CellAlignment::Left };
        Self { at, name, whole, word, align }
    }
}

/// A number, with a currency behind it or without, or a dash for none.
fn is_number(cell: &str) -> bool {
    let digits = match cell.rsplit_once(' ') {
        Some((digits, code)) if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            digits
        }
        _ => cell,
    };
    let sign = |sign: char| sign.is_ascii_digit() || matches!(sign, '.' | ',' | '\u{a0}');
    cell == "–" || !digits.is_empty() && digits.chars().all(sign)
}

/// How wide a table of these columns is: three blanks between two, and one at each end.
fn needed(columns: &[Column], each: fn(&Column) -> usize) -> usize {
    columns.iter().map(|column| each(column) + 3).sum::<usize>().saturating_sub(1)
}

fn drawn(columns: &[Column], rows: &[Vec<String>], width: Option<u16>) -> String {
    let mut table = Table::new();
    table.load_style(LOOK);
    table.set_header(columns.iter().map(|column| &column.name));
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    for row in rows {
        table.add_row(columns.iter().map(|column| row.get(column.at).map_or("", String::as_str)));
    }
    for (column, drawn) in columns.iter().zip(table.column_iter_mut()) {
        drawn.set_cell_alignment(column.align);
        // Together with the blanks beside it.
        let least = u16::try_from(column.word + 2).unwrap_or(u16::MAX);
        if width.is_some() {
            drawn.set_constraint(ColumnConstraint::LowerBoundary(Room::Fixed(least)));
        }
    }
    table.trim_fmt()
}

fn lists(columns: &[Column], rows: &[Vec<String>]) -> String {
    let most = columns.iter().map(|column| column.name.chars().count()).max().unwrap_or_default();
    let lists = rows.iter().map(|row| {
        let set = columns.iter().zip(row).filter(|(_, value)| !value.is_empty());
        let line = |(column, value): (&Column, &String)| format!("{:<most$}  {value}", column.name);
        set.map(line).collect::<Vec<_>>().join("\n")
    });
    lists.collect::<Vec<_>>().join("\n\n")
}

/// How many columns of characters there are, or nothing where nobody looks.
fn width() -> Option<u16> {
    width_of(io::stdout())
}

#[cfg(unix)]
fn width_of(stream: impl io::IsTerminal + std::os::fd::AsFd) -> Option<u16> {
    if !stream.is_terminal() {
        return None;
    }
    terminal_size_of(stream).map(|(Width(width), _)| width)
}

#[cfg(windows)]
fn width_of(stream: impl io::IsTerminal + std::os::windows::io::AsHandle) -> Option<u16> {
    if !stream.is_terminal() {
        return None;
    }
    terminal_size_of(stream).map(|(Width(width), _)| width)
}

/// Lines around the table and below its head, none between the rows.
const LOOK: TableStyle = TableStyle { row_separator: LineStyle::none(), ..presets::UTF8_HORIZONTAL_ONLY };

/// Narrower lines are no lines.
const LEAST_COLUMN: usize = 11;

/// What stands before a command that is to be typed.
const COMMAND: &str = ": nzimbu ";

#[cfg(test)]
mod tests {
    use super::{facts, noted, table_within, wrapped_within};
    use crate::lang::Text;

    #[test]
    fn a_row_is_a_line_where_there_is_room_and_a_list_where_there_is_none() {
        let head = ["country", "operator", "limit"].map(Text::same);
        let rows = [vec!["CI".to_owned(), "Orange".to_owned(), String::new()]];
        let wide = table_within(&head, &rows, &[], Some(80));
        assert!(wide.lines().any(|line| line.contains("CI") && line.contains("Orange")), "{wide}");
        assert_eq!(table_within(&head, &rows, &[], Some(20)), "country   CI\noperator  Orange");
        assert!(wide.lines().all(|line| line.chars().count() <= 80));
    }

    #[test]
    fn no_word_is_broken_and_what_can_be_spared_goes_first() {
        let head = ["order", "what happened", "changed", "amount"].map(Text::same);
        let row = |text: &str| text.split('|').map(str::to_owned).collect::<Vec<_>>();
        let rows = [
            row("W3SPANLTW46HG2YMBDIXDEGW5A|the gateway says succeeded|2026-11-25 01:15:14|1,250 XOF"),
            row("INV-7|ended||50 XOF"),
        ];
        for width in 20..=110 {
            for spare in [&[][..], &[2, 1]] {
                let told = table_within(&head, &rows, spare, Some(width));
                let long = told.lines().filter(|line| line.chars().count() > usize::from(width)).count();
                assert!(long == 0 || told.starts_with("order "), "{width}: {told}");
                for word in ["W3SPANLTW46HG2YMBDIXDEGW5A", "1,250", "INV-7"] {
                    assert!(told.contains(word), "{word} at {width}: {told}");
                }
                let is_table = told.contains('═');
                assert!(!is_table || told.contains("succeeded") || !spare.is_empty(), "{width}: {told}");
            }
        }
        let told = table_within(&head, &rows, &[2, 1], Some(70));
        assert!(told.contains("gateway says succeeded") && !told.contains("changed"), "{told}");
        let told = table_within(&head, &rows, &[2, 1], Some(45));
        assert!(told.contains("1,250 XOF") && !told.contains("happened"), "{told}");
        // Numbers stand under each other by their ends.
        let ends: Vec<_> = told.lines().filter_map(|line| line.find("XOF")).collect();
        assert!(ends.len() == 2 && ends[0] == ends[1], "{told}");
    }

    #[test]
    fn a_command_at_the_end_of_a_note_can_be_copied() {
        let text = "put that right, then go on with: nzimbu batch run salaries.csv --gateway cinetpay";
        let told = noted(text, 2, Some(40));
        assert_eq!(
            told,
            "  put that right, then go on with:\n    nzimbu batch run salaries.csv --gateway cinetpay"
        );
        assert_eq!(noted(text, 2, None), format!("  {text}"));
        assert_eq!(noted("one two three four", 2, Some(14)), "  one two\n  three four");
    }

    #[test]
    fn lines_break_between_words() {
        let told = wrapped_within("one two three four five six", 4, Some(16));
        assert_eq!(told, "one two\n    three four\n    five six");
        assert_eq!(wrapped_within("one two", 4, Some(9)), "one two", "too narrow to be broken well");
        assert_eq!(wrapped_within("one two", 4, None), "one two");
        let long = "a-word-that-is-longer-than-the-line and";
        assert_eq!(wrapped_within(long, 2, Some(20)), "a-word-that-is-longer-than-the-line\n  and");
    }

    #[test]
    fn a_long_value_stays_in_one_line() {
        let link = "https://page.example/".to_owned() + &"x".repeat(300);
        let told = facts(&[(Text::same("page"), link.clone()), (Text::same("référence"), "7".to_owned())]);
        assert_eq!(told, format!("page       {link}\nréférence  7"));
    }
}
