"""Charts for pages, papers and chat, drawn by matplotlib in a process of its own."""
