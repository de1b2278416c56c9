"""`python -m napari_phy.cli`."""

import sys

from napari_phy.cli import main

if __name__ == "__main__":
    sys.exit(main())
