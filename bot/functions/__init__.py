"""The functions of the menu, a module each; ``bot/app.py`` registers them."""
