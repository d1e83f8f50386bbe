
const save = document.getElementById("save"), kept = document.getElementById("kept");
const store = `marks by hand ${save.value} ${save.dataset.handout}`;
const inputs = [...document.querySelectorAll("input")];
const rows = [...document.querySelectorAll("tr[data-members]")];
const name = (input) => {
  const row = input.closest("tr");
  return [input.dataset.place ?? row.dataset.place, row?.dataset.alike ?? "", input.getAttribute("aria-label") ?? "worth"].join("|");
};
const typed = JSON.parse(localStorage.getItem(store) ?? "{}");
const tell = () => {
  const count = inputs.filter((input) => name(input) in typed).length;
  kept.textContent = count ? `${count} fields are typed and not graded yet` : "";
  localStorage.setItem(store, JSON.stringify(typed));
};
for (const input of inputs) {
  const key = name(input), before = input.value;
  if (typed[key] === before) delete typed[key];
  input.value = typed[key] ?? before;
  input.oninput = () => {
    if (input.value === before) delete typed[key];
    else typed[key] = input.value;
    tell();
  };
  input.dataset.before = before;
}
for (const button of document.querySelectorAll(".withdraw")) button.onclick = () => {
  const input = button.parentElement.querySelector("input");
  input.value = "0";
  input.oninput();
};
tell();
const quoted = (text) => `"${String(text).replaceAll('"', '""')}"`;
const csv = () => {
  const lines = [JSON.parse(save.dataset.heads)];
  for (const input of document.querySelectorAll(".worth"))
    if (input.value) lines.push(["everybody", "", input.dataset.place, "", "", "", "", input.value, ""]);
  for (const row of rows) {
    const [points, remark] = row.querySelectorAll("input");
    const own = (input, given) => (input.value === input.dataset.before ? given : input.value);
    for (const [who, file, text, given, said] of JSON.parse(row.dataset.members)) {
      const line = [who, file, row.dataset.place, text, "", "", "", own(points, given), own(remark, said)];
      if (line[7] !== "" || line[8] !== "") lines.push(line);
    }
  }
  return lines.map((line) => line.map(quoted).join(",") + "\r\n").join("");
};
save.onclick = () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff" + csv()], { type: "text/csv" }));
  link.download = save.value;
  link.click();
};
