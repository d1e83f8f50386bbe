"""The same page in another browser: its numbers, an edit, a link."""

import numpy as np
import pytest
import torch

from excel_export import page
from tests.excel_export.browser.test_page_in_chromium import ARITHMETIC, Small, expected, inputs
from tests.support.firefox import firefox


@pytest.mark.slow
def test_firefox_computes_what_pytorch_does(tmp_path):
    page(Small(), inputs(), tmp_path / "small.html")
    with firefox() as browser:
        browser.goto(tmp_path / "small.html", "#step=3")
        assert browser.run("state.step") == 3
        for label in (1, 2):
            browser.run(f"change(model.keys.label, 0, {label}) ?? null")
            for name, numbers in expected(Small(), {**inputs(), "label": torch.tensor([label])}).items():
                found = browser.run(f"Array.from(ARRAYS[model.keys['{name}']])")
                np.testing.assert_allclose(found, numbers.ravel(), rtol=1e-9, atol=1e-12, err_msg=name)
        assert browser.run(ARITHMETIC.strip()) == []
        assert not browser.said
