"""The recorded computation: values, operator calls, and their names."""
