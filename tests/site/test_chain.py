from playwright.sync_api import expect

WIDGET = ("theory/backpropagation.html", ".chain", {"reduced_motion": "reduce"})


def test_the_loss_sends_the_gradient_back_step_by_step(opened):
    widget = opened("theory/backpropagation.html", ".chain[data-ready]").locator(".chain")
    words, arrows = widget.locator(".chain-words"), widget.locator(".chain-arrow")
    expect(words).to_contain_text("Press the loss")
    assert arrows.count() == 0
    widget.get_by_role("button", name="Loss").press("Enter")
    assert 1 <= arrows.count() < 5
    expect(words).to_contain_text("The gradient fades")
    expect(arrows).to_have_count(5)
    # as thick as the gradient: each is thinner than the one before it, from the right
    heights = [arrow.bounding_box()["height"] for arrow in arrows.all()]
    assert heights == sorted(heights)
    assert heights[0] < heights[-1]


def test_dragged_or_chosen_it_fades_bursts_or_is_cut_off(widget):
    words, factors = widget.locator(".chain-words"), widget.locator(".chain-factor")
    widget.get_by_role("button", name="Loss").press("Space")
    expect(factors).to_have_text([f"× {factor}" for factor in ("0.43", "0.48", "0.5", "0.5")])
    widget.get_by_text("The numbers").click()
    rows = [row.split("\t") for row in widget.locator("tr").all_inner_texts()]
    assert (rows[1][:3], [row[3] for row in rows[2:]]) == (["1", "1", "0.76"], ["0.43", "0.48", "0.5", "0.5"])
    assert rows[-1][-1] == "1"
    for name, key, says in [
        ("U", "End", "U is 3, but no slope of tanh exceeds"),
        ("Activation g", "l", "The gradient bursts: 3 × 3 × 3 × 3 = 81;"),
        ("U", "Home", "The gradient bursts: −3 × −3 × −3 × −3 = 81"),
        ("Activation g", "r", "The gradient is cut off"),
        ("U", "End", "h1 gets 81 times more than h5."),
        ("Inputs x", "ArrowDown", "h1 gets 81 times more than h5."),
        ("Inputs x", "ArrowDown", "The gradient is cut off"),  # a relu at 0
    ]:
        widget.get_by_label(name, exact=True).press(key)
        expect(words).to_contain_text(says)


def test_the_other_page_has_twelve_steps_and_fits_a_phone(opened):
    page = opened("theory/vanishing-gradients.html", ".chain[data-ready]", viewport={"width": 360, "height": 800})
    widget = page.locator(".chain")
    widget.get_by_role("button", name="Loss").click()
    expect(widget.locator(".chain-words")).to_contain_text("The gradient fades: the 11 factors multiply to")
    expect(widget.locator(".chain-arrow")).to_have_count(12)
    picture = widget.locator(".chain-frame > svg").bounding_box()
    for text in widget.locator("svg text").all():
        box = text.bounding_box()
        assert box["x"] >= picture["x"] - 1 and box["y"] >= picture["y"] - 1
        assert box["x"] + box["width"] <= picture["x"] + picture["width"] + 1
