// The game's pages work by plain forms. Where this script runs, the next card comes at once, keys
// answer, and no answer is lost to a bad network.

// ---- keys, on every page of the game ---------------------------------------------------------

document.addEventListener("keydown", (event) => {
  if (!isForThePage(event)) return;
  if (event.key === "Enter") {
    // Only where Enter means nothing yet: a link or button with the focus keeps its own meaning.
    if (event.target.closest("a, button, summary, input")) return;
    document.querySelector("[data-enter]")?.click();
    return;
  }
  if (keysAreOff()) return;
  const key = CSS.escape(event.key.toLowerCase());
  // A label's key before that of “Put it back”.
  const places = [".card:not([hidden])", ".status", ".page"];
  const button = places.map((place) => document.querySelector(`${place} [data-key="${key}"]`)).find(Boolean);
  if (button === undefined || button.disabled) return;
  event.preventDefault();
  button.click();
});

// ---- what waits to be sent -------------------------------------------------------------------

// Kept in the browser until the server has it: which card, which label, how long it took. Never a
// word of a text. Under the player's own key, so that nobody sends another's answers.
class Outbox {
  constructor(player) {
    this.key = `nod-answers-${player}`;
    this.memory = []; // for a browser that keeps nothing
    this.isRefused = false; // what is stored is old, from then on
  }

  all() {
    if (this.isRefused) return this.memory;
    try {
      return JSON.parse(localStorage.getItem(this.key)) ?? [];
    } catch {
      return this.memory;
    }
  }

  put(entry) {
    this.keep([...this.all().filter((each) => each.card !== entry.card), entry]);
  }

  // Read anew each time: another window may have sent some meanwhile.
  drop(card) {
    this.keep(this.all().filter((each) => each.card !== card));
  }

  get(card) {
    return this.all().find((each) => each.card === card);
  }

  // From now on it may have arrived, whatever comes back.
  tried(card) {
    this.keep(this.all().map((each) => (each.card === card ? { ...each, tried: true } : each)));
  }

  keep(entries) {
    this.memory = entries;
    try {
      localStorage.setItem(this.key, JSON.stringify(entries));
    } catch {
      this.isRefused = true; // then it lives as long as the page does
    }
  }
}

// ---- the round -------------------------------------------------------------------------------

const LOOK_EVERY = 4000; // ms: a card that was pulled is gone from every window within five seconds
const PATIENCE = 10000; // ms for a reply; a hanging network is as bad as none
const SOONEST = 1000; // ms to the next try, doubled each time
const LATEST = 30000;
// The finger of a double tap is still there when the next card is: nobody has read it by then.
const UNREAD = 200; // ms

// Nothing is new, or the request makes no sense and will make none later either.
const IN_VAIN = [204, 400, 404, 413];

// The server takes nothing that this page sends: since somebody signed in in another window, it
// knows the page's token no more.
class Refused extends Error {}

// One fresh page brings a good token; where that is refused too, another would be in vain.
const RELOADED = "nod-reloaded";

function mayReload() {
  try {
    if (sessionStorage.getItem(RELOADED) !== null) return false;
    sessionStorage.setItem(RELOADED, "yes");
    return true;
  } catch {
    return false; // who cannot count would reload for ever
  }
}

function forgetReload() {
  try {
    sessionStorage.removeItem(RELOADED);
  } catch {
    return; // nothing was kept
  }
}

function posting(fields) {
  return {
    method: "POST",
    headers: { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value },
    body: new URLSearchParams(fields),
    keepalive: true, // also when the window closes right after the answer
  };
}

function ask(url, options) {
  const headers = { "HX-Request": "true", "HX-Current-URL": location.href, ...options.headers };
  return fetch(url, { ...options, headers, signal: AbortSignal.timeout(PATIENCE) });
}

class Game {
  constructor(page) {
    this.page = page;
    this.deck = document.getElementById("deck");
    this.wait = document.getElementById("wait");
    this.status = document.getElementById("status");
    this.progress = document.getElementById("progress");
    this.number = document.getElementById("number");
    this.outbox = new Outbox(page.dataset.player);
    this.taken = new Set(this.outbox.all().map((entry) => entry.card)); // answered on this page, or before
    this.last = null; // the card that was answered last on this page
    // Whose answer undo takes back, by its card: what waits comes after all that the server knows.
    const waiting = this.outbox.all().findLast((entry) => entry.to === "answer");
    this.undoes = waiting?.card ?? this.deck.querySelector("[data-do=undo]").value; // "": none
    this.undoing = null; // the same, while that is on its way
    this.ended = null; // where the round's end is shown
    this.sending = null; // a promise, while something is on its way
    this.tries = 0;
    this.timer = null;
    // The first card was there with the page, perhaps long before this script.
    this.shownAt = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
    this.swappedAt = -Infinity;
  }

  start() {
    for (const card of this.cards()) if (this.taken.has(card.dataset.card)) card.remove();
    if (this.current() === undefined) this.showNext();
    this.deck.addEventListener("submit", (event) => this.submitted(event));
    this.status.addEventListener("submit", (event) => this.putBack(event));
    window.addEventListener("online", () => this.send());
    window.addEventListener("offline", () => this.sayNetwork());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      this.send();
      this.look();
    });
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) location.reload(); // what the back button kept is old
    });
    setInterval(() => this.look(), LOOK_EVERY);
    this.send();
  }

  cards() {
    return [...this.deck.querySelectorAll(".card")];
  }

  current() {
    return this.cards().find((card) => !card.hidden);
  }

  // ---- what the player does

  submitted(event) {
    event.preventDefault();
    const card = event.target.closest(".card");
    const button = event.submitter;
    if (card === null || card !== this.current() || button === null) return;
    if (button.dataset.do === "undo") this.undo();
    else if (performance.now() - this.swappedAt < UNREAD) return;
    else if (button.dataset.do === "leak") this.leak(card);
    else this.answer(card, button);
  }

  answer(card, button) {
    const ms = Math.round(performance.now() - this.shownAt);
    this.put(card, { to: "answer", card: card.dataset.card, label: button.value, ms });
    this.last = card;
    this.undoes = card.dataset.card;
    this.say(this.saying(button));
    this.showNext();
    this.progress.value = Number(card.dataset.number);
    this.send();
  }

  leak(card) {
    this.put(card, { to: "leak", card: card.dataset.card });
    this.say("Taken out.");
    this.showNext();
    this.send();
  }

  async putBack(event) {
    event.preventDefault();
    const { card } = Object.fromEntries(new FormData(event.target));
    try {
      await this.sending;
      this.take(await this.post("back", { card }));
    } catch (error) {
      this.say(`It cannot be put back just now: ${this.why(error)}.`);
    }
  }

  put(card, entry) {
    this.outbox.put(entry);
    this.taken.add(entry.card);
    card.remove();
  }

  async undo() {
    const { last: card, undoes } = this;
    if (this.undoing === undoes) return; // its key was pressed twice
    this.undoing = undoes;
    try {
      await this.sending;
      if (this.undoes !== undoes || this.ended !== null) return;
      const kept = this.outbox.get(undoes);
      if (card !== null && kept !== undefined && !kept.tried) {
        // It never left.
        this.outbox.drop(undoes);
        this.taken.delete(undoes);
        this.undoes = "";
        this.inHandAgain(card);
        return;
      }
      // The server may have it, though its reply was lost: only there can it be taken back.
      if (kept !== undefined) await this.send();
      if (this.undoes !== undoes || this.ended !== null) return;
      if (kept !== undefined && this.outbox.get(undoes) !== undefined) throw new Error("not sent");
      this.take(await this.post("undo", { last: undoes }));
    } catch (error) {
      this.say(`It cannot be taken back just now: ${this.why(error)}.`);
    } finally {
      this.undoing = null;
    }
  }

  inHandAgain(card) {
    this.last = null;
    this.say("");
    this.showFirst(card);
  }

  // ---- what is shown

  showNext() {
    const next = this.cards()[0];
    this.wait.hidden = next !== undefined;
    if (next !== undefined) this.show(next);
  }

  showFirst(card) {
    for (const each of this.cards()) each.hidden = true;
    this.deck.prepend(card);
    this.wait.hidden = true;
    this.show(card);
  }

  show(card) {
    card.hidden = false;
    this.number.textContent = card.dataset.number;
    this.progress.value = Number(card.dataset.number) - 1;
    card.querySelector("[data-do=undo]").disabled = this.undoes === "";
    card.focus({ preventScroll: true }); // a screen reader reads the texts and the question
    this.shownAt = this.swappedAt = performance.now();
  }

  saying(button) {
    const line = document.createElement("span");
    line.className = "mine";
    const emoji = button.querySelector(".emoji")?.cloneNode(true);
    const title = button.querySelector("b")?.textContent ?? button.firstChild.textContent;
    const words = document.createElement("span");
    words.textContent = title;
    if (emoji) {
      words.className = "said-title";
      line.append("You: ", emoji, " ", words);
    } else line.append("You: ", words);
    return line;
  }

  say(...what) {
    this.status.replaceChildren(...what);
    this.status.classList.remove("status-network", "status-refused");
    this.wait.querySelector("p").textContent = "One moment…";
  }

  sayNetwork() {
    const lead = navigator.onLine ? "No reply." : "No network.";
    this.sayKept(lead, "What you answered is sent when the network is back.");
  }

  sayRefused() {
    const todo = this.outbox.isRefused
      ? "Your browser can store none: reload this page and answer again."
      : "Sign out and in again; if that does not help, ask whoever runs the game.";
    this.sayKept("Nod does not take your answers.", todo, todo);
    this.status.classList.add("status-refused");
  }

  sayKept(lead, meanwhile, ...more) {
    const kept = this.outbox.all().length;
    const count = kept === 0 ? [] : [`${kept} ${kept === 1 ? "answer" : "answers"} kept.`];
    const words = document.createElement("span");
    words.textContent = [lead, ...count, ...more].join(" ");
    this.say(words);
    this.status.classList.add("status-network");
    this.wait.querySelector("p").textContent = meanwhile;
  }

  why(error) {
    return error instanceof Refused ? "sign out and in again" : "no network";
  }

  // ---- what is sent

  // One after the other, in order; again, ever less often, until it is through.
  send() {
    this.sending ??= this.sendAll().finally(() => (this.sending = null));
    return this.sending;
  }

  async sendAll() {
    clearTimeout(this.timer);
    for (let entry; (entry = this.outbox.all()[0]) !== undefined; ) {
      const { to, tried, ...fields } = entry;
      if (navigator.onLine && !tried) this.outbox.tried(entry.card);
      let hand;
      try {
        hand = await this.post(to, fields);
      } catch (error) {
        if (error instanceof Refused) return this.sayRefused(); // a later try is refused as well
        this.sayNetwork();
        const later = Math.min(LATEST, SOONEST * 2 ** this.tries++);
        this.timer = setTimeout(() => this.send(), later);
        return;
      }
      this.tries = 0;
      if (hand === null) return; // the page is being left
      this.outbox.drop(entry.card);
      this.take(hand);
    }
    if (this.status.classList.contains("status-network")) this.say("");
    if (this.ended !== null) location.assign(this.ended);
    // Nothing came: the page itself knows why.
    else if (this.current() === undefined && this.cards().length === 0) location.assign(this.page.dataset.card);
  }

  // The fragment that answers; null where the page is left for another.
  async post(to, fields) {
    try {
      const hand = await this.ask(this.page.dataset[to], posting(fields));
      if (hand !== null) forgetReload();
      return hand;
    } catch (error) {
      // What only this page remembers would be lost with it.
      if (!(error instanceof Refused) || this.outbox.isRefused || !mayReload()) throw error;
      location.reload();
      return null;
    }
  }

  async ask(url, options) {
    const reply = await ask(url, options);
    const elsewhere = reply.headers.get("HX-Redirect");
    if (elsewhere !== null) {
      location.assign(elsewhere); // to sign in; what waits is sent after that
      return null;
    }
    if (reply.headers.has("HX-Refresh")) {
      location.reload();
      return null;
    }
    if (IN_VAIN.includes(reply.status)) return document.createElement("div");
    if (reply.status === 403) throw new Refused();
    if (!reply.ok) throw new Error(`answered ${reply.status}`);
    const holder = document.createElement("template");
    holder.innerHTML = await reply.text();
    return holder.content.querySelector(".hand");
  }

  // ---- what comes back

  take(hand) {
    if (hand === null) return;
    const { settled, first, gone, ended } = hand.dataset;
    if (ended !== undefined) this.ended = ended;
    this.removeGone((gone ?? "").split(" "));
    if (first !== undefined) this.taken.delete(first);
    for (const card of hand.querySelectorAll(".card")) this.add(card);
    const said = hand.querySelector(".news-said");
    const isOfLast = this.last !== null && settled === this.last.dataset.card;
    const notice = hand.querySelector(".news-notice");
    if (notice !== null) this.say(...notice.childNodes);
    else if (said !== null && isOfLast) this.say(...said.childNodes);
    if (first !== undefined) {
      if (this.undoing !== null) this.undoes = ""; // not after a card was put back
      this.inHandAgain(document.getElementById(`card-${first}`));
    } else if (this.current() === undefined && this.cards().length > 0) this.showNext();
  }

  // A card that is here already keeps its place; its number may have changed.
  add(card) {
    const here = document.getElementById(card.id);
    if (here !== null) here.dataset.number = card.dataset.number;
    else if (!this.taken.has(card.dataset.card)) this.deck.append(card);
    if (here !== null && !here.hidden) {
      this.number.textContent = here.dataset.number;
      this.progress.value = Number(here.dataset.number) - 1;
    }
  }

  removeGone(gone) {
    for (const card of this.cards()) if (gone.includes(card.dataset.card)) card.remove();
    if (this.current() === undefined) this.showNext();
  }

  // Whether the cards may still be shown.
  async look() {
    const cards = this.cards().map((card) => ["card", card.dataset.card]);
    if (document.hidden || cards.length === 0) return;
    const url = `${this.page.dataset.still}?${new URLSearchParams(cards)}`;
    try {
      const hand = await this.ask(url, {});
      // Of a card that nobody has seen yet there is nothing to say.
      if (!hand?.dataset.gone?.includes(this.current()?.dataset.card)) hand?.querySelector(".news-notice")?.remove();
      this.take(hand);
    } catch {
      return; // the next look is soon
    }
    if (this.cards().length === 0 && this.outbox.all().length === 0) location.assign(this.page.dataset.card);
  }
}

// Answers that waited when a window closed, sent from whatever page comes next.
async function sendKept(ways) {
  const outbox = new Outbox(ways.content);
  for (let entry; (entry = outbox.all()[0]) !== undefined; ) {
    const { to, tried, ...fields } = entry;
    if (!tried) outbox.tried(entry.card);
    const reply = await ask(ways.dataset[to], posting(fields));
    const isElsewhere = reply.headers.has("HX-Redirect") || reply.headers.has("HX-Refresh");
    if (isElsewhere || !(reply.ok || IN_VAIN.includes(reply.status))) return;
    outbox.drop(entry.card);
  }
}

const page = document.getElementById("game");
const ways = document.querySelector("meta[name=outbox]");
if (page !== null) new Game(page).start();
else if (ways !== null) sendKept(ways).catch(() => {}); // no network: from the next page, then
