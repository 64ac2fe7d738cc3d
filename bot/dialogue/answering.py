"""From a ranking to what the resident reads: an answer, three choices, or an honest no."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.messages import Choice, CitedArticle, Reply
from bot.phrases import Wording
from knowledge.library import Library, basis_line

MOST_CHOICES = 3
MOST_RELATED = 3
# A statute's article can run to two thousand characters; a chat bubble takes its beginning.
MOST_ARTICLE_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class DistrictWords:
    """How one district's answers are worded.

    Attributes:
        name: what the district is called.
        settings: setting name → its value, or the general wording where it is not set.
        general: the general wording alone, for residents of somewhere else.
    """

    name: str
    settings: Mapping[str, str]
    general: Mapping[str, str]


class Answerer:
    """Words answers from the knowledge, for one district."""

    def __init__(self, library: Library, wording: Wording, district: DistrictWords) -> None:
        self._library = library
        self._wording = wording
        self._district = district
        self._ready: dict[str, Reply] = {}

    def knows(self, topic: str) -> bool:
        """Whether there is a finished entry for ``topic``."""
        return self._library.holds(topic)

    def title(self, topic: str) -> str:
        """Return the topic's title, as shown on a choice."""
        return self._library.title(topic)

    def related(self, topic: str) -> list[str]:
        """Return the finished topics that help after ``topic``."""
        found = self._library.answer(topic, self._district.general)
        return [other for other in found.related if self.knows(other)][:MOST_RELATED]

    def answer(self, topic: str, elsewhere: str = "") -> Reply:
        """Return the entry's answer.

        Args:
            topic: a syllabus id that :meth:`knows`.
            elsewhere: another district that the resident named, or "".
        """
        if elsewhere:
            reply = self._worded(topic, self._district.general)
            return replace(reply, text=reply.text + self._other_district(elsewhere))
        if topic not in self._ready:
            self._ready[topic] = self._worded(topic, self._district.settings)
        return self._ready[topic]

    def _worded(self, topic: str, settings: Mapping[str, str]) -> Reply:
        found = self._library.answer(topic, settings)
        return Reply(
            "answer",
            found.text,
            basis=basis_line(found.citations),
            choices=self._choices(self.related(topic)),
            citations=tuple(
                CitedArticle(cited.name, cited.supports, cited.text) for cited in found.citations
            ),
            topics=(topic,),
            rateable=True,
        )

    def clarify(self, topics: Sequence[str], lead: str = "") -> Reply:
        """Return three choices to pick from, and a way to say that none of them is meant."""
        offered = [topic for topic in topics if self.knows(topic)][:MOST_CHOICES]
        none = self._wording.general["not_these"]
        return Reply(
            "clarify",
            lead or self._wording.general["clarify"],
            choices=(*self._choices(offered), Choice(none)),
            topics=tuple(offered),
        )

    def decline(self, question: str) -> Reply:
        """Return an honest "I don't know" that names whom to ask."""
        return self.other_door(question) or Reply("decline", self._wording.decline.other)

    def other_door(self, question: str) -> Reply | None:
        """Return where else to ask, when it is plain whose question it is (天气、气费)."""
        asked = unicodedata.normalize("NFKC", question).lower()
        for door in self._wording.decline.doors:
            if any(word in asked for word in door.words):
                return Reply("decline", door.say)
        return None

    def basis(self, topic: str) -> Reply:
        """Return the full text behind an answer (法规依据), for those who ask."""
        general = self._wording.general
        lines = [general["basis_heading"]]
        for cited in self._library.answer(topic, self._district.settings).citations:
            if not cited.text:
                lines.append(
                    general["basis_practice"].format(name=cited.name, supports=cited.supports)
                )
                continue
            lines.append(f"{cited.name}：{cited.text[:MOST_ARTICLE_CHARACTERS]}")
            if len(cited.text) > MOST_ARTICLE_CHARACTERS:
                lines.append(general["basis_more"])
        return Reply("chat", "\n".join(lines), topics=(topic,))

    def _choices(self, topics: Sequence[str]) -> tuple[Choice, ...]:
        return tuple(Choice(self.title(topic), topic) for topic in topics)

    def _other_district(self, elsewhere: str) -> str:
        line = self._wording.general["elsewhere"]
        return "\n" + line.format(district=self._district.name, place=elsewhere)
