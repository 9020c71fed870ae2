// Fetches the page again every few seconds and swaps <main>, so that focus, scrolling and open details survive.
"use strict";
(() => {
  const seconds = Number(document.querySelector("main")?.dataset.refresh || 0);
  if (!seconds) return;

  const isBusy = () => {
    const focused = document.activeElement;
    return document.hidden || Boolean(focused && focused.closest("form"));
  };

  const keepOpen = (from, to) => {
    const before = from.querySelectorAll("details");
    to.querySelectorAll("details").forEach((details, index) => {
      if (before[index]) details.open = before[index].open;
    });
  };

  const focusedAt = (main) => [...main.querySelectorAll("a, summary, .scroll")].indexOf(document.activeElement);

  const swap = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("main");
    const old = document.querySelector("main");
    if (!fresh || !old) return true;
    const focus = focusedAt(old);
    keepOpen(old, fresh);
    const next = document.importNode(fresh, true);
    old.replaceWith(next);
    if (focus >= 0) [...next.querySelectorAll("a, summary, .scroll")][focus]?.focus({ preventScroll: true });
    return Boolean(next.dataset.refresh);
  };

  const tick = async () => {
    let goOn = true;
    if (!isBusy()) {
      try {
        const reply = await fetch(location.href, { headers: { Accept: "text/html" } });
        if (reply.ok) goOn = swap(await reply.text());
        document.body.classList.remove("offline");
      } catch {
        document.body.classList.add("offline");
      }
    }
    if (goOn) setTimeout(tick, seconds * 1000);
  };
  setTimeout(tick, seconds * 1000);
})();
