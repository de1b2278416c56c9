// Shows the views of a page: as they were when it was written, or as a server tells of them.
const data = JSON.parse(document.getElementById("data").textContent);
const views = document.getElementById("views");
const told = document.getElementById("told");

function show({ roots, views: all }, buffers, connection) {
  const manager = new HostManager(connection);
  all.forEach((view) => manager.add(view, buffers));
  document.body.classList.toggle("whole", roots.some((id) => manager.models.get(id).get("arrangement")));
  views.replaceChildren();
  for (const id of roots) {
    const model = manager.models.get(id), el = document.createElement("div");
    if (model.get("arrangement")) el.dataset.fills = "true";
    views.append(el);
    VIEWS[manager.kinds.get(model)].render({ model, el });
  }
  return manager;
}

/** The message of a frame, and its buffers. */
function unpacked(frame) {
  const length = new DataView(frame).getUint32(0, true);
  const message = JSON.parse(new TextDecoder().decode(new Uint8Array(frame, 4, length)));
  let start = 4 + length;
  const buffers = message.lengths.map((size) => frame.slice(start, (start += size)));
  return [message, buffers];
}

function connect() {
  const address = new URL(location.href);
  const socket = new WebSocket(`ws://${address.host}/socket?token=${encodeURIComponent(address.searchParams.get("token"))}`);
  socket.binaryType = "arraybuffer";
  const connection = { send: (message) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message)) };
  let manager = null;
  socket.addEventListener("message", ({ data: frame }) => {
    const [message, buffers] = unpacked(frame);
    if (message.views) manager = show(message, buffers, connection);
    else manager?.models.get(message.view)?.hear(message, buffers);
  });
  socket.addEventListener("close", ({ reason }) => {
    told.textContent = `The server is gone${reason ? ` (${reason})` : ""}. Load the page again once it is there; edits are kept.`;
  });
}

if (data.views.length) show(data, data.buffers.map(bytesOf), null);
else connect();
