"""Masked EM: KlustaKwik2 on sparse features."""
