"""SpikeDetekt: band-pass, two thresholds, flood fill, masks, waveforms and their principal components."""
