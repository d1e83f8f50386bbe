import gc
import signal

# A shell that starts the tests in the background lets them ignore Ctrl-C, and all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# With PyTorch loaded there are millions of objects. To look through them all for unused cycles, as often as Python does
# by itself, took a third of the time of all tests that read a workbook.
gc.set_threshold(200_000, 20, 100)


def pytest_collection_modifyitems(items):
    """Put files with slow tests first: a long file that begins last keeps one process busy and the others idle."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
