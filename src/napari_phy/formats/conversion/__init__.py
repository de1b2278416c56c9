"""Any data set written anew as Kwik."""
