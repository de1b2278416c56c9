"""Files of Python assignments (`.prb`, `.prm`, `params.py`, `config.py`), read without running them."""
