"""How long tests wait for what must happen: long, since a busy machine is not a mistake of ours."""

PATIENCE_S = 300
