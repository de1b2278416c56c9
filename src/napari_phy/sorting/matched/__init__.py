"""SpikeDetekt behind a matched filter: each channel has its own noise, and spikes are looked for by their shape."""
