//! Counting right and wrong, with intervals.

/// The 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Confusion of one question over one corpus, and what was missed.
#[derive(Debug, Default)]
pub struct Score {
    pub name: String,
    pub both: u64,
    pub missed: Vec<String>,
    pub extra: Vec<String>,
    pub neither: u64,
}

/// Wilson's interval for `of` of `n`, 95 %.
pub fn wilson(of: f64, n: f64) -> (f64, f64) {
    if n == 0.0 {
        return (0.0, 1.0);
    }
    let (share, z2) = (of / n, Z * Z);
    let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    (centre - half, centre + half)
}

impl Score {
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    pub fn add(&mut self, gold: bool, found: bool, what: impl FnOnce() -> String) {
        match (gold, found) {
            (true, true) => self.both += 1,
            (true, false) => self.missed.push(what()),
            (false, true) => self.extra.push(what()),
            (false, false) => self.neither += 1,
        }
    }

    pub fn sensitivity(&self) -> f64 {
        share(self.both, self.both + self.missed.len() as u64)
    }

    pub fn ppv(&self) -> f64 {
        share(self.both, self.both + self.extra.len() as u64)
    }

    pub fn print(&self) {
        let (both, missed, extra) = (self.both, self.missed.len() as u64, self.extra.len() as u64);
        println!("\n== {}", self.name);
        println!(
            "n {}   found and right {both}   missed {missed}   found and wrong {extra}   neither {}",
            both + missed + extra + self.neither,
            self.neither
        );
        for (name, of, n) in [("sensitivity", both, both + missed), ("PPV", both, both + extra)] {
            let (low, high) = wilson(of as f64, n as f64);
            println!("{name:<12} {of}/{n} = {:.4}   95 % interval {low:.4} to {high:.4}", share(of, n));
        }
        println!("F1           {:.4}", share(2 * both, 2 * both + missed + extra));
        self.missed.iter().for_each(|what| println!("  missed: {what}"));
        self.extra.iter().for_each(|what| println!("  wrong:  {what}"));
    }
}

fn share(of: u64, n: u64) -> f64 {
    if n == 0 { f64::NAN } else { of as f64 / n as f64 }
}
