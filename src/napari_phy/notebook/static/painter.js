// Draws what a picture lists.

const FONT = "system-ui, 'Segoe UI', Roboto, sans-serif";

class Painter {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.parts = [];
    this.scale = 1;
    this.ahead = [0, 0]; // px, of a drag
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
    if (!points?.places.length) return;
    const { context } = this;
    const [left, top, width, height] = box, [dx, dy] = this.ahead;
    const toX = width / (x[1] - x[0]), toY = height / (y[1] - y[0]);
    const seen = { // where a drag has moved to that Python has not heard of yet
      x: x.map((end) => end - dx / toX), y: y.map((end) => end + dy / toY),
      radius: Math.min(2, Math.max(0.8, 2 * (30000 / points.places.length) ** 0.25)),
    };
    context.save();
    context.beginPath();
    context.rect(...box);
    context.clip();
    const fast = PointsPainter.ofPage();
    if (fast) this.pointsByCard(fast, points, box, seen);
    else this.pointsByHand(points, box, seen);
    context.restore();
  }

  pointsByCard(fast, points, box, seen) {
    if (points.held?.painter !== fast) points.held = fast.upload(points);
    const ratio = (window.devicePixelRatio || 1) * this.scale;
    const [wide, high] = [Math.round(box[2] * ratio), Math.round(box[3] * ratio)];
    fast.draw(points.held, { ...seen, width: wide, height: high, ratio, theme: this.theme, rings: points.rings });
    this.context.globalAlpha = 1;
    this.context.drawImage(fast.canvas, 0, 0, wide, high, ...box);
  }

  pointsByHand(points, [left, top, width, height], { x, y, radius }) {
    const { context, theme } = this;
    const toX = width / (x[1] - x[0]), toY = height / (y[1] - y[0]);
    const at = (i) => [left + (points.xy[2 * i] - x[0]) * toX, top + (y[1] - points.xy[2 * i + 1]) * toY];
    const groups = new Map(); // in the order of drawing, which is that of the data
    points.places.forEach((place, i) => (groups.get(place) || groups.set(place, []).get(place)).push(i));
    for (const [place, members] of groups) {
      const isHollow = place >= theme.selection.length;
      const color = place < 0 ? theme.background_spikes : theme.selection[place % theme.selection.length];
      context.globalAlpha = place < 0 ? 0.6 : 0.75;
      context.fillStyle = context.strokeStyle = color;
      context.lineWidth = 1;
      for (const i of members) {
        const [px, py] = at(i);
        context.beginPath();
        context.arc(px, py, place < 0 ? 0.6 * radius : radius, 0, 2 * Math.PI);
        if (isHollow) context.stroke();
        else context.fill();
      }
    }
    context.globalAlpha = 1;
    context.strokeStyle = context.fillStyle = theme.text;
    context.lineWidth = 1.2;
    points.marks.forEach((mark, i) => {
      if (!mark || i >= points.places.length) return;
      const [px, py] = at(i), isDot = mark & 1 && !points.rings;
      context.beginPath();
      context.arc(px, py, isDot ? 1.4 : 4, 0, 2 * Math.PI);
      if (isDot) context.fill();
      else context.stroke();
    });
  }
}
