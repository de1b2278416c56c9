"""What a person does in a browser: click, merge, undo, draw a lasso, split; and what the page asks for."""

import json

import pytest
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from web_browser import browser, complaints, one, served, wait_until

from napari_phy import open_session
from napari_phy.notebook import export_html

pytestmark = pytest.mark.browser

IS_PAINTED = """
const canvas = arguments[0], pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
return pixels.some((value, place) => place % 4 < 3 && value > 150);
"""


def click_row(driver, cluster, *, ctrl=False):
    """Click a row of the list; rows are made anew when values are known."""

    def click():
        actions = ActionChains(driver)
        if ctrl:
            actions.key_down(Keys.CONTROL)
        actions.click(one(driver, f'[data-cluster="{cluster}"]'))
        if ctrl:
            actions.key_up(Keys.CONTROL)
        actions.perform()
        return True

    wait_until(driver, click)


def chosen(driver):
    rows = driver.find_elements(By.CSS_SELECTOR, '.np-space .np-row[aria-selected="true"]')
    return {int(row.get_attribute("data-cluster")) for row in rows}


def listed_rows(driver):
    one(driver, ".np-space .np-row")
    return driver.find_elements(By.CSS_SELECTOR, ".np-space .np-row")


def places_of_buttons(driver):
    return [button.rect for button in driver.find_elements(By.CSS_SELECTOR, ".np-bar button")]


def is_selected(node):
    return any(one["name"] == "selected" and one["value"]["value"] for one in node["properties"])


def texts_of(nodes, role):
    """Return the texts of all nodes, for those of a role: a screen reader says what is in them."""
    inside = {child for node in nodes if node["role"]["value"] == role for child in node["childIds"]}
    return [node["name"]["value"] for node in nodes if node["nodeId"] in inside]


def label_of(driver, view):
    return one(driver, f'[aria-label="{view}"] canvas').get_attribute("aria-label")


def asked_for(driver):
    """Return the addresses that the page asked for, without the browser's own."""
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    own = ("chrome:", "chrome-untrusted:", "data:")
    return {address.partition("?")[0] for address in asked if not address.startswith(own)}


def test_a_cluster_is_clicked_merged_split_and_undone_in_a_browser(path, tmp_path):
    with browser(tmp_path / "profile") as driver:
        with served(path) as (server, ask):
            driver.get(server.address)
            first, second, third = ask(lambda session: session.manager.cluster_ids[:3].tolist())

            click_row(driver, first)
            wait_until(driver, lambda: chosen(driver) == {first})
            wait_until(driver, lambda: label_of(driver, "Correlograms") == f"Correlograms of {first}")  # others follow
            click_row(driver, second, ctrl=True)
            wait_until(driver, lambda: chosen(driver) == {first, second})

            one(driver, ".np-rows").send_keys("g")
            wait_until(driver, lambda: "Merged" in one(driver, ".np-clusters .np-foot").text)
            new = ask(lambda session: int(session.manager.cluster_ids[-1]))
            assert new > third
            assert ask(lambda session: first not in session.manager)
            one(driver, '[data-action="undo"]').click()
            wait_until(driver, lambda: ask(lambda session: first in session.manager))

            click_row(driver, third)
            wait_until(driver, lambda: label_of(driver, "Features").endswith(f" {third}"))
            places = places_of_buttons(driver)
            canvas = one(driver, '[aria-label="Features"] canvas')
            half = canvas.size["width"] // 2, canvas.size["height"] // 2
            lasso = ActionChains(driver).move_to_element(canvas).key_down(Keys.CONTROL).click_and_hold()
            for x, y in ((-half[0] + 5, 0), (0, -half[1] + 5), (half[0] - 5, 0)):
                lasso = lasso.move_to_element_with_offset(canvas, x, y)
            lasso.release().key_up(Keys.CONTROL).perform()
            n_inside = wait_until(driver, lambda: ask(lambda session: len(session.selection.spikes)))
            n_all = ask(lambda session: session.manager.n_spikes(third))
            assert 0 < n_inside < n_all
            wait_until(driver, lambda: one(driver, '[data-action="split"]').text == f"Split {n_inside}")
            assert places_of_buttons(driver) == places
            one(driver, '[data-action="split"]').click()
            wait_until(driver, lambda: ask(lambda session: third not in session.manager))
            assert ask(lambda session: session.manager.n_spikes(session.selection.clusters[0])) == n_inside

            columns, menu = one(driver, '[title="Choose columns"]'), one(driver, ".np-menu")
            for leave in (lambda: menu.send_keys(Keys.ESCAPE), lambda: one(driver, ".np-counts").click()):
                columns.click()
                assert menu.is_displayed()
                leave()
                assert not menu.is_displayed()

            # the other way round: what a script selects shows in the browser
            ask(lambda session: session.selection.select([second]))
            wait_until(driver, lambda: chosen(driver) == {second})
            filtering = one(driver, ".np-filter")
            filtering.send_keys(f"id == {first}", Keys.ENTER)
            wait_until(driver, lambda: len(driver.find_elements(By.CSS_SELECTOR, ".np-space .np-row")) == 1)
            assert not complaints(driver)
            page = f"http://127.0.0.1:{server.port}/"
            assert asked_for(driver) <= {page, f"{page}favicon.ico"}
        wait_until(driver, lambda: one(driver, "#told").text.startswith("The server has stopped; edits are kept."))


def test_a_page_from_disk_shows_all_views_and_asks_for_nothing(path, tmp_path):
    with open_session(path) as session:
        session.selection.select(session.manager.cluster_ids[:2].tolist())
        page = export_html(session.notebook(), tmp_path / "all.html")
    with browser(tmp_path / "profile", dark=True) as driver:
        driver.get(page.as_uri())
        one(driver, ".np-space .np-row")
        wait_until(driver, lambda: len(driver.find_elements(By.CSS_SELECTOR, "canvas")) >= 5)
        assert one(driver, ".np-clusters").get_attribute("data-theme") == "dark"
        for canvas in driver.find_elements(By.CSS_SELECTOR, "canvas"):
            if canvas.is_displayed():
                wait_until(driver, lambda canvas=canvas: driver.execute_script(IS_PAINTED, canvas))
        assert "nothing can be selected or edited here" in one(driver, "#told").text
        shown = [
            node
            for node in driver.find_elements(By.CSS_SELECTOR, ".napari-phy :is(button, select, input)")
            if node.is_displayed()
        ]
        assert {node.text for node in shown if node.is_enabled()} == {"Usual layout"}
        assert not complaints(driver)
        assert asked_for(driver) == {page.as_uri()}


def test_a_screen_reader_finds_everything_and_keys_reach_it(path, tmp_path):
    with served(path) as (server, ask), browser(tmp_path / "profile") as driver:

        def nodes():
            found = driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
            return [node for node in found if not node["ignored"]]

        def names(role):
            return [node["name"]["value"] for node in nodes() if node["role"]["value"] == role]

        driver.get(server.address)
        first, second = (int(row.get_attribute("data-cluster")) for row in listed_rows(driver)[:2])
        keys = ActionChains(driver)
        one(driver, ".np-filter").click()
        keys.send_keys(Keys.TAB, Keys.ARROW_DOWN).key_down(Keys.SHIFT).send_keys(Keys.ARROW_DOWN).key_up(Keys.SHIFT)
        keys.perform()
        wait_until(driver, lambda: chosen(driver) == {first, second})
        wait_until(driver, lambda: f"Correlograms of {first} and {second}" in names("image"))

        assert names("grid") == ["Clusters"]
        assert names("toolbar") == ["Edits"]
        assert {"Merge 2", "Good", "Undo", "Save"} <= set(names("button"))
        assert {"Clusters", "Features", "Traces"} <= set(names("tab")) | set(names("group"))
        assert any(name.startswith("Traces from ") for name in names("image"))
        heads = {node["name"]["value"].strip("▾▴ ") for node in nodes() if node["role"]["value"] == "columnheader"}
        assert {"id", "group", "spikes"} <= heads
        selected = [node for node in nodes() if node["role"]["value"] == "row" and is_selected(node)]
        assert len(selected) == 2
        unnamed = [
            node["role"]["value"] for node in nodes()
            if node["role"]["value"] in ("button", "textbox", "combobox", "image", "checkbox", "grid", "toolbar", "tab")
            and not node["name"]["value"]
        ]  # fmt: skip
        assert unnamed == []

        ActionChains(driver).send_keys("g").perform()
        wait_until(driver, lambda: ask(lambda session: session.manager.n_done) == 1)
        wait_until(driver, lambda: any("Merged" in name for name in texts_of(nodes(), "status")))
        assert not complaints(driver)


@pytest.mark.soak
def test_an_arrangement_is_kept_and_reset(path, tmp_path):
    with served(path) as (server, _), browser(tmp_path / "profile") as driver:

        def titles():
            return {tab.text.strip() for tab in driver.find_elements(By.CSS_SELECTOR, ".dv-tab")}

        driver.get(server.address)
        wait_until(driver, lambda: titles() >= {"Clusters", "Features", "Traces"})
        width = one(driver, ".np-clusters").size["width"]
        sash = driver.find_elements(By.CSS_SELECTOR, ".dv-sash")[0]
        ActionChains(driver).drag_and_drop_by_offset(sash, 120, 0).perform()
        wait_until(driver, lambda: one(driver, ".np-clusters").size["width"] > width + 80)
        wide = one(driver, ".np-clusters").size["width"]
        driver.execute_script("return new Promise((done) => setTimeout(done, 1500))")
        driver.refresh()
        wait_until(driver, lambda: abs(one(driver, ".np-clusters").size["width"] - wide) < 5)
        next(one for one in driver.find_elements(By.TAG_NAME, "button") if one.text == "Usual layout").click()
        wait_until(driver, lambda: abs(one(driver, ".np-clusters").size["width"] - width) < 5)
        assert not complaints(driver)
