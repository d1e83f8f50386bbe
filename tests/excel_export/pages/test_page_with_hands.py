"""A page with hands on it, in both browsers: paint, erase, learn, go through its first minute, pass it on."""

import math
import time

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import Examples, page
from mnist_adder.data.bundled import hundred_digits
from tests.support.hands import PAINTED, SEVEN, hands

SIDE = 28
UNSEEN = 6
BROWSERS = ["chromium", pytest.param("firefox", marks=pytest.mark.slow)]


class Reader(nn.Module):
    """Reads a digit; some of its parameters have names that programs have, too."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.conv, self.out = nn.Conv2d(1, 2, 5, stride=4), nn.Linear(2 * 6 * 6, 10)
        for name in ("learning_rate", "constructor", "__proto__"):
            self.register_parameter(name, nn.Parameter(torch.tensor([0.5])))
        self.double()

    def forward(self, picture, label):
        extra = self._parameters["learning_rate"] * self._parameters["constructor"] * self._parameters["__proto__"]
        return F.cross_entropy(self.out(self.conv(picture / 255).relu().flatten(1)) * extra, label)


DIGITS = hundred_digits()[:26]
PICTURES = np.stack([digit.pixels for digit in DIGITS]).astype(float).reshape(-1, 1, 1, SIDE, SIDE)
LABELS = np.array([[digit.label] for digit in DIGITS])
FIRST = {"picture": torch.from_numpy(PICTURES[3]), "label": torch.tensor([3])}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("hands") / "reader.html"
    examples = Examples({"picture": PICTURES, "label": LABELS}, UNSEEN)
    page(Reader(), FIRST, path, title="Reader", learning_rate=0.05, examples=examples)
    return path


@pytest.fixture(scope="module", params=BROWSERS)
def browser(request):
    with hands(request.param) as on:
        yield on


@pytest.fixture
def on(path, browser):
    """A page in its first minute."""
    browser.said.clear()
    browser.goto(path)
    yield browser
    browser.run("sessionStorage.clear()")
    assert not browser.said


@pytest.fixture
def whole(on):
    """The whole page."""
    on.click("#leave")
    return on


def picture(on):
    return np.array(on.numbers("picture")).reshape(SIDE, SIDE)


def test_the_first_minute(on):
    assert "a small neural network reads it" in on.text("#welcome .lead")
    assert "Here it reads" in on.text("#welcome .say")
    np.testing.assert_array_equal(picture(on), PICTURES[3][0, 0])
    assert on.text("#network") == ""
    on.stroke(PAINTED, SEVEN)
    assert not np.array_equal(picture(on), np.maximum(picture(on), PICTURES[3][0, 0]))  # the field was emptied first
    assert on.text("#outcome").startswith("reads ")
    read = int(on.text("#outcome .reads").split()[1])
    assert on.numbers("label") == [read]  # until somebody says what it is
    other = (read + 1) % 10
    on.click(f"[data-truth='{other}']")
    assert on.numbers("label") == [other]
    loss = Reader()(torch.tensor(picture(on)).double().reshape(1, 1, SIDE, SIDE), torch.tensor([other]))
    assert on.numbers("loss") == pytest.approx([loss.item()], rel=1e-12)
    on.click("#follow")
    said = [on.text("#tour p")]
    while on.text("#tour-next").startswith("next"):
        on.click("#tour-next")
        said.append(on.text("#tour p"))
    assert 4 <= len(said) == len(set(said)) <= 7
    beside = "document.querySelectorAll('.after, .compared, #inputs fieldset:not(:has(.painted))')"
    assert on.run(f"[...{beside}].filter((each) => each.checkVisibility()).length") == 0
    pixel = int(np.argmax(np.abs(picture(on) * np.array(on.numbers("grad.picture")).reshape(SIDE, SIDE))))
    assert on.run("[state.pinned.array === model.keys.picture, state.pinned.place]") == [True, pixel]
    on.click("#tour-back")
    assert on.text("#tour p") == said[-2]
    on.click("#leave")
    assert on.text("#training")
    assert picture(on).any()


def test_the_first_minute_can_be_left_at_once(whole):
    np.testing.assert_array_equal(picture(whole), PICTURES[3][0, 0])
    assert whole.numbers("label") == [3]
    assert "3 true" in whole.text("#outcome")


def other_than_read(on):
    """Say that the digit is another one than was read, and give which."""
    other = (int(on.text("#outcome .reads").split()[1]) + 1) % 10
    on.click(f"[data-truth='{other}']")
    return other


def test_the_mistake_runs_back_through_the_maps_to_the_stroke(on):
    def maps(kind):
        return on.run(f"document.querySelectorAll('#maps canvas{kind}').length")

    assert (maps(""), maps(".blame")) == (2, 0)  # two channels of the one layer between picture and scores
    on.stroke(PAINTED, SEVEN)
    other = other_than_read(on)
    assert (maps(""), maps(".blame")) == (4, 2)
    assert f"This digit is {other}. The network reads" in on.text("#welcome .lead")
    assert "its mistake on the way back" in on.text("#welcome .say")
    # Orange, more red than blue, is what should be more: where the slope of the loss is below 0.
    colours = np.array(
        on.run("""(() => { const map = document.querySelectorAll('#maps .blame')[1];
        return Array.from(map.getContext('2d').getImageData(0, 0, map.width, map.height).data); })()""")
    ).reshape(-1, 4)
    array = on.run("model.overview.filter((box) => model.tensors[box.array].shape.length === 4).at(-1).gradient")
    slopes = np.array(on.run(f"Array.from(ARRAYS['{array}'])")).reshape(2, -1)[1]
    telling = abs(slopes) > 0.3 * abs(slopes).max()
    assert telling.sum() >= 2
    np.testing.assert_array_equal((colours[:, 0].astype(int) > colours[:, 2])[telling], (slopes < 0)[telling])
    wanted = on.run("[...document.querySelectorAll('#outcome .bar + .bar')].map((bar) => bar.className.split(' ')[1])")
    assert [k for k, kind in enumerate(wanted) if kind == "more"] == [other]


def test_it_is_taught_and_what_was_forgotten_is_shown(on):
    on.stroke(PAINTED, SEVEN)
    other = other_than_read(on)
    on.click("#teach")
    on.wait("document.getElementById('kept-back')")
    steps = on.run("state.trained")
    assert 1 <= steps <= 30
    said = on.text("#welcome")
    assert f"This digit is {other}. The network read " in said
    assert f"; now it reads {other}, and is" in said
    assert f"Small steps that it took: {steps}." in said
    module = Reader()
    pictures, labels = torch.tensor(PICTURES[:UNSEEN, 0]), torch.tensor(LABELS[:UNSEEN, 0])

    def right():
        extra = (
            module._parameters["learning_rate"] * module._parameters["constructor"] * module._parameters["__proto__"]
        )
        scores = module.out(module.conv(pictures / 255).relu().flatten(1)) * extra
        return int((scores.argmax(1) == labels).sum())

    before = right()
    optimizer = torch.optim.SGD(module.parameters(), lr=0.05)
    for _ in range(steps):
        optimizer.zero_grad()
        module(torch.tensor(picture(on)).double().reshape(1, 1, SIDE, SIDE), torch.tensor([other])).backward()
        optimizer.step()
    assert f"Of {UNSEEN} digits that it never learned from, it read {before} before, and {right()} now" in on.text(
        "#kept-back"
    )
    np.testing.assert_allclose(on.numbers("conv.weight"), module.conv.weight.detach().flatten(), rtol=1e-9)
    assert on.run("document.querySelectorAll('#kept-back canvas').length") == UNSEEN


def test_a_lesson_can_be_taken_back(on):
    on.stroke(PAINTED, SEVEN)
    other = other_than_read(on)
    before = all_numbers(on)
    on.click("#teach")
    on.wait("document.getElementById('kept-back')")
    assert all_numbers(on) != before
    on.click("#unlearn")
    assert all_numbers(on) == before
    assert f"This digit is {other}. The network reads" in on.text("#welcome .lead")
    assert on.text("#teach") == "teach it"
    assert not on.text("#unlearn")


def test_a_link_opens_in_the_scene(path, on):
    on.stroke(PAINTED, SEVEN)
    other_than_read(on)
    on.click("#teach")
    on.wait("document.getElementById('kept-back')")
    numbers, steps, found = all_numbers(on), on.run("state.trained"), on.text("#outcome .reads").split()[1]
    was = on.text("#welcome .lead").partition("The network read ")[2][0]
    on.goto(path, on.run("hashOf()"))
    assert all_numbers(on) == numbers
    assert on.text("#maps")
    taught = f"The network read {was}; then they taught it (steps: {steps}). Now it reads {found}, and is"
    assert taught in on.text("#welcome .lead")


def test_the_switch_for_centring_travels(path, on):
    on.click("#centring")
    on.stroke(PAINTED, SEVEN)
    link, given = on.run("hashOf()"), picture(on)
    on.goto(path, link)
    assert not on.run("document.getElementById('centring').checked")
    np.testing.assert_array_equal(picture(on), given)
    on.goto(path)
    assert on.run("document.getElementById('centring').checked")


def test_the_hardest_of_the_pages_own_comes_first(on):
    on.click("#take")
    first = on.run("ARRAYS[model.outcomes[0].shares][ARRAYS[model.outcomes[0].target][0]]")
    extra = Reader()
    scores = extra.out(extra.conv(torch.tensor(PICTURES[:, 0]) / 255).relu().flatten(1)) * 0.125
    shares = scores.softmax(1)[torch.arange(len(DIGITS)), torch.tensor(LABELS[:, 0])]
    assert first == pytest.approx(shares.min().item(), rel=1e-9)
    on.click("#take")
    second = on.run("ARRAYS[model.outcomes[0].shares][ARRAYS[model.outcomes[0].target][0]]")
    assert second == pytest.approx(shares.sort().values[1].item(), rel=1e-9)


def test_what_somebody_said_stays_true_where_only_the_switch_is_turned(on):
    on.stroke(PAINTED, SEVEN)
    other = other_than_read(on)
    for _ in range(2):
        on.click("#centring")
        assert on.numbers("label") == [other]
        assert not on.text("#asked")
    on.click("button.clear")  # another picture: nothing is known of it
    assert on.text("#asked")
    assert on.run("state.minute") == "paint"


def test_a_layer_leads_to_its_step(on):
    on.run("(document.querySelector('#maps .layer').dispatchEvent(new PointerEvent('pointerenter')), null)")
    assert "weights" in on.text("#layer-words")
    on.click("#maps .layer")
    assert on.text("#network")
    assert "conv" in on.run("model.steps[state.step - 1].name")


def test_an_article_asks_what_one_has_just_done(on):
    questions = on.run("[...document.querySelectorAll('#article h2')].map((each) => each.textContent)")
    assert len(questions) == 3
    assert all(each.endswith("?") for each in questions)
    for language in ("de", "en"):
        on.choose("#language", language)
        assert 100 < len(on.text("#article").split()) <= 600
    on.click("#leave")
    assert not on.text("#article")


def test_a_fast_stroke_is_a_line(on):
    on.click("#centring")
    on.stroke(PAINTED, [(0.2, 0.1), (0.8, 0.9)])
    painted = picture(on)
    rows = painted.max(axis=1)[4:24]
    assert rows.min() > 0.8 * 255
    assert np.count_nonzero(painted) < 0.25 * painted.size
    grey = np.count_nonzero((painted > 0) & (painted < 255))
    assert grey > 0.3 * np.count_nonzero(painted)  # MNIST's strokes have soft edges, and so has the brush


def test_the_network_gets_what_is_painted_scaled_and_centred(on):
    on.stroke(PAINTED, [(0.1, 0.1), (0.3, 0.1), (0.2, 0.4)])  # a small 7 in a corner
    given = picture(on)
    rows, columns = np.nonzero(given > 25)
    assert 18 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 22
    weights = given / given.sum()
    centre = [(weights * (place + 0.5)).sum() for place in np.mgrid[:SIDE, :SIDE]]
    assert centre == pytest.approx([14, 14], abs=0.3)
    on.click("#centring")
    raw = picture(on)
    assert raw[:12, :12].any()
    assert not raw[16:].any()
    on.click("#centring")
    np.testing.assert_array_equal(picture(on), given)
    on.stroke(PAINTED, [(0.2, 0.9), (0.2, 0.9)])  # it goes on where it was painted
    on.click("#centring")
    assert picture(on)[24:27, 4:7].any()


def test_what_is_erased_is_white_again(on):
    on.stroke(PAINTED, [(0.5, 0.1), (0.5, 0.9)])
    before = picture(on)
    on.click("button.erase")
    on.stroke(PAINTED, [(0.5, 0.4), (0.5, 0.4)])
    after = picture(on)
    assert 0 < np.count_nonzero(after) < np.count_nonzero(before)
    assert not after[11, 13:15].any()
    on.click("button.erase")


def test_clear_clears(on):
    on.stroke(PAINTED, [(0.1, 0.1), (0.9, 0.9)])
    on.click("button.clear")
    assert not picture(on).any()


def test_keys_paint(on):
    on.click("#centring")
    on.run("document.querySelector('canvas.painted').focus()")
    on.key("ArrowDown", 3)
    on.key("ArrowRight", 2)
    on.key(" ")
    assert picture(on)[3, 2] == 255


def test_playing_learns_and_reset_ends_it(whole):
    whole.click("#play")
    whole.wait("state.trained >= 3")
    whole.click("#reset")
    assert whole.run("state.trained") == 0
    whole.run("new Promise((done) => setTimeout(done, 500))")
    assert whole.run("state.trained") == 0
    assert whole.text("#play") == "play"
    assert whole.numbers("conv.weight") == pytest.approx(Reader().conv.weight.flatten().tolist(), rel=1e-6)


def test_playing_takes_one_step_at_a_time(whole):
    whole.run("(globalThis.setInterval = (step) => { globalThis.tick = step; return 1; }, null)")
    whole.click("#play")
    for steps in (1, 2):
        whole.run("(globalThis.tick(), null)")
        assert whole.run("[state.trained, ARRAYS[model.step][0], state.losses.length]") == [steps, steps + 1, steps]


def test_the_theme_survives_a_reload(path, whole):
    whole.click("#theme")
    theme = whole.run("document.documentElement.dataset.theme")
    assert theme in ("dark", "light")
    whole.goto(path, "#step=2")
    assert whole.run("document.documentElement.dataset.theme") == theme


def test_the_focus_stays_where_it_was(whole):
    focused = "document.activeElement.id || document.activeElement.getAttribute('aria-label')"
    whole.type("#rate", "0.07")
    assert whole.run(focused) == "rate"
    whole.choose("#language", "de")
    assert whole.run(focused) == "language"
    assert "Verlust" in whole.text("#loss")
    whole.activate("#one")
    whole.wait("state.trained === 1")
    assert whole.run("document.activeElement.id") == "one"
    whole.activate("#next")
    whole.activate("#next")
    assert whole.run(focused) == "next"


def test_the_keyboard_can_skip_to_the_network(whole):
    whole.run("document.querySelector('.skip').focus()")
    whole.key("Enter")
    assert whole.run("document.activeElement.id") == "network"


def test_all_products_are_one_stop_with_arrows_inside(whole):
    whole.run("(openPlace('out[0,0]'), render())")
    whole.click("#products summary")
    assert whole.run("document.querySelectorAll('#products [tabindex=\"0\"]').length") == 1
    whole.run("document.querySelector('#products li').focus()")
    for key, at in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("ArrowDown", 2), ("ArrowUp", 1)):
        whole.key(key)
        assert whole.run("[...document.querySelectorAll('#products li')].indexOf(document.activeElement)") == at


@pytest.mark.parametrize("batch", [1, 10])
def test_learning_from_many_is_that_of_torch_optim(batch, whole):
    whole.choose("#source", str(batch))
    whole.choose("#rule", str(whole.run("model.rule.names.indexOf('Adam')")))
    module = Reader()
    optimizer = torch.optim.Adam(module.parameters(), lr=0.05)
    for _ in range(3):
        shown = whole.run(f"batchOf({batch}).map((each) => [...each.values()].map((numbers) => Array.from(numbers)))")
        assert len(shown) == batch
        pixels, labels = zip(*shown, strict=True)
        given = torch.tensor(pixels).double().reshape(-1, 1, SIDE, SIDE), torch.tensor(labels).flatten()
        assert not {tuple(each) for each in pixels} & {tuple(each) for each in PICTURES[:UNSEEN].reshape(UNSEEN, -1)}
        optimizer.zero_grad()
        module(*given).backward()
        optimizer.step()
        whole.click("#one")
    for name, parameter in module.named_parameters():
        np.testing.assert_allclose(whole.numbers(name), parameter.detach().flatten(), rtol=1e-9, atol=1e-12)
    unseen = module(torch.tensor(PICTURES[:UNSEEN, 0]), torch.tensor(LABELS[:UNSEEN, 0]))
    assert whole.run("measured().loss") == pytest.approx(unseen.item(), rel=1e-9)
    assert "On the digits kept back" in whole.text("#unseen")
    np.testing.assert_array_equal(picture(whole), PICTURES[3][0, 0])


def test_a_network_that_knows_nothing_learns(whole):
    whole.choose("#source", "10")
    whole.click("#anew")
    assert whole.run("[state.trained, model.rule.names[state.rule]]") == [0, "Adam"]
    assert not np.allclose(whole.numbers("conv.weight"), Reader().conv.weight.flatten().tolist())
    whole.click("#thirty")
    whole.click("#thirty")
    losses = whole.run("state.losses")
    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])
    assert whole.run("document.querySelector('#curve .unseen').points.length") == 3


def do_much(on):
    """Paint a digit, change ten weights, learn a little, keep the picture, learn on."""
    on.stroke(PAINTED, SEVEN)
    on.click("#right")
    on.click("#leave")
    for place in range(10):
        on.run(f"change(model.keys['conv.weight'], {4 * place}, {math.sin(place + 1)!r})")
    on.run("change(model.keys['learning_rate'], 0, 0.7)")
    on.run("change(model.keys['__proto__'], 0, 0.3)")
    on.run("change(model.keys['constructor'], 0, 1.25)")
    on.click("#thirty")
    on.click("#keep")
    on.choose("#source", "10")
    on.click("#one")


def all_numbers(on):
    """Every array of the page, by its name."""
    return on.run("Object.fromEntries(Object.entries(ARRAYS).map(([name, array]) => [name, Array.from(array)]))")


MINUTE = {
    "painted": [],
    "it was right": ["#right"],
    "it was another": ["[data-truth]"],
    "a pixel is followed": ["#right", "#follow"],
    "in the tour": ["#right", "#follow", "#tour-next", "#tour-next"],
    "left": ["#leave"],
    "left after the tour": ["#right", "#follow", "#leave"],
    "cleared and painted anew": ["button.clear", PAINTED],
    "taken, cleared and painted": ["#take", "#again", PAINTED],
    "taken": ["#take"],
}


@pytest.mark.parametrize("screen", MINUTE)
def test_a_link_of_each_screen_of_the_minute_shows_what_was_painted(path, on, screen):
    on.stroke(PAINTED, SEVEN)
    for place in MINUTE[screen]:
        on.stroke(place, SEVEN) if place == PAINTED else on.click(place)
    link, numbers = on.run("hashOf()"), all_numbers(on)
    assert picture(on).any()
    on.goto(path, link)
    assert all_numbers(on) == numbers


def test_who_gets_a_link_is_told_what_was_sent_and_has_a_tour(path, on):
    on.stroke(PAINTED, SEVEN)
    on.click("[data-truth]")
    truth, on_screen = int(on.numbers("label")[0]), on.run("hashOf()")
    on.click("#leave")
    whole_page = on.run("hashOf()")
    for link, shown in ((on_screen, "#welcome .lead"), (whole_page, "#sent p")):
        on.goto(path, link)
        read = on.text("#outcome .reads").split()[1]
        words = on.text(shown)
        assert words.startswith(f"Somebody painted this {truth}. The network reads {read}, and is ")
        assert "the network, too" not in words
        on.click("#follow")
        assert "This pixel" in on.text("#tour p")
        on.click("#leave")
        assert not on.text("#sent")
    on.run("(change(model.keys['conv.weight'], 0, 0.5), null)")
    changed = on.run("hashOf()")
    on.goto(path, changed)
    assert "They changed the network, too. The network reads" in on.text("#sent p")
    on.click("#again")
    assert not picture(on).any()
    assert "Somebody" not in on.text("#welcome .lead")


def test_a_reload_in_the_minute_keeps_the_painting(path, on):
    on.stroke(PAINTED, SEVEN)
    on.wait("location.hash.includes('do=')")
    painted = picture(on)
    on.run("(setTimeout(() => location.reload(), 100), null)")
    time.sleep(1)
    on.wait("document.body.dataset.ready && ARRAYS[model.keys.picture].some(Boolean)")
    np.testing.assert_array_equal(picture(on), painted)
    assert "was it right" in on.text("#asked").lower()
    assert "Somebody" not in on.text("#welcome .lead")


def test_keys_and_ears_follow_the_minute(on):
    spoken, focused = "document.getElementById('spoken').textContent", "document.activeElement.id"
    on.run("document.querySelector('.skip').focus()")
    on.key("Enter")
    assert on.run(focused) == "rail"
    on.stroke(PAINTED, SEVEN)
    assert on.text("#outcome .reads") in on.run(spoken)
    on.activate("#right")
    assert on.run(focused) == "follow"
    on.activate("#follow")
    assert on.run(focused) == "tour"
    assert on.run(spoken) == on.text("#tour p")
    on.activate("#tour-next")
    assert on.run(spoken) == on.text("#tour p")
    on.activate("#leave")
    assert on.run(focused) == "network"


def test_bars_are_as_long_as_what_they_show(on):
    on.stroke(PAINTED, SEVEN)
    on.run("(change(model.keys['out.bias'], 4, 20), null)")
    bars = on.run("""[...document.querySelectorAll('#outcome .bar')].map(
        (bar) => bar.getBoundingClientRect().width / bar.parentElement.getBoundingClientRect().width)""")
    shares = on.run("Array.from(ARRAYS[model.outcomes[0].shares])")
    np.testing.assert_allclose(bars, shares, atol=0.05)
    assert max(shares) - min(shares) > 0.1


@pytest.mark.parametrize("rule", ["SGD", "Adam"])
def test_from_what_and_by_which_rule_one_learns_travels(path, on, rule):
    on.click("#leave")
    on.choose("#rule", str(on.run(f"model.rule.names.indexOf('{rule}')")))
    on.choose("#source", "10")
    link = on.run("hashOf()")
    for other in ("#rule=Momentum&from=1", link):
        on.goto(path, other)
    assert on.run("[model.rule.names[state.rule], state.batch]") == [rule, 10]
    for wrong in ("7", "x", "-1", "1e3"):
        on.goto(path, f"#from={wrong}")
        assert on.run("state.batch") == 0


def test_a_short_link_that_asks_for_much_can_be_stopped(path, on):
    on.run("(state.trail = Array.from({ length: 200000 }, () => ({ keep: true })), null)")
    link = on.run("hashOf(Infinity)")
    assert len(link) < 500
    on.run(f"(setTimeout(() => open({link!r})), null)")
    on.wait("state.trail.length > 0 && !document.getElementById('busy').open")
    assert on.run("seenOnes().length") <= 1020
    on.goto(path)
    on.run("(state.trail = Array.from({ length: 40000 }, (_, k) => ({ forget: k % 100 })), null)")
    link = on.run("hashOf(Infinity)")
    on.goto(path, link)
    assert on.run("state.trail.length") == 1


def test_all_that_was_done_travels(path, on):
    do_much(on)
    link, loss, shown = on.run("hashOf()"), on.numbers("loss"), on.text("#loss")
    weights = on.numbers("conv.weight")
    assert len(link) <= 2000
    on.goto(path, link)
    assert (on.numbers("loss"), on.numbers("conv.weight"), on.text("#loss")) == (loss, weights, shown)
    assert on.numbers("__proto__") != [0.5]
    assert "1 of them yours" in on.text("#training")


def test_what_a_link_asks_for_can_be_stopped(whole):
    on = whole
    on.run("(state.trail.push({ steps: 1000000, rule: 0, batch: 0 }), null)")
    link = on.run("hashOf()")
    on.run(f"(setTimeout(() => open({link!r})), null)")
    on.wait("document.querySelector('#busy #stop')")
    on.click("#stop")
    on.wait("!document.getElementById('busy').open")
    assert 0 < on.run("state.trained") < 1000000
    assert on.text("#loss")


def test_too_much_for_a_link_is_saved_and_opened(path, browser):
    browser.goto(path, "#step=2")
    noise = np.random.default_rng(0).integers(0, 256, SIDE * SIDE)
    browser.run(f"({noise.tolist()}.forEach((value, place) => edit(model.keys.picture, place, value)), compute())")
    for key, count in (("out.weight", 720), ("conv.weight", 50)):
        browser.run(f"Array.from({{ length: {count} }}, (_, k) => edit(model.keys['{key}'], k, Math.sin(k)) ?? 0)")
    browser.run("(compute(), render())")
    assert "&do=" not in browser.run("hashOf()")
    whole, loss = browser.run("hashOf(Infinity)"), browser.numbers("loss")
    browser.click("#share")
    assert "send the file itself" in browser.text("#sharing")
    assert not browser.text("#copy")
    # A file is handed over as the browser does it after its own window.
    browser.run(f"""(() => {{
        const files = new DataTransfer();
        files.items.add(new File([JSON.stringify({{ state: {whole!r} }})], "state.json"));
        const field = document.getElementById("saved");
        restored(model.keys.picture);
        field.files = files.files;
        field.dispatchEvent(new Event("change"));
    }})()""")
    browser.wait(f"ARRAYS[model.loss][0] === {loss[0]!r}")
    browser.run("sessionStorage.clear()")
    assert not browser.said


def test_a_reader_without_motion_sees_none(whole):
    whole.run("goTo(3)")
    assert whole.run("document.getAnimations().length") == 0


def test_that_something_moves_is_seen(path, browser):
    if browser.run("navigator.userAgent.includes('Firefox')"):
        pytest.skip("Firefox cannot be told here that its reader wants motion")
    browser.page.emulate_media(reduced_motion="no-preference")
    browser.goto(path, "#step=4")
    browser.run("new Promise((done) => setTimeout(done, 400))")
    browser.run("(goTo(5), null)")
    assert browser.run("document.getAnimations().length") > 0
    browser.page.emulate_media(reduced_motion="reduce")
