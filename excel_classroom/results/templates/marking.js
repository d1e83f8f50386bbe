
const quoted = (text) => '"' + text.replaceAll('"', '""') + '"';
const shown = (cell) => (cell.firstElementChild ? cell.firstElementChild.value : cell.textContent);
const csv = () => [...document.querySelectorAll("table.marking tr")]
  .map((row) => [...row.cells].map((cell) => quoted(shown(cell))).join(",") + "\r\n").join("");
document.getElementById("save").onclick = () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff" + csv()], { type: "text/csv" }));
  link.download = document.getElementById("save").value;
  link.click();
};
