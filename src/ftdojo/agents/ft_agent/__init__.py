"""FT-Agent: plans one experiment at a time, checks cheaply, reads feedback at several levels, and remembers."""
