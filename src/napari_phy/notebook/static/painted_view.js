// Draws the picture that a view of Python made, and tells Python of the mouse and of keys.

const FONT = "system-ui, 'Segoe UI', Roboto, sans-serif";
const VIEW_KEYS = /^((Shift\+|Ctrl\+)?(Page(Up|Down)|Arrow(Left|Right|Up|Down))|Home|End|Escape|\+|-|Shift\+\+)$/;

class Painter {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.parts = [];
    this.scale = 1;
  }

  take(picture) {
    this.size = [picture.width || 1, picture.height || 1];
    this.parts = (picture.parts || []).map((part) =>
      part.data && part.kind !== "levels" ? { ...part, values: numbers(part.data, Int16Array) } : part
    );
  }

  ink(name) {
    const place = /^s(\d+)$/.exec(name);
    return place ? this.theme.selection[place[1]] : name.startsWith("#") ? name : this.theme[name];
  }

  draw(points) {
    const { canvas, context } = this;
    if (!this.theme || !this.size) return;
    const ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (!width || !height) return;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
    this.scale = Math.min(width / this.size[0], height / this.size[1]);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.globalAlpha = 1;
    context.fillStyle = this.theme.view;
    context.fillRect(0, 0, width, height);
    context.scale(this.scale, this.scale);
    context.save();
    for (const part of this.parts) {
      context.globalAlpha = part.alpha ?? 1;
      this[part.kind]?.(part, points);
    }
    context.restore();
  }

  rects({ values, color }) {
    this.context.fillStyle = this.ink(color);
    for (let i = 0; i < values.length; i += 4)
      this.context.fillRect(values[i] / STEPS, values[i + 1] / STEPS, values[i + 2] / STEPS, values[i + 3] / STEPS);
  }

  frames({ values, color, line }) {
    this.context.strokeStyle = this.ink(color);
    this.context.lineWidth = line;
    for (let i = 0; i < values.length; i += 4)
      this.context.strokeRect(values[i] / STEPS, values[i + 1] / STEPS, values[i + 2] / STEPS, values[i + 3] / STEPS);
  }

  /** Put lines into the path; a break ends each. `each` is called at the ends, to draw them one by one. */
  trace(values, each = null) {
    const { context } = this;
    let isOpen = false;
    context.beginPath();
    for (let i = 0; i < values.length; i += 2) {
      if (values[i] === BREAK) {
        if (each && isOpen) {
          each();
          context.beginPath();
        }
        isOpen = false;
      } else if (isOpen) context.lineTo(values[i] / STEPS, values[i + 1] / STEPS);
      else {
        context.moveTo(values[i] / STEPS, values[i + 1] / STEPS);
        isOpen = true;
      }
    }
  }

  lines({ values, color, line, alpha, dash }) {
    const { context } = this;
    context.strokeStyle = this.ink(color);
    context.lineWidth = line;
    context.lineJoin = "round";
    context.setLineDash(dash || []);
    if (alpha < 1) this.trace(values, () => context.stroke()); // so that crossing lines add up
    else {
      this.trace(values);
      context.stroke();
    }
    context.setLineDash([]);
  }

  polygons({ values, color, rim }) {
    const { context } = this;
    context.fillStyle = this.ink(color);
    if (rim) context.strokeStyle = this.ink(rim);
    context.lineWidth = 1;
    this.trace(values, () => {
      context.closePath();
      context.fill();
      if (rim) context.stroke();
    });
  }

  discs({ values, color, rim, line }) {
    const { context } = this;
    context.beginPath();
    for (let i = 0; i < values.length; i += 3) {
      const [x, y, radius] = [values[i] / STEPS, values[i + 1] / STEPS, Math.max(values[i + 2] / STEPS, 0)];
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 2 * Math.PI);
    }
    if (color) {
      context.fillStyle = this.ink(color);
      context.fill();
    }
    if (rim) {
      context.strokeStyle = this.ink(rim);
      context.lineWidth = line;
      context.stroke();
    }
  }

  texts({ items, color, size, bold, align, turned }) {
    const { context } = this;
    context.font = `${bold ? 600 : 400} ${size}px ${FONT}`;
    context.fillStyle = this.ink(color);
    context.textAlign = align;
    context.textBaseline = "middle";
    for (const [x, y, text] of items) {
      if (turned) {
        context.save();
        context.translate(x, y);
        context.rotate(-Math.PI / 2);
        context.fillText(text, 0, 0);
        context.restore();
      } else context.fillText(text, x, y);
    }
  }

  levels({ box, shape, data }) {
    const [height, width] = shape;
    const levels = numbers(data, Uint8Array);
    const image = new ImageData(width, height);
    const ramp = this.theme.ramp.map((color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)));
    for (let i = 0; i < levels.length; i++) {
      const share = (levels[i] / 255) * 2, from = share < 1 ? 0 : 1;
      for (let part = 0; part < 3; part++)
        image.data[4 * i + part] = ramp[from][part] + (ramp[from + 1][part] - ramp[from][part]) * (share - from);
      image.data[4 * i + 3] = 255;
    }
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    canvas.getContext("2d").putImageData(image, 0, 0);
    this.context.imageSmoothingEnabled = false;
    this.context.drawImage(canvas, ...box);
  }

  clip({ box }) {
    this.context.restore();
    this.context.save();
    if (box) {
      this.context.beginPath();
      this.context.rect(...box);
      this.context.clip();
    }
  }

  points({ box, x, y }, points) {
    if (!points || !points.places.length) return;
    const { context } = this;
    const [left, top, width, height] = box;
    const toX = width / (x[1] - x[0]), toY = height / (y[1] - y[0]);
    context.save();
    context.beginPath();
    context.rect(...box);
    context.clip();
    const at = (i) => [left + (points.xy[2 * i] - x[0]) * toX, top + (y[1] - points.xy[2 * i + 1]) * toY];
    const groups = new Map(); // in the order of drawing, which is that of the data
    points.places.forEach((place, i) => (groups.get(place) || groups.set(place, []).get(place)).push(i));
    for (const [place, members] of groups) {
      const isHollow = place >= this.theme.selection.length;
      const radius = place < 0 ? 1.2 : 2;
      const color = place < 0 ? this.theme.background_spikes : this.theme.selection[place % this.theme.selection.length];
      context.globalAlpha = place < 0 ? 0.6 : 0.75;
      context.fillStyle = context.strokeStyle = color;
      context.lineWidth = 1;
      for (const i of members) {
        const [px, py] = at(i);
        context.beginPath();
        context.arc(px, py, radius, 0, 2 * Math.PI);
        if (isHollow) context.stroke();
        else context.fill();
      }
    }
    context.globalAlpha = 1;
    context.strokeStyle = context.fillStyle = this.theme.text;
    context.lineWidth = 1.2;
    points.marks.forEach((mark, i) => {
      if (!mark) return;
      const [px, py] = at(i);
      context.beginPath();
      context.arc(px, py, mark & 1 && !points.rings ? 1.4 : 4, 0, 2 * Math.PI);
      if (mark & 1 && !points.rings) context.fill();
      else context.stroke();
    });
    context.restore();
  }
}

function takePoints(state) {
  return {
    xy: numbers(state.xy, Float32Array),
    places: numbers(state.places, Int8Array),
    marks: numbers(state.marks, Uint8Array),
    rings: state.rings,
  };
}

function render({ model, el }) {
  const title = make("strong", { class: "np-title", text: model.get("name") });
  const controls = make("span", { class: "np-controls" });
  const lassoButton = make("button", {
    type: "button", "aria-pressed": "false", title: "Draw a lasso (Ctrl+drag)", text: "Lasso",
    onclick: () => setLasso(!lasso.on),
  });
  const header = make("div", { class: "np-header" }, [title, controls]);
  if (model.get("has_lasso")) header.append(lassoButton);
  const canvas = make("canvas", { tabindex: 0, role: "img", class: "np-canvas" });
  const body = make("div", { class: "np-body" }, [canvas]);
  const foot = make("div", { class: "np-foot", role: "status", "aria-live": "polite" });
  const root = make("div", { class: "napari-phy", role: "group", "aria-label": model.get("name"), ...OWN_KEYS }, [header, body, foot]);
  el.append(root);

  const painter = new Painter(canvas);
  let points = takePoints(model.get("points") || {});
  const lasso = { on: false, path: null };

  function setLasso(on) {
    lasso.on = on;
    lassoButton.setAttribute("aria-pressed", String(on));
    canvas.style.cursor = on ? "crosshair" : "";
  }

  function draw() {
    painter.draw(points);
    if (!lasso.path) return;
    const { context } = painter;
    context.beginPath();
    lasso.path.forEach(([x, y]) => context.lineTo(x, y));
    context.closePath();
    context.strokeStyle = context.fillStyle = painter.theme.text;
    context.lineWidth = 1.3;
    context.setLineDash([4, 3]);
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 0.06;
    context.fill();
    context.globalAlpha = 1;
  }

  function onPicture() {
    const picture = model.get("picture") || {};
    painter.take(picture);
    canvas.setAttribute("aria-label", picture.label || model.get("name"));
    draw();
  }
  function onPoints() {
    points = takePoints(model.get("points") || {});
    draw();
  }
  function onStatus() {
    foot.textContent = model.get("status");
    foot.title = model.get("status");
  }
  function onControls() {
    controls.replaceChildren(...model.get("controls").map(({ name, title: words, choices, place }) => {
      const options = choices.map((text, i) => make("option", { value: i, text, selected: i === place }));
      if (place < 0) options.unshift(make("option", { text: words, selected: true, disabled: true }));
      return make("select", {
        "aria-label": words, title: words,
        onchange: (event) => model.send({ kind: "setting", name, place: Number(event.target.value) }),
      }, options);
    }));
  }

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / painter.scale, (event.clientY - box.top) / painter.scale];
  };
  const held = (event) => ({ ctrl: event.ctrlKey || event.metaKey, shift: event.shiftKey });
  const hover = sendingInTurn(model, 80, (_, last) => last);
  const wheel = sendingInTurn(model, 16, (first, last) => ({ ...last, notches: first.notches + last.notches }));
  const drag = sendingInTurn(model, 16, (first, last) => ({ ...last, dx: first.dx + last.dx, dy: first.dy + last.dy }));
  let pressed = null;

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    const [x, y] = place(event);
    pressed = { x, y, last: [x, y], moved: false };
    if (model.get("has_lasso") && (lasso.on || event.ctrlKey || event.metaKey)) lasso.path = [[x, y]];
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = place(event);
    if (!pressed) {
      hover({ kind: "hover", x, y });
      return;
    }
    pressed.moved ||= Math.hypot(x - pressed.x, y - pressed.y) > 4;
    if (lasso.path) {
      const [lastX, lastY] = lasso.path[lasso.path.length - 1];
      if (Math.hypot(x - lastX, y - lastY) >= 2) lasso.path.push([x, y]);
      draw();
    } else if (pressed.moved) {
      drag({ kind: "drag", dx: x - pressed.last[0], dy: y - pressed.last[1] });
      pressed.last = [x, y];
    }
  });
  canvas.addEventListener("pointerup", (event) => {
    if (!pressed) return;
    const path = lasso.path;
    lasso.path = null;
    if (path && pressed.moved) {
      model.send({ kind: "lasso", polygon: path });
      setLasso(false);
    } else if (!pressed.moved) model.send({ kind: "click", x: pressed.x, y: pressed.y, ...held(event) });
    pressed = null;
    draw();
  });
  canvas.addEventListener("pointercancel", () => {
    pressed = lasso.path = null;
    draw();
  });
  canvas.addEventListener("dblclick", () => model.send({ kind: "reset" }));
  canvas.addEventListener("wheel", (event) => {
    if (document.activeElement !== canvas && !event.ctrlKey) return; // a page scrolls on over views that nobody looks at
    event.preventDefault();
    const [x, y] = place(event);
    wheel({ kind: "wheel", x, y, notches: -event.deltaY / 100, ...held(event) });
  }, { passive: false });
  sendKeys(root, model, (name) => VIEW_KEYS.test(name));

  let shown = [0, 0];
  const resized = new ResizeObserver(() => {
    const size = [Math.round(body.clientWidth), Math.round(body.clientHeight)];
    if (size[0] > 0 && size[1] > 0 && (size[0] !== shown[0] || size[1] !== shown[1])) {
      shown = size;
      model.set("size", size);
      model.save_changes();
    }
    draw();
  });
  resized.observe(body);
  const endTheme = followTheme((theme, dark) => {
    setTheme(root, theme, dark);
    painter.theme = theme;
    draw();
  });
  const ends = [
    endTheme,
    follow(model, ["picture"], onPicture),
    follow(model, ["points"], onPoints),
    follow(model, ["status"], onStatus),
    follow(model, ["controls"], onControls),
  ];
  onControls();
  onStatus();
  onPicture();
  return () => {
    resized.disconnect();
    ends.forEach((end) => end());
  };
}

export default { render };
