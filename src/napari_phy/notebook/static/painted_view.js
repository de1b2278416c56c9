// Shows the picture that a view of Python made, and tells Python of the mouse and of keys.

const TICK_MS = 40; // between the answer to a step of scrolling and the next
const VIEW_KEYS = /^((Shift\+|Ctrl\+)?(Page(Up|Down)|Arrow(Left|Right|Up|Down))|Home|End|Escape|\+|-|Shift\+\+)$/;

function render({ model, el }) {
  const title = make("strong", { class: "np-title", text: model.get("name") });
  const controls = make("span", { class: "np-controls" });
  const lassoButton = make("button", {
    type: "button", "aria-pressed": "false", title: "Draw a lasso (Ctrl+drag)", text: "Lasso",
    onclick: () => setLasso(!lasso.on),
  });
  const tools = make("span", { class: "np-tools" });
  const header = make("div", { class: "np-header" }, [title, tools, controls]);
  if (model.get("has_lasso") && !model.isStill) header.append(lassoButton);
  const canvas = make("canvas", { tabindex: 0, role: "img", class: "np-canvas" });
  const body = make("div", { class: "np-body" }, [canvas]);
  const foot = make("div", { class: "np-foot", role: "status", "aria-live": "polite" });
  const root = make("div", { class: "napari-phy", role: "group", "aria-label": model.get("name"), ...OWN_KEYS }, [header, body, foot]);
  el.append(root);
  tools.hidden = Boolean(model.isStill);
  canvas.classList.toggle("np-still", tools.hidden);

  const painter = new Painter(canvas);
  const points = new Points(model, () => draw());
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
    keepAhead(picture);
    canvas.setAttribute("aria-label", picture.label || model.get("name"));
    draw();
    onRuns();
  }
  function onPoints() {
    points.take();
    draw();
  }
  function onMarks() {
    points.takeMarks();
    draw();
  }
  const onSaid = (content, buffers) => content.kind === "part" && points.takePart(content, buffers);
  const sent = { drag: [0, 0], base: null }; // px that this browser has dragged by, and what Python had heard of before
  function keepAhead(picture) {
    const moved = (picture.parts || []).find((part) => part.kind === "points")?.moved;
    if (!moved) sent.base = null;
    if (!sent.base) return;
    painter.ahead = [0, 1].map((way) => sent.drag[way] - (moved[way] - sent.base[way]));
    if (!pressed && painter.ahead.every((px) => Math.abs(px) < 0.5)) sent.base = null;
    if (!sent.base) painter.ahead = [0, 0];
  }
  function beginDrag() {
    const moved = (model.get("picture")?.parts || []).find((part) => part.kind === "points")?.moved;
    if (moved && !sent.base) Object.assign(sent, { drag: [0, 0], base: moved });
  }
  function goAhead(dx, dy) {
    if (!sent.base) return;
    sent.drag = [sent.drag[0] + dx, sent.drag[1] + dy];
    painter.ahead = [painter.ahead[0] + dx, painter.ahead[1] + dy];
    draw();
  }
  function onStatus() {
    foot.textContent = model.get("status");
    foot.title = model.get("status");
  }
  function onTools() {
    const kept = document.activeElement?.dataset?.tool;
    tools.replaceChildren(...model.get("tools").map(({ name, title: words, tip, is_on }) =>
      make("button", {
        type: "button", text: words, title: tip, "aria-label": tip, "data-tool": name,
        "aria-pressed": is_on === null ? null : String(is_on), onclick: () => model.send({ kind: "tool", name }),
      })
    ));
    if (kept) tools.querySelector(`[data-tool="${kept}"]`)?.focus({ preventScroll: true });
  }
  let ticking = 0;
  function onRuns() {
    clearTimeout(ticking);
    if (model.get("runs")) ticking = setTimeout(() => model.send({ kind: "tick" }), TICK_MS);
  }
  function onControls() {
    controls.replaceChildren(...model.get("controls").map(({ name, title: words, choices, place }) => {
      const options = choices.map((text, i) => make("option", { value: i, text, selected: i === place }));
      if (place < 0) options.unshift(make("option", { text: words, selected: true, disabled: true }));
      return make("select", {
        "aria-label": words, title: words, disabled: model.isStill,
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
    else beginDrag();
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
      const [dx, dy] = [x - pressed.last[0], y - pressed.last[1]];
      goAhead(dx, dy);
      drag({ kind: "drag", dx, dy, start_x: pressed.x, start_y: pressed.y, now_x: x, now_y: y });
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
  canvas.addEventListener("dblclick", (event) => {
    const [x, y] = place(event);
    model.send({ kind: "reset", x, y });
  });
  canvas.addEventListener("wheel", (event) => {
    if (document.activeElement !== canvas && !event.ctrlKey) return; // a page scrolls on over views that nobody looks at
    event.preventDefault();
    const [x, y] = place(event);
    wheel({ kind: "wheel", x, y, notches: -event.deltaY / 100, ...held(event) });
  }, { passive: false });
  if (!model.isStill) sendKeys(root, model, (name) => VIEW_KEYS.test(name));

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
    follow(model, ["marks"], onMarks),
    follow(model, ["tools"], onTools),
    follow(model, ["runs"], onRuns),
    follow(model, ["status"], onStatus),
    follow(model, ["controls"], onControls),
  ];
  model.on("msg:custom", onSaid);
  onControls();
  onTools();
  onStatus();
  onPicture();
  return () => {
    resized.disconnect();
    clearTimeout(ticking);
    model.off("msg:custom", onSaid);
    points.free();
    ends.forEach((end) => end());
  };
}

export default { render };
