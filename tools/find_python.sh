#!/bin/sh
# Print the path of a Python that napari-phy can use; PYTHON=... chooses one.
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; do
    found=$("$candidate" -c 'import sys; sys.version_info >= (3, 11) and print(sys.executable)' 2>/dev/null) || continue
    if [ -n "$found" ]; then
        echo "$found"
        exit 0
    fi
done
if [ -n "${PYTHON:-}" ]; then
    echo "PYTHON=$PYTHON is not a Python of version 3.11 or newer." >&2
else
    echo "napari-phy needs Python 3.11 or newer and finds none; install one or name it: make PYTHON=/path/to/python3.12 ..." >&2
fi
exit 1
