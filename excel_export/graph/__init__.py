"""The recorded computation: values, the operator calls that connect them, and the names of both."""
