"""A browser without a window, and a server in a thread of its own for it."""

import asyncio
import threading
from contextlib import contextmanager

from patience import PATIENCE_S
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from napari_phy import open_session
from napari_phy.notebook.server import SessionServer


@contextmanager
def served(path, **options):
    """Serve a data set from a thread of its own; yield the server, and what calls a function with the session there."""
    ready, made = threading.Event(), {}

    async def run():
        with open_session(path, **options) as session:
            server = SessionServer(session)
            await server.start()
            made.update(server=server, loop=asyncio.get_running_loop(), stop=asyncio.Event())
            ready.set()
            await made["stop"].wait()
            await server.stop()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        assert ready.wait(PATIENCE_S)

        async def called(act):
            return act(made["server"].session)

        yield made["server"], lambda act: asyncio.run_coroutine_threadsafe(called(act), made["loop"]).result(PATIENCE_S)
    finally:
        made["loop"].call_soon_threadsafe(made["stop"].set)
        thread.join()


@contextmanager
def browser(folder, *, dark=False, size=(1500, 900)):
    """Yield Debian's Chromium, without a window, that reaches nothing but this computer."""
    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
        f"--user-data-dir={folder}", f"--window-size={size[0]},{size[1]}",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ):  # fmt: skip
        options.add_argument(argument)
    if dark:
        options.add_argument("--blink-settings=preferredColorScheme=0")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options, Service("/usr/bin/chromedriver"))
    try:
        yield driver
    finally:
        driver.quit()


def wait_until(driver, condition):
    """Wait for a condition of the page, and return what it returns."""
    wait = WebDriverWait(driver, PATIENCE_S, ignored_exceptions=[StaleElementReferenceException])
    return wait.until(lambda _: condition())


def one(driver, selector):
    """Return the first element that there is, once there is one."""
    return wait_until(driver, lambda: next(iter(driver.find_elements(By.CSS_SELECTOR, selector)), None))


def complaints(driver):
    """Return what the page complained of, but for how Chromium draws where there is no graphics card."""
    others = ("favicon", "Automatic fallback to software WebGL", "GL Driver Message")
    said = [entry["message"] for entry in driver.get_log("browser")]
    return [message for message in said if not any(other in message for other in others)]
