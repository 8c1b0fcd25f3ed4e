"""The score page in Chromium: drawn, played by the synthesiser, and following a recording whose tempo drifts."""

from __future__ import annotations

import bisect
import itertools
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, Route

from tests.browser import player_scene
from tests.browser.house import CHROMIUM, CHROMIUM_OPTIONS, ROOT, House, environment, open_house
from tests.patience import PATIENCE

# Sound may begin without a click, and goes nowhere.
SOUND = ["--autoplay-policy=no-user-gesture-required", "--mute-audio"]
BEATS = player_scene.beats()
ENDS = BEATS[-1][2]

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, dict[str, Any]]]:
    data = tmp_path_factory.mktemp("player")
    with open_house(data) as house:
        done = subprocess.run(
            [sys.executable, "-m", "tests.browser.player_scene"],
            cwd=ROOT, env=environment(data), check=True, timeout=120, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        yield house, json.loads(done.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def loud(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_OPTIONS, *SOUND])
    yield browser
    browser.close()


WAV = player_scene.recording()
WAVEFORM = json.dumps(player_scene.waveform())


def send_recording(route: Route) -> None:
    """The recording, whole or by ranges, as the machine room would send it."""
    first, last = 0, len(WAV) - 1
    if found := re.match(r"bytes=(\d+)-(\d*)", route.request.headers.get("range", "")):
        first, last = int(found[1]), int(found[2] or last)
    route.fulfill(
        status=206,
        headers={
            "Content-Type": "audio/wav",
            "Accept-Ranges": "bytes",
            "Content-Range": f"bytes {first}-{last}/{len(WAV)}",
        },
        body=WAV[first : last + 1],
    )


@pytest.fixture
def show(stage: tuple[House, dict[str, Any]], loud: Browser) -> Iterator[Open]:
    """show("followed", width=390) is the page of a score, drawn; window.player is what plays it."""
    house, scene = stage
    contexts = []

    def open_page(which: str = "followed", *, width: int = 1280, theme: Any = "light", broken: str = "") -> Page:
        context = loud.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        context.add_cookies([{"name": "sessionid", "value": scene["session"], "url": house.url}])
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.complaints = complaints  # type: ignore[attr-defined]
        page.route("**/recording", send_recording)
        page.route("**/waveform.json", lambda route: route.fulfill(body=WAVEFORM, content_type="application/json"))
        if broken:
            page.route(broken, lambda route: route.abort())
        page.goto(f"{house.url}/scores/{scene[which]}/", wait_until="domcontentloaded")
        page.wait_for_selector("#player[data-state]")
        page.evaluate(
            "async () => { window.player = (await import(document.querySelector('script[data-player]').src)).player; }"
        )
        if not broken and which == "followed":
            until(page, "player.recording.media.readyState >= 2 && player.wave.peaks")
        return page

    yield open_page
    for context in contexts:
        context.close()


def until(page: Page, truth: str, *, timeout: float = PATIENCE / 1000) -> None:
    """Wait until this is true in the page. Playwright's own waiting needs eval, which our policy forbids."""
    ends = time.monotonic() + timeout
    while not page.evaluate(truth):
        assert time.monotonic() < ends, f"not within {timeout} s: {truth}"
        page.wait_for_timeout(40)


def seconds(page: Page) -> float:
    return float(page.evaluate("player.seconds"))


def at_tick(at: float) -> float:
    """Where the score is at a time of the recording, by the beats that were told: 960 ticks a quarter."""
    times = [t for _, _, t in BEATS]
    k = min(max(bisect.bisect_right(times, at), 1), len(BEATS) - 1)
    (_, _, before), (_, _, after) = BEATS[k - 1], BEATS[k]
    return 960 * (k - 1 + (at - before) / (after - before))


# --- drawing --------------------------------------------------------------------------------------------------------
def test_the_score_is_drawn_as_staff_and_tab(show: Open) -> None:
    page = show()
    assert page.locator("#player").get_attribute("data-state") == "ready"
    assert page.locator(".at-surface svg").count() > 0
    # 16 bars of ten notes: the numbers of the tab are text, note heads are glyphs.
    until(page, "document.querySelectorAll('.at-surface svg text').length > 60")
    assert page.complaints == []  # type: ignore[attr-defined]


def numbers(page: Page) -> list[int]:
    return [int(text) for text in page.locator(".bar-numbers span").all_inner_texts()]


def test_systems_are_numbered_like_the_waveform(show: Open) -> None:
    page = show()
    first = page.evaluate("() => player.sheet.api.boundsLookup.staffSystems.map((system) => system.bars[0].index)")
    assert len(first) > 1
    assert numbers(page) == [index + 1 for index in first[1:]]


def test_a_pick_up_bar_has_no_number(show: Open) -> None:
    page = show()
    before = numbers(page)
    page.evaluate("() => { player.sheet.score.masterBars[0].isAnacrusis = true; player.sheet.api.render(); }")
    page.wait_for_function(
        "(first) => document.querySelector('.bar-numbers span')?.innerText === String(first)", arg=before[0] - 1
    )
    assert numbers(page) == [number - 1 for number in before]


def test_staff_alone_tab_alone_and_back(show: Open) -> None:
    page = show()
    shown = (
        "() => { const s = player.sheet.score.tracks[0].staves[0]; return [s.showStandardNotation, s.showTablature]; }"
    )
    assert page.evaluate(shown) == [True, True]
    tall = page.evaluate("document.querySelector('.at-surface').offsetHeight")
    page.keyboard.press("2")
    assert page.evaluate(shown) == [False, True]
    until(page, f"document.querySelector('.at-surface').offsetHeight < {tall} * 0.8")
    page.keyboard.press("1")
    assert page.evaluate(shown) == [True, False]
    page.keyboard.press("3")
    assert page.evaluate(shown) == [True, True]


def test_the_chosen_view_is_remembered(show: Open) -> None:
    page = show()
    page.keyboard.press("2")
    page.reload(wait_until="domcontentloaded")
    page.wait_for_selector("#player[data-state=ready]")
    assert page.locator("[data-view=tab]").first.get_attribute("aria-pressed") == "true"


def test_a_score_that_cannot_be_drawn_says_so_and_the_recording_still_plays(show: Open) -> None:
    page = show(broken="**/alphaTab.*core*")
    assert page.locator("#player").get_attribute("data-state") == "failed"
    assert "could not be drawn" in page.locator("[data-problem]").inner_text()
    assert page.locator("[data-problem] a").first.get_attribute("href")
    until(page, "player.recording.media.readyState >= 2")
    page.keyboard.press("Space")
    until(page, "player.recording.media.currentTime > 0.3")


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(show: Open, width: int) -> None:
    page = show(width=width)
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_notes_are_light_on_dark_and_change_with_the_theme(show: Open) -> None:
    page = show(theme="dark")
    of = "player.sheet.settings.display.resources.mainGlyphColor.rgba"
    assert page.evaluate(of) == "#ECEDEA"
    page.evaluate(
        "document.documentElement.dataset.theme = 'light'; document.dispatchEvent(new Event('copyist:theme'))"
    )
    assert page.evaluate(of) == "#0D0E10"


# --- the synthesiser --------------------------------------------------------------------------------------------------
def test_the_synthesiser_moves_the_cursor(show: Open) -> None:
    page = show("alone")
    until(page, "!document.querySelector('[data-do=play]').disabled")
    page.keyboard.press("Space")
    until(page, "player.sheet.barAt(player.nowTick).index >= 1")
    assert page.locator("[data-do=play]").get_attribute("aria-label") == "Pause"
    left = "document.querySelector('%s').getBoundingClientRect().left"
    until(page, f"{left % '.at-cursor-bar'} > {left % '.at-surface'} + 100")
    page.keyboard.press("Space")
    until(page, "player.sheet.api.playerState === 0")


def test_the_synthesiser_loops_a_bar_and_goes_on_when_the_loop_ends(show: Open) -> None:
    page = show("alone")
    until(page, "!document.querySelector('[data-do=play]').disabled")
    page.evaluate("player.setSpeed(2)")
    page.keyboard.press("Space")
    until(page, "player.nowTick > 1000")
    page.keyboard.press("l")
    assert page.evaluate("player.loop") == {"start": 0, "end": 3840}
    heard = []
    for _ in range(12):
        page.wait_for_timeout(200)
        heard.append(page.evaluate("player.nowTick"))
    assert max(heard) <= 3840 + 96  # it speaks by blocks of sound and may end the last one past the bar
    assert any(later < earlier for earlier, later in itertools.pairwise(heard)), heard
    assert len(set(heard)) > 6
    page.keyboard.press("l")
    until(page, "player.nowTick > 5000")


def test_a_score_without_a_recording_has_no_waveform(show: Open) -> None:
    page = show("alone")
    assert page.locator("[data-wave]").count() == 0
    assert page.locator("[data-sound]").count() == 0


def test_the_two_sounds_change_places_in_the_same_bar(show: Open) -> None:
    page = show()
    page.evaluate("player.seekTick(3840 * 5)")
    page.click("[data-sound=synth]")
    until(page, "player.sheet.api.isReadyForPlayback && player.sound === 'synth'")
    until(page, "Math.abs(player.nowTick - 3840 * 5) < 5")
    page.keyboard.press("Space")
    until(page, "player.nowTick > 3840 * 5.3")
    page.click("[data-sound=recording]")
    until(page, "player.sound === 'recording'")
    assert 5 <= page.evaluate("player.sheet.barAt(player.nowTick).index") <= 6
    assert seconds(page) == pytest.approx(BEATS[20][2], abs=3)


# --- the recording ----------------------------------------------------------------------------------------------------
def test_the_cursor_follows_a_tempo_that_drifts(show: Open) -> None:
    page = show()
    for start in (0.5, 9.0, 20.0, 27.0):
        page.evaluate(f"player.seekSeconds({start})")
        page.evaluate("player.play()")
        until(page, f"player.recording.media.currentTime > {start} + 0.9 && !player.recording.media.seeking")
        # Both read in one go: the clock of the recording, and where alphaTab has put its cursor.
        now, tick, bar = page.evaluate(
            "() => { const t = player.recording.media.currentTime;"
            " player.sheet.api.player.output.updatePosition(t * 1000);"
            " const tick = player.sheet.api.tickPosition; return [t, tick, player.sheet.barAt(tick).index]; }"
        )
        page.evaluate("player.pause()")
        assert tick == pytest.approx(at_tick(now), abs=5)  # 5 ticks are 3 ms
        assert bar == BEATS[bisect.bisect_right([t for _, _, t in BEATS], now) - 1][0]


def test_the_drawn_cursor_stands_in_the_bar_that_sounds(show: Open) -> None:
    page = show()
    page.evaluate(f"player.seekSeconds({BEATS[4 * 6 + 1][2]})")  # bar 7, second beat
    box = "player.sheet.api.boundsLookup.findMasterBarByIndex(6).visualBounds"
    until(
        page,
        f"() => {{ const b = {box}, s = document.querySelector('.at-surface').getBoundingClientRect(),"
        " c = document.querySelector('.at-cursor-bar').getBoundingClientRect();"
        " return Math.abs(c.left - s.left - b.x) < 3 && Math.abs(c.top - s.top - b.y) < 3; }",
    )


@pytest.mark.parametrize("layout", ["page", "line"])
def test_the_bar_that_sounds_is_in_view(show: Open, layout: str) -> None:
    page = show()
    page.evaluate(f"player.setLayout('{layout}')")
    page.wait_for_timeout(800)
    page.evaluate(f"player.seekSeconds({BEATS[4 * 13][2]})")
    page.evaluate("player.play()")
    until(
        page,
        "() => { const c = document.querySelector('.at-cursor-bar').getBoundingClientRect(),"
        " head = document.querySelector('.player-head').getBoundingClientRect(),"
        " room = document.querySelector('[data-scroll]').getBoundingClientRect();"
        " return player.sheet.barAt(player.tick).index >= 13 && c.top >= head.bottom - 2 && c.bottom <= innerHeight + 2"
        " && c.left >= room.left - 2 && c.right <= room.right + 2; }",
    )


def test_a_click_on_the_waveform_seeks_recording_and_score(show: Open) -> None:
    page = show()
    box = page.locator("[data-wave-bed]").bounding_box()
    assert box
    target = 18.0
    page.mouse.click(box["x"] + box["width"] * target / player_scene.waveform()["duration"], box["y"] + 60)
    assert seconds(page) == pytest.approx(target, abs=0.1)
    assert page.evaluate("player.sheet.api.tickPosition") == pytest.approx(at_tick(seconds(page)), abs=5)


def test_a_click_in_the_score_seeks_the_recording(show: Open) -> None:
    page = show()
    x, y = page.evaluate(
        "() => { const b = player.sheet.api.boundsLookup.findMasterBarByIndex(4).visualBounds,"
        " s = document.querySelector('.at-surface').getBoundingClientRect();"
        " return [s.x + b.x + b.w * 0.6, s.y + b.y + 30]; }"
    )
    page.mouse.click(x, y)
    until(page, "player.sheet.barAt(player.nowTick).index === 4")
    assert BEATS[16][2] <= seconds(page) < BEATS[20][2]


def test_bars_picked_on_the_waveform_are_looped(show: Open) -> None:
    page = show()
    box = page.locator("[data-wave-bed]").bounding_box()
    assert box
    each = box["width"] / player_scene.waveform()["duration"]
    first, last = BEATS[4 * 2][2], BEATS[4 * 4][2]  # bars 3 and 4
    page.mouse.move(box["x"] + (first + 0.4) * each, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + (first + 1.0) * each, box["y"] + 60)
    page.mouse.move(box["x"] + (last - 0.4) * each, box["y"] + 60)
    page.mouse.up()
    assert page.evaluate("player.loop") == {"start": 2 * 3840, "end": 4 * 3840}
    assert "bars 3 to 4" in page.locator("[data-status]").inner_text()
    page.evaluate("player.setSpeed(2)")
    page.evaluate(f"player.seekSeconds({last - 0.6})")
    page.keyboard.press("Space")
    until(page, f"player.seconds < {first} + 0.5 && player.playing")
    heard = []
    for _ in range(8):
        page.wait_for_timeout(400)
        heard.append(seconds(page))
    assert min(heard) >= first - 0.05
    assert max(heard) < last + 0.25


def test_bars_picked_in_the_score_are_looped_and_escape_ends_it(show: Open) -> None:
    page = show()
    spots = page.evaluate(
        "() => [0, 1].map((k) => { const b = player.sheet.api.boundsLookup.findMasterBarByIndex(k).visualBounds,"
        " s = document.querySelector('.at-surface').getBoundingClientRect();"
        " return [s.x + b.x + b.w * 0.55, s.y + b.y + 30]; })"
    )
    page.mouse.move(*spots[0])
    page.mouse.down()
    page.mouse.move(*spots[1], steps=4)
    page.mouse.up()
    until(page, "player.loop && player.loop.start === 0 && player.loop.end === 2 * 3840")
    assert page.locator("[data-do=loop]").get_attribute("aria-pressed") == "true"
    page.keyboard.press("Escape")
    assert page.evaluate("[player.loop, player.sheet.api.isLooping]") == [None, False]


@pytest.mark.parametrize("speed", [0.5, 2])
def test_speed_keeps_the_pitch_and_the_place(show: Open, speed: float) -> None:
    page = show()
    page.evaluate("player.seekSeconds(8)")
    page.evaluate(f"player.setSpeed({speed})")
    assert page.evaluate("[player.recording.media.playbackRate, player.recording.media.preservesPitch]") == [
        speed,
        True,
    ]
    assert seconds(page) == pytest.approx(8, abs=0.05)
    page.evaluate("player.play()")
    until(page, "player.seconds > 8.05")
    a = page.evaluate("[player.recording.media.currentTime, performance.now()]")
    page.wait_for_timeout(1500)
    b = page.evaluate("[player.recording.media.currentTime, performance.now()]")
    assert (b[0] - a[0]) / (b[1] - a[1]) * 1000 == pytest.approx(speed, rel=0.15)
    assert page.evaluate("player.tick") == pytest.approx(at_tick(seconds(page)), abs=960 * speed * 0.3)


@pytest.mark.parametrize("speed", [1, 1.5])
def test_the_metronome_clicks_on_the_beats(show: Open, speed: float) -> None:
    page = show()
    page.evaluate(f"player.setSpeed({speed})")
    page.keyboard.press("m")
    page.evaluate("player.seekSeconds(5)")
    page.keyboard.press("Space")
    until(page, "player.clicks.scheduled.length >= 6")
    clicks = page.evaluate("player.clicks.scheduled")
    times = [t for _, _, t in BEATS[:-1]]
    expected = [t for t in times if t >= 5 - 0.02][: len(clicks)]
    assert [click["beat"] for click in clicks] == pytest.approx(expected)
    for click in clicks:
        # On the audio clock, the click sounds as far ahead as the beat lies ahead in the recording.
        assert click["at"] - click["heard"] == pytest.approx((click["beat"] - click["media"]) / speed, abs=0.001)
        assert click["at"] >= click["heard"] - 0.03


def test_no_click_of_the_old_place_sounds_after_a_jump(show: Open) -> None:
    page = show()
    page.keyboard.press("m")
    page.keyboard.press("Space")
    until(page, "player.clicks.scheduled.length >= 2")
    page.evaluate("player.seekSeconds(20)")
    until(page, "player.clicks.scheduled.at(-1).beat > 19.9")
    after = page.evaluate("player.clicks.scheduled.filter((click) => click.media >= 19.9).map((click) => click.beat)")
    assert min(after) >= 19.9


def test_the_count_in_counts_a_bar_and_then_plays(show: Open) -> None:
    page = show()
    page.evaluate(f"player.seekSeconds({BEATS[8][2]})")
    page.keyboard.press("c")
    page.keyboard.press("Space")
    page.wait_for_timeout(600)
    assert page.evaluate("[player.counting, player.recording.media.paused]") == [True, True]
    until(page, "!player.recording.media.paused")
    assert seconds(page) == pytest.approx(BEATS[8][2], abs=0.3)


def test_a_count_in_can_be_called_off(show: Open) -> None:
    page = show()
    page.keyboard.press("c")
    page.keyboard.press("Space")
    page.wait_for_timeout(300)
    page.keyboard.press("Space")
    page.wait_for_timeout(2500)
    assert page.evaluate("[player.counting, player.recording.media.paused]") == [False, True]


def test_the_recording_rings_out_after_the_last_bar(show: Open) -> None:
    page = show()
    page.evaluate(f"player.seekSeconds({ENDS - 0.5})")
    page.keyboard.press("Space")
    until(page, f"player.seconds > {ENDS} + 0.7")
    until(page, "!player.playing")
    assert page.evaluate("player.sheet.barAt(player.nowTick).index") == player_scene.BARS - 1


# --- keys -------------------------------------------------------------------------------------------------------------
def test_arrows_move_by_beat_and_by_bar(show: Open) -> None:
    page = show()
    page.evaluate(f"player.seekSeconds({BEATS[4][2]})")  # bar 2, first beat
    steps = [("ArrowRight", 5), ("ArrowRight", 6), ("ArrowLeft", 5), ("ArrowDown", 8), ("ArrowUp", 4), ("ArrowUp", 0)]
    for key, beat in steps:
        page.keyboard.press(key)
        until(page, f"Math.abs(player.seconds - {BEATS[beat][2]}) < 0.03")


def test_keys_of_the_controls(show: Open) -> None:
    page = show()
    pressed = "(name) => document.querySelector(`[data-do=${name}]`).getAttribute('aria-pressed')"
    for key, name in (("m", "metronome"), ("c", "count-in"), ("l", "loop")):
        page.keyboard.press(key)
        assert page.evaluate(pressed, name) == "true"
        page.keyboard.press(key)
        assert page.evaluate(pressed, name) == "false"
    page.keyboard.press("+")
    assert page.evaluate("player.speed") == pytest.approx(1.05)
    page.keyboard.press("-")
    page.keyboard.press("-")
    assert page.locator("[data-speed-text]").inner_text() == "95 %"
    page.keyboard.press("?")
    assert page.locator("dialog[data-keys]").is_visible()


def test_typing_a_title_plays_nothing(show: Open) -> None:
    page = show()
    page.click(".rename > summary")
    page.fill("#title-field", "")
    page.type("#title-field", "Come, l m c 1 2 3")
    assert not page.evaluate("player.playing || player.metronome || player.countIn || player.loop")
    page.click(".rename button")
    until(page, "document.querySelector('.score-title h1').textContent === 'Come, l m c 1 2 3'")


def test_a_clicked_button_leaves_the_space_bar_to_the_music(show: Open) -> None:
    page = show()
    page.click("[data-do=metronome]")
    page.keyboard.press("Space")
    until(page, "player.playing")
    assert page.evaluate("player.metronome") is True


def test_the_waveform_is_a_slider(show: Open) -> None:
    page = show()
    slider = page.get_by_role("slider", name="Place in the recording")
    slider.focus()
    page.keyboard.press("ArrowDown")
    until(page, f"Math.abs(player.seconds - {BEATS[4][2]}) < 0.03")
    assert float(slider.get_attribute("aria-valuenow") or 0) == pytest.approx(BEATS[4][2], abs=0.1)
    assert (slider.get_attribute("aria-valuetext") or "").startswith("Bar 2, beat 1")
    page.keyboard.press("PageDown")
    until(page, f"Math.abs(player.seconds - {BEATS[20][2]}) < 0.03")


# --- a new revision ---------------------------------------------------------------------------------------------------
def test_a_new_revision_takes_its_place_while_the_recording_plays(
    show: Open, stage: tuple[House, dict[str, Any]]
) -> None:
    page = show()
    data = page.evaluate("player.data")
    shifted = [[bar, quarter, time] for bar, quarter, time in BEATS[4:]]
    shifted = [[bar - 1, quarter, time] for bar, quarter, time in shifted]  # the downbeat was found a bar later
    page.evaluate("player.seekSeconds(10)")
    page.keyboard.press("Space")
    until(page, "player.seconds > 10.3")
    page.wait_for_timeout(800)  # the page has scrolled to the bar that sounds
    page.evaluate("window.scrollTo({ top: 120, behavior: 'instant' })")
    before = seconds(page)
    page.evaluate("(data) => player.exchange(data)", {**data, "number": 2, "sync": shifted})
    assert page.evaluate("player.playing") is True
    assert before <= seconds(page) < before + 3
    assert page.evaluate("window.scrollY") == 120
    until(page, "player.sheet.barAt(player.tick).index === player.timeline.pointAt(player.seconds).bar")
    until(page, f"player.seconds > {before} + 0.5")


# --- the map between the clocks ---------------------------------------------------------------------------------------
TIMELINE = """async ([sync, bars, asked]) => {
  const { Timeline } = await import("/static/js/score/timeline.js");
  const map = new Timeline(sync);
  map.bind(bars);
  return {
    ticks: asked.map((s) => map.tickAt(s)),
    seconds: asked.map((s) => map.secondsAt(map.tickAt(s))),
    beats: map.beats.map((beat) => beat.seconds),
    spans: map.spans.map((span) => [span.bar, span.start, span.end]),
    flat: map.flat(Math.max(...bars.map((bar) => bar.index)) + 1, () => 4),
  };
}"""


def bars(*played: int) -> list[dict[str, int]]:
    return [{"index": bar, "start": 3840 * k, "end": 3840 * (k + 1)} for k, bar in enumerate(played)]


def test_a_bar_that_comes_twice_is_a_repeat(show: Open) -> None:
    page = show("alone")
    sync = [[bar, quarter, 2 * k + 0.5 * quarter] for k, bar in enumerate((0, 1, 0, 1)) for quarter in range(4)]
    sync.append([1, 4, 8])
    found = page.evaluate(TIMELINE, [sync, bars(0, 1, 0, 1), [0, 2, 4.5, 7.75]])
    assert found["ticks"] == [0, 3840, 2 * 3840 + 960, 3 * 3840 + 3360]
    assert found["seconds"] == [0, 2, 4.5, 7.75]
    assert [(p["barIndex"], p["barOccurence"]) for p in found["flat"][::4]] == [(0, 0), (1, 0), (0, 1), (1, 1), (1, 1)]
    assert found["spans"] == [[0, 0, 2], [1, 2, 4], [0, 4, 6], [1, 6, 8]]


def test_times_that_go_back_are_left_out(show: Open) -> None:
    page = show("alone")
    sync = [[0, 0, 1], [0, 1, 2], [0, 2, 1.5], [0, 3, 4], [0, 4, 5]]
    found = page.evaluate(TIMELINE, [sync, bars(0), [1, 2, 3, 4, 5]])
    assert found["beats"] == [1, 2, 4]
    assert found["ticks"] == [0, 960, 1920, 2880, 3840]


def test_before_the_first_beat_and_after_the_last_bar_time_goes_on(show: Open) -> None:
    page = show("alone")
    sync = [[0, quarter, 2 + quarter] for quarter in range(5)]
    found = page.evaluate(TIMELINE, [sync, bars(0), [0, 2, 7]])
    assert found["ticks"] == [0, 0, 4800]
