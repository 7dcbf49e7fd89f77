//! Whether a map fits a pack: what every row would be refused for is said once, before the first.

use anyhow::{Result, bail};
use bihuan_core::pack::model::{Kind, Named, Pack, Raiser};

use super::map::{Coded, Map};

/// Returns the newest pack that has the map's kind, if every code of the map is in it.
///
/// # Errors
/// All codes that the pack does not have, at once.
pub fn check<'a>(map: &Map, packs: &[&'a Pack]) -> Result<&'a Pack> {
    let found = packs
        .iter()
        .rev()
        .find_map(|pack| Some((*pack, pack.kind(&map.kind)?)));
    let Some((pack, kind)) = found else {
        let kinds = packs
            .iter()
            .flat_map(|pack| &pack.kinds)
            .map(|kind| kind.id.as_str());
        let kinds = kinds.collect::<Vec<_>>().join(", ");
        bail!(
            "no installed pack has the kind `{}` of the import map; there are {kinds}",
            map.kind
        );
    };
    let problems = problems(map, pack, kind);
    if problems.is_empty() {
        return Ok(pack);
    }
    bail!(
        "the import map does not fit the pack `{}`: {}",
        pack.id,
        problems.join("; ")
    )
}

fn problems(map: &Map, pack: &Pack, kind: &Kind) -> Vec<String> {
    let mut problems = Vec::new();
    if kind.raised_by != Raiser::Reporter {
        problems.push(format!(
            "cases of `{}` are raised by a person of the org tree, not by a reporter",
            kind.id
        ));
    }
    let codes = map.channel.codes().filter(|code| pack.channel(code).is_none());
    problems.extend(codes.map(|code| format!("there is no channel `{code}`, but {}", ids(&pack.channels))));
    let source = map
        .source
        .iter()
        .filter(|code| pack.supervision_source(code).is_none());
    let sources = ids(&pack.supervision_sources);
    problems.extend(source.map(|code| format!("there is no supervision source `{code}`, but {sources}")));
    let taxonomy = pack.taxonomy_of(kind);
    let in_taxonomy = |code: &str| taxonomy.is_some_and(|taxonomy| taxonomy.category(code).is_some());
    let codes = map.category.codes().filter(|code| !in_taxonomy(code));
    problems.extend(codes.map(|code| format!("there is no category `{code}`")));
    let fits = |code: &str| code.parse().is_ok_and(|severity: u8| (1..=5).contains(&severity));
    let codes = map.severity.codes().filter(|code| !fits(code));
    problems.extend(codes.map(|code| format!("the severity `{code}` is not from 1 to 5")));
    problems
}

fn ids(named: &[Named]) -> String {
    named
        .iter()
        .map(|it| it.id.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

impl Coded {
    /// Returns the codes that values are turned into.
    fn codes(&self) -> impl Iterator<Item = &str> {
        self.values.values().chain(&self.default).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELLED: &str = include_str!("../../../../examples/import/labelled.toml");

    fn fit(map: &str) -> Result<String> {
        let packs = bihuan_packs::shipped().expect("the shipped packs are in order");
        let packs: Vec<&Pack> = packs.iter().collect();
        check(&Map::parse(map).expect("the map is valid"), &packs).map(|pack| pack.id.clone())
    }

    #[test]
    fn the_shipped_maps_fit_the_shipped_packs() {
        assert_eq!(fit(LABELLED).expect("fits"), "hotline");
        assert_eq!(
            fit(include_str!("../../../../examples/import/stream.toml")).expect("fits"),
            "hotline"
        );
    }

    #[test]
    fn the_map_of_service_requests_fits_the_pack_of_the_tests() {
        let pack = include_str!("../../../packs/tests/valid/service_request.toml");
        let pack = bihuan_core::pack::parse::parse(pack).expect("the pack is in order");
        let map = Map::parse(include_str!("../../../../examples/import/baltimore.toml")).expect("valid");
        assert_eq!(check(&map, &[&pack]).expect("fits").id, pack.id);
    }

    #[test]
    fn all_codes_that_a_pack_does_not_have_are_named_at_once() {
        let map = LABELLED
            .replace("\"labour\"", "\"work\"")
            .replace("\"import\"", "\"pigeon\"")
            .replace("leaders_board", "board")
            .replace("default = \"2\"", "default = \"9\"");
        let message = format!("{:#}", fit(&map).expect_err("does not fit"));
        for code in ["`work`", "`pigeon`", "`board`", "`9`"] {
            assert!(message.contains(code), "{code} in {message}");
        }
    }

    #[test]
    fn a_kind_that_is_not_there_or_not_raised_by_reporters_is_refused() {
        let message = format!(
            "{:#}",
            fit(&LABELLED.replace("\"help\"", "\"ticket\"")).expect_err("refused")
        );
        assert!(
            message.contains("`ticket`") && message.contains("complaint"),
            "{message}"
        );
        let message = format!(
            "{:#}",
            fit(&LABELLED.replace("\"help\"", "\"listed_problem\"")).expect_err("refused")
        );
        assert!(message.contains("org tree"), "{message}");
    }
}
