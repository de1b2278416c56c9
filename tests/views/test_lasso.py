"""A lasso is what was drawn by hand."""

from napari_phy.views.lasso import Lasso


def test_a_lasso_grows_by_real_moves_and_needs_three_points():
    lasso = Lasso()
    lasso.start((0, 0), (0, 0))
    assert lasso.drawing
    assert not lasso.add((1, 0), (1, 0))
    assert lasso.add((5, 0), (5, 0))
    assert not lasso.close()
    assert len(lasso) == 0
    lasso.start((0, 0), (0, 0))
    lasso.add((5, 0), (5, 0))
    lasso.add((5, 5), (5, 5))
    assert lasso.close()
    assert not lasso.drawing
    assert lasso.polygon.tolist() == [[0, 0], [5, 0], [5, 5]]
