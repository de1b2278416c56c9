// Arranges views in tabs and tiles that can be dragged, and says where they are.

const USUAL = [
  ["Clusters", null],
  ["Waveforms", { referencePanel: "Clusters", direction: "right" }],
  ["Correlograms", { referencePanel: "Waveforms", direction: "right" }],
  ["Traces", { referencePanel: "Waveforms", direction: "below" }],
  ["Features", { referencePanel: "Waveforms", direction: "right" }],
  ["Similarity", { referencePanel: "Correlograms", direction: "below" }],
  ["Grid", { referencePanel: "Similarity", direction: "within" }],
  ["Probe", { referencePanel: "Similarity", direction: "within" }],
];

function render({ model, el }) {
  const resetButton = make("button", { type: "button", text: "Usual layout", onclick: () => arrange({}) });
  const status = make("span", { class: "np-foot", role: "status" });
  const header = make("div", { class: "np-header" }, [resetButton, status]);
  const place = make("div", { class: "np-arrangement" });
  const root = make("div", { class: "napari-phy np-workspace", role: "group", "aria-label": "Workspace" }, [header, place]);
  el.append(root);
  const manager = model.widget_manager;
  const panels = new Map(); // by name: the node of a view, made once
  let isSetting = false;

  const dock = DOCKVIEW.createDockview(place, {
    createComponent: ({ id }) => {
      const element = make("div", { class: "np-panel" });
      const node = panels.get(id);
      if (node) element.append(node);
      return { element, init: () => {}, dispose: () => {} };
    },
    disableTabsOverflowList: false,
  });

  function addMissing() {
    for (const [name, position] of USUAL) {
      if (!panels.has(name) || dock.getPanel(name)) continue;
      const known = position && dock.getPanel(position.referencePanel);
      dock.addPanel({ id: name, component: name, title: name, position: known ? position : undefined, inactive: position?.direction === "within" });
    }
    for (const name of panels.keys())
      if (!dock.getPanel(name)) dock.addPanel({ id: name, component: name, title: name });
  }

  function arrange(arrangement) {
    isSetting = true;
    try {
      dock.clear();
      if (arrangement.panels) {
        try {
          dock.fromJSON(arrangement);
          for (const panel of [...dock.panels]) if (!panels.has(panel.id)) panel.api.close();
        } catch {
          dock.clear(); // of another version, or damaged
        }
      }
      const isUsual = !dock.panels.length;
      addMissing();
      if (isUsual) setUsualSizes();
    } finally {
      isSetting = false;
    }
    keep();
  }

  function setUsualSizes() {
    const width = place.clientWidth || 1200, height = place.clientHeight || 700;
    dock.getPanel("Clusters")?.api.setSize({ width: Math.round(width * 0.3) });
    dock.getPanel("Correlograms")?.api.setSize({ width: Math.round(width * 0.27), height: Math.round(height * 0.55) });
    dock.getPanel("Waveforms")?.api.setSize({ width: Math.round(width * 0.2), height: Math.round(height * 0.58) });
  }

  let keeping = 0;
  function keep() {
    if (isSetting) return;
    clearTimeout(keeping);
    keeping = setTimeout(() => {
      const arrangement = dock.toJSON();
      if (JSON.stringify(arrangement) === JSON.stringify(model.get("arrangement"))) return;
      model.set("arrangement", arrangement);
      model.save_changes();
    }, 500);
  }

  async function begin() {
    const views = await Promise.all(
      model.get("views").map((reference) => manager.get_model(reference.replace("IPY_MODEL_", "")))
    );
    for (const view of views) {
      const made = await manager.create_view(view);
      made.el.classList.add("np-filling");
      panels.set(view.get("name"), made.el);
    }
    dock.layout(place.clientWidth, place.clientHeight);
    arrange(model.get("arrangement") || {});
    dock.onDidLayoutChange(keep);
  }

  const resized = new ResizeObserver(() => dock.layout(place.clientWidth, place.clientHeight));
  resized.observe(place);
  const setHeight = () => (root.style.height = el.dataset.fills ? "100%" : `${model.get("height")}px`);
  const onStatus = () => (status.textContent = model.get("status"));
  setHeight();
  onStatus();
  const endTheme = followTheme((theme, dark) => {
    setTheme(root, theme, dark);
    dock.updateOptions({ theme: dark ? DOCKVIEW.themeDark : DOCKVIEW.themeLight });
  });
  const ends = [endTheme, follow(model, ["height"], setHeight), follow(model, ["status"], onStatus)];
  begin();
  return () => {
    clearTimeout(keeping);
    resized.disconnect();
    ends.forEach((end) => end());
    dock.dispose();
  };
}

export default { render };
