"""The command ``lifeline``: one table of commands, each module loaded only when it is called.

Loading everything takes seconds; ``lifeline ask`` has to start in a third of one.
"""

import importlib
import io
import signal
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from bot.cli.problems import explained

# group → command → (module, help); "" is `lifeline` itself. A module holds ``app``, a Typer
# application; a command without a module is a group of this table.
COMMANDS: dict[str, dict[str, tuple[str, str]]] = {
    "": {
        "serve": ("bot.cli.serve", "启动服务和网页聊天 | start the service and the web chat"),
        "worker": ("bot.cli.worker", "只做后台的事，不开网页 | outbox and later work, no pages"),
        "chat": ("bot.cli.chat", "在终端里聊天 | chat in the terminal"),
        "ask": ("bot.cli.ask", "问一句看回答，不留记录 | ask once, nothing is stored"),
        "check": ("bot.cli.check", "检查知识条目和内容文件 | check entries and content files"),
        "evaluate": ("bot.cli.evaluate", "评测检索和识别的效果 | measure search and detection"),
        "knowledge": ("bot.cli.knowledge", "生成知识库，查看没答上的问题 | the knowledge base"),
        "buildings": ("bot.cli.buildings", "楼栋登记：导入、列出 | the register of buildings"),
        "staff": ("bot.cli.staff", "工作人员：登记、停用、改密码 | who may sign in to the console"),
        "inbox": ("bot.cli.inbox", "居民的留言：列出、回复 | what residents left for staff"),
        "hazards": ("", "隐患：谁办、看一件、台账 | hazards: who handles them, one case, ledger"),
        "wechat": ("", "公众号：菜单、二维码、检查 | the Official Account"),
        "index": ("", "训练模型，生成索引 | train the model, build the index"),
        "migrate": ("bot.cli.migrate", "更新主数据库的表 | bring the database up to date"),
        "doctor": ("bot.cli.doctor", "看配置了什么、缺什么 | what is configured and what is not"),
        "docs": ("bot.cli.docs", "重新生成说明文档 | write the generated documents"),
    },
    "wechat": {
        "check": ("bot.cli.wechat_check", "检查公众号的配置 | verify it with the platform"),
        "menu": ("bot.cli.wechat_menu", "公众号底部菜单 | the menu below the chat"),
        "qr": ("bot.cli.wechat_qr", "楼栋二维码 | QR codes of buildings"),
    },
    "hazards": {
        "route": (
            "bot.cli.hazards_route",
            "一类隐患由谁办理、谁牵头、多久 | who handles, who leads, how long",
        ),
        "import": (
            "bot.cli.hazards_import",
            "导入外部平台已办结的案件 | cases that 12345 or a grid platform has closed",
        ),
        "show": ("bot.cli.hazards_show", "看一件隐患 | show one case"),
        "export": (
            "bot.cli.hazards_export",
            "导出审核公开的隐患 | public cases as SQLite, for Datasette",
        ),
        "key": ("bot.cli.open311_key", "Open311接口的密钥 | keys for Open311"),
        "ledger": ("bot.cli.hazards_ledger", "奖励台账：核对 | the ledger of rewards: check it"),
    },
    "index": {
        "build": ("bot.cli.index_build", "生成检索索引 | build the search index"),
        "train": ("bot.cli.index_train", "重新训练自带的模型 | train the shipped model again"),
    },
}


class _Commands(TyperGroup):
    """Lists the table without loading a module, and loads the one that is called.

    Typer carries its own copy of click, whose types it does not publish: hence ``Any``.
    """

    @property
    def _table(self) -> dict[str, tuple[str, str]]:
        return COMMANDS.get(self.name or "", COMMANDS[""])

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - see the class
        return list(self._table)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - see the class
        if cmd_name not in self._table:
            return None
        module, text = self._table[cmd_name]
        command = _loaded(module) if module else typer.main.get_command(_group(cmd_name, text))
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 - see the class
        with formatter.section("命令 Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._table.items()])


def _loaded(module: str) -> Any:  # noqa: ANN401 - see _Commands
    return typer.main.get_command(importlib.import_module(module).app)


def _group(name: str, text: str) -> typer.Typer:
    group = typer.Typer(
        cls=_Commands,
        name=name,
        help=text,
        rich_markup_mode=None,
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    group.callback(help=text)(lambda: None)
    return group


app = _group("", "生命通道：高层住宅的消防安全服务。 | Lifeline: fire safety for high-rises.")


def main() -> None:
    """Run the command line; what whoever runs it can mend is said in words, and ends with 1."""
    _end_quietly_on_interrupt()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app()
    except Exception as error:
        if (text := explained(error)) is None:
            raise
        typer.echo(text, err=True)
        sys.exit(1)


def _end_quietly_on_interrupt() -> None:
    """Let Ctrl-C end the process without a traceback while everything is loaded.

    ``serve`` and ``chat`` put handlers of their own in place once they run.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


if __name__ == "__main__":
    main()
