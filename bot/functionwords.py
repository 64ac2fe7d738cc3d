"""The names under which functions look up what they say, and what is put into it.

``bot/wording/functions.yaml`` holds the sentences; a new one is named here, too.
"""

from collections.abc import Mapping

# The sentences that are filled by ``str.format``, with the values that each may hold.
FILLED_SENTENCES: Mapping[str, frozenset[str]] = {
    "building_already": frozenset({"building"}),
    "building_ask": frozenset({"building"}),
    "building_bound": frozenset({"building"}),
    "building_drop": frozenset({"building"}),
    "building_dropped": frozenset({"building"}),
    "building_not_found": frozenset({"text"}),
    "building_too_many": frozenset({"most"}),
    "building_yours": frozenset({"buildings"}),
    "group_place": frozenset({"number"}),
    "human_answer": frozenset({"answer", "code"}),
    "human_booked": frozenset({"code"}),
    "human_booked_file": frozenset({"code"}),
    "human_booked_photo": frozenset({"code"}),
    "human_booked_video": frozenset({"code"}),
    "human_booked_voice": frozenset({"code"}),
    "human_media_refused": frozenset({"code"}),
    "human_media_refused_all": frozenset({"code"}),
    "human_photo_refused": frozenset({"code"}),
    "human_photo_refused_all": frozenset({"code"}),
    "human_too_many": frozenset({"most"}),
    "human_worded": frozenset({"code"}),
    "link_code": frozenset({"code"}),
    "link_confirm": frozenset({"channel"}),
    "link_confirm_other": frozenset({"channel"}),
    "link_wrong": frozenset({"left"}),
    "notice_left": frozenset({"count"}),
    "notice_line": frozenset({"left", "purpose"}),
    "notice_off": frozenset({"purpose"}),
    "notice_stopped": frozenset({"purpose"}),
    "phone_line": frozenset({"label", "number"}),
    "phones_of": frozenset({"building"}),
}

# Every other sentence.
PLAIN_SENTENCES = frozenset({
    "building_add", "building_choose_building", "building_choose_community",
    "building_choose_street", "building_code_unknown", "building_empty", "building_found",
    "building_list", "building_more", "building_next", "building_no", "building_none",
    "building_not_near", "building_phones", "building_yes", "channel_telegram",
    "channel_terminal", "channel_web", "channel_wechat", "first", "first_fire", "first_gas",
    "first_smoke", "first_unconscious", "forget_ask", "forget_done", "forget_kept", "forget_no",
    "forget_yes", "group_crisis", "group_greeting", "human", "human_add_words", "human_again",
    "human_answered", "human_dropped", "human_enough", "language", "language_en",
    "language_set", "language_set_en", "language_zh", "link", "link_done", "link_enter",
    "link_give", "link_gone", "link_half", "link_no", "link_own", "link_refused",
    "link_refused_other", "link_spent", "link_type", "link_wrong_last", "link_yes", "menu_ask",
    "menu_mine", "menu_report", "more_hint", "notice_open", "notices", "notices_all_off",
    "notices_none", "notices_stopped", "phone_ambulance", "phone_community",
    "phone_control_room", "phone_fire", "phone_gas", "phone_government", "phone_power",
    "phone_property", "phone_property_and_control_room", "phones", "phones_bind", "privacy",
    "privacy_forget", "privacy_line", "privacy_link", "privacy_off", "privacy_unlink",
    "private_only", "progress_elsewhere", "purpose_case", "purpose_drill", "purpose_quiz",
    "quiz_elsewhere", "report_elsewhere", "say_fire", "say_gas", "say_smoke", "say_unconscious",
    "sent_file", "sent_photo", "sent_place", "sent_sticker", "sent_video", "sent_voice",
    "stale_button", "stale_choice", "start_forget", "start_link", "title_building",
    "title_first", "title_human", "title_notices", "title_phones", "title_privacy",
    "unlink_nothing", "unlinked", "unread", "voice", "voice_fire", "voice_gas", "voice_human",
    "voice_report", "welcome_english",
})  # fmt: skip

FUNCTION_SENTENCES = PLAIN_SENTENCES | FILLED_SENTENCES.keys()
