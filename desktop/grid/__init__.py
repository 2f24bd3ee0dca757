"""The photos in the middle of the window: listing, model, geometry, painting, thumbnails, and the lines around them."""
