"""System checks: what is set wrong, and the line that puts it right."""
