// What Jupyter is to a view: holds its state, tells it of changes, and passes on what it sends, where Python runs.

/** Replace {"$buffer": place} in a state by the bytes. */
function withBuffers(value, buffers) {
  if (Array.isArray(value)) return value.map((one) => withBuffers(one, buffers));
  if (value === null || typeof value !== "object") return value;
  if ("$buffer" in value) return new DataView(buffers[value.$buffer]);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withBuffers(one, buffers)]));
}

class HostModel {
  constructor(id, state, connection = null) {
    this.id = id;
    this.state = state;
    this.connection = connection;
    this.listeners = new Map();
    this.changed = new Set();
  }

  /** Whether nothing that is done can have an effect. */
  get isStill() {
    return this.connection === null;
  }

  get(name) {
    return this.state[name];
  }

  set(name, value) {
    if (this.state[name] === value) return;
    this.state[name] = value;
    this.changed.add(name);
    this.tell(name);
  }

  save_changes() {
    const state = Object.fromEntries([...this.changed].map((name) => [name, this.state[name]]));
    this.changed.clear();
    this.connection?.send({ view: this.id, state });
  }

  send(content) {
    this.connection?.send({ view: this.id, content });
  }

  on(event, callback) {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event).add(callback);
  }

  off(event, callback) {
    this.listeners.get(event)?.delete(callback);
  }

  /** Take over what Python set or said. */
  hear(message, bytes) {
    if (message.state) {
      const state = withBuffers(message.state, bytes);
      Object.assign(this.state, state);
      for (const name of Object.keys(state)) this.tell(name);
    } else {
      const { buffers, ...content } = withBuffers(message.content, bytes);
      this.call("msg:custom", content, buffers);
    }
  }

  tell(name) {
    this.call(`change:${name}`);
  }

  call(event, ...values) {
    for (const callback of [...(this.listeners.get(event) || [])]) callback(...values);
  }
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer;
}

/** Makes models and views, as the manager of Jupyter does. */
class HostManager {
  constructor(connection = null) {
    this.connection = connection;
    this.models = new Map();
    this.kinds = new Map();
  }

  add({ id, kind, state }, buffers) {
    const model = new HostModel(id, withBuffers(state, buffers), this.connection);
    model.widget_manager = this;
    this.models.set(id, model);
    this.kinds.set(model, kind);
  }

  async get_model(id) {
    return this.models.get(id);
  }

  async create_view(model) {
    const el = document.createElement("div");
    VIEWS[this.kinds.get(model)].render({ model, el });
    return { el };
  }
}
