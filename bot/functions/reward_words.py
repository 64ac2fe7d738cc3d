"""How rewards read: amounts and states, in the resident's language."""

from collections.abc import Mapping

from hazards.reward_rules import FEN_A_YUAN, Amount

# Opens what takes the money that waits.
TAKE = "rewards/take"


def amount_words(amount: Amount, words: Mapping[str, str]) -> str:
    """Return an amount as its owner reads it: 20积分, 30元, 0.50元."""
    if amount.unit == "points":
        return words["amount_points"].format(number=amount.number)
    yuan, fen = divmod(amount.number, FEN_A_YUAN)
    return words["amount_yuan"].format(number=f"{yuan}.{fen:02}" if fen else str(yuan))
