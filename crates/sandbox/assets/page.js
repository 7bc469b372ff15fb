// Adds comfort to pages that work without it: the way back by itself, and news of decisions made elsewhere.
"use strict";
(() => {
  const back = document.querySelector("form[data-send-after]");
  if (back) {
    setTimeout(() => back.requestSubmit(), Number(back.dataset.sendAfter));
  }

  const watched = document.querySelector("[data-watch]");
  if (watched) {
    let known = null;
    const look = async () => {
      try {
        const answer = await fetch(watched.dataset.watch, { cache: "no-store" });
        const state = answer.ok ? await answer.text() : known;
        if (known !== null && state !== known) {
          location.reload();
          return;
        }
        known = state;
      } catch {
        // The sandbox may be restarting; the next look will tell.
      }
      setTimeout(look, 2000);
    };
    look();
  }

  const events = document.querySelector("[data-events]");
  if (events && window.EventSource) {
    const source = new EventSource(events.dataset.events);
    const news = document.getElementById("news");
    let waiting = false;
    const refresh = async () => {
      waiting = false;
      try {
        const answer = await fetch(location.href, { cache: "no-store" });
        if (!answer.ok) {
          return;
        }
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        const next = fresh.querySelector("[data-events]");
        if (!next || next.innerHTML === drawn) {
          return;
        }
        // What the reader is typing, about to press or reading in an opened part stays.
        if (events.contains(document.activeElement) || events.querySelector("details[open]")) {
          return;
        }
        drawn = next.innerHTML;
        events.replaceChildren(...document.importNode(next, true).childNodes);
        if (news) {
          news.textContent = news.dataset.text;
        }
      } catch {
        // The next change will tell.
      }
    };
    const soon = () => {
      if (!waiting) {
        waiting = true;
        setTimeout(refresh, 300);
      }
    };
    let drawn = events.innerHTML;
    source.addEventListener("message", soon);
    // Something may have happened between the page and the first word of the stream.
    source.addEventListener("open", soon);
  }
})();
