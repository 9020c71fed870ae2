/* Puts a feed's source list into the order of ?order=ID,ID,… (ids of sources). Nothing is saved until someone saves. */
"use strict";
(() => {
  const wanted = new URLSearchParams(window.location.search).get("order");
  if (!wanted) return;
  // Before the form learns its address: a page that comes back with an error must not be ordered again.
  window.history.replaceState(null, "", window.location.pathname);
  document.addEventListener("DOMContentLoaded", () => {
    const rows = [...document.querySelectorAll("#listings-data tbody.original")];
    if (!rows.length) return;
    const places = wanted.split(",");
    const placeOf = (row) => {
      const place = places.indexOf(row.querySelector("select[name$='-source']").value);
      return place < 0 ? places.length : place;
    };
    const parent = rows[0].parentNode;
    const after = rows[rows.length - 1].nextSibling;
    rows
      .map((row, index) => ({ row, index, place: placeOf(row) }))
      .sort((a, b) => a.place - b.place || a.index - b.index)
      .forEach(({ row }, index) => {
        parent.insertBefore(row, after);
        row.querySelector("input[name$='-priority']").value = index;
      });
    const note = document.createElement("div");
    note.id = "suggested-order";
    note.setAttribute("role", "status");
    note.className = "bg-blue-100 text-blue-700 mb-4 px-3 py-3 rounded-default dark:bg-blue-500/20 dark:text-blue-400";
    note.textContent = "The sources stand in the suggested order. Nothing is saved yet: save to apply it, or leave the page.";
    document.querySelector("#content-main").prepend(note);
  });
})();
