//! Walking every path of a kind: the product of its states with what the round has brought.

use std::collections::{BTreeMap, VecDeque};

use crate::pack::model::{Effect, Kind, Need, Phase, Relation, Step};

/// What a path has brought in the present round, as a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Brought(u8);

impl Brought {
    /// A unit is responsible.
    pub(super) const ASSIGNED: Brought = Brought(1);
    /// A step was passed that needs evidence.
    pub(super) const EVIDENCE: Brought = Brought(1 << 1);
    /// Somebody verified.
    pub(super) const VERIFIED: Brought = Brought(1 << 2);
    /// Whoever raised it was answered.
    pub(super) const ANSWERED: Brought = Brought(1 << 3);
    /// The result was published.
    pub(super) const PUBLISHED: Brought = Brought(1 << 4);
    /// A step was passed that needs the publication to be over.
    pub(super) const PUBLICATION_OVER: Brought = Brought(1 << 5);
    /// The finder consented.
    pub(super) const CONSENTED: Brought = Brought(1 << 6);

    pub(super) fn has(self, other: Brought) -> bool {
        self.0 & other.0 == other.0
    }

    fn with(self, other: Brought) -> Brought {
        Brought(self.0 | other.0)
    }

    /// What is left when a new round begins: who is responsible.
    fn new_round(self) -> Brought {
        Brought(self.0 & Brought::ASSIGNED.0)
    }
}

/// A state of the kind, by index, with what the path there has brought.
pub(super) type Node = (usize, Brought);

/// A step taken on a path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) from: Node,
    /// The step's index in the kind.
    pub(super) step: usize,
    pub(super) to: Node,
}

/// Everything that can be reached from the raise.
pub(super) struct Walk<'k> {
    kind: &'k Kind,
    /// Each node with the edge it was first reached by, in a shortest path.
    reached: BTreeMap<Node, Option<Edge>>,
    /// Every edge that can be taken, those of short paths first.
    pub(super) edges: Vec<Edge>,
}

impl<'k> Walk<'k> {
    /// Explores the kind breadth first, so that the path printed is a shortest one.
    pub(super) fn explore(kind: &'k Kind) -> Walk<'k> {
        let mut walk = Walk {
            kind,
            reached: BTreeMap::new(),
            edges: Vec::new(),
        };
        let mut queue = VecDeque::new();
        if let Some(start) = index(kind, &kind.initial) {
            walk.reached.insert((start, Brought::default()), None);
            queue.push_back((start, Brought::default()));
        }
        while let Some(from) = queue.pop_front() {
            for (step, rule) in kind.steps.iter().enumerate() {
                let Some(to) = walk.take(from, rule) else { continue };
                let edge = Edge { from, step, to };
                walk.edges.push(edge);
                walk.reached.entry(to).or_insert_with(|| {
                    queue.push_back(to);
                    Some(edge)
                });
            }
        }
        walk
    }

    /// Returns where a step leads, or `None` where it cannot be taken.
    fn take(&self, (state, brought): Node, step: &Step) -> Option<Node> {
        let here = step.from.contains(&self.kind.states[state].id);
        if !here || blocked_by(step, brought).is_some() {
            return None;
        }
        let to = index(self.kind, &step.to)?;
        let back =
            self.kind.states[state].phase >= Phase::Verify && self.kind.states[to].phase < Phase::Verify;
        Some((to, after(step, brought, back)))
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = Node> {
        self.reached.keys().copied()
    }

    /// Returns what stops a step from ever being taken, if its states are reached but it never is.
    pub(super) fn never_taken(&self, step: usize) -> Option<&'static str> {
        let rule = &self.kind.steps[step];
        let mut at = self
            .nodes()
            .filter(|node| rule.from.contains(&self.kind.states[node.0].id));
        let blocked = at.next().and_then(|(_, brought)| blocked_by(rule, brought));
        blocked.filter(|_| self.edges.iter().all(|edge| edge.step != step))
    }

    /// Returns a shortest path to a node, as the steps' ids after `raise`.
    pub(super) fn path(&self, node: Node) -> String {
        let mut steps = Vec::new();
        let mut at = node;
        while let Some(Some(edge)) = self.reached.get(&at) {
            steps.push(self.kind.steps[edge.step].id.as_str());
            at = edge.from;
        }
        steps.push("raise");
        steps.reverse();
        steps.join(" → ")
    }

    /// Returns the steps of a shortest path that ends with an effect.
    pub(super) fn way_to(&self, effect: Effect) -> Vec<&'k Step> {
        let ends = |edge: &&Edge| self.kind.steps[edge.step].effect == effect;
        let mut last = self.edges.iter().find(ends);
        let mut steps = Vec::new();
        while let Some(edge) = last {
            steps.push(&self.kind.steps[edge.step]);
            last = self.reached.get(&edge.from).and_then(Option::as_ref);
        }
        steps.reverse();
        steps
    }

    /// Returns a shortest path that ends with this edge.
    pub(super) fn path_through(&self, edge: Edge) -> String {
        format!("{} → {}", self.path(edge.from), self.kind.steps[edge.step].id)
    }

    /// Returns a shortest path that ends with a step, if it can be taken at all.
    pub(super) fn path_of_step(&self, step: usize) -> Option<String> {
        let edge = self.edges.iter().find(|edge| edge.step == step)?;
        Some(self.path_through(*edge))
    }
}

/// Returns the index of a state.
pub(super) fn index(kind: &Kind, state: &str) -> Option<usize> {
    kind.states.iter().position(|it| it.id == state)
}

/// Returns what is missing before a step may be taken, in words.
///
/// Evidence may be added at any time by a command of its own, so that it never blocks for good.
fn blocked_by(step: &Step, brought: Brought) -> Option<&'static str> {
    let of_a_unit = match step.effect {
        Effect::Return | Effect::Verify | Effect::FailVerification | Effect::StrikeOff => true,
        Effect::None | Effect::Assign | Effect::Answer | Effect::Publish | Effect::Consent => false,
        Effect::EndAnswered | Effect::Refuse | Effect::Withdraw | Effect::HandOver => false,
        Effect::LookBackHeld | Effect::LookBackFailed | Effect::Reopen => false,
    };
    let of_a_unit = of_a_unit || step.relation == Relation::Responsible;
    if of_a_unit && !brought.has(Brought::ASSIGNED) {
        return Some("a responsible unit");
    }
    step.needs.iter().find_map(|need| {
        let (fact, words) = match need {
            Need::Evidence | Need::Photo => return None,
            Need::Assigned => (Brought::ASSIGNED, "a responsible unit"),
            Need::Verification => (Brought::VERIFIED, "a verification"),
            Need::Answer | Need::Satisfaction => (Brought::ANSWERED, "an answer"),
            Need::Publication => (Brought::PUBLISHED, "a publication"),
            Need::Consent => (Brought::CONSENTED, "the finder's consent"),
        };
        (!brought.has(fact)).then_some(words)
    })
}

/// Returns what a round has brought with what the needs of a step prove.
pub(super) fn proven(step: &Step, brought: Brought) -> Brought {
    step.needs.iter().fold(brought, |brought, need| match need {
        Need::Evidence | Need::Photo => brought.with(Brought::EVIDENCE),
        Need::Publication => brought.with(Brought::PUBLICATION_OVER),
        Need::Assigned | Need::Verification | Need::Answer | Need::Satisfaction | Need::Consent => brought,
    })
}

/// Returns what a round has brought after a step; one that leads `back` into handling begins a new round.
fn after(step: &Step, brought: Brought, back: bool) -> Brought {
    let proven = proven(step, brought);
    let kept = if back { proven.new_round() } else { proven };
    match step.effect {
        Effect::None | Effect::Withdraw | Effect::Refuse | Effect::HandOver | Effect::LookBackHeld => kept,
        Effect::StrikeOff | Effect::EndAnswered => kept,
        Effect::Assign => kept.with(Brought::ASSIGNED),
        Effect::Return => Brought(kept.0 & !Brought::ASSIGNED.0),
        Effect::Verify => kept.with(Brought::VERIFIED),
        Effect::Answer => kept.with(Brought::ANSWERED),
        Effect::Publish => kept.with(Brought::PUBLISHED),
        Effect::Consent => kept.with(Brought::CONSENTED),
        Effect::FailVerification | Effect::LookBackFailed | Effect::Reopen => kept.new_round(),
    }
}
