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

// The search of the contents page: sections that hold every word; first those with a word in the title, then those with the words side by side.
const query = document.getElementById("query");
if (query) {
  const rows = JSON.parse(document.getElementById("index").textContent);
  const found = document.getElementById("found"), count = document.getElementById("count");
  query.addEventListener("input", () => {
    const phrase = query.value.trim().toLowerCase(), words = phrase.split(/\s+/).filter(word => word.length > 1);
    const holds = row => words.every(word => (row[3] + " " + row[4]).toLowerCase().includes(word));
    const rank = row => 2 * words.some(word => row[3].toLowerCase().includes(word)) + row[4].toLowerCase().includes(phrase);
    const hits = words.length ? rows.filter(holds).sort((one, other) => rank(other) - rank(one)) : [];
    count.textContent = !words.length ? "" : hits.length === 1 ? "1 section" : hits.length + " sections";
    found.replaceChildren(...hits.map(row => hit(row, row[4].toLowerCase().includes(phrase) ? phrase : words[0])));
  });
}

function hit([file, notebook, anchor, title, text], words) {
  const item = document.createElement("li"), link = document.createElement("a"), line = document.createElement("p"), mark = document.createElement("mark");
  link.href = file + "#" + encodeURIComponent(anchor);
  link.textContent = title === notebook ? notebook : notebook + ": " + title;
  const at = text.toLowerCase().indexOf(words);
  if (at >= 0) {
    const from = at > 60 ? text.indexOf(" ", at - 60) + 1 : 0, to = at + words.length;
    mark.textContent = text.slice(at, to);
    line.append((from ? "… " : "") + text.slice(from, at), mark, text.slice(to).replace(/^(.{0,90})\s.*$/s, "$1 …"));
  }
  item.append(link, line);
  return item;
}
