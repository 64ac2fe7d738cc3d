"""The community: residents, channel accounts, districts and the installation's key."""
