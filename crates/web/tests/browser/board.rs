//! The board without a mouse, and with one: a card is taken to where its step leads, and nothing is skipped.

use serde_json::json;

use crate::common::Town;
use crate::common::cases::Matter;
use crate::driver::Window;
use crate::{log_in, serve};

/// Keys as the driver takes them.
const ESCAPE: &str = "\u{e00c}";
const LEFT: &str = "\u{e012}";
const RIGHT: &str = "\u{e014}";
const DOWN: &str = "\u{e015}";
const RETURN: &str = "\u{e007}";

/// The card that the keys stand on.
const CARD: &str = "return document.activeElement.closest('[data-row]')?.dataset.row ?? ''";

/// Draws the card with a number to the column of a phase, as a mouse does.
const DRAW: &str = "const [card, column] = [document.querySelector('[data-row=\"NUMBER\"]'),
    document.querySelector('[data-phase=\"PHASE\"]')];
    const events = { dataTransfer: new DataTransfer(), bubbles: true, cancelable: true };
    card.dispatchEvent(new DragEvent('dragstart', events));
    const free = column.dispatchEvent(new DragEvent('dragover', events));
    column.dispatchEvent(new DragEvent('drop', events));
    card.dispatchEvent(new DragEvent('dragend', events));
    return free ? 'refused' : 'taken';";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cards_are_reached_and_taken_further_by_keys() {
    let town = Town::found().await;
    let first = town.number(town.assigned(&Matter::default(), "works").await);
    // What came in later is due later, and stands below.
    town.pass_hours(24 * 3);
    let second = town.number(town.assigned(&Matter::default(), "works").await);
    let last = town.verifying(&Matter::default(), "works", "handler").await;
    let last = town.number(last);
    let window = serve(&town, None).await;
    log_in(&window, "handler").await;
    window.type_on("gb").await;
    window.until_at("/board").await;
    window.until("[data-cards]").await;
    window.type_on("j").await;
    assert_eq!(window.now(CARD).await, json!(first));
    window.type_on(DOWN).await;
    assert_eq!(window.now(CARD).await, json!(second));
    window.type_on(RIGHT).await;
    assert_eq!(window.now(CARD).await, json!(last));
    window.type_on(LEFT).await;
    assert_eq!(window.now(CARD).await, json!(first));
    window.type_on("m").await;
    window.until(&format!("[data-row='{first}'] details[open]")).await;
    window.picture("board-menu").await;
    window.type_on(ESCAPE).await;
    assert!(!window.has("[data-cards] details[open]").await);
    window.type_on("m").await;
    window.type_on(RETURN).await;
    sign(&window, &first).await;
    assert_eq!(
        window.now(CARD).await,
        json!(first),
        "the keys stand where they left"
    );
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_is_drawn_only_to_where_a_step_of_ones_own_leads() {
    let town = Town::found().await;
    let number = town.number(town.raise(&Matter::default()).await);
    let window = serve(&town, None).await;
    log_in(&window, "dispatcher").await;
    window.go("/board").await;
    assert_eq!(draw(&window, &number, "verify").await, json!("refused"));
    assert_eq!(draw(&window, &number, "accept").await, json!("taken"));
    window.until_at("to=accept").await;
    window.until("#step-accept").await;
    window.picture("board-moves").await;
    // Nothing has happened yet: the step waits for its form.
    window.go("/board").await;
    assert!(
        window
            .has(&format!("[data-phase=raise] [data-row='{number}']"))
            .await
    );
    window.close().await;
}

async fn draw(window: &Window, number: &str, phase: &str) -> serde_json::Value {
    let script = DRAW.replace("NUMBER", number).replace("PHASE", phase);
    window.now(&script).await
}

/// Sends the form of the step, and waits for the board.
async fn sign(window: &Window, number: &str) {
    window.until_at(&format!("/cases/{number}/moves?step=sign")).await;
    window.until("#step-sign button").await;
    window.click("#step-sign button").await;
    window.until_at("/board?done=").await;
    window.until(&format!("[data-row='{number}']")).await;
}
