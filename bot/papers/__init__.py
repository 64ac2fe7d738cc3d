"""Papers: notices, work sheets and certificates, set by typst in a process of its own."""
