from tests.browser.conftest import person  # noqa: F401
