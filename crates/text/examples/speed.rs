//! Prints how fast texts are indexed: `cargo run --release --example speed FILE` (a text per line).

use std::time::Instant;

fn main() -> std::io::Result<()> {
    let path = std::env::args()
        .nth(1)
        .ok_or(std::io::Error::other("name a file with a text per line"))?;
    let file = std::fs::read_to_string(path)?;
    let started = Instant::now();
    let texts = file.lines().count();
    let tokens: usize = file.lines().map(|line| bihuan_text::tokens(line).len()).sum();
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{texts} texts, {tokens} tokens, {:.0} tokens/s",
        tokens as f64 / seconds
    );
    let started = Instant::now();
    bihuan_text::load();
    println!("dictionary loaded in {:.3} s", started.elapsed().as_secs_f64());
    let started = Instant::now();
    let asked: usize = file
        .lines()
        .map(|line| bihuan_text::query_tokens(line).len())
        .sum();
    println!(
        "{asked} query tokens, {:.0} texts/s",
        texts as f64 / started.elapsed().as_secs_f64()
    );
    Ok(())
}
