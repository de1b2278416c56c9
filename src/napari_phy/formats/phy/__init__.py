"""Folders of phy, Kilosort and SpikeInterface."""
