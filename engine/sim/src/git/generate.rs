//! Random configurations and random changes of them. Every result is valid: references lead to
//! instances that exist, and names that are natural keys are given to one resource in a repository's life
//! (which may come back to its own, when it stops to repeat).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::model::{Argument, Block, Call, Config, Move, Pick, Reference, Repeat, Through};
use crate::cloud::spec::Kind;
use crate::rng::Rng;

/// Makes configurations.
pub struct Generator {
    /// The chance it draws from.
    pub rng: Rng,
    names: u64,
}

/// More blocks than this are not generated.
const BLOCKS_MAX: usize = 14;

impl Generator {
    /// A generator of the given chance.
    pub fn new(rng: Rng) -> Self {
        Self { rng, names: 0 }
    }

    /// A first configuration.
    pub fn first(&mut self) -> Config {
        let mut config = Config::default();
        self.add_block(&mut config, Kind::Net);
        for _ in 0..self.rng.between(1, 7) {
            self.add(&mut config);
        }
        self.mend(config)
    }

    /// A configuration after some changes.
    pub fn change(&mut self, config: &Config) -> Config {
        let mut config = config.clone();
        for _ in 0..self.rng.between(1, 3) {
            match self.rng.below(20) {
                0..5 => self.add(&mut config),
                5..7 => self.remove(&mut config),
                7..9 => self.rename(&mut config),
                9..14 => self.edit(&mut config),
                14..16 => self.repeat_anew(&mut config),
                16..18 => self.refer_anew(&mut config),
                18 => self.change_calls(&mut config),
                _ => self.change_echoes(&mut config),
            }
        }
        if self.rng.chance(15) {
            config = Config::default();
        }
        self.mend(config)
    }

    /// An earlier configuration once more; natural keys that are not in use now are renewed.
    pub fn revert(&mut self, now: &Config, before: Config) -> Config {
        let mut config = before;
        for block in &mut config.blocks {
            let same = now.block(block.kind, &block.name);
            if block.kind == Kind::Net && same.is_none_or(|same| same.arguments != block.arguments) {
                block.arguments.insert("name", Argument::PerInstance(self.fresh("n")));
            }
        }
        self.mend(config)
    }

    fn fresh(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn word(&mut self) -> String {
        self.rng.pick(&["red", "green", "blue", "large", "tiny"]).copied().unwrap_or_default().to_owned()
    }

    fn add(&mut self, config: &mut Config) {
        let kind = *self
            .rng
            .pick(&[
                Kind::Net,
                Kind::Pool,
                Kind::Node,
                Kind::Node,
                Kind::Node,
                Kind::Rule,
                Kind::Rule,
                Kind::Alias,
            ])
            .unwrap_or(&Kind::Net);
        match self.rng.below(10) {
            0 => self.change_calls(config),
            1 => self.change_echoes(config),
            _ if config.blocks.len() < BLOCKS_MAX => self.add_block(config, kind),
            _ => {}
        }
    }

    fn add_block(&mut self, config: &mut Config, kind: Kind) {
        let mut block = Block {
            kind,
            name: self.fresh("r").into(),
            repeat: self.repeat(),
            create_before_destroy: kind == Kind::Node && self.rng.chance(350),
            elsewhere: self.rng.chance(250),
            ignored: self.ignored(kind),
            arguments: BTreeMap::new(),
            depends_on: None,
        };
        match kind {
            Kind::Net => {
                block.arguments.insert("name", Argument::PerInstance(self.fresh("n")));
            }
            Kind::Rule => {
                block.arguments.insert("port", Argument::Number(self.rng.between(1, 9)));
            }
            Kind::Pool | Kind::Node | Kind::Alias => {}
        }
        if self.rng.chance(500) {
            self.edit_block(config, &mut block);
        }
        // What it must refer to is filled in by `mend`; what it may refer to by chance, here.
        self.refer(config, &mut block);
        let place = config.blocks.partition_point(|other| other.kind <= kind);
        config.blocks.insert(place, block);
    }

    /// Now and then an argument that a stranger may change.
    fn ignored(&mut self, kind: Kind) -> Option<&'static str> {
        let drawn = self.rng.pick(kind.editable()).copied();
        drawn.filter(|_| self.rng.chance(150))
    }

    fn repeat(&mut self) -> Repeat {
        match self.rng.below(10) {
            0..6 => Repeat::Single,
            6..8 => Repeat::Count(self.rng.below(4)),
            _ => {
                let keys = ["a", "b", "c", "d"].iter().filter(|_| self.rng.chance(500));
                Repeat::Keys(keys.map(|key| Arc::from(*key)).collect())
            }
        }
    }

    fn some_block(&mut self, config: &Config) -> Option<usize> {
        let places: Vec<usize> = (0..config.blocks.len()).collect();
        self.rng.pick(&places).copied()
    }

    fn remove(&mut self, config: &mut Config) {
        let Some(place) = self.some_block(config) else { return };
        let Block { kind, name, .. } = config.blocks.remove(place);
        let is_moved = config.moves.iter().any(|one| one.to == name);
        // Nothing is made from a rule, so that one may go on to exist without the others.
        if kind == Kind::Rule && !is_moved && self.rng.chance(400) {
            config.forgotten.push(name);
        }
    }

    fn rename(&mut self, config: &mut Config) {
        let Some(place) = self.some_block(config) else { return };
        let name: Arc<str> = self.fresh("r").into();
        let fresh = self.fresh("n");
        let moved = self.rng.chance(600);
        let block = &mut config.blocks[place];
        let (kind, old) = (block.kind, std::mem::replace(&mut block.name, name.clone()));
        if moved {
            config.moves.push(Move { kind, from: old.clone(), to: name.clone() });
        } else if kind == Kind::Net {
            block.arguments.insert("name", Argument::PerInstance(fresh));
        }
        for block in &mut config.blocks {
            for argument in block.arguments.values_mut() {
                if let Argument::Id(reference) = argument
                    && (reference.kind, reference.through, &reference.name) == (kind, Through::Resource, &old)
                {
                    reference.name = name.clone();
                }
            }
            if kind == Kind::Pool && block.depends_on.as_ref() == Some(&old) {
                block.depends_on = Some(name.clone());
            }
        }
    }

    fn edit(&mut self, config: &mut Config) {
        let Some(place) = self.some_block(config) else { return };
        let mut block = config.blocks[place].clone();
        self.edit_block(config, &mut block);
        config.blocks[place] = block;
    }

    fn edit_block(&mut self, config: &Config, block: &mut Block) {
        let word = self.word();
        let text = match self.rng.below(10) {
            0..3 => Argument::Local(word),
            3..5 => Argument::Secret(word),
            _ => Argument::Text(word),
        };
        if self.rng.chance(100) {
            block.elsewhere = !block.elsewhere;
        }
        let (name, argument) = match (block.kind, self.rng.below(3)) {
            (Kind::Net, 0) => ("name", Argument::PerInstance(self.fresh("n"))),
            (Kind::Net | Kind::Pool | Kind::Alias, _) => ("label", text),
            (Kind::Node, 0) => ("size", text),
            (Kind::Node, 1) => ("image", text),
            (Kind::Node, _) => {
                let tags = BTreeMap::from([("color".to_owned(), self.word())]);
                let echoes: Vec<Arc<str>> = config.echoes.keys().cloned().collect();
                ("tags", Argument::Tags(tags, self.rng.pick(&echoes).cloned()))
            }
            (Kind::Rule, _) => ("port", Argument::Number(self.rng.between(1, 9))),
        };
        if name == "label" && self.rng.chance(200) {
            block.arguments.remove(name);
        } else {
            block.arguments.insert(name, argument);
        }
    }

    fn repeat_anew(&mut self, config: &mut Config) {
        let Some(place) = self.some_block(config) else { return };
        config.blocks[place].repeat = match &config.blocks[place].repeat {
            Repeat::Count(count) if self.rng.chance(600) => {
                Repeat::Count(self.rng.between(0, count.cast_signed() + 2).cast_unsigned())
            }
            _ => self.repeat(),
        };
    }

    fn refer_anew(&mut self, config: &mut Config) {
        let Some(place) = self.some_block(config) else { return };
        let mut block = config.blocks[place].clone();
        block.arguments.retain(|_, argument| !matches!(argument, Argument::Id(_)));
        self.refer(config, &mut block);
        config.blocks[place] = block;
    }

    fn change_calls(&mut self, config: &mut Config) {
        let places: Vec<usize> = (0..config.calls.len()).collect();
        let place = self.rng.pick(&places).copied();
        match (place, self.rng.below(6)) {
            (Some(place), 0) => drop(config.calls.remove(place)),
            (Some(place), 1) => config.calls[place].size = self.word(),
            (Some(place), 2) => config.calls[place].nodes = self.rng.between(1, 3).cast_unsigned(),
            (Some(place), 3) => config.calls[place].leaves = self.rng.below(3),
            (Some(place), 4) => config.calls[place].elsewhere = !config.calls[place].elsewhere,
            (Some(place), _) => config.calls[place].repeat = self.repeat(),
            (None, _) => {
                let repeat = if self.rng.chance(500) { Repeat::Single } else { self.repeat() };
                let Some(net) = self.reference(config, Kind::Net, &repeat, None) else { return };
                let name = self.fresh("m").into();
                let nodes = self.rng.between(1, 2).cast_unsigned();
                let (leaves, elsewhere) = (self.rng.below(3), self.rng.chance(250));
                config.calls.push(Call { name, repeat, net, size: self.word(), nodes, leaves, elsewhere });
            }
        }
    }

    fn change_echoes(&mut self, config: &mut Config) {
        let names: Vec<Arc<str>> = config.echoes.keys().cloned().collect();
        if let Some(name) = self.rng.pick(&names)
            && self.rng.chance(400)
        {
            config.echoes.remove(name);
            return;
        }
        if let Some(net) = self.reference(config, Kind::Net, &Repeat::Single, None) {
            config.echoes.insert(self.fresh("e").into(), net);
        }
    }

    /// Draws what a block may refer to, besides what it must.
    fn refer(&mut self, config: &Config, block: &mut Block) {
        let own = block.repeat.clone();
        if block.kind == Kind::Node
            && self.rng.chance(250)
            && let Some(after) = self.reference(config, Kind::Node, &own, Some(&block.name))
        {
            block.arguments.insert("after_id", Argument::Id(after));
        }
        if block.kind == Kind::Rule
            && self.rng.chance(500)
            && let Some(pool) = self.reference(config, Kind::Pool, &own, None)
        {
            block.arguments.insert("pool_id", Argument::Id(pool));
        }
        block.depends_on = None;
        if matches!(block.kind, Kind::Node | Kind::Rule) && self.rng.chance(150) {
            let pools: Vec<Arc<str>> = of_kind(config, Kind::Pool).map(|block| block.name.clone()).collect();
            block.depends_on = self.rng.pick(&pools).cloned();
        }
    }

    /// A reference to some instance of a kind: of an earlier block than `before`, if one is named.
    fn reference(
        &mut self,
        config: &Config,
        kind: Kind,
        own: &Repeat,
        before: Option<&Arc<str>>,
    ) -> Option<Reference> {
        let mut found: Vec<Reference> = Vec::new();
        for block in of_kind(config, kind).take_while(|block| before != Some(&block.name)) {
            let to = |pick| Reference { name: block.name.clone(), kind, through: Through::Resource, pick };
            found.extend(picks(&block.repeat, own).into_iter().map(to));
        }
        self.rng.pick(&found).cloned()
    }

    /// What a rule may belong to: any node, also one that a module gives out.
    fn any_node(&mut self, config: &Config, own: &Repeat) -> Option<Reference> {
        let calls: Vec<Reference> = config
            .calls
            .iter()
            .flat_map(|call| {
                let to = |pick| Reference {
                    name: call.name.clone(),
                    kind: Kind::Node,
                    through: Through::Module,
                    pick,
                };
                picks(&call.repeat, own).into_iter().map(to).collect::<Vec<_>>()
            })
            .collect();
        match self.rng.pick(&calls).cloned() {
            Some(call) if self.rng.chance(300) => Some(call),
            _ => self.reference(config, Kind::Node, own, None),
        }
    }

    /// What an alias may point to: a node whose replacement comes first, because the alias is moved
    /// to the new one before the old one goes.
    fn lasting_node(&mut self, config: &Config, own: &Repeat) -> Option<Reference> {
        let blocks = config.blocks.iter().filter(|block| block.create_before_destroy).cloned().collect();
        let lasting = Config { blocks, ..Config::default() };
        self.reference(&lasting, Kind::Node, own, None)
    }

    /// Draws anew what a block must refer to where that is missing or leads nowhere any more; drops
    /// what cannot be mended. Nets and pools come first, then the calls that need nets, then what
    /// may need the nodes of calls.
    fn mend(&mut self, config: Config) -> Config {
        let Config { blocks, calls, echoes, moves, forgotten } = config;
        let mut mended = Config { calls, moves, forgotten, ..Config::default() };
        let (first, last): (Vec<Block>, Vec<Block>) =
            blocks.into_iter().partition(|block| block.kind <= Kind::Pool);
        mended.blocks = first;
        self.mend_calls(&mut mended);
        for block in last {
            let block = self.mend_block(&mended, block);
            mended.blocks.extend(block);
        }
        let reach = |reference: &Reference| leads_somewhere(&mended, reference, &Repeat::Single, None);
        let echoes = echoes.into_iter().filter(|(_, reference)| reach(reference)).collect();
        mended.echoes = echoes;
        for block in &mut mended.blocks {
            if let Some(Argument::Tags(_, echo)) = block.arguments.get_mut("tags")
                && echo.as_ref().is_some_and(|name| !mended.echoes.contains_key(name))
            {
                *echo = None;
            }
        }
        mended
    }

    /// The block with every reference leading to what comes before it; `None` where there is nothing
    /// it could refer to.
    fn mend_block(&mut self, config: &Config, mut block: Block) -> Option<Block> {
        let (own, name) = (block.repeat.clone(), block.name.clone());
        block.arguments.retain(|_, argument| match argument {
            Argument::Id(reference) => leads_somewhere(config, reference, &own, Some(&name)),
            _ => true,
        });
        block.depends_on = block.depends_on.filter(|needed| config.block(Kind::Pool, needed).is_some());
        let (needed, kind) = match block.kind {
            Kind::Net | Kind::Pool => return Some(block),
            Kind::Node => ("net_id", Kind::Net),
            Kind::Rule => ("node_id", Kind::Node),
            Kind::Alias => ("node_id", Kind::Alias),
        };
        let argument = self.missing(&block, needed, config, kind)?;
        block.arguments.insert(needed, argument);
        Some(block)
    }

    fn missing(&mut self, block: &Block, name: &str, config: &Config, kind: Kind) -> Option<Argument> {
        if let Some(argument) = block.arguments.get(name) {
            return Some(argument.clone());
        }
        let own = &block.repeat;
        let found = match kind {
            Kind::Alias => self.lasting_node(config, own),
            Kind::Node => self.any_node(config, own),
            Kind::Net | Kind::Pool | Kind::Rule => self.reference(config, kind, own, None),
        };
        found.map(Argument::Id)
    }

    fn mend_calls(&mut self, config: &mut Config) {
        for mut call in std::mem::take(&mut config.calls) {
            if !leads_somewhere(config, &call.net, &call.repeat, None) {
                match self.reference(config, Kind::Net, &call.repeat, None) {
                    Some(net) => call.net = net,
                    None => continue,
                }
            }
            config.calls.push(call);
        }
    }
}

fn of_kind(config: &Config, kind: Kind) -> impl Iterator<Item = &Block> {
    config.blocks.iter().filter(move |block| block.kind == kind)
}

/// The ways to mean one instance of something that repeats so, from something that repeats like
/// `own`.
fn picks(repeat: &Repeat, own: &Repeat) -> Vec<Pick> {
    let mut picks = match repeat {
        Repeat::Single => vec![Pick::Only],
        Repeat::Count(count) => (0..*count).map(Pick::Index).collect(),
        Repeat::Keys(keys) => keys.iter().cloned().map(Pick::Key).collect(),
    };
    if repeat.has(&Pick::Same, own) {
        picks.extend([Pick::Same, Pick::Same]);
    }
    picks
}

fn leads_somewhere(config: &Config, reference: &Reference, own: &Repeat, from: Option<&Arc<str>>) -> bool {
    let repeat = match reference.through {
        Through::Resource if from == Some(&reference.name) => None,
        Through::Resource => config.block(reference.kind, &reference.name).map(|block| &block.repeat),
        Through::Module => config.call(&reference.name).map(|call| &call.repeat),
    };
    repeat.is_some_and(|repeat| repeat.has(&reference.pick, own))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_reference_leads_somewhere() {
        for seed in 0..200 {
            let mut generator = Generator::new(Rng::new(seed));
            let mut config = generator.first();
            for _ in 0..10 {
                config = generator.change(&config);
                for block in &config.blocks {
                    for argument in block.arguments.values() {
                        let Argument::Id(reference) = argument else { continue };
                        assert!(
                            leads_somewhere(&config, reference, &block.repeat, Some(&block.name)),
                            "seed {seed}: {block:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn natural_keys_are_unique() {
        for seed in 0..100 {
            let mut generator = Generator::new(Rng::new(seed));
            let before = generator.first();
            let now = generator.change(&before);
            let config = generator.revert(&now, before);
            let names: Vec<&Argument> =
                config.blocks.iter().filter_map(|block| block.arguments.get("name")).collect();
            let unique: BTreeSet<String> = names.iter().map(|name| format!("{name:?}")).collect();
            assert_eq!(names.len(), unique.len());
        }
    }
}
