/* The keyboard and small comforts; every page works without it. */
