// What scrolls sideways can be reached with the keyboard.
function reach() {
  for (const box of document.querySelectorAll("pre, .wide")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("resize", reach);
document.addEventListener("toggle", reach, true);
reach();

// The search of the contents page: sections that hold every word, those with a hit in their title first.
const query = document.getElementById("query");
if (query) {
  const rows = JSON.parse(document.getElementById("index").textContent);
  const found = document.getElementById("found"), count = document.getElementById("count");
  query.addEventListener("input", () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(word => word.length > 1);
    const title = row => words.some(word => row[3].toLowerCase().includes(word));
    const hits = !words.length ? [] : rows.filter(row => words.every(word => (row[3] + " " + row[4]).toLowerCase().includes(word)));
    hits.sort((one, other) => title(other) - title(one));
    count.textContent = !words.length ? "" : hits.length === 1 ? "1 section" : hits.length + " sections";
    found.replaceChildren(...hits.map(row => hit(row, words[0])));
  });
}

function hit([file, notebook, anchor, title, text], word) {
  const item = document.createElement("li"), link = document.createElement("a"), line = document.createElement("p"), mark = document.createElement("mark");
  link.href = file + "#" + encodeURIComponent(anchor);
  link.textContent = title === notebook ? notebook : notebook + ": " + title;
  const at = text.toLowerCase().indexOf(word);
  if (at >= 0) {
    mark.textContent = text.slice(at, at + word.length);
    line.append((at > 60 ? "… " : "") + text.slice(Math.max(0, at - 60), at), mark, text.slice(at + word.length, at + 100) + " …");
  }
  item.append(link, line);
  return item;
}
