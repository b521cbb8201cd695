// Entry point: bundled into static/pumbaphoto_wagtail/workspace.js.
