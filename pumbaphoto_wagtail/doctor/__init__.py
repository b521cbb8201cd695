"""Is this machine set up right, and is everything well on it?

The room stands beside ``verification``, which asks the same of the files. ``facts`` and ``volumes``
find out how scanner, storages, workers, mail and inspections do; the admin puts that into words for
photographers, ``health`` into numbers for monitoring, and the looks of the command
``pumbaphoto_doctor`` into rows of a table. Nothing here waits for what does not answer, and nothing
names a client, a gallery or a file.
"""
