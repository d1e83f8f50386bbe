"""The results of a class: owners of files, points, pages, copies and tables."""
