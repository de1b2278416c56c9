// The list of clusters: only the rows in sight are in the page.

const ROW_PX = 22;
const THIN = "\u2009", MINUS = "\u2212", UNKNOWN = "\u2013";

function grouped(text) {
  return text.replace(/\B(?=(\d{3})+(?!\d))/g, THIN);
}

/** A number as all lists of the program have it. */
function shownNumber(value, { decimals, categories, plain }) {
  if (!Number.isFinite(value)) return UNKNOWN;
  if (categories.length) return categories[value] ?? UNKNOWN;
  if (plain) return String(Math.trunc(value));
  const [whole, rest] = Math.abs(value).toFixed(decimals).split(".");
  const text = rest === undefined ? grouped(whole) : `${grouped(whole)}.${rest}`;
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

function render({ model, el }) {
  const bar = make("div", { class: "np-bar", role: "toolbar", "aria-label": "Edits" });
  const filter = make("input", {
    type: "text", class: "np-filter", "aria-label": "Filter of the list of clusters", spellcheck: "false",
    placeholder: 'Filter:  group == "good" and spikes > 100',
  });
  const reason = make("div", { class: "np-reason", role: "alert" });
  const head = make("div", { class: "np-row np-head", role: "row" });
  const space = make("div", { class: "np-space" });
  const body = make("div", {
    class: "np-rows", tabindex: 0, role: "grid", "aria-multiselectable": "true", "aria-label": "Clusters",
  }, [head, space]);
  const counts = make("div", { class: "np-counts" });
  const foot = make("div", { class: "np-foot", role: "status", "aria-live": "polite" });
  const columnsButton = make("button", {
    type: "button", text: "Columns", "aria-haspopup": "true", "aria-expanded": "false", title: "Choose columns",
  });
  const menu = make("div", { class: "np-menu", role: "group", "aria-label": "Columns", hidden: true });
  const header = make("div", { class: "np-header" }, [
    make("strong", { class: "np-title", text: model.get("name") }), counts, columnsButton,
  ]);
  const root = make("div", { class: "napari-phy np-clusters", role: "group", "aria-label": model.get("name"), ...OWN_KEYS }, [
    header, menu, bar, filter, reason, body, foot,
  ]);
  el.append(root);
  const isStill = Boolean(model.isStill);
  bar.hidden = columnsButton.hidden = filter.disabled = isStill;
  root.classList.toggle("np-still", isStill);

  let table, ids, groups, values, theme;
  let anchor = null; // where a range of rows begins
  let cursor = null;

  function onTable() {
    table = model.get("table");
    ids = numbers(table.ids, Int32Array);
    groups = numbers(table.group, Uint8Array);
    values = Object.fromEntries(Object.entries(table.values).map(([key, data]) => [key, numbers(data, Float32Array)]));
    showHead();
    space.style.height = `${ids.length * ROW_PX}px`;
    body.setAttribute("aria-rowcount", ids.length + 1);
    counts.textContent = table.words;
    reason.textContent = table.reason;
    if (document.activeElement !== filter) filter.value = table.filter;
    filter.hidden = isStill && !table.filter;
    filter.classList.toggle("np-wrong", Boolean(table.reason));
    showRows();
  }

  function widths() {
    return table.columns.map((column) => (column.key === "group" ? "minmax(84px, 1fr)" : `${column.width + 10}px`)).join(" ");
  }

  function showHead() {
    const order = model.get("cluster_order"), descends = order.startsWith("-"), key = order.replace("-", "");
    space.style.gridTemplateColumns = head.style.gridTemplateColumns = widths();
    head.replaceChildren(...table.columns.map((column) => {
      const isSorted = column.order === key;
      const button = make("button", {
        type: "button", title: column.tip, disabled: isStill, text: `${isSorted ? (descends ? "▾ " : "▴ ") : ""}${column.title}`,
        onclick: () => {
          const first = column.left || column.key === "id" ? "" : "-"; // numbers: the largest first
          model.set("cluster_order", isSorted ? (descends ? "" : "-") + column.order : first + column.order);
          model.save_changes();
        },
      });
      return make("div", {
        role: "columnheader", class: column.left ? "" : "np-number",
        "aria-sort": isSorted ? (descends ? "descending" : "ascending") : "none",
      }, [button]);
    }));
  }

  function showRows() {
    if (!table || !theme) return;
    const chosen = model.get("clusters"), rank = new Map(chosen.map((cluster, place) => [cluster, place]));
    const first = Math.max(0, Math.floor((body.scrollTop - ROW_PX) / ROW_PX) - 4);
    const last = Math.min(ids.length, Math.ceil((body.scrollTop + body.clientHeight) / ROW_PX) + 4);
    const rows = [];
    for (let row = first; row < last; row++) rows.push(makeRow(row, rank));
    if (!ids.length) rows.push(make("div", { class: "np-none", text: table.nothing }));
    space.replaceChildren(...rows);
    body.toggleAttribute("aria-activedescendant", false);
    const active = space.querySelector(`[data-cluster="${cursor}"]`);
    if (active) body.setAttribute("aria-activedescendant", active.id);
  }

  function makeRow(row, rank) {
    const cluster = ids[row], place = rank.get(cluster), group = table.groups[groups[row]];
    const cells = table.columns.map((column) => {
      if (column.key === "id") {
        const chip = make("span", { class: "np-chip", "aria-hidden": "true" });
        if (place !== undefined) {
          const color = theme.selection[place % theme.selection.length];
          chip.style.borderColor = color;
          if (place < theme.selection.length) chip.style.background = color;
        }
        return make("div", { role: "gridcell", class: "np-id" }, [chip, document.createTextNode(cluster)]);
      }
      if (column.key === "group") {
        const color = theme[group] || table.group_colors[group] || theme.text;
        const dot = make("span", { class: `np-dot${group === "unsorted" ? " np-hollow" : ""}`, "aria-hidden": "true" });
        dot.style.borderColor = color;
        if (group !== "unsorted") dot.style.background = color;
        const cell = make("div", { role: "gridcell" }, [dot, document.createTextNode(group)]);
        cell.style.color = color;
        return cell;
      }
      const texts = table.labels[column.key];
      if (texts) return make("div", { role: "gridcell", text: texts[row] });
      const value = values[column.key][row];
      const warns = column.warns_from !== null && value >= column.warns_from;
      return make("div", {
        role: "gridcell", class: `${column.left ? "" : "np-number"}${warns ? " np-warns" : ""}`, text: shownNumber(value, column),
      });
    });
    const node = make("div", {
      role: "row", class: `np-row${group === "noise" ? " np-dim" : ""}`, id: `${uid}-${cluster}`, "data-cluster": cluster,
      "aria-rowindex": row + 2, "aria-selected": String(place !== undefined),
    }, cells);
    node.style.gridTemplateColumns = space.style.gridTemplateColumns;
    node.style.top = `${row * ROW_PX}px`;
    node.classList.toggle("np-cursor", cluster === cursor);
    return node;
  }

  const uid = `np-${Math.random().toString(36).slice(2)}`;
  const rowOf = (cluster) => ids.indexOf(cluster);

  function select(clusters) {
    model.send({ kind: "select", clusters });
  }

  function range(from, to) {
    const step = from <= to ? 1 : -1;
    return Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => ids[from + i * step]);
  }

  function pick(row, { ctrl, shift }) {
    const cluster = ids[row];
    if (cluster === undefined) return;
    const chosen = model.get("clusters");
    cursor = cluster;
    if (shift && anchor !== null && rowOf(anchor) >= 0) select(range(rowOf(anchor), row));
    else if (ctrl) {
      anchor = cluster;
      select(chosen.includes(cluster) ? chosen.filter((one) => one !== cluster) : [...chosen, cluster]);
    } else {
      anchor = cluster;
      select([cluster]);
    }
  }

  function bringIntoSight(row) {
    const top = row * ROW_PX, height = body.clientHeight - 2 * ROW_PX;
    if (top < body.scrollTop) body.scrollTop = top;
    else if (top > body.scrollTop + height) body.scrollTop = top - height;
  }

  function onPress(event) {
    const node = event.target.closest(".np-row");
    if (node && event.button === 0 && !isStill) pick(rowOf(Number(node.dataset.cluster)), { ctrl: event.ctrlKey || event.metaKey, shift: event.shiftKey });
  }
  space.addEventListener("mousedown", (event) => {
    if (event.shiftKey) event.preventDefault(); // no text is selected
    onPress(event); // not at the click: rows are made anew when values are known, and a click needs one row for both
  });
  space.addEventListener("click", (event) => event.detail === 0 && onPress(event)); // of a screen reader
  body.addEventListener("keydown", (event) => {
    if (event.target !== body || isStill) return;
    const name = keyName(event), steps = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
    const key = name.replace("Shift+", "");
    if (event.key === "/") {
      event.preventDefault();
      filter.focus();
    } else if (name === "Ctrl+A") {
      event.preventDefault();
      select([...ids]);
    } else if (key in steps && ids.length) {
      event.preventDefault();
      event.stopPropagation();
      const chosen = model.get("clusters");
      const known = rowOf(cursor) >= 0 ? cursor : chosen.find((cluster) => rowOf(cluster) >= 0);
      const from = known === undefined ? (steps[key] > 0 ? -1 : ids.length) : rowOf(known);
      const row = Math.min(Math.max(from + steps[key], 0), ids.length - 1);
      pick(row, { ctrl: false, shift: name.startsWith("Shift+") });
      bringIntoSight(row);
    }
  });
  body.addEventListener("scroll", () => requestAnimationFrame(showRows));

  let typing = 0;
  const ask = () => model.send({ kind: "filter", text: filter.value });
  filter.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(ask, 200);
  });
  filter.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") filter.value = "";
    if (event.key === "Escape" || event.key === "Enter") {
      clearTimeout(typing);
      ask();
      body.focus();
    }
  });

  function onButtons() {
    const kept = document.activeElement?.dataset?.action;
    bar.replaceChildren(...model.get("buttons").map(({ name, title, tip, why_not }) =>
      make("button", {
        type: "button", text: title, title: tip, "data-action": name, "aria-disabled": why_not ? "true" : "false",
        onclick: () => model.send({ kind: "action", name }),
      })
    ));
    if (kept && root.contains(bar)) bar.querySelector(`[data-action="${kept}"]`)?.focus({ preventScroll: true });
  }

  function openMenu(isOpen) {
    menu.hidden = !isOpen;
    columnsButton.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) menu.querySelector("input")?.focus();
  }
  columnsButton.addEventListener("click", () => openMenu(menu.hidden));
  function onPressAnywhere({ target }) {
    if (!menu.contains(target) && target !== columnsButton) openMenu(false);
  }
  function onKeyAnywhere(event) {
    if (menu.hidden || event.key !== "Escape") return;
    event.stopPropagation();
    openMenu(false);
    columnsButton.focus();
  }
  document.addEventListener("pointerdown", onPressAnywhere, true);
  document.addEventListener("keydown", onKeyAnywhere, true);
  function onOffered() {
    const focused = document.activeElement?.value;
    menu.replaceChildren(...model.get("offered").map(({ key, title, tip, is_shown }) => {
      const box = make("input", { type: "checkbox", value: key });
      box.checked = is_shown;
      box.addEventListener("change", () => model.send({ kind: "column", key, is_shown: box.checked }));
      return make("label", { title: tip }, [box, document.createTextNode(` ${title}`)]);
    }));
    if (!menu.hidden) [...menu.querySelectorAll("input")].find((box) => box.value === focused)?.focus();
  }
  function onStatus() {
    foot.textContent = foot.title = model.get("status");
  }
  function onClusters() {
    showRows();
    const row = rowOf(model.get("clusters")[0]);
    if (row >= 0 && !root.contains(document.activeElement)) bringIntoSight(row);
  }

  if (!isStill) sendKeys(root, model);
  const resized = new ResizeObserver(showRows);
  resized.observe(body);
  const endTheme = followTheme((now, dark) => {
    theme = now;
    setTheme(root, theme, dark);
    showRows();
  });
  const ends = [
    endTheme,
    follow(model, ["table", "cluster_order"], onTable),
    follow(model, ["clusters"], onClusters),
    follow(model, ["buttons"], onButtons),
    follow(model, ["offered"], onOffered),
    follow(model, ["status"], onStatus),
  ];
  onTable();
  onButtons();
  onOffered();
  onStatus();
  return () => {
    resized.disconnect();
    document.removeEventListener("pointerdown", onPressAnywhere, true);
    document.removeEventListener("keydown", onKeyAnywhere, true);
    ends.forEach((end) => end());
  };
}

export default { render };
