// Draws points by WebGL, on one hidden canvas for all views of a page: browsers allow few contexts.

const POINTS_KEY = Symbol.for("napari_phy.points");
const MOST_COLORS = 32;

const POINTS_VERTEX = `#version 300 es
in vec2 xy;
in float place;
in float mark;
uniform vec2 middle, scale;
uniform float radius, ratio;
uniform int nColors;
uniform bool marks, rings;
uniform vec4 colors[${MOST_COLORS}], background, text;
out vec4 color;
flat out float size;
flat out float hollow;
void main() {
  gl_Position = vec4((xy - middle) * scale, 0.0, 1.0);
  bool isBackground = place < 0.0;
  size = radius * ratio * (isBackground ? 0.6 : 1.0);
  hollow = 0.0;
  color = isBackground ? background : colors[int(place) % nColors];
  if (!isBackground && int(place) >= nColors) hollow = 1.0;
  if (marks) {
    bool isDot = !rings && (mark == 1.0 || mark == 3.0);
    color = text;
    size = (isDot ? 1.4 : 4.0) * ratio;
    hollow = isDot ? 0.0 : 1.0;
  }
  gl_PointSize = 2.0 * size + 3.0;
}`;

const POINTS_FRAGMENT = `#version 300 es
precision mediump float;
in vec4 color;
flat in float size;
flat in float hollow;
out vec4 drawn;
void main() {
  float away = length(gl_PointCoord - 0.5) * (2.0 * size + 3.0);
  float cover = hollow > 0.5 ? 1.1 - abs(away - size) : size + 0.5 - away;
  if (cover <= 0.0) discard;
  drawn = color * min(cover, 1.0);
}`;

class PointsPainter {
  constructor() {
    this.canvas = document.createElement("canvas");
    const gl = (this.gl = this.canvas.getContext("webgl2", { antialias: false, premultipliedAlpha: true }));
    if (!gl) throw new Error("There is no WebGL.");
    const program = (this.program = gl.createProgram());
    for (const [kind, text] of [[gl.VERTEX_SHADER, POINTS_VERTEX], [gl.FRAGMENT_SHADER, POINTS_FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
    gl.useProgram(program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.uniforms = new Map();
    this.canvas.addEventListener("webglcontextlost", () => {
      if (globalThis[POINTS_KEY] === this) delete globalThis[POINTS_KEY]; // the next picture has a new one
    });
  }

  /** The painter of the page; null where there is no WebGL. */
  static ofPage() {
    if (globalThis[POINTS_KEY] === undefined) {
      try {
        globalThis[POINTS_KEY] = new PointsPainter();
      } catch (error) {
        console.info(`napari-phy draws points without WebGL: ${error.message}`);
        globalThis[POINTS_KEY] = null;
      }
    }
    return globalThis[POINTS_KEY];
  }

  set(kind, name, ...values) {
    if (!this.uniforms.has(name)) this.uniforms.set(name, this.gl.getUniformLocation(this.program, name));
    this.gl[`uniform${kind}`](this.uniforms.get(name), ...values);
  }

  /** Hand points over to the graphics card; `free` forgets them. */
  upload({ xy, places, marks }) {
    const { gl } = this;
    const held = { painter: this, array: gl.createVertexArray(), buffers: [], n: places.length, nMarked: 0 };
    gl.bindVertexArray(held.array);
    const fill = (target, data) => {
      const buffer = gl.createBuffer();
      gl.bindBuffer(target, buffer);
      gl.bufferData(target, data, gl.STATIC_DRAW);
      held.buffers.push(buffer);
    };
    for (const [name, data, size, type] of [["xy", xy, 2, gl.FLOAT], ["place", places, 1, gl.BYTE], ["mark", marks, 1, gl.UNSIGNED_BYTE]]) {
      const at = gl.getAttribLocation(this.program, name);
      fill(gl.ARRAY_BUFFER, data);
      gl.enableVertexAttribArray(at);
      gl.vertexAttribPointer(at, size, type, false, 0, 0);
    }
    const marked = [];
    marks.forEach((mark, i) => mark && i < held.n && marked.push(i));
    held.nMarked = marked.length;
    fill(gl.ELEMENT_ARRAY_BUFFER, new Uint32Array(marked));
    gl.bindVertexArray(null);
    return held;
  }

  free(held) {
    held.buffers.forEach((buffer) => this.gl.deleteBuffer(buffer));
    this.gl.deleteVertexArray(held.array);
  }

  /** Draw points at the upper left of the canvas, as large as given in device px. */
  draw(held, { width, height, ratio, x, y, theme, radius, rings }) {
    const { gl, canvas } = this;
    if (canvas.width < width) canvas.width = width;
    if (canvas.height < height) canvas.height = height;
    gl.viewport(0, canvas.height - height, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    this.set("2f", "middle", (x[0] + x[1]) / 2, (y[0] + y[1]) / 2);
    this.set("2f", "scale", 2 / (x[1] - x[0]), 2 / (y[1] - y[0]));
    this.set("1f", "radius", radius);
    this.set("1f", "ratio", ratio);
    this.set("1i", "rings", rings ? 1 : 0);
    const inks = theme.selection.slice(0, MOST_COLORS);
    this.set("1i", "nColors", inks.length);
    this.set("4fv", "colors", inks.flatMap((color) => premultiplied(color, 0.75)));
    this.set("4fv", "background", premultiplied(theme.background_spikes, 0.6));
    this.set("4fv", "text", premultiplied(theme.text, 1));
    gl.bindVertexArray(held.array);
    this.set("1i", "marks", 0);
    gl.drawArrays(gl.POINTS, 0, held.n);
    if (held.nMarked) {
      this.set("1i", "marks", 1);
      gl.drawElements(gl.POINTS, held.nMarked, gl.UNSIGNED_INT, 0);
    }
    gl.bindVertexArray(null);
  }
}

function premultiplied(color, alpha) {
  return [...[1, 3, 5].map((at) => (parseInt(color.slice(at, at + 2), 16) / 255) * alpha), alpha];
}

/** The points of a view, which come in parts where they are many; `changed` is called with each. */
class Points {
  constructor(model, changed) {
    this.model = model;
    this.changed = changed;
    this.take();
  }

  take() {
    const state = this.model.get("points") || {};
    this.key = state.key;
    this.nParts = state.n_parts || 1;
    this.setAll(numbers(state.xy, Float32Array), numbers(state.places, Int8Array));
    this.takeMarks();
    this.ask(1);
  }

  takeMarks() {
    const state = this.model.get("marks") || {};
    this.free();
    this.marks = numbers(state.marks, Uint8Array);
    this.rings = state.rings;
    if (this.marks.length < this.places.length) this.marks = new Uint8Array(this.places.length);
  }

  takePart({ key, part }, [xy, places]) {
    if (key !== this.key || part !== this.next) return;
    this.setAll(joined(this.xy, numbers(xy, Float32Array)), joined(this.places, numbers(places, Int8Array)));
    this.takeMarks();
    this.changed();
    this.ask(part + 1);
  }

  ask(part) {
    this.next = part;
    if (part < this.nParts) this.model.send({ kind: "part", key: this.key, part });
  }

  setAll(xy, places) {
    this.xy = xy;
    this.places = places;
  }

  free() {
    this.held?.painter.free(this.held);
    this.held = null;
  }
}

function joined(first, second) {
  const all = new first.constructor(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
