"""Reach a LibreOffice that listens. For scripts that are run by a Python that has uno, which is the system's own."""

import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException

PATIENCE = 600


def connect(pipe: str):
    """Return the desktop of the LibreOffice at a pipe, which may still be starting."""
    context = uno.getComponentContext()
    resolver = context.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", context)
    until = time.monotonic() + PATIENCE
    while True:
        try:
            remote = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return remote.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", remote)
        except NoConnectException:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def setting(name: str, value: object) -> PropertyValue:
    return PropertyValue(Name=name, Value=value)
