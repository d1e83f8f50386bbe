from mnist_adder.report.plot import duration, percent
from tests.support.reports import plain


def test_words():
    shares = {0: "0 %", 1: "100 %", 0.5: "50.00 %", 0.99999: "> 99.99 %", 0.00001: "< 0.01 %"}
    assert {share: plain(percent(share)) for share in shares} == shares
    times = {1.25: "1.2 s", 59.4: "59.4 s", 59.9: "1 min 0 s", 61: "1 min 1 s", 3 * 3600 + 120: "3 h 2 min"}
    assert {seconds: plain(duration(seconds)) for seconds in times} == times
