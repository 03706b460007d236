"""File formats that comments come from and go to; knows neither the database nor the service.

A foreign format is one file in ``formats/``; ``recognise.py`` finds the format of a file and
``spool.py`` sorts its records and resolves parents. ``native.py`` is the service's own format, the
``write_*`` files make exports for other programs.
"""
