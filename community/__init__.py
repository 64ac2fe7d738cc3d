"""The community: residents, buildings, districts, staff, files, ledger, audit log and vault."""
