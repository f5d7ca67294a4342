"""Chromium without a window, steered by its own driver."""

import os
import shutil

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service


def program(*names):
    """The first of these on the path; where `CI` is `true` there must be one."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        assert os.environ.get("CI") != "true", f"no {names[0]}: scripts/test installs it"
        pytest.skip(f"NO BROWSER: install {names[0]} to see what a real one does")
    return found


def chromium():
    return program("chromium", "chromium-browser", "google-chrome")


def arguments(profile):
    return ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server",
            "--disable-background-networking", f"--user-data-dir={profile}"]


def driver(profile):
    """A browser of its own, with no past; certificates of nobody's signing are taken."""
    options = Options()
    options.binary_location = chromium()
    options.accept_insecure_certs = True
    for argument in arguments(profile):
        options.add_argument(argument)
    started = webdriver.Chrome(options=options, service=Service(program("chromedriver")))
    started.set_page_load_timeout(60)
    return started
