//! Marking what a search found.

use std::collections::HashSet;
use std::ops::Range;

use crate::fold::{Run, RunKind, runs};
use crate::token::word;

/// Cuts `text` into byte ranges that follow each other without a gap; `true` where the range is what
/// `tokens` (of [`query_tokens`](crate::query_tokens)) ask for.
pub fn highlight(text: &str, tokens: &[String]) -> Vec<(Range<usize>, bool)> {
    highlight_within(text, 0..text.len(), &marks(text, tokens))
}

/// Returns the part of `text` around the first found place, at most `max_chars` characters long, cut
/// and marked as by [`highlight`].
///
/// The first range begins after 0 and the last ends before `text.len()` where something was left out.
/// Where nothing is found it is the beginning of the text.
pub fn snippet(text: &str, tokens: &[String], max_chars: usize) -> Vec<(Range<usize>, bool)> {
    let marks = marks(text, tokens);
    let first = marks.first().map_or(0, |mark| mark.start);
    // A quarter of the snippet stands before the find, so that it is read in its sentence.
    let lead = text[..first].char_indices().rev().take(max_chars / 4).last();
    let start = lead.map_or(first, |(at, _)| at);
    let end = text[start..]
        .char_indices()
        .nth(max_chars)
        .map_or(text.len(), |(at, _)| start + at);
    highlight_within(text, start..end, &marks)
}

fn highlight_within(text: &str, window: Range<usize>, marks: &[Range<usize>]) -> Vec<(Range<usize>, bool)> {
    debug_assert!(text.is_char_boundary(window.start) && text.is_char_boundary(window.end));
    let mut pieces = Vec::new();
    let mut at = window.start;
    for mark in marks {
        let (start, end) = (mark.start.max(window.start), mark.end.min(window.end));
        if start >= end {
            continue;
        }
        if at < start {
            pieces.push((at..start, false));
        }
        pieces.push((start..end, true));
        at = end;
    }
    if at < window.end {
        pieces.push((at..window.end, false));
    }
    pieces
}

/// Returns the found places in order; overlapping and touching ones of a run are one.
fn marks(text: &str, tokens: &[String]) -> Vec<Range<usize>> {
    let wanted: HashSet<&str> = tokens.iter().map(String::as_str).collect();
    let mut marks: Vec<Range<usize>> = Vec::new();
    for run in runs(text) {
        for found in marks_of_run(&run, &wanted) {
            match marks.last_mut() {
                Some(last) if found.start <= last.end => last.end = last.end.max(found.end),
                Some(_) | None => marks.push(found),
            }
        }
    }
    marks
}

fn marks_of_run(run: &Run, wanted: &HashSet<&str>) -> Vec<Range<usize>> {
    let span = |from: usize, to: usize| run.chars[from].1.start..run.chars[to].1.end;
    match run.kind {
        RunKind::Word if wanted.contains(word(run).as_str()) => vec![span(0, run.chars.len() - 1)],
        RunKind::Word => Vec::new(),
        RunKind::Han => (0..run.chars.len())
            .filter_map(|at| {
                let one: String = run.chars[at].0.to_string();
                let pair: String = run.chars[at..].iter().take(2).map(|(c, _)| *c).collect();
                if run.chars.len() > at + 1 && wanted.contains(pair.as_str()) {
                    Some(span(at, at + 1))
                } else {
                    wanted.contains(one.as_str()).then(|| span(at, at))
                }
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::query_tokens;

    fn marked(text: &str, query: &str) -> String {
        write(text, &highlight(text, &query_tokens(query)))
    }

    fn write(text: &str, pieces: &[(Range<usize>, bool)]) -> String {
        let show = |(range, hit): &(Range<usize>, bool)| {
            if *hit {
                format!("[{}]", &text[range.clone()])
            } else {
                text[range.clone()].to_owned()
            }
        };
        pieces.iter().map(show).collect()
    }

    #[test]
    fn found_words_are_marked_whole() {
        assert_eq!(marked("A3区居民楼噪音大", "居民楼 噪音"), "A3区[居民楼噪音]大");
        assert_eq!(marked("小区，噪音", "噪音"), "小区，[噪音]");
        assert_eq!(marked("ＷｉＦｉ差，wifi2", "wifi"), "[ＷｉＦｉ]差，wifi2");
        assert_eq!(marked("交税", "税"), "交[税]");
    }

    #[test]
    fn ranges_cover_the_text_without_a_gap() {
        let text = "噪音，Noise 噪音";
        let pieces = highlight(text, &query_tokens("噪音 noise"));
        assert_eq!(pieces.first().map(|p| p.0.start), Some(0));
        assert_eq!(pieces.last().map(|p| p.0.end), Some(text.len()));
        assert!(pieces.windows(2).all(|two| two[0].0.end == two[1].0.start));
    }

    #[test]
    fn a_snippet_shows_the_first_find_in_its_sentence() {
        let text = format!("{}施工噪音扰民{}", "前".repeat(100), "后".repeat(100));
        let pieces = snippet(&text, &query_tokens("噪音"), 12);
        assert_eq!(write(&text, &pieces), "前施工[噪音]扰民后后后后后");
    }

    #[test]
    fn a_snippet_without_a_find_is_the_beginning() {
        assert_eq!(
            write("一二三四", &snippet("一二三四", &query_tokens("噪音"), 3)),
            "一二三"
        );
        assert_eq!(snippet("", &[], 3), []);
    }
}
