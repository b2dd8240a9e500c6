"""The page in a real browser: it is clicked through, nothing is fetched, and the console stays silent."""

import re
import shutil

import pytest

from ftdojo.report import write

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
pytestmark = pytest.mark.skipif(
    not CHROMIUM, reason="no Chromium on this machine (apt install chromium)"
)


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser):
    """Open a run's page; at the end, nothing may have been fetched or complained about."""
    contexts, requests, complaints = [], [], []

    def opened(folder, **options):
        context = browser.new_context(
            **{"reduced_motion": "reduce", "color_scheme": "light"} | options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(write(folder).resolve().as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not complaints
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []


def background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_the_theme_follows_the_system_and_the_switch(finished, visit):
    page = visit(finished)
    light = background(page)
    page.emulate_media(color_scheme="dark")
    dark = background(page)
    assert light != dark
    page.get_by_role("button", name="Dark theme").click()
    assert background(page) == light
    page.reload()
    assert background(page) == light


def test_a_card_opens_and_closes_by_keyboard_and_all_at_once(finished, visit):
    page = visit(finished)
    card = page.locator("#e2")
    card.locator("> summary").focus()
    page.keyboard.press("Enter")
    assert card.get_by_role("heading", name="Verdict").is_visible()
    page.get_by_role("button", name="Open all").click()
    assert page.locator("details.card[open]").count() == 8
    page.get_by_role("button", name="Close all").click()
    assert page.locator("details.card[open]").count() == 0


def test_a_point_in_the_chart_tells_and_leads_to_its_card(finished, visit):
    page = visit(finished)
    point = page.locator("a.mark[href='#e4']")
    point.hover()
    assert page.locator("#tip").get_by_text("failed in train: diverged").is_visible()
    point.click()
    assert page.locator("#e4").get_by_text("lower learning_rate below 0.0016").is_visible()
    assert page.evaluate("document.activeElement.parentElement.id") == "e4"


def test_a_point_is_reached_by_keyboard(finished, visit):
    page = visit(finished)
    page.locator("a.mark[href='#e5']").focus()
    page.wait_for_timeout(100)  # the focus scrolls; the tip has to outlive that
    assert page.locator("#tip").get_by_text("46.0").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#tip").is_hidden()
    page.keyboard.press("Enter")
    page.locator("#e5[open]").wait_for()  # the browser follows the link in its own time


def test_answers_are_filtered_by_kind(finished, visit):
    page = visit(finished)
    pairs = page.locator("article.pair:visible")
    before = pairs.count()
    page.get_by_role("button", name=re.compile("^Fixed")).click()
    kinds = pairs.evaluate_all("found => found.map(pair => pair.dataset.pair)")
    assert set(kinds) == {"broken"}
    assert 0 < pairs.count() < before
    page.get_by_role("button", name=re.compile("^Broken")).click()
    assert page.get_by_text("No item of these kinds is shown.").is_visible()


def test_a_loss_curve_is_hidden_and_the_scale_is_switched(finished, visit):
    page = visit(finished)
    curve = page.locator("figure[data-scale=straight] g[data-of=e5]")
    assert curve.is_visible()
    page.get_by_role("group", name="Curves shown").get_by_role("button", name="e5").click()
    assert curve.is_hidden()
    page.get_by_role("button", name="Log scale").click()
    assert page.locator("figure[data-scale=log]").is_visible()
    assert page.locator("figure[data-scale=straight]").is_hidden()


def test_a_link_into_the_page_opens_its_card(finished, visit):
    page = visit(finished)
    page.goto(page.url + "#e7")
    assert page.get_by_role("heading", name="Failed in probe: format-collapse").is_visible()


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_the_page_fits_every_width(finished, visit, width):
    page = visit(finished, viewport={"width": width, "height": 800})
    page.get_by_role("button", name="Open all").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_text_stays_text(hostile, visit):
    page = visit(hostile)
    page.get_by_role("button", name="Open all").click()
    assert page.locator("img").count() == 0
    assert page.locator("#e1").get_by_text("alert(1)").first.is_visible()


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["new", "running", "kept_base"])
def test_every_stage_of_a_run_has_a_working_page(stage, visit, request):
    page = visit(request.getfixturevalue(stage))
    assert page.get_by_role("heading", level=1).inner_text() == "math/mini"


def test_without_scripts_the_page_is_still_readable(finished, visit):
    page = visit(finished, java_script_enabled=False)
    page.locator("#e5 > summary").click()
    assert page.locator("#e5").get_by_role("heading", name="Verdict").is_visible()
    assert page.locator("article.pair:visible").count() == 60
