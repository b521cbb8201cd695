// Entry point: bundled into static/pumbaphoto_wagtail/uploader.js.
