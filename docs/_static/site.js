// From a file no other page can be read: the search then lists titles without excerpts.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// A screen reader says where code begins, and where what it gave.
document.addEventListener("DOMContentLoaded", () => {
  for (const [part, name] of [["input", "code"], ["output", "output"]])
    for (const cell of document.querySelectorAll(`.cell_${part}`)) {
      cell.setAttribute("role", "group");
      cell.setAttribute("aria-label", name);
    }
});
