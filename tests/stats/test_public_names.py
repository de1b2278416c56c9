import napari_phy.stats


def test_the_public_names_are_functions():
    assert all(callable(getattr(napari_phy.stats, name)) for name in napari_phy.stats.__all__)
    assert napari_phy.stats.correlograms([1, 2], [0, 0], [0], sample_rate=1000).sum() == 1
