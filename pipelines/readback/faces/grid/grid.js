// A row that is chosen is told to the page; a head that is pressed sorts, rows without a figure last either way; what is
// typed into the search leaves the rows that hold it.
const shown = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  let root = shown.get(parentElement);
  if (!root) {
    root = document.createElement("div");
    parentElement.appendChild(root);
    shown.set(parentElement, root);
  }
  if (root.drawn !== data) {
    root.innerHTML = data;
    root.drawn = data;
  }
  root.oninput = ({ target }) => {
    const wanted = target.value.toLowerCase();
    for (const row of root.querySelector("tbody").rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  };
  root.onclick = (event) => {
    const head = event.target.closest("thead button");
    if (head) return sort(root, head);
    const row = event.target.closest("tbody tr");
    if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    setTriggerValue("opened", row.querySelector("a").dataset.member);
  };
}

function sort(root, button) {
  const head = button.parentElement;
  const column = button.dataset.column;
  const isDescending = head.ariaSort ? head.ariaSort === "ascending" : column !== "workflow" && column !== "class_id";
  for (const other of root.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
  head.ariaSort = isDescending ? "descending" : "ascending";
  const body = root.querySelector("tbody");
  const rank = (row) => row.querySelector(`[data-column=${column}]`).dataset.rank;
  const rows = [...body.rows].sort((one, other) => compared(rank(one), rank(other), isDescending ? -1 : 1));
  body.append(...rows);
}

function compared(one, other, direction) {
  if (one === "" || other === "") return (one === "") - (other === "");
  const difference = one - other;
  return direction * (Number.isNaN(difference) ? one.localeCompare(other) : difference);
}
