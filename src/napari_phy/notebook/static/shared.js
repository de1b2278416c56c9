// What all views share: the theme of the page, small DOM helpers, keys, and a queue that lets no message overtake.

const STEPS = 8; // of a px, see picture.py
const BREAK = -32768;

/** Whether the page is dark: as Jupyter, VS Code or our own page say, else as the system does. */
function isDark() {
  const body = document.body.dataset, root = document.documentElement.dataset;
  if (body.jpThemeLight) return body.jpThemeLight === "false";
  if (body.vscodeThemeKind) return !body.vscodeThemeKind.endsWith("light");
  if (root.theme === "dark" || root.theme === "light") return root.theme === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Call back now and whenever the theme changes; return a function that ends this. */
function followTheme(callback) {
  const tell = () => callback(THEMES[isDark() ? "dark" : "light"], isDark());
  const observer = new MutationObserver(tell);
  for (const node of [document.body, document.documentElement]) observer.observe(node, { attributes: true });
  const media = matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", tell);
  tell();
  return () => {
    observer.disconnect();
    media.removeEventListener("change", tell);
  };
}

/** Make an element; texts are only ever set as text. */
function make(tag, attributes = {}, children = []) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

function setTheme(node, theme, dark) {
  node.dataset.theme = dark ? "dark" : "light";
  for (const [name, value] of Object.entries(theme)) {
    if (typeof value === "string") node.style.setProperty(`--np-${name.replace("_", "-")}`, value);
  }
}

/** The bytes of a buffer of the kernel, wherever they lie, as an array of numbers. */
function numbers(data, Kind) {
  if (!data) return new Kind(0);
  const view = data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Kind(view.slice().buffer);
}

const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" }; // JupyterLab leaves keys alone where this is
const PLAIN_KEYS = new Set(["Control", "Shift", "Alt", "Meta"]);

/** `Ctrl+Shift+Z` of a key event; letters by the key that was pressed, as Alt makes other characters of them. */
function keyName(event) {
  if (PLAIN_KEYS.has(event.key)) return "";
  const letter = /^Key([A-Z])$/.exec(event.code);
  const key = event.code === "Space" ? "Space" : letter ? letter[1] : event.key;
  const held = [];
  if (event.ctrlKey || event.metaKey) held.push("Ctrl");
  if (event.altKey) held.push("Alt");
  if (event.shiftKey) held.push("Shift");
  return [...held, key].join("+");
}

const ACTION_KEYS = /^(G|K|(Ctrl\+)?Alt\+[GMNU]|Ctrl\+(Shift\+)?Z|Ctrl\+[YS]|(Shift\+)?Space)$/;

/** Send keys of actions; they are ours as long as the focus is in the view and not in a field. */
function sendKeys(root, model, also = () => false) {
  root.addEventListener("keydown", (event) => {
    const inField = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    const name = keyName(event);
    if (!name || inField) return;
    if (event.target.tagName === "BUTTON" && (name === "Space" || name === "Enter")) return;
    if (ACTION_KEYS.test(name) || also(name)) {
      event.preventDefault();
      event.stopPropagation(); // Jupyter has keys of its own for cells
      model.send({ kind: "key", key: name });
    }
  });
}

/** Return a function that sends a message at most every so often, joining those that wait. */
function sendingInTurn(model, wait_ms, join) {
  let waiting = null;
  return (message) => {
    if (waiting) {
      waiting = join(waiting, message);
      return;
    }
    waiting = message;
    setTimeout(() => {
      const last = waiting;
      waiting = null;
      model.send(last);
    }, wait_ms);
  };
}

function follow(model, names, callback) {
  for (const name of names) model.on(`change:${name}`, callback);
  return () => {
    for (const name of names) model.off(`change:${name}`, callback);
  };
}
