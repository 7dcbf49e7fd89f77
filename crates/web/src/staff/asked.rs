//! A filter that was written in the bar: what it asks for, what is wrong with it, how it reads.

use std::ops::Range;

use bihuan_core::filter::{self, Ast, Checked, Fault, Predicate, Test};
use bihuan_core::problem::Place;

use crate::access;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::query::with_scene;
use crate::sentence::fault;

/// A filter's text and what came of it.
pub struct Asked {
    /// The text, as it was written.
    pub text: String,
    /// What it says; everything where it cannot be read.
    pub ast: Ast,
    /// What it asks for; nothing where something is wrong with it.
    pub checked: Checked,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
}

/// One part of a filter as people read it.
pub struct Chip {
    /// The part.
    pub said: String,
    /// The filter without it.
    pub without: String,
}

/// A fault shown in its place.
pub struct Mistake {
    /// The text before it.
    pub before: String,
    /// What is wrong.
    pub wrong: String,
    /// The text after it.
    pub after: String,
    /// The character it begins at, from 1.
    pub column: usize,
    /// What is wrong, in words.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The texts that may be meant, each with what it puts in place.
    pub meant: Vec<(String, String)>,
}

/// How many suggestions stand beside a fault.
const MEANT: usize = 5;

impl Asked {
    /// Reads a filter's text in the scene of this moment; an empty text asks for everything.
    pub fn of(ctx: &Ctx, text: &str) -> Asked {
        let text = text.trim().to_owned();
        let read = if text.is_empty() {
            Ok(Ast::everything())
        } else {
            filter::parse(&text)
        };
        let (ast, outcome) = match read {
            Ok(ast) => (ast.clone(), with_scene(ctx, |scene| filter::check(&ast, scene))),
            Err(faults) => (Ast::everything(), Err(faults)),
        };
        let (checked, faults) = match outcome {
            Ok(checked) => (checked, Vec::new()),
            Err(faults) => (Checked::nothing(), faults),
        };
        Asked {
            text,
            ast,
            checked,
            faults,
        }
    }

    /// Returns what it asks for within the cases on which the visitor may do `action`.
    ///
    /// # Errors
    /// As [`access::scope`].
    pub fn within(&self, ctx: &Ctx, action: &str) -> Result<Checked, WebError> {
        Ok(Checked::and(vec![
            access::scope(ctx, action)?,
            self.checked.clone(),
        ]))
    }

    /// Returns the filter in the visitor's words, as it reads best; the written text where something is wrong with it.
    pub fn canonical(&self, ctx: &Ctx) -> String {
        match &self.ast {
            _ if !self.faults.is_empty() => self.text.clone(),
            Ast::Everything => String::new(),
            ast => ast.print(ctx.tongue.0),
        }
    }

    /// Returns its parts, each with the filter that is left without it.
    pub fn chips(&self, ctx: &Ctx) -> Vec<Chip> {
        let lang = ctx.tongue.0;
        let parts = parts(&self.ast);
        let chip = |at: usize| Chip {
            said: parts[at].print(lang),
            without: print(
                join(
                    parts
                        .iter()
                        .enumerate()
                        .filter(|(other, _)| *other != at)
                        .map(|(_, part)| part),
                ),
                lang,
            ),
        };
        (0..parts.len()).map(chip).collect()
    }

    /// Returns the filter without what it says of the phase, which the tabs say.
    pub fn without_phase(&self) -> Ast {
        let kept = parts(&self.ast)
            .into_iter()
            .filter(|part| !is_phase(part))
            .collect::<Vec<_>>();
        join(kept.iter())
    }

    /// Returns the search tokens that it asks for, to be marked.
    pub fn tokens(&self) -> Vec<String> {
        let mut tokens = Vec::new();
        collect_tokens(&self.checked, &mut tokens);
        tokens
    }

    /// Returns everything that is wrong with it, each in its place.
    pub fn mistakes(&self, ctx: &Ctx) -> Vec<Mistake> {
        self.faults.iter().map(|fault| self.mistake(ctx, fault)).collect()
    }

    fn mistake(&self, ctx: &Ctx, fault: &Fault) -> Mistake {
        let span = within_text(&self.text, &fault.span);
        let (message, hint) = fault::said(ctx.tongue, &fault.kind);
        let meant = with_scene(ctx, |scene| {
            filter::suggest(&self.text, span.end, ctx.tongue.0, scene)
        });
        let put = |suggestion: filter::Suggestion| {
            let span = within_text(&self.text, &suggestion.span);
            let whole = format!(
                "{}{}{}",
                &self.text[..span.start],
                suggestion.insert,
                &self.text[span.end..]
            );
            (suggestion.insert, whole)
        };
        Mistake {
            before: self.text[..span.start].to_owned(),
            wrong: self.text[span.clone()].to_owned(),
            after: self.text[span.end..].to_owned(),
            column: Place::of(&self.text, fault.span.start).column,
            message,
            hint,
            meant: meant.into_iter().take(MEANT).map(put).collect(),
        }
    }
}

/// Prints a filter; the one that asks for everything is the empty text.
pub fn print(ast: Ast, lang: bihuan_core::label::Lang) -> String {
    match ast {
        Ast::Everything => String::new(),
        ast => ast.print(lang),
    }
}

fn parts(ast: &Ast) -> Vec<Ast> {
    match ast {
        Ast::Everything => Vec::new(),
        Ast::And(parts) => parts.clone(),
        Ast::Or(_) | Ast::Not(_) | Ast::Term(_) => vec![ast.clone()],
    }
}

fn join<'a>(parts: impl Iterator<Item = &'a Ast>) -> Ast {
    parts.fold(Ast::everything(), |all, part| all.and(part.clone()))
}

fn is_phase(part: &Ast) -> bool {
    matches!(part, Ast::Term(term) if matches!(term.test, Test::Phase { .. }))
}

fn collect_tokens(checked: &Checked, tokens: &mut Vec<String>) {
    match checked {
        Checked::Is(Predicate::Text(found)) => tokens.extend(found.iter().cloned()),
        Checked::And(parts) | Checked::Or(parts) => {
            parts.iter().for_each(|part| collect_tokens(part, tokens))
        }
        Checked::Everything | Checked::Nothing | Checked::Not(_) | Checked::Is(_) => {}
    }
}

/// Returns a span cut to the text and to whole characters.
fn within_text(text: &str, span: &Range<usize>) -> Range<usize> {
    let whole = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    whole(span.start)..whole(span.end.max(span.start))
}
