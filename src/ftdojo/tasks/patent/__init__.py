"""Patents: PANORAMA and its miniature."""
