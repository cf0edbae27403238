"""Files and HIS queries in: read, check, store one batch, all or nothing."""
