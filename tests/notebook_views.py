"""What tests ask of views of a notebook."""

import json

import numpy as np


def say(view, kind, **message):
    """Let the browser say something."""
    view._handle_custom_msg({"kind": kind, **message}, [])


def texts(view):
    return [text for part in view.picture["parts"] if part["kind"] == "texts" for _, _, text in part["items"]]


def rows(view):
    return np.frombuffer(view.table["ids"], np.int32).tolist()


def size_of(state):
    """Return about how many bytes travel."""
    buffers = []

    def without(value):
        if isinstance(value, bytes):
            buffers.append(value)
            return None
        if isinstance(value, dict):
            return {name: without(one) for name, one in value.items()}
        return [without(one) for one in value] if isinstance(value, list) else value

    return len(json.dumps(without(state))) + sum(map(len, buffers))
