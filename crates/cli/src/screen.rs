//! Tables and lists for people. No colours: a word says more, also on paper and to a screen reader.

use std::io::{self, IsTerminal as _};

use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle, presets};
use terminal_size::{Width, terminal_size_of};

use crate::lang::Text;

/// Rows under a head, as wide as the terminal allows. Where it is too narrow for columns, each row becomes a list.
pub(crate) fn table(head: &[Text], rows: &[Vec<String>]) -> String {
    table_within(head, rows, width())
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

fn table_within(head: &[Text], rows: &[Vec<String>], width: Option<u16>) -> String {
    let head: Vec<_> = head.iter().map(ToString::to_string).collect();
    let needed = head.len() * LEAST_COLUMN;
    if width.is_some_and(|width| usize::from(width) < needed) {
        return lists(&head, rows);
    }
    let mut table = Table::new();
    table.load_style(LOOK);
    table.set_header(head);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    for row in rows {
        table.add_row(row);
    }
    table.trim_fmt()
}

fn lists(head: &[String], rows: &[Vec<String>]) -> String {
    let most = head.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let lists = rows.iter().map(|row| {
        let set = head.iter().zip(row).filter(|(_, value)| !value.is_empty());
        set.map(|(name, value)| format!("{name:<most$}  {value}")).collect::<Vec<_>>().join("\n")
    });
    lists.collect::<Vec<_>>().join("\n\n")
}

/// How many columns of characters there are, or nothing where nobody looks.
fn width() -> Option<u16> {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    terminal_size_of(stdout).map(|(Width(width), _)| width)
}

/// Lines around the table and below its head, none between the rows.
const LOOK: TableStyle = TableStyle { row_separator: LineStyle::none(), ..presets::UTF8_HORIZONTAL_ONLY };

/// Narrower columns break words.
const LEAST_COLUMN: usize = 11;

#[cfg(test)]
mod tests {
    use super::{facts, table_within, wrapped_within};
    use crate::lang::Text;

    #[test]
    fn a_row_is_a_line_where_there_is_room_and_a_list_where_there_is_none() {
        let head = ["country", "operator", "limit"].map(Text::same);
        let rows = [vec!["CI".to_owned(), "Orange".to_owned(), String::new()]];
        let wide = table_within(&head, &rows, Some(80));
        assert!(wide.lines().any(|line| line.contains("CI") && line.contains("Orange")), "{wide}");
        assert_eq!(table_within(&head, &rows, Some(20)), "country   CI\noperator  Orange");
        assert!(wide.lines().all(|line| line.chars().count() <= 80));
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
