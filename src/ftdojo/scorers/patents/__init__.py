"""PANORAMA: which patents were cited (PAR4PC), which paragraph (PI4PC), and what was decided (NOC4PC)."""
