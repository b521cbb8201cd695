// Entry point: bundled into static/pumbaphoto_wagtail/gallery.js.
