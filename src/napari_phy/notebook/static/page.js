// Shows the views of a page: as they were when it was written, or as a server tells of them.
const data = JSON.parse(document.getElementById("data").textContent);
const views = document.getElementById("views");
const STOPPED = 1001; // how a server that stops closes connections
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
  socket.addEventListener("close", ({ code, reason }) => {
    told.textContent = code === STOPPED
      ? "The server has stopped; edits are kept. Start it again, and open the address that it prints then."
      : `The connection to the server has ended${reason ? `: ${reason}` : "."} Edits are kept. Load the page again; if the ` +
        "server has stopped, start it again, and open the address that it prints then.";
  });
}

if (data.views.length) {
  told.className = "note";
  told.setAttribute("role", "note");
  told.textContent = "A picture of the views as they were when this page was written: nothing can be selected or edited here.";
  show(data, data.buffers.map(bytesOf), null);
}
else connect();
