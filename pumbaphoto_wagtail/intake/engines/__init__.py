"""Two ways to the same renditions: Pillow takes everything, libvips is quicker."""
